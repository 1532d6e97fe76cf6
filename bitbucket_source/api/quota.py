"""How much of its rolling hour each credential has used: what Bitbucket rations, as far as it can be known here.

It informs only. What makes the client wait is Bitbucket's 429: other programs may use the same credential.
"""

from __future__ import annotations

import re
import threading
import time
from bisect import insort
from collections.abc import Iterable

REQUESTS_PER_HOUR = 1000
"""What Bitbucket grants one account, consumer or access token in a rolling hour (FACTS 7)."""
_HOUR = 3600.0


class Quota:
    """The rolling hour of one credential. Safe to share between threads."""

    def __init__(self) -> None:
        self.limit = REQUESTS_PER_HOUR
        """requests an hour; access tokens of large workspaces have more, and the answers to them say how many"""
        self._lock = threading.Lock()
        self._made: list[tuple[float, int]] = []
        """when, and how many: oldest first"""
        self._refused_until = 0.0

    def add(self, made: Iterable[tuple[float, int]]) -> None:
        """Requests that were made with the credential: how many seconds ago, and how many."""
        now = time.monotonic()
        with self._lock:
            for seconds_ago, requests in made:
                # a moment to come, from a clock that is wrong, would count for longer than an hour
                insort(self._made, (now - max(0.0, seconds_ago), requests))

    def told_limit(self, header: str | None) -> None:
        """Take the limit from an X-RateLimit-Limit: `1250`, or `60, 60;w=3600`."""
        told = re.match(r"\s*(\d{1,9})\b", header or "", re.ASCII)
        if told and int(told[1]):
            self.limit = int(told[1])

    def refused(self, seconds: float) -> None:
        """Bitbucket answered 429, and is asked again after so many seconds: until then nothing is left."""
        with self._lock:
            self._refused_until = max(self._refused_until, time.monotonic() + seconds)

    @property
    def seconds_refused(self) -> float:
        """Seconds until Bitbucket is asked again after a 429; 0 where there was none, or that is over."""
        return max(0.0, self._refused_until - time.monotonic())

    @property
    def left(self) -> int:
        """Requests that Bitbucket still grants now."""
        if time.monotonic() < self._refused_until:
            return 0
        return max(0, self.limit - sum(requests for _, requests in self._within_the_hour()))

    @property
    def seconds_to_next(self) -> float:
        """Seconds until the next request is granted; 0 where one is left."""
        now = time.monotonic()
        made = self._within_the_hour()
        used = sum(requests for _, requests in made)
        seconds = max(0.0, self._refused_until - now)
        for moment, requests in made:
            if used < self.limit:
                break
            used -= requests
            seconds = max(seconds, moment + _HOUR - now)
        return seconds

    def _within_the_hour(self) -> list[tuple[float, int]]:
        hour_ago = time.monotonic() - _HOUR
        with self._lock:
            self._made = [each for each in self._made if each[0] > hour_ago]
            return self._made.copy()


class Quotas:
    """The quotas of all credentials a process has used, by their identity. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_identity: dict[str, Quota] = {}

    def of(self, identity: str) -> Quota:
        """The quota of a credential."""
        with self._lock:
            return self._by_identity.setdefault(identity, Quota())

    def drop(self, identity: str) -> None:
        """Count the quota of a credential no longer: nothing is granted to it any more."""
        with self._lock:
            self._by_identity.pop(identity, None)

    @property
    def limit(self) -> int:
        """Requests an hour, of all credentials together."""
        return sum(quota.limit for quota in self._all())

    @property
    def left(self) -> int:
        """Requests that are still granted now, by all credentials together."""
        return sum(quota.left for quota in self._all())

    @property
    def seconds_to_next(self) -> float:
        """Seconds until one of the credentials is granted a request; 0 where one is left."""
        return min((quota.seconds_to_next for quota in self._all()), default=0.0)

    def _all(self) -> list[Quota]:
        with self._lock:
            return list(self._by_identity.values())
