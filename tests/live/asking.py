"""GET and nothing but GET: a reader of Bitbucket that shares no code with the one that is put to the test.

Each answer is asked for once and shared by all facts; a maximum of requests is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase

Json: TypeAlias = dict[str, Any]

_TIMEOUT_SECONDS = (10, 60)  # to connect, between two bytes
_SHOWN = 300


class Untestable(Exception):
    """A fact cannot be tested here; `str()` says why."""


class Differs(Exception):
    """Bitbucket answers otherwise than the fact says."""

    def __init__(self, expected: str, came: object) -> None:
        self.expected = expected
        self.came = _short(came)
        super().__init__(f"expected {expected}; came {self.came}")


@dataclass(frozen=True)
class Answer:
    """What came for one address: `target` is it, without the origin."""

    target: str
    status: int
    headers: Mapping[str, str]
    text: str
    is_ordinary: bool = True
    """asked with the credentials, and whatever it would be"""

    @property
    def json(self) -> Any:
        """The body. Raises Differs where it is no JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise Differs(f"JSON from {self.target}", f"{self.status} {self.text!r}") from None

    @property
    def problem(self) -> str:
        """Status, message and detail of an error, or the start of a body that is no error's."""
        try:
            error = json.loads(self.text).get("error")
        except (ValueError, AttributeError):
            error = None
        if isinstance(error, dict):
            told = " ".join(str(error[name]) for name in ("message", "detail") if name in error)
        else:
            told = self.text
        return _short(f"{self.status} {told}".strip())


class Reader:
    """Asks, and counts.

    Args:
        base_url: of the API, `https://api.bitbucket.org/2.0` or another origin's.
        auth: gives what signs the next request.
        limit: the most requests that are sent.
        known: answers that need not be asked for.
    """

    def __init__(self, base_url: str, auth: Callable[[], AuthBase], limit: int, known: Iterable[Answer] = ()) -> None:
        self.base_url = base_url.rstrip("/")
        self.limit = limit
        self.requests = 0
        self._auth = auth
        self._session = requests.Session()
        self._answers = {(answer.target, "", ""): answer for answer in known if answer.is_ordinary}
        self._stopped = ""
        self.heard: Callable[[requests.Response], None] | None = None
        """told of every response"""

    def get(self, target: str, *, unless: str = "", signed_by: AuthBase | None = None) -> Answer:
        """The answer for a path below the API, with its query encoded, or for a link of an answer.

        Redirects are not followed. `unless` is an ETag for `If-None-Match`, `signed_by` replaces the credentials.
        Raises Differs for a link that leaves the API, and Untestable where no answer can be had.
        """
        path = self.path_of(target)
        key = (path, unless, "" if signed_by is None else str(id(signed_by)))
        if key not in self._answers:
            self._answers[key] = self._asked(path, unless, signed_by)
        return self._answers[key]

    def path_of(self, target: str) -> str:
        """The path below the API of a link. Raises Differs where it leads elsewhere."""
        if target.startswith("/"):
            return target
        if not target.startswith(f"{self.base_url}/"):
            raise Differs(f"a link below {self.base_url}", target)
        return target.removeprefix(self.base_url)

    @property
    def answers(self) -> list[Answer]:
        """All that came so far."""
        return list(self._answers.values())

    def _asked(self, path: str, unless: str, signed_by: AuthBase | None) -> Answer:
        answer = self._once(path, unless, signed_by)
        # a hiccup is no fact: whatever comes again is
        return self._once(path, unless, signed_by) if answer.status >= 500 else answer

    def _once(self, path: str, unless: str, signed_by: AuthBase | None) -> Answer:
        if self._stopped:
            raise Untestable(self._stopped)
        if self.requests >= self.limit:
            raise Untestable(f"the {self.limit} requests are spent (--live-requests)")
        self.requests += 1
        try:
            response = self._session.get(
                self.base_url + path,
                headers={"If-None-Match": unless} if unless else {},
                auth=signed_by or self._auth(),
                allow_redirects=False,
                timeout=_TIMEOUT_SECONDS,
            )
        except requests.RequestException as error:
            host = urlsplit(self.base_url).hostname
            raise Untestable(f"no answer from {host} ({type(error).__name__})") from None
        if self.heard is not None:
            self.heard(response)
        if response.status_code == 429:
            self._stopped = "429: the hourly quota is spent; wait an hour"
            raise Untestable(self._stopped)
        is_ordinary = not unless and signed_by is None
        return Answer(path, response.status_code, response.headers, response.text, is_ordinary)


def quoted(value: object) -> str:
    """A value as it stands in a query or a path: `+` is `%2B`, braces are escaped."""
    return quote(str(value), safe="")


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
