"""OAuth: the server that gives out tokens, asked through requests-oauthlib, and consumers that act for their owner."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.auth import AuthBase, HTTPBasicAuth

from bitbucket_source.api.credentials import AN_ARGUMENT, Bearer, CredentialsError, as_pasted
from bitbucket_source.api.errors import NoAnswer, TryFailed

if TYPE_CHECKING:
    from requests import Response
    from requests_oauthlib import OAuth2Session

DEFAULT_OAUTH_URL = "https://bitbucket.org/site/oauth2"
_TIMEOUT_SECONDS = (10, 30)  # to connect, between two bytes
_RENEWED_BEFORE_ITS_END_SECONDS = 300
_USUAL_LIFETIME_SECONDS = 3600
"""the documented one; answers say 7200 (FACTS 8)"""


@dataclass(frozen=True)
class Token:
    """What the server gives out. `seconds` is how long the access token lives."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    seconds: float
    scopes: tuple[str, ...]

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Token:
        """The token in an answer. Raises ValueError where it cannot be read."""
        scopes = str(answer.get("scopes") or "").split()
        seconds = float(answer.get("expires_in") or _USUAL_LIFETIME_SECONDS)
        return cls(str(answer["access_token"]), str(answer.get("refresh_token") or ""), seconds, tuple(sorted(scopes)))

    @property
    def good_for(self) -> float:
        """Seconds after which it is time for another."""
        return max(self.seconds - _RENEWED_BEFORE_ITS_END_SECONDS, self.seconds / 2)


class GrantRefused(CredentialsError):
    """The server knows the consumer, and does not take its code or its refresh token."""


class TokenServer:
    """Where one OAuth consumer gets its tokens: `<oauth_url>/access_token` (FACTS 8).

    What goes wrong is raised without the exceptions of requests and oauthlib as its cause: they hold the request with
    the secret. GrantRefused and other CredentialsErrors are final, TryFailed may go better the next time.
    """

    def __init__(self, client_id: str, client_secret: str, oauth_url: str = DEFAULT_OAUTH_URL) -> None:
        self.client_id = as_pasted("client_id", client_id)
        self.oauth_url = oauth_url.rstrip("/")
        self._client_secret = as_pasted("client_secret", client_secret)
        self._url = f"{self.oauth_url}/access_token"

    def token_of_the_owner(self) -> Token:
        """A token that acts for the consumer's owner: client credentials."""
        from oauthlib.oauth2 import BackendApplicationClient
        from requests_oauthlib import OAuth2Session

        session = OAuth2Session(client=BackendApplicationClient(client_id=self.client_id))
        return self._answer(session, lambda: session.fetch_token(self._url, **self._signed))

    def consent(self, redirect_uri: str, state: str) -> tuple[OAuth2Session, str]:
        """The page where somebody agrees, and the session that knows what it takes to exchange the code."""
        from oauthlib.oauth2 import InsecureTransportError
        from requests_oauthlib import OAuth2Session

        session = OAuth2Session(self.client_id, redirect_uri=redirect_uri, pkce="S256")
        try:
            with _plain_http_to_loopback(self._url):
                url, _ = session.authorization_url(f"{self.oauth_url}/authorize", state=state)
        except InsecureTransportError:
            raise self._shows_the_secret() from None
        return session, url

    def token_of_code(self, session: OAuth2Session, code: str) -> Token:
        """A token for the code that `session`, which made the request for consent, was answered with."""
        return self._answer(session, lambda: session.fetch_token(self._url, code=code, **self._signed))

    def token_of_refresh(self, refresh_token: str) -> Token:
        """The next token. The refresh token is worthless from then on (CHANGE-3052)."""
        from requests_oauthlib import OAuth2Session

        session = OAuth2Session(self.client_id)
        return self._answer(
            session, lambda: session.refresh_token(self._url, refresh_token=refresh_token, **self._signed)
        )

    @property
    def _signed(self) -> dict[str, Any]:
        return {"auth": HTTPBasicAuth(self.client_id, self._client_secret), "timeout": _TIMEOUT_SECONDS}

    def _answer(self, session: OAuth2Session, ask: Callable[[], Mapping[str, Any]]) -> Token:
        from oauthlib.oauth2 import InsecureTransportError, InvalidGrantError, OAuth2Error

        # it logs secrets and tokens at DEBUG
        logging.getLogger("requests_oauthlib.oauth2_session").setLevel(logging.INFO)
        problem: Exception
        # what is posted would go with a redirect, wherever that leads
        session.get_redirect_target = _nowhere  # type: ignore[assignment,method-assign]
        with session:
            for kind in ("access_token_response", "refresh_token_response"):
                session.register_compliance_hook(kind, _checked)
            try:
                with _plain_http_to_loopback(self._url):
                    return Token.read(ask())
            except InsecureTransportError:
                problem = self._shows_the_secret()
            except InvalidGrantError:
                problem = GrantRefused(f"{self._url} does not take what the OAuth consumer was granted.")
            except OAuth2Error as error:
                problem = CredentialsError(
                    f"{self._url} refuses the OAuth consumer ({error.error}). "
                    "Check the client id and secret, and that the consumer is marked private and has a callback URL."
                )
            except OSError as error:
                problem = NoAnswer(
                    f"{self._url} cannot be reached ({type(error).__name__})",
                    urlsplit(self._url).hostname or self._url,
                )
            except ValueError:
                problem = CredentialsError(f"{self._url} gives a token that cannot be read.")
        raise problem

    def _shows_the_secret(self) -> CredentialsError:
        return CredentialsError(f"{self._url} is plain http, which would show the secret: use https.")


class OAuthConsumer:
    """An OAuth consumer that acts for its owner: client credentials (FACTS 8).

    The access token is fetched when first needed and again before it expires, by one thread at a time.
    """

    description = "OAuth consumer"
    ends = "never: it fetches a new token every two hours"

    def __init__(
        self, client_id: str, client_secret: str, oauth_url: str = DEFAULT_OAUTH_URL, origin: str = AN_ARGUMENT
    ) -> None:
        self._server = TokenServer(client_id, client_secret, oauth_url)
        self.origin = origin
        self.identity = self.rationed_as = f"consumer:{self._server.client_id}"
        self._lock = threading.Lock()
        self._auth: Bearer | None = None
        self._renew_at = 0.0

    def auth(self) -> AuthBase:
        """Sign with an access token that lives on for a while."""
        with self._lock:
            if self._auth is None or time.monotonic() > self._renew_at:
                token = self._server.token_of_the_owner()
                self._renew_at = time.monotonic() + token.good_for
                self._auth = Bearer(token.access)
            return self._auth

    def renew(self, refused: AuthBase) -> bool:
        """Forget the access token that was refused, unless another thread has a newer one already."""
        with self._lock:
            if self._auth is refused:
                self._auth = None
        return True


def _nowhere(_: Response) -> None:
    """Where a redirect is followed to."""


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
