"""From names and values to credentials: `access_token`, `email` and `api_token`, `client_id` and `client_secret`."""

from __future__ import annotations

from collections.abc import Mapping

from bitbucket_source.api.credentials import (
    AN_ARGUMENT,
    APP_PASSWORDS,
    AccessToken,
    ApiToken,
    Credentials,
    CredentialsError,
)
from bitbucket_source.api.oauth import DEFAULT_OAUTH_URL, OAuthConsumer

CREDENTIAL_NAMES = ("access_token", "email", "api_token", "client_id", "client_secret", "app_password")


def credentials_from(
    values: Mapping[str, object], oauth_url: str = DEFAULT_OAUTH_URL, origin: str = AN_ARGUMENT
) -> Credentials | None:
    """The credentials that named values describe; None where they describe none.

    Takes `access_token`, or `email` + `api_token`, or `client_id` + `client_secret`; the first complete set counts.
    `origin` is where the values stood, for people. Raises CredentialsError for half a set and for app passwords.
    """
    given = {name: str(value) for name, value in values.items() if value}
    if "app_password" in given:
        raise CredentialsError(APP_PASSWORDS)
    if "access_token" in given:
        return AccessToken(given["access_token"], origin)
    if _both(given, "email", "api_token"):
        return ApiToken(given["email"], given["api_token"], origin)
    if _both(given, "client_id", "client_secret"):
        return OAuthConsumer(given["client_id"], given["client_secret"], oauth_url, origin)
    return None


def _both(given: Mapping[str, str], first: str, second: str) -> bool:
    if (first in given) != (second in given):
        there, missing = (first, second) if first in given else (second, first)
        raise CredentialsError(f"{there} is given without {missing}: both are needed.")
    return first in given


def credentials_from_environment(
    environment: Mapping[str, str], oauth_url: str = DEFAULT_OAUTH_URL
) -> Credentials | None:
    """The credentials in BITBUCKET_ACCESS_TOKEN, BITBUCKET_EMAIL + BITBUCKET_API_TOKEN and so on; None without."""
    values = {name: environment.get(f"BITBUCKET_{name.upper()}") for name in CREDENTIAL_NAMES}
    found = credentials_from(values, oauth_url)
    match found:
        case AccessToken():
            found.origin = "the environment variable BITBUCKET_ACCESS_TOKEN"
        case ApiToken():
            found.origin = "the environment variables BITBUCKET_EMAIL and BITBUCKET_API_TOKEN"
        case OAuthConsumer():
            found.origin = "the environment variables BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET"
    return found
