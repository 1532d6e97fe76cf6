"""Somebody's consent, asked for in the browser: the authorization code flow of OAuth (RFC 6749, 4.1; RFC 8252)."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, urlsplit

from bitbucket_source.api.credentials import CredentialsError
from bitbucket_source.api.errors import TryFailed
from bitbucket_source.api.oauth import GrantRefused, Token, TokenServer


class AnswerRefused(CredentialsError):
    """What came back is no answer to this request for consent."""


class Consent:
    """One request for consent. `url` is the page where somebody agrees; what it answers goes to `token_of`.

    The request carries a `state`, so that nobody can slip another answer in, and a PKCE challenge, so that the code
    is worth nothing to whoever sees it; a server that does not know PKCE passes over it (RFC 6749, 3.1).
    """

    def __init__(self, server: TokenServer, redirect_uri: str) -> None:
        self._server = server
        self._state = secrets.token_urlsafe(24)
        self.redirect_uri = redirect_uri
        self._session, self.url = server.consent(redirect_uri, self._state)

    def token_of(self, answer: str) -> Token:
        """The token for the address that the browser was sent to.

        Raises AnswerRefused where it belongs to another request, and CredentialsError where consent was not given or
        is not taken by the server.
        """
        told = {name: values[0] for name, values in parse_qs(urlsplit(answer.strip()).query).items()}
        if not {"code", "error"} & told.keys():
            raise AnswerRefused(f"This is no answer of Bitbucket's: it begins with {self.redirect_uri}?code=")
        if not secrets.compare_digest(told.get("state", "").encode(), self._state.encode()):
            raise AnswerRefused("This answers another login, an older one perhaps: use the newest page.")
        if told.get("error") == "access_denied":
            raise CredentialsError("Access was not granted: nothing was kept.")
        if "error" in told:
            raise CredentialsError("Bitbucket could not ask for consent: look at the consumer's callback URL.")
        try:
            return self._server.token_of_code(self._session, told["code"])
        except GrantRefused:
            why = "Bitbucket does not take its own code: one is good for some minutes, and once"
        except TryFailed as failure:
            why = failure.why
        raise CredentialsError(f"{why}. Nothing was kept: log in again.")
