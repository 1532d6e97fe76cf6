"""Who asks: the kinds of credentials Bitbucket Cloud knows, and how each signs a request."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from bitbucket_source.api.errors import NoAnswer, TryFailed

if TYPE_CHECKING:
    from requests import Response

DEFAULT_OAUTH_URL = "https://bitbucket.org/site/oauth2"
_TIMEOUT_SECONDS = (10, 30)  # to connect, between two bytes
_REFRESH_BEFORE_EXPIRY_SECONDS = 300
_USUAL_LIFETIME_SECONDS = 3600
"""the documented one; answers say 7200 (FACTS 8)"""


class CredentialsError(Exception):
    """No credentials, or none that can work. `str()` says what to do."""


class Credentials(Protocol):
    """Signs requests. `description` says which kind it is, without any secret."""

    description: str

    @property
    def identity(self) -> str:
        """Whose hourly quota is used: the consumer's, the account's or the token's (FACTS 7).

        The same in every run, and no secret.
        """

    def auth(self) -> AuthBase:
        """What signs the next request.

        Raises CredentialsError where no token can be had, and TryFailed where one may be had later.
        """

    def renew(self, refused: AuthBase) -> bool:
        """Forget what a 401 refused, so that `auth` gives something new; False where there is nothing new."""


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
        pasted = _as_pasted("access_token", token)
        self.identity = f"token:{_digest(pasted)}"
        self._auth = _Bearer(pasted)

    def auth(self) -> AuthBase:
        """Sign with the token."""
        return self._auth

    def renew(self, refused: AuthBase) -> bool:  # noqa: ARG002
        """An access token cannot be renewed."""
        return False


class ApiToken:
    """An Atlassian account's API token: Basic with the account's e-mail (FACTS 8)."""

    def __init__(self, email: str, token: str) -> None:
        self.description = "API token"
        self.identity = f"account:{_digest(email.strip().lower())}"
        self._auth = HTTPBasicAuth(email.strip().encode(), _as_pasted("api_token", token).encode())

    def auth(self) -> AuthBase:
        """Sign with e-mail and token."""
        return self._auth

    def renew(self, refused: AuthBase) -> bool:  # noqa: ARG002
        """An API token cannot be renewed."""
        return False


class OAuthConsumer:
    """An OAuth consumer that acts for its owner: client credentials through requests-oauthlib (FACTS 8).

    The access token is fetched when first needed and again before it expires, by one thread at a time.
    """

    description = "OAuth consumer"

    def __init__(self, client_id: str, client_secret: str, oauth_url: str = DEFAULT_OAUTH_URL) -> None:
        self._client_id = _as_pasted("client_id", client_id)
        self.identity = f"consumer:{self._client_id}"
        self._client_secret = _as_pasted("client_secret", client_secret)
        self._token_url = f"{oauth_url.rstrip('/')}/access_token"
        self._lock = threading.Lock()
        self._auth: _Bearer | None = None
        self._renew_at = 0.0

    def auth(self) -> AuthBase:
        """Sign with an access token that lives on for a while."""
        with self._lock:
            if self._auth is None or time.monotonic() > self._renew_at:
                token = self._fetched()
                lifetime = float(token.get("expires_in") or _USUAL_LIFETIME_SECONDS)
                self._renew_at = time.monotonic() + max(lifetime - _REFRESH_BEFORE_EXPIRY_SECONDS, lifetime / 2)
                self._auth = _Bearer(token["access_token"])
            return self._auth

    def renew(self, refused: AuthBase) -> bool:
        """Forget the access token that was refused, unless another thread has a newer one already."""
        with self._lock:
            if self._auth is refused:
                self._auth = None
        return True

    def _fetched(self) -> Mapping[str, Any]:
        """A new token as the token server tells it. What goes wrong is raised without the exceptions of requests and
        oauthlib as its cause: they hold the request with the client secret.
        """
        from oauthlib.oauth2 import BackendApplicationClient, InsecureTransportError, OAuth2Error
        from requests_oauthlib import OAuth2Session

        # it logs secrets and tokens at DEBUG
        logging.getLogger("requests_oauthlib.oauth2_session").setLevel(logging.INFO)
        problem: Exception
        with OAuth2Session(client=BackendApplicationClient(client_id=self._client_id)) as session:
            session.register_compliance_hook("access_token_response", _checked)
            try:
                with _plain_http_to_loopback(self._token_url):
                    token: Mapping[str, Any] = session.fetch_token(
                        self._token_url,
                        auth=HTTPBasicAuth(self._client_id, self._client_secret),
                        timeout=_TIMEOUT_SECONDS,
                    )
                return token
            except InsecureTransportError:
                problem = CredentialsError(f"{self._token_url} is plain http, which would show the secret: use https.")
            except OAuth2Error as error:
                problem = CredentialsError(
                    f"{self._token_url} refuses the OAuth consumer ({error.error}). "
                    "Check the client id and secret, and that the consumer is marked private."
                )
            except OSError as error:
                problem = NoAnswer(
                    f"{self._token_url} cannot be reached ({type(error).__name__})",
                    urlsplit(self._token_url).hostname or self._token_url,
                )
            except ValueError:
                problem = CredentialsError(f"{self._token_url} gives a token that cannot be read.")
        raise problem


def _checked(response: Response) -> Response:
    """The token server's answer, where oauthlib can read it.

    Raises TryFailed where the server is in trouble, and CredentialsError where there is no token server.
    """
    status = response.status_code
    if status == 429 or status >= 500:
        raise TryFailed(f"the token server {urlsplit(response.url).hostname} answers {status}", status)
    try:
        is_readable = isinstance(response.json(), dict)
    except ValueError:
        is_readable = False
    if not is_readable:
        address = response.url.partition("?")[0]
        raise CredentialsError(f"{address} answers {status} and no token: is BITBUCKET_OAUTH_URL right?")
    return response


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


def _as_pasted(name: str, value: str) -> str:
    """The value without the blanks around it that pasting adds. Raises CredentialsError where it cannot be sent."""
    text = value.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise CredentialsError(f"{name} is empty or holds a character that cannot be in it: copy it again, whole.")
    return text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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


CREDENTIAL_NAMES = ("access_token", "email", "api_token", "client_id", "client_secret", "app_password")


def credentials_from_environment(
    environment: Mapping[str, str], oauth_url: str = DEFAULT_OAUTH_URL
) -> Credentials | None:
    """The credentials in BITBUCKET_ACCESS_TOKEN, BITBUCKET_EMAIL + BITBUCKET_API_TOKEN and so on; None without."""
    return credentials_from(
        {name: environment.get(f"BITBUCKET_{name.upper()}") for name in CREDENTIAL_NAMES}, oauth_url
    )
