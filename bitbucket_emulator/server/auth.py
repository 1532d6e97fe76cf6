"""Who asks, and whether the scopes suffice (FACTS 8)."""

from __future__ import annotations

import base64
import binascii

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.endpoints import Endpoint
from bitbucket_emulator.server.grants import Grants
from bitbucket_emulator.world.model import Credential, World

# how X-Credential-Type names them
CREDENTIAL_TYPES = {"basic": "apitoken", "bearer": "access_token", "oauth": "oauth2"}


def identify(world: World, grants: Grants, authorization: str | None) -> Credential | None:
    """The credential behind an Authorization header, None without one.

    API tokens come as Basic, access tokens and OAuth tokens as Bearer. A token in the query is not looked at
    (CHANGE-3052).

    Raises:
        ApiError: 401, when it is unknown, expired or revoked, or an API token without any Bitbucket scope.
    """
    if authorization is None:
        return None
    scheme, _, value = authorization.partition(" ")
    found = None
    if scheme.lower() == "basic":
        email, _, token = decode_basic(value)
        found = _by_secret(world, "basic", token)
        found = found if found is not None and found.email.lower() == email.lower() else None
    elif scheme.lower() == "bearer":
        found = _by_secret(world, "bearer", value.strip()) or grants.credential(value.strip(), world)
    if found is None or world.user(found.user) is None:
        raise errors.token_invalid()
    if not found.scopes and found.kind == "basic":
        raise errors.no_bitbucket_scopes()
    return found


def decode_basic(value: str) -> tuple[str, str, str]:
    """User, colon and password of a Basic header; empty where it cannot be decoded."""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", "", ""


def required_scopes(endpoint: Endpoint, credential: Credential | None) -> tuple[str, ...]:
    """What an endpoint asks of this kind of credential: granular names of API tokens, short ones of all others."""
    return endpoint.token_scopes if credential is not None and credential.kind == "basic" else endpoint.scopes


def check(endpoint: Endpoint, credential: Credential | None) -> None:
    """Raises ApiError: 401 where credentials are a must, 403 where they do not suffice."""
    if credential is None:
        if not endpoint.is_public and endpoint.token_scopes:
            raise errors.token_invalid()
        return
    if credential.kind in endpoint.refuses:
        raise errors.credential_refused()
    required = required_scopes(endpoint, credential)
    if not credential.scopes.issuperset(required):
        raise errors.missing_scope(required, sorted(credential.scopes))


def _by_secret(world: World, kind: str, token: str) -> Credential | None:
    known = world.credentials.values()
    return next((each for each in known if each.kind == kind and each.token == token), None) if token else None
