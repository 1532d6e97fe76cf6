"""How many requests were made, how many are left, when to stop, and what is being waited for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue

from bitbucket_source.api.errors import Stopped
from bitbucket_source.api.quota import Quotas

LONG_WAIT = 5.0
"""Seconds from which on a wait is worth telling, and worth letting go of things for."""


class Budget:
    """Counts requests; raises Stopped when the allowance, the time, or the user's patience ends.

    `max_requests` and `max_seconds` bound the whole run; None for no bound. `quotas` outlive the run: a budget that is
    given those of an earlier one knows what that used of the hour. Safe to share between threads.
    """

    def __init__(
        self, max_requests: int | None = None, max_seconds: float | None = None, *, quotas: Quotas | None = None
    ) -> None:
        self._max_requests = max_requests
        self._deadline = None if max_seconds is None else time.monotonic() + max_seconds
        self._lock = threading.Lock()
        self._waits: dict[int, str] = {}
        self._is_stop_asked = False
        # an Event takes a lock, which the thread that a signal handler interrupts may hold
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._stop_reason = ""
        self.quotas = quotas or Quotas()
        self.requests = 0
        self.by_endpoint: Counter[str] = Counter()
        self.by_quota: Counter[str] = Counter()
        """requests by whose hourly quota they used: `Credentials.rationed_as`"""
        self.seconds_waited = 0.0
        self.on_wait: Callable[[float], None] | None = None
        """called before a wait of more than a few seconds, with the seconds, in the thread that waits: several may"""

    def spend(self, endpoint: str, rationed_as: str) -> None:
        """Count one request to `endpoint` that uses the quota `rationed_as`; raises Stopped where none is left."""
        self.check()
        with self._lock:
            if self._max_requests is not None and self.requests >= self._max_requests:
                raise Stopped(f"the {self._max_requests} requests of --max-requests are spent")
            self.requests += 1
            self.by_endpoint[endpoint] += 1
            self.by_quota[rationed_as] += 1
        self.quotas.of(rationed_as).add([(0.0, 1)])

    def add_earlier(self, rationed_as: str, made: Iterable[tuple[float, int]]) -> None:
        """Requests by which earlier runs used the quota `rationed_as`: how many seconds ago, and how many.

        They count for the hour only, not for this run. What is older than an hour may be among them.
        """
        self.quotas.of(rationed_as).add(made)

    def check(self) -> None:
        """Raise Stopped if the run must not go on."""
        if self._is_stop_asked:
            raise Stopped(self._stop_reason)
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise Stopped("the time of --max-time is over")

    def stop(self, reason: str) -> None:
        """Let every thread stop before its next request, and end its wait; the first reason is the one told."""
        # no lock: signal handlers call this
        self._stop_reason = self._stop_reason or reason
        self._is_stop_asked = True
        self._wake.put(None)

    @property
    def is_stop_asked(self) -> bool:
        """Whether somebody asked to stop, as opposed to an allowance or a time that ended."""
        return self._is_stop_asked

    def wait(self, seconds: float, why: str = "") -> None:
        """Wait, unless the run has to stop meanwhile: then raise Stopped at once. `why` is for people."""
        if self._deadline is not None and time.monotonic() + seconds > self._deadline:
            raise Stopped("the time of --max-time would end in a wait for Bitbucket")
        started = time.monotonic()
        thread = threading.get_ident()
        with self._lock:
            self._waits[thread] = why
        try:
            if seconds > LONG_WAIT and self.on_wait is not None:
                self.on_wait(seconds)
            with suppress(Empty):
                self._wake.get(timeout=seconds)
                self._wake.put(None)  # for the others
        finally:
            with self._lock:
                del self._waits[thread]
                self.seconds_waited += time.monotonic() - started
        self.check()

    @property
    def waiting(self) -> str:
        """What a thread is waiting for, in words: the one that began first; '' where none waits."""
        with self._lock:
            return next(filter(None, self._waits.values()), "")

    @property
    def left_this_hour(self) -> int:
        """Requests that Bitbucket still grants now, as far as is known here."""
        return self.quotas.left

    @property
    def seconds_to_next_request(self) -> float:
        """Seconds until Bitbucket grants the next request, as far as is known here; 0 where one is left."""
        return self.quotas.seconds_to_next
