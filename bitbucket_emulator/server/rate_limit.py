"""How many requests a credential may make in a rolling hour (FACTS 7). Off unless it is switched on."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Literal

import msgspec

from bitbucket_emulator.server import errors, timestamps
from bitbucket_emulator.world.model import HOUR, SECOND, Credential, World

RetryAfter = Literal["none", "seconds", "http_date"]


class RateLimits(msgspec.Struct, forbid_unknown_fields=True):
    """What is enforced, and how.

    Attributes:
        enforced: whether anybody ever gets a 429.
        default: requests per hour of a credential that has no limit of its own.
        anonymous: requests per hour of each address without credentials.
        retry_after: what a 429 says about when to come back: nothing (as recorded), seconds, or an HTTP date.
        clock: whether the hour is one of the world's clock, which stands still between actions, or a real one.
    """

    enforced: bool = False
    default: int = 1000
    anonymous: int = 60
    retry_after: RetryAfter = "none"
    clock: Literal["world", "real"] = "world"


@dataclass(frozen=True, slots=True)
class Usage:
    """What one who asks has used of the hour, this request included."""

    count: int
    limit: int
    seconds_to_reset: int


def budget_of(credential: Credential | None, address: str) -> str:
    """Whose budget a request is taken from: the account's, the OAuth consumer's or the token's (FACTS 7)."""
    if credential is None:
        return f"address {address}"
    if credential.kind == "basic":
        return f"account {credential.user}"
    return f"consumer {credential.client_id}" if credential.kind == "oauth" else f"token {credential.name}"


class Limiter:
    """Counts requests per budget."""

    def __init__(self, world: World, limits: RateLimits) -> None:
        self.limits = limits
        self._world = world
        self._times: defaultdict[str, deque[int]] = defaultdict(deque)

    def now(self) -> int:
        """Microseconds of the clock that counts."""
        return self._world.clock if self.limits.clock == "world" else time.time_ns() // 1000

    def admit(self, credential: Credential | None, address: str) -> Usage:
        """Counts a request.

        Raises:
            ApiError: 429, when the hour's budget was used up before. Such a request is not counted.
        """
        now = self.now()
        times = self._times[budget_of(credential, address)]
        while times and times[0] <= now - HOUR:
            times.popleft()
        limit = self._limit(credential)
        if self.limits.enforced and len(times) >= limit:
            raise errors.rate_limited(self.retry_after((times[0] if times else now) + HOUR - now))
        times.append(now)
        return Usage(len(times), limit, _seconds(times[0] + HOUR - now))

    def retry_after(self, wait: int) -> dict[str, str]:
        """The headers of a 429; `wait` in microseconds."""
        if self.limits.retry_after == "seconds":
            return {"Retry-After": str(_seconds(wait))}
        if self.limits.retry_after == "http_date":
            return {"Retry-After": timestamps.http_date(self.now() + wait + SECOND - 1)}
        return {}

    def clear(self) -> None:
        """Forgets all requests."""
        self._times.clear()

    def _limit(self, credential: Credential | None) -> int:
        if credential is None:
            return self.limits.anonymous
        return credential.rate_limit if credential.rate_limit is not None else self.limits.default


def _seconds(wait: int) -> int:
    return -(-wait // SECOND)
