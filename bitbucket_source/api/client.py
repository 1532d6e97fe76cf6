"""One request and its answer: signed, counted, retried, checked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Generic, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from bitbucket_source.api.budget import LONG_WAIT, Budget
from bitbucket_source.api.credentials import Credentials
from bitbucket_source.api.errors import (
    NoAnswer,
    RateLimited,
    ServerTrouble,
    Stopped,
    TryFailed,
    UnsafeLink,
    error_of_answer,
)
from bitbucket_source.api.retry import RetryPolicy, is_passing

logger = logging.getLogger("bitbucket_source")

DEFAULT_BASE_URL = "https://api.bitbucket.org/2.0"
_TIMEOUT_SECONDS = (10, 120)  # to connect, between two bytes: Bitbucket computes diffs for up to a minute
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONNECTIONS = 32
"""as many as a sync may have workers"""

T = TypeVar("T")
Params = Mapping[str, str | int | Sequence[str]]
Form = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A 200: what its body says, and its headers."""

    content: T
    headers: Mapping[str, str]


@dataclass
class _Tries:
    """How often one question was asked in vain, by reason."""

    troubles: int = 0
    rate_limits: int = 0
    redirects: int = 0
    renewals: int = 0
    no_answer: NoAnswer | None = None
    """the last try, where it got no answer"""


class Client:
    """Asks Bitbucket. Safe to share between threads, which share its connections too."""

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
        self._session = _new_session()
        self._quota = self.budget.quotas.of(credentials.identity)
        self._was_answered = False

    def url(self, path: str, params: Params | None = None) -> str:
        """The URL of a path below the base URL."""
        query = urlencode(params or {}, doseq=True)
        return f"{self.base_url}{path}" + (f"?{query}" if query else "")

    def ask(self, url: str, endpoint: str, decode: Callable[[bytes], T], form: Form | None = None) -> Answer[T]:
        """GET an absolute URL, or POST a form to it, and decode what comes back.

        `endpoint` is what it is called in counts and messages. A form is the way to ask for commits when the hashes
        are too long for a URL (FACTS 2). `decode` raises TryFailed for a body that may be better the next time.
        Raises the BitbucketError the answer stands for, CredentialsError where no token can be had, and Stopped when
        the budget ends.
        """
        tries = _Tries()
        try:
            return self._asked(tries, url, endpoint, decode, form)
        except Stopped:
            if tries.no_answer is None or self._was_answered or self.budget.is_stop_asked:
                raise
        # what keeps everything from being read is the connection, however few tries the budget had
        raise self._server_trouble(tries, endpoint, tries.no_answer)

    def _asked(
        self, tries: _Tries, url: str, endpoint: str, decode: Callable[[bytes], T], form: Form | None
    ) -> Answer[T]:
        while True:
            self._refuse_foreign(url, endpoint)
            try:
                auth = self.credentials.auth()
                response = self._send(url, endpoint, form, auth)
                tries.no_answer = None
                if response.status_code == 200:
                    return Answer(decode(_json_body(response)), response.headers)
                _refuse_passing(response)
            except TryFailed as failure:
                self._wait_after_trouble(tries, endpoint, failure)
                continue
            if response.status_code == 429:
                self._wait_after_rate_limit(tries, endpoint, response)
            elif response.status_code in _REDIRECTS and tries.redirects < _MOST_REDIRECTS:
                tries.redirects += 1
                url = urljoin(url, response.headers.get("Location", ""))
            elif response.status_code == 401 and not tries.renewals and self.credentials.renew(auth):
                tries.renewals += 1
            else:
                raise error_of_answer(endpoint, response.status_code, response.content)

    def _send(self, url: str, endpoint: str, form: Form | None, auth: AuthBase) -> requests.Response:
        """One try. Raises TryFailed where no answer comes."""
        self.budget.spend(endpoint, self.credentials.identity)
        try:
            response = self._session.request(
                "GET" if form is None else "POST",
                url,
                data=None if form is None else list(form),
                auth=auth,  # always: without it requests would look into .netrc
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except (OSError, ValueError) as error:
            failure = _failure_of(error, _host(url))
        else:
            self._was_answered = True
            self._quota.told_limit(response.headers.get("X-RateLimit-Limit"))
            return response
        # outside of the except clause: the exception of requests holds the request with its Authorization header
        raise failure

    def _wait_after_trouble(self, tries: _Tries, endpoint: str, failure: TryFailed) -> None:
        tries.troubles += 1
        tries.no_answer = failure if isinstance(failure, NoAnswer) else None
        if tries.troubles >= self._retry.tries:
            raise self._server_trouble(tries, endpoint, failure)
        seconds = self._retry.wait_after_trouble(tries.troubles, failure.retry_after)
        if tries.no_answer is None:
            self.budget.wait(seconds)
        else:
            self._tell(f"{failure.why}; trying again in {seconds:.0f} s")
            self.budget.wait(seconds, f"no answer from {tries.no_answer.host}, trying again")

    def _wait_after_rate_limit(self, tries: _Tries, endpoint: str, response: requests.Response) -> None:
        tries.rate_limits += 1
        if not self._wait_for_rate_limit:
            raise Stopped("Bitbucket's rate limit is reached (--on-rate-limit stop)")
        if tries.rate_limits >= self._retry.rate_limit_tries:
            raise RateLimited(endpoint, f"still rate limited after {tries.rate_limits} tries.", "Try again in an hour.")
        seconds = self._retry.wait_after_rate_limit(tries.rate_limits, response.headers.get("Retry-After"))
        self._quota.refused(seconds)
        why = f"waiting for Bitbucket's hourly quota until {_clock_in(seconds)}"
        if seconds > LONG_WAIT:
            self._tell(why)
        self.budget.wait(seconds, why)

    def _tell(self, message: str) -> None:
        """Log what a wait is for, unless another thread waits and has told it."""
        if not self.budget.waiting:
            logger.warning("%s", message)

    def _server_trouble(self, tries: _Tries, endpoint: str, failure: TryFailed) -> ServerTrouble:
        if self._was_answered or not isinstance(failure, NoAnswer):
            return ServerTrouble(endpoint, failure.status, failure.why, tries.troubles)
        step = "Nothing was read. Check the network, and the address in --base-url."
        return ServerTrouble(endpoint, failure.status, failure.why, tries.troubles, step)

    def _refuse_foreign(self, url: str, endpoint: str) -> None:
        ours, theirs = _origin(self.base_url), _origin(url)
        if theirs != ours:
            raise UnsafeLink(
                endpoint,
                f"the answer points to {theirs}, outside {ours}.",
                "Credentials are not sent there. If a proxy stands between, let it rewrite links.",
            )


def _new_session() -> requests.Session:
    session = requests.Session()
    session.headers.update({"Accept": "application/json", "User-Agent": "bitbucket-source"})
    # cookies are the one thing that threads would change in a session
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))
    return session


