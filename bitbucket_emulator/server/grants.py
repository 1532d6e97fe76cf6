"""OAuth tokens: access tokens that expire, refresh tokens that work once (FACTS 8, CHANGE-3052)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any

from bitbucket_emulator.server.errors import ApiError
from bitbucket_emulator.world.model import DAY, SECOND, Credential, World

LIFETIME = 7200
"""Seconds that an access token lasts: the documentation says an hour, answers say two (FACTS 8)."""
UNUSED_FOR = 90 * DAY
"""After how long a refresh token that nobody used is worthless (CHANGE-3052: three months)."""


@dataclass(frozen=True, slots=True)
class _Grant:
    consumer: str  # name of the credential
    user: str  # uuid


@dataclass(frozen=True, slots=True)
class _Code:
    grant: _Grant
    redirect_uri: str  # where it was sent to; '' where the request named none
    challenge: str  # of PKCE; '' without


def bad_grant(description: str) -> ApiError:
    """400 `invalid_grant`."""
    return ApiError(400, {"error_description": description, "error": "invalid_grant"})


class Grants:
    """What was handed out. Times are the world's."""

    def __init__(self) -> None:
        self._access: dict[str, tuple[_Grant, int]] = {}
        self._refresh: dict[str, tuple[_Grant, int]] = {}
        self._codes: dict[str, _Code] = {}

    def credential(self, token: str, world: World) -> Credential | None:
        """The consumer behind an access token, acting as whoever agreed; None once it has expired."""
        grant, expires = self._access.get(token, (None, 0))
        consumer = None if grant is None else world.credentials.get(grant.consumer)
        if grant is None or consumer is None or world.clock >= expires:
            return None
        return replace(consumer, user=grant.user)

    def client(self, world: World, client_id: str, secret: str) -> Credential | None:
        """The consumer of this id and secret; one that has none of them is nobody's."""
        if not client_id or not secret:
            return None
        for each in world.credentials.values():
            if each.kind == "oauth" and each.client_id == client_id and each.token == secret:
                return each
        return None

    def authorize(self, consumer: Credential, user: str, redirect_uri: str = "", challenge: str = "") -> str:
        """A code for somebody who agreed, to be exchanged once, by whoever names the same `redirect_uri` and knows
        what the PKCE `challenge` was made of, where there was one.
        """
        code = secrets.token_urlsafe(12)
        self._codes[code] = _Code(_Grant(consumer.name, user), redirect_uri, challenge)
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
            return self._issue(world, consumer, self._agreed(consumer, form))
        if kind == "refresh_token":
            return self._issue(world, consumer, self._refreshed(world, consumer, form.get("refresh_token", "")))
        raise bad_grant(f"Unsupported grant type: {kind}")

    def revoke(self) -> None:
        """Makes every token worthless, as when somebody takes the permission back."""
        self._access.clear()
        self._refresh.clear()
        self._codes.clear()

    def _agreed(self, consumer: Credential, form: dict[str, str]) -> _Grant:
        code = self._codes.get(form.get("code", ""))
        if code is None or code.grant.consumer != consumer.name:
            raise bad_grant("Invalid code")
        if code.redirect_uri not in {"", form.get("redirect_uri")}:
            raise bad_grant("Invalid redirect_uri")
        if code.challenge and code.challenge != _challenge(form.get("code_verifier", "")):
            raise bad_grant("Invalid code_verifier")
        del self._codes[form["code"]]
        return code.grant

    def _refreshed(self, world: World, consumer: Credential, token: str) -> _Grant:
        grant, expires = self._refresh.get(token, (None, 0))
        if grant is None or grant.consumer != consumer.name or world.clock >= expires:
            raise bad_grant("Invalid refresh_token")
        del self._refresh[token]
        return grant

    def _issue(self, world: World, consumer: Credential, grant: _Grant) -> dict[str, Any]:
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
        self._access[access] = (grant, world.clock + LIFETIME * SECOND)
        self._refresh[refresh] = (grant, world.clock + UNUSED_FOR)
        return {
            "access_token": access,
            "scopes": " ".join(sorted(consumer.scopes)),
            "expires_in": LIFETIME,
            "refresh_token": refresh,
            "token_type": "bearer",
        }


def _challenge(verifier: str) -> str:
    """What PKCE's S256 makes of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
