"""Who asks: the kinds of credentials Bitbucket Cloud knows, and how each signs a request."""

from __future__ import annotations

import hashlib
import re
from typing import Protocol

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

AN_ARGUMENT = "an argument"
APP_PASSWORDS = (
    "App passwords were removed from Bitbucket on 2026-07-28. "
    "Create an API token (email + api_token), an access token, or an OAuth consumer instead."
)
_AN_APP_PASSWORD = re.compile(r"ATBB[A-Za-z0-9]{32}")
"""how app passwords look: rule np.bitbucket.1 of praetorian-inc/noseyparker"""


class CredentialsError(Exception):
    """No credentials, or none that can work. `str()` says what to do."""


class Credentials(Protocol):
    """Signs requests.

    `description` says which kind it is, `origin` where it was found, `ends` how long it is good for; none of them
    tells a secret.
    """

    description: str
    origin: str
    ends: str

    @property
    def identity(self) -> str:
        """Who looks: what one sees, another may not. The same in every run, and no secret."""

    @property
    def rationed_as(self) -> str:
        """Whose hourly quota is used: the account's, the consumer's or the token's (FACTS 7). No secret either."""

    def auth(self) -> AuthBase:
        """What signs the next request.

        Raises CredentialsError where no token can be had, and TryFailed where one may be had later.
        """

    def renew(self, refused: AuthBase) -> bool:
        """Forget what a 401 refused, so that `auth` gives something new; False where there is nothing new."""


class Bearer(AuthBase):
    """Signs with a token in the Authorization header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class AccessToken:
    """A repository, project or workspace access token: Bearer (FACTS 8)."""

    description = "access token"
    ends = "on the day that was chosen when it was made; Bitbucket does not tell it"

    def __init__(self, token: str, origin: str = AN_ARGUMENT) -> None:
        pasted = as_pasted("access_token", token)
        self.origin = origin
        self.identity = self.rationed_as = f"token:{digest(pasted)}"
        self._auth = Bearer(pasted)

    def auth(self) -> AuthBase:
        """Sign with the token."""
        return self._auth

    def renew(self, refused: AuthBase) -> bool:  # noqa: ARG002
        """An access token cannot be renewed."""
        return False


class ApiToken:
    """An Atlassian account's API token: Basic with the account's e-mail (FACTS 8)."""

    description = "API token"
    ends = "within a year, on the day that was chosen when it was made; Bitbucket does not tell it"

    def __init__(self, email: str, token: str, origin: str = AN_ARGUMENT) -> None:
        self.origin = origin
        self.identity = self.rationed_as = f"account:{digest(email.strip().lower())}"
        self._auth = HTTPBasicAuth(email.strip().encode(), as_pasted("api_token", token).encode())

    def auth(self) -> AuthBase:
        """Sign with e-mail and token."""
        return self._auth

    def renew(self, refused: AuthBase) -> bool:  # noqa: ARG002
        """An API token cannot be renewed."""
        return False


def as_pasted(name: str, value: str) -> str:
    """The value without the blanks around it that pasting adds. Raises CredentialsError where it cannot be sent."""
    text = value.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise CredentialsError(f"{name} is empty or holds a character that cannot be in it: copy it again, whole.")
    if _AN_APP_PASSWORD.fullmatch(text):
        raise CredentialsError(f"{name} holds an app password. {APP_PASSWORDS}")
    return text


def digest(text: str) -> str:
    """What stands for a name or a secret, and does not tell it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
