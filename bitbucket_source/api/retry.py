"""Which answers are asked for again, and after how long."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_PERMANENT = frozenset({501, 505, 555})
"""555 is a diff that timed out: it does so again (FACTS 7)."""


def is_passing(status: int) -> bool:
    """Whether an answer other than 200 may become a 200 when it is asked for again; 429 has rules of its own.

    Errors of a server do, and so do answers without content, which nobody asked for: 202 while Bitbucket indexes
    (FACTS 3), 204, a 304 from a proxy's cache.
    """
    if status in _PERMANENT:
        return False
    return status >= 500 or status in {304, 408, 425} or 201 <= status < 300


@dataclass(frozen=True)
class RetryPolicy:
    """How patient the client is. All times in seconds."""

    tries: int = 5
    """how often one request is made at most when Bitbucket is in trouble"""
    first_wait: float = 1.0
    longest_wait: float = 60.0
    rate_limit_tries: int = 12
    rate_limit_first_wait: float = 60.0
    """where a 429 does not say how long: doubled each time"""
    rate_limit_longest_wait: float = 900.0
    longest_told_wait: float = 3600.0
    """where a 429 says how long: the quota is that of a rolling hour (FACTS 7)"""

    def wait_after_trouble(self, tried: int, retry_after: str | None = None) -> float:
        """Seconds to wait after `tried` failed tries: doubling, or what a Retry-After asks for where that is more."""
        told = seconds_of_retry_after(retry_after) or 0.0
        return max(self._doubled(tried, self.first_wait, self.longest_wait), min(told, self.longest_wait))

    def wait_after_rate_limit(self, tried: int, retry_after: str | None = None) -> float:
        """Seconds to wait after the `tried`th 429 in a row.

        Bitbucket sends a Retry-After in seconds, one with a date, or none at all (FACTS 7). One that is over already
        (a clock that is wrong) must not use up the tries: the wait after trouble is the least.
        """
        told = seconds_of_retry_after(retry_after)
        if told is None:
            return self._doubled(tried, self.rate_limit_first_wait, self.rate_limit_longest_wait)
        return min(told, self.longest_told_wait) + self._doubled(tried, self.first_wait, self.longest_wait)

    def _doubled(self, tried: int, first: float, longest: float) -> float:
        """Doubling with jitter, so that workers spread."""
        return min(longest, first * 2.0 ** (tried - 1)) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def seconds_of_retry_after(value: str | None) -> float | None:
    """Seconds a Retry-After header asks for, a number or an HTTP date; None without a readable one.

    A moment that is over gives 0, a negative number is nonsense.
    """
    try:
        seconds = float(value or "")
    except ValueError:
        return _seconds_until(value or "")
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):  # what the parser raises is not settled
        return None
    # "-0000" gives a date without a zone: HTTP dates are GMT
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
