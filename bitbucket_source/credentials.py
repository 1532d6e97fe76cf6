"""Which credentials are used: arguments, then the environment, then dlt's secrets; the first found are used alone."""

from __future__ import annotations

import os
from collections.abc import Mapping

import dlt

from bitbucket_source.api.credentials import AccessToken, Credentials, CredentialsError
from bitbucket_source.api.finding import CREDENTIAL_NAMES, credentials_from, credentials_from_environment
from bitbucket_source.api.oauth import DEFAULT_OAUTH_URL

_SECRETS = "sources.bitbucket.credentials"
_IN_SECRETS = f"dlt's secrets, {_SECRETS}"


def resolve_credentials(given: Mapping[str, str] | str | None, oauth_url: str | None = None) -> Credentials:
    """The first credentials found: the argument, the environment, dlt's secrets. Raises CredentialsError for none."""
    at = oauth_url or os.environ.get("BITBUCKET_OAUTH_URL") or DEFAULT_OAUTH_URL
    # dlt fills the argument from its secrets: then it is no argument, and the environment goes first
    argument = None if given == dlt.secrets.get(_SECRETS) else given
    secrets: dict[str, object] = {name: dlt.secrets.get(f"{_SECRETS}.{name}") for name in CREDENTIAL_NAMES}
    found = (
        _of_argument(argument, at)
        or credentials_from_environment(os.environ, at)
        or credentials_from(secrets, at, _IN_SECRETS)
    )
    if found is None:
        raise CredentialsError(
            "No credentials. Set BITBUCKET_ACCESS_TOKEN, or BITBUCKET_EMAIL and BITBUCKET_API_TOKEN, or "
            "BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET, or fill in .dlt/secrets.toml."
        )
    return found


def _of_argument(given: Mapping[str, str] | str | None, oauth_url: str) -> Credentials | None:
    if isinstance(given, str):
        return AccessToken(given)
    return credentials_from(given, oauth_url) if given else None
