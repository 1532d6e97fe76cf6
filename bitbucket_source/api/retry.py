"""Which answers are asked for again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRIED_STATUSES = frozenset({500, 502, 503, 504})
"""555 is not among them: a diff that timed out once does so again (FACTS 7)."""


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

    def wait_after_trouble(self, tried: int) -> float:
        """Seconds to wait after `tried` failed tries: doubling, with jitter: workers spread."""
        return _jittered(min(self.longest_wait, self.first_wait * 2 ** (tried - 1)))

    def wait_after_rate_limit(self, tried: int, headers: Mapping[str, str]) -> float:
        """Seconds to wait after the `tried`th 429 in a row.

        Bitbucket sends a Retry-After in seconds, one with a date, or none at all (FACTS 7).
        """
        told = seconds_of_retry_after(headers.get("Retry-After"))
        if told is not None:
            return told + random.uniform(0, 1)  # noqa: S311 - jitter, no secret
        return _jittered(min(self.rate_limit_longest_wait, self.rate_limit_first_wait * 2 ** (tried - 1)))


def seconds_of_retry_after(value: str | None) -> float | None:
    """Seconds a Retry-After header asks for (a number or an HTTP date), at least 0; None without a readable one."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret
