"""One request and its answer: signed, counted, retried, checked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from urllib.parse import urlencode, urlsplit

from requests.auth import AuthBase

from bitbucket_source.api.budget import LONG_WAIT, Budget
from bitbucket_source.api.connection import Connections, Form, Response, redirected
from bitbucket_source.api.credentials import Credentials, CredentialsError
from bitbucket_source.api.errors import (
    NoAnswer,
    RateLimited,
    ServerTrouble,
    Stopped,
    TryFailed,
    UnsafeLink,
    error_of_answer,
)
from bitbucket_source.api.pool import Pool, Question, Several, members_of
from bitbucket_source.api.retry import RetryPolicy, is_passing

logger = logging.getLogger("bitbucket_source")

DEFAULT_BASE_URL = "https://api.bitbucket.org/2.0"
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

T = TypeVar("T")
Params = Mapping[str, str | int | Sequence[str]]


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A 200: what its body says, its headers, and whom it was given to."""

    content: T
    headers: Mapping[str, str]
    asked_by: Credentials


@dataclass
class _Tries:
    """How often one question was asked in vain, by reason."""

    troubles: int = 0
    rate_limits: int = 0
    redirects: int = 0
    renewed: set[str] = field(default_factory=set)
    """identities of the credentials whose token was refused and renewed"""
    no_answer: NoAnswer | None = None
    """the last try, where it got no answer"""


