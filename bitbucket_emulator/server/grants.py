"""OAuth tokens: access tokens that expire, refresh tokens that work once (FACTS 8, CHANGE-3052)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from bitbucket_emulator.server.errors import ApiError
from bitbucket_emulator.world.model import SECOND, Credential, World

LIFETIME = 7200
"""Seconds that an access token lasts: the documentation says an hour, answers say two (FACTS 8)."""


@dataclass(frozen=True, slots=True)
class _Grant:
    consumer: str  # name of the credential
    user: str  # uuid


def bad_grant(description: str) -> ApiError:
    """400 `invalid_grant`."""
    return ApiError(400, {"error_description": description, "error": "invalid_grant"})


class Grants:
    """What was handed out. Times are the world's."""

    def __init__(self) -> None:
        self._access: dict[str, tuple[_Grant, int]] = {}
        self._refresh: dict[str, _Grant] = {}
        self._codes: dict[str, _Grant] = {}

    def credential(self, token: str, world: World) -> Credential | None:
        """The consumer behind an access token, acting as whoever agreed; None once it has expired."""
        grant, expires = self._access.get(token, (None, 0))
        consumer = None if grant is None else world.credentials.get(grant.consumer)
        if grant is None or consumer is None or world.clock >= expires:
            return None
        return replace(consumer, user=grant.user)

    def client(self, world: World, client_id: str, secret: str) -> Credential | None:
        """The consumer of this id and secret."""
        for each in world.credentials.values():
            if each.kind == "oauth" and each.client_id == client_id and each.token == secret:
                return each
        return None

    def authorize(self, consumer: Credential, user: str) -> str:
        """A code for somebody who agreed, to be exchanged once."""
        code = secrets.token_urlsafe(12)
        self._codes[code] = _Grant(consumer.name, user)
        return code

    def exchange(self, world: World, consumer: Credential, form: dict[str, str]) -> dict[str, Any]:
        """The answer of the token endpoint.

        Raises:
            ApiError: 400 `invalid_grant`.
        """
        kind = form.get("grant_type")
        if kind == "client_credentials":
            return self._issue(world, consumer, _Grant(consumer.name, consumer.user))
        if kind == "authorization_code":
            return self._issue(world, consumer, _taken(self._codes, consumer, form.get("code", ""), "code"))
        if kind == "refresh_token":
            token = form.get("refresh_token", "")
            return self._issue(world, consumer, _taken(self._refresh, consumer, token, "refresh_token"))
        raise bad_grant(f"Unsupported grant type: {kind}")

    def revoke(self) -> None:
        """Makes every token worthless, as when somebody takes the permission back."""
        self._access.clear()
        self._refresh.clear()
        self._codes.clear()

    def _issue(self, world: World, consumer: Credential, grant: _Grant) -> dict[str, Any]:
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
        self._access[access] = (grant, world.clock + LIFETIME * SECOND)
        self._refresh[refresh] = grant
        return {
            "access_token": access,
            "scopes": " ".join(sorted(consumer.scopes)),
            "expires_in": LIFETIME,
            "refresh_token": refresh,
            "token_type": "bearer",
        }


def _taken(store: dict[str, _Grant], consumer: Credential, name: str, what: str) -> _Grant:
    grant = store.get(name)
    if grant is None or grant.consumer != consumer.name:
        raise bad_grant(f"Invalid {what}")
    del store[name]
    return grant
