"""How many requests were made, how many are left, and when to stop."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque

from bitbucket_source.api.errors import Stopped

REQUESTS_PER_HOUR = 1000
"""What Bitbucket grants one account, consumer or access token in a rolling hour (FACTS 7)."""
_HOUR = 3600.0


class Budget:
    """Counts requests; raises Stopped when the allowance, the time, or the user's patience ends.

    `max_requests` and `max_seconds` bound the whole run; None for no bound. Safe to share between threads.
    """

    def __init__(self, max_requests: int | None = None, max_seconds: float | None = None) -> None:
        self._max_requests = max_requests
        self._deadline = None if max_seconds is None else time.monotonic() + max_seconds
        self._lock = threading.Lock()
        self._times: deque[float] = deque()
        self._stop = threading.Event()
        self._stop_reason = ""
        self.requests = 0
        self.by_endpoint: Counter[str] = Counter()
        self.seconds_waited = 0.0

    def spend(self, endpoint: str) -> None:
        """Count one request to `endpoint`; raises Stopped instead where none is left."""
        self.check()
        with self._lock:
            if self._max_requests is not None and self.requests >= self._max_requests:
                raise Stopped(f"the {self._max_requests} requests of --max-requests are spent")
            self.requests += 1
            self.by_endpoint[endpoint] += 1
            now = time.monotonic()
            self._times.append(now)
            self._forget_before(now - _HOUR)

    def check(self) -> None:
        """Raise Stopped if the run must not go on."""
        if self._stop.is_set():
            raise Stopped(self._stop_reason)
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise Stopped("the time of --max-time is over")

    def stop(self, reason: str) -> None:
        """Let every thread stop before its next request, and end its wait; the first reason is the one told."""
        # no lock: signal handlers call this
        self._stop_reason = self._stop_reason or reason
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Wait, unless the run has to stop meanwhile: then raise Stopped at once."""
        if self._deadline is not None and time.monotonic() + seconds > self._deadline:
            raise Stopped("the time of --max-time would end in a wait for Bitbucket")
        started = time.monotonic()
        self._stop.wait(seconds)
        with self._lock:
            self.seconds_waited += time.monotonic() - started
        self.check()

    @property
    def left_this_hour(self) -> int:
        """Requests that Bitbucket still grants now, as far as this process knows."""
        with self._lock:
            self._forget_before(time.monotonic() - _HOUR)
            return max(0, REQUESTS_PER_HOUR - len(self._times))

    def _forget_before(self, moment: float) -> None:
        while self._times and self._times[0] < moment:
            self._times.popleft()