class Client:
    """Asks Bitbucket. Safe to share between threads, which share its connections too.

    With several credentials each question goes to one that may read the thing (`api/pool.py`). `scopes` tells the
    scope that an endpoint takes: who has it is asked first.
    """

    def __init__(
        self,
        credentials: Credentials | Several,
        *,
        base_url: str = DEFAULT_BASE_URL,
        budget: Budget | None = None,
        retry: RetryPolicy | None = None,
        wait_for_rate_limit: bool = True,
        scopes: Mapping[str, str] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.budget = budget or Budget()
        self.credentials = credentials
        self.pool = Pool(members_of(credentials), self.budget.quotas)
        self._scopes = {endpoint.rstrip("/"): scope for endpoint, scope in (scopes or {}).items()}
        self._retry = retry or RetryPolicy()
        self._wait_for_rate_limit = wait_for_rate_limit
        self._connections = Connections(self.base_url)
        self._was_answered = threading.Event()

    def of_each(self) -> Iterator[tuple[Credentials, Client]]:
        """Each of the credentials that is accepted, with a client that uses it alone, and shares all else.

        Raises CredentialsRefused where none is.
        """
        for each in self.pool.accepted():
            alone = copy(self)
            alone.pool = self.pool.only(each)
            yield each, alone

    def url(self, path: str, params: Params | None = None) -> str:
        """The URL of a path below the base URL."""
        query = urlencode(params or {}, doseq=True)
        return f"{self.base_url}{path}" + (f"?{query}" if query else "")

    def ask(
        self,
        url: str,
        endpoint: str,
        decode: Callable[[bytes], T],
        form: Form | None = None,
        *,
        preferred: Credentials | None = None,
    ) -> Answer[T]:
        """GET an absolute URL, or POST a form to it, and decode what comes back.

        `endpoint` is what it is called in counts and messages. A form is the way to ask for commits when the hashes
        are too long for a URL (FACTS 2). `decode` raises TryFailed for a body that may be better the next time.
        `preferred` asks where it may: a list is read by one of several credentials. Raises the BitbucketError the
        answer stands for, CredentialsError where no token can be had, and Stopped when the budget ends.
        """
        tries = _Tries()
        try:
            return self._asked(tries, url, endpoint, decode, form, preferred)
        except Stopped:
            if tries.no_answer is None or self._was_answered.is_set() or self.budget.is_stop_asked:
                raise
        # what keeps everything from being read is the connection, however few tries the budget had
        raise self._server_trouble(tries, endpoint, tries.no_answer)

    def _asked(
        self,
        tries: _Tries,
        url: str,
        endpoint: str,
        decode: Callable[[bytes], T],
        form: Form | None,
        preferred: Credentials | None,
    ) -> Answer[T]:
        while True:
            self._refuse_foreign(url, endpoint)
            question = Question.about(url, self.base_url, endpoint, self._scope_of(endpoint))
            member = self.pool.choose(question, preferred)
            try:
                auth = member.auth()
                response = self._send(url, endpoint, form, auth, member)
                tries.no_answer = None
                if response.status_code == 200:
                    return Answer(decode(_json_body(response)), response.headers, member)
                _refuse_passing(response)
                if response.status_code in _REDIRECTS and tries.redirects < _MOST_REDIRECTS:
                    tries.redirects += 1
                    url = redirected(url, response)
                    continue
            except TryFailed as failure:
                self._wait_after_trouble(tries, endpoint, failure)
                continue
            except CredentialsError as error:
                if not self.pool.passes_on(member, question, error):
                    raise
                continue
            if response.status_code == 429:
                self._wait_after_rate_limit(tries, question, response, member)
            elif response.status_code == 401 and member.identity not in tries.renewed and member.renew(auth):
                tries.renewed.add(member.identity)
            else:
                error_told = error_of_answer(endpoint, response.status_code, response.body)
                if not self.pool.passes_on(member, question, error_told):
                    raise self.pool.said_by_all(question, error_told)

    def _scope_of(self, endpoint: str) -> str:
        # the list's own, or that of an object in it
        return self._scopes.get(endpoint.rstrip("/")) or self._scopes.get(endpoint.rpartition("/")[0], "")

    def _send(self, url: str, endpoint: str, form: Form | None, auth: AuthBase, member: Credentials) -> Response:
        """One try. Raises TryFailed where no answer comes."""
        self.budget.spend(endpoint, member.rationed_as)
        response = self._connections.send(url, form, auth)
        self._was_answered.set()
        self.pool.quota_of(member).told_limit(response.headers.get("X-RateLimit-Limit"))
        self.pool.answered(member, response.status_code, response.headers.get("X-OAuth-Scopes"))
        return response

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

    def _wait_after_rate_limit(
        self, tries: _Tries, question: Question, response: Response, member: Credentials
    ) -> None:
        seconds = self._retry.wait_after_rate_limit(tries.rate_limits + 1, response.headers.get("Retry-After"))
        self.pool.quota_of(member).refused(seconds)
        if self.pool.has_another(question):
            return
        tries.rate_limits += 1
        if not self._wait_for_rate_limit:
            raise Stopped("Bitbucket's rate limit is reached (--on-rate-limit stop)")
        if tries.rate_limits >= self._retry.rate_limit_tries:
            why = f"still rate limited after {tries.rate_limits} tries."
            raise RateLimited(question.endpoint, why, "Try again in an hour.")
        seconds = self.pool.seconds_to_wait(question, seconds)
        why = f"waiting for Bitbucket's hourly quota until {_clock_in(seconds)}"
        if seconds > LONG_WAIT:
            self._tell(why)
        self.budget.wait(seconds, why)

    def _tell(self, message: str) -> None:
        """Log what a wait is for, unless another thread waits and has told it."""
        if not self.budget.waiting:
            logger.warning("%s", message)

    def _server_trouble(self, tries: _Tries, endpoint: str, failure: TryFailed) -> ServerTrouble:
        if self._was_answered.is_set() or not isinstance(failure, NoAnswer):
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


def _json_body(response: Response) -> bytes:
    """The body of a 200. Raises TryFailed where it says that it is something else than JSON."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind and "json" not in kind:
        whose = ", as a proxy or a login page gives, or an address that is not the API's" if kind == "text/html" else ""
        raise TryFailed(f"the answer is {kind} where JSON was due{whose}")
    return response.body


def _refuse_passing(response: Response) -> None:
    """Raise TryFailed for an answer that may be a better one when asked again."""
    status = response.status_code
    if is_passing(status):
        why = "Bitbucket is in trouble" if status >= 400 else "the answer has no content"
        raise TryFailed(why, status, response.headers.get("Retry-After"))


def _clock_in(seconds: float) -> str:
    """What the clock on the wall shows in so many seconds, rounded up to the minute."""
    return f"{datetime.now().astimezone() + timedelta(seconds=seconds + 59):%H:%M}"
