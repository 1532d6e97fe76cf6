"""Who asks: the kinds of credentials Bitbucket Cloud knows, and how each signs a request."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

DEFAULT_OAUTH_URL = "https://bitbucket.org/site/oauth2"
_REFRESH_BEFORE_EXPIRY_SECONDS = 300


class CredentialsError(Exception):
    """No credentials, or none that can work. `str()` says what to do."""


class Credentials(Protocol):
    """Signs requests. `description` says which kind it is, without any secret."""

    description: str

    def auth(self) -> AuthBase:
        """What signs the next request; raises CredentialsError where no token can be had."""

    def refresh(self) -> bool:
        """Get a new token after a 401; False where there is none to be had."""


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class AccessToken:
    """A repository, project or workspace access token: Bearer (FACTS 8)."""

    description = "access token"

    def __init__(self, token: str) -> None:
        self._auth = _Bearer(token)

    def auth(self) -> AuthBase:
        """Sign with the token."""
        return self._auth

    def refresh(self) -> bool:
        """An access token cannot be renewed."""
        return False


class ApiToken:
    """An Atlassian account's API token: Basic with the account's e-mail (FACTS 8)."""

    def __init__(self, email: str, token: str) -> None:
        self.description = "API token"
        self._auth = HTTPBasicAuth(email.encode(), token.encode())

    def auth(self) -> AuthBase:
        """Sign with e-mail and token."""
        return self._auth

    def refresh(self) -> bool:
        """An API token cannot be renewed."""
        return False


class OAuthConsumer:
    """An OAuth consumer that acts for its owner: client credentials through requests-oauthlib (FACTS 8).

    The access token is fetched when first needed and again before it expires, by one thread at a time.
    """

    description = "OAuth consumer"

    def __init__(self, client_id: str, client_secret: str, oauth_url: str = DEFAULT_OAUTH_URL) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._token_url = f"{oauth_url.rstrip('/')}/access_token"
        self._lock = threading.Lock()
        self._auth: _Bearer | None = None
        self._expires_at = 0.0

    def auth(self) -> AuthBase:
        """Sign with an access token that lives for some minutes more."""
        with self._lock:
            if self._auth is None or time.monotonic() > self._expires_at - _REFRESH_BEFORE_EXPIRY_SECONDS:
                self._fetch()
            assert self._auth is not None
            return self._auth

    def refresh(self) -> bool:
        """Fetch a new access token: the old one was refused."""
        with self._lock:
            self._fetch()
        return True

    def _fetch(self) -> None:
        from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
        from requests import RequestException
        from requests_oauthlib import OAuth2Session

        session = OAuth2Session(client=BackendApplicationClient(client_id=self._client_id))
        try:
            with _plain_http_to_loopback(self._token_url):
                token = session.fetch_token(
                    self._token_url, auth=HTTPBasicAuth(self._client_id, self._client_secret), timeout=30
                )
        except OAuth2Error as error:
            raise CredentialsError(
                f"{self._token_url} refuses the OAuth consumer ({error.error}). "
                "Check the client id and secret, and that the consumer is marked private."
            ) from None
        except RequestException as error:
            raise CredentialsError(f"{self._token_url} cannot be reached ({type(error).__name__}).") from None
        self._auth = _Bearer(token["access_token"])
        self._expires_at = time.monotonic() + float(token.get("expires_in", 3600))


_TRANSPORT_LOCK = threading.Lock()


@contextmanager
def _plain_http_to_loopback(url: str) -> Iterator[None]:
    """Let oauthlib talk plain HTTP to this machine, where an emulator runs, and to no other."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        yield
        return
    with _TRANSPORT_LOCK:
        before = os.environ.get("OAUTHLIB_INSECURE_TRANSPORT")
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
        try:
            yield
        finally:
            if before is None:
                del os.environ["OAUTHLIB_INSECURE_TRANSPORT"]
            else:
                os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = before


_APP_PASSWORDS = (
    "App passwords were removed from Bitbucket on 2026-07-28. "
    "Create an API token (email + api_token), an access token, or an OAuth consumer instead."
)


def credentials_from(values: Mapping[str, object], oauth_url: str = DEFAULT_OAUTH_URL) -> Credentials | None:
    """The credentials that named values describe; None where they describe none.

    Takes `access_token`, or `email` + `api_token`, or `client_id` + `client_secret`; the first complete set counts.
    Raises CredentialsError for half a set and for app passwords.
    """
    given = {name: str(value) for name, value in values.items() if value}
    if "app_password" in given:
        raise CredentialsError(_APP_PASSWORDS)
    if "access_token" in given:
        return AccessToken(given["access_token"])
    if _both(given, "email", "api_token"):
        return ApiToken(given["email"], given["api_token"])
    if _both(given, "client_id", "client_secret"):
        return OAuthConsumer(given["client_id"], given["client_secret"], oauth_url)
    return None


def _both(given: Mapping[str, str], first: str, second: str) -> bool:
    if (first in given) != (second in given):
        there, missing = (first, second) if first in given else (second, first)
        raise CredentialsError(f"{there} is given without {missing}: both are needed.")
    return first in given


_NAMES = ("access_token", "email", "api_token", "client_id", "client_secret", "app_password")


def credentials_from_environment(
    environment: Mapping[str, str], oauth_url: str = DEFAULT_OAUTH_URL
) -> Credentials | None:
    """The credentials in BITBUCKET_ACCESS_TOKEN, BITBUCKET_EMAIL + BITBUCKET_API_TOKEN and so on; None without."""
    return credentials_from({name: environment.get(f"BITBUCKET_{name.upper()}") for name in _NAMES}, oauth_url)