def _origin(url: str) -> str:
    """Scheme, host and port of a URL.

    The host is compared as it is written, not as it is parsed: parsers disagree about what is odd (`a\\@b`).
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a broken address"
    usual_port = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual_port)}"


def _json_body(response: requests.Response) -> bytes:
    """The body of a 200. Raises TryFailed where it says that it is something else than JSON."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind and "json" not in kind:
        raise TryFailed(f"the answer is {kind} where JSON was due")
    return response.content


def _refuse_passing(response: requests.Response) -> None:
    """Raise TryFailed for an answer that may be a better one when asked again."""
    status = response.status_code
    if is_passing(status):
        why = "Bitbucket is in trouble" if status >= 400 else "the answer has no content"
        raise TryFailed(why, status, response.headers.get("Retry-After"))


def _failure_of(error: Exception, host: str) -> TryFailed:
    """What a try ended with that got no response."""
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        # requests looks at Location even where it is told not to follow
        return TryFailed("the answer points to a broken address")
    return NoAnswer(f"no answer from {host}: {_why_no_answer(error)}", host)


def _why_no_answer(error: Exception) -> str:
    """What to tell people; the error's own text would show the URL and, behind a proxy, its password."""
    match error:
        case exceptions.ProxyError():
            return "the proxy gives no connection; check HTTPS_PROXY"
        case exceptions.SSLError():
            return "the server's certificate is not trusted; name your own authority's file in REQUESTS_CA_BUNDLE"
        case exceptions.Timeout():
            return "no byte came in time"
        case exceptions.RequestException():
            return f"the connection failed ({type(error).__name__})"
        case _:
            return "the file that REQUESTS_CA_BUNDLE names cannot be read"


def _host(url: str) -> str:
    """The host of a URL with its port, and without any password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _clock_in(seconds: float) -> str:
    """What the clock on the wall shows in so many seconds, rounded up to the minute."""
    return f"{datetime.now().astimezone() + timedelta(seconds=seconds + 59):%H:%M}"
