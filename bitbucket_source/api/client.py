"""One request and its answer: signed, counted, retried, checked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from bitbucket_source.api.budget import Budget
from bitbucket_source.api.credentials import Credentials
from bitbucket_source.api.errors import (
    BadRequest,
    BitbucketError,
    RateLimited,
    ServerTrouble,
    Stopped,
    UnsafeLink,
    error_of_answer,
)
from bitbucket_source.api.retry import RETRIED_STATUSES, RetryPolicy

DEFAULT_BASE_URL = "https://api.bitbucket.org/2.0"
_TIMEOUT_SECONDS = (10, 120)  # to connect, between two bytes: Bitbucket computes diffs for up to a minute
_REDIRECTS = 3

T = TypeVar("T")
Params = Mapping[str, str | int | Sequence[str]]


Form = Sequence[tuple[str, str]]


class Unreadable(Exception):
    """Raised by a decoder: the body is not what was asked for, and may be when asked for again."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A 200: what its body says, and its headers."""

    content: T
    headers: Mapping[str, str]


class Client:
    """Asks Bitbucket. Safe to share between threads: each has its own connection."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str = DEFAULT_BASE_URL,
        budget: Budget | None = None,
        retry: RetryPolicy | None = None,
        wait_for_rate_limit: bool = True,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.budget = budget or Budget()
        self.credentials = credentials
        self._retry = retry or RetryPolicy()
        self._wait_for_rate_limit = wait_for_rate_limit
        self._local = threading.local()

    def url(self, path: str, params: Params | None = None) -> str:
        """The URL of a path below the base URL."""
        query = urlencode(params or {}, doseq=True)
        return f"{self.base_url}{path}" + (f"?{query}" if query else "")

    def ask(self, url: str, endpoint: str, decode: Callable[[bytes], T], form: Form | None = None) -> Answer[T]:
        """GET an absolute URL, or POST a form to it, and decode what comes back.

        `endpoint` is what it is called in counts and messages. A form is the way to ask for commits when the hashes
        are too long for a URL (FACTS 2). Raises the BitbucketError the answer stands for, and Stopped when the budget
        ends.
        """
        trouble = rate_limits = redirects = 0
        refreshed = False
        while True:
            self._refuse_foreign(url, endpoint)
            outcome = self._send(url, endpoint, form)
            if isinstance(outcome, str):
                trouble += 1
                self._wait_after_trouble(trouble, endpoint, None, outcome)
                continue
            status = outcome.status_code
            if status == 200:
                try:
                    return Answer(decode(_json_body(outcome)), outcome.headers)
                except Unreadable as error:
                    trouble += 1
                    self._wait_after_trouble(trouble, endpoint, None, str(error))
            elif status in RETRIED_STATUSES:
                trouble += 1
                self._wait_after_trouble(trouble, endpoint, status, "Bitbucket is in trouble")
            elif status == 429:
                rate_limits += 1
                self._wait_after_rate_limit(rate_limits, endpoint, outcome.headers)
            elif status in {301, 302, 303, 307, 308} and redirects < _REDIRECTS:
                redirects += 1
                url = urljoin(url, outcome.headers.get("Location", ""))
            elif status == 401 and not refreshed and self.credentials.refresh():
                refreshed = True
            else:
                raise _error(endpoint, status, outcome)

    def _send(self, url: str, endpoint: str, form: Form | None) -> requests.Response | str:
        """One try: the response, or why there is none."""
        auth = self.credentials.auth()
        self.budget.spend(endpoint)
        try:
            return self._session().request(
                "GET" if form is None else "POST",
                url,
                data=None if form is None else list(form),
                auth=auth,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # str(error) would show the URL and, behind a proxy, its password
            return f"the connection failed ({type(error).__name__})"

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.headers.update({"Accept": "application/json", "User-Agent": "bitbucket-source"})
        return session

    def _wait_after_trouble(self, tried: int, endpoint: str, status: int | None, why: str) -> None:
        if tried >= self._retry.tries:
            raise ServerTrouble(endpoint, status, why, tried)
        self.budget.wait(self._retry.wait_after_trouble(tried))

    def _wait_after_rate_limit(self, tried: int, endpoint: str, headers: Mapping[str, str]) -> None:
        if not self._wait_for_rate_limit:
            raise Stopped("Bitbucket's rate limit is reached (--on-rate-limit stop)")
        if tried > self._retry.rate_limit_tries:
            raise RateLimited(endpoint, f"still rate limited after {tried} tries.", "Try again in an hour.")
        self.budget.wait(self._retry.wait_after_rate_limit(tried, headers))

    def _refuse_foreign(self, url: str, endpoint: str) -> None:
        ours, theirs = urlsplit(self.base_url), urlsplit(url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise UnsafeLink(
                endpoint,
                f"the answer points to {theirs.scheme}://{theirs.hostname}, outside {ours.scheme}://{ours.hostname}.",
                "Credentials are not sent there. If a proxy stands between, let it rewrite links.",
            )


def _json_body(response: requests.Response) -> bytes:
    kind = response.headers.get("Content-Type", "")
    if "json" not in kind:
        raise Unreadable(f"the answer is {kind.split(';')[0] or 'of no type'} where JSON was due")
    return response.content


def _error(endpoint: str, status: int, response: requests.Response) -> BitbucketError:
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if status >= 500:
        return ServerTrouble(endpoint, status, "Bitbucket gives no answer to this request", 1)
    if 300 <= status < 400:
        return BadRequest(endpoint, status, "redirected too often.")
    return error_of_answer(endpoint, status, body)
