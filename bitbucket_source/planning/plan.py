"""The plan of a sync: requests by table for the sync to come and for those after it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bitbucket_source.planning.figures import Figure, total


@dataclass(frozen=True)
class Line:
    """The requests for one table, or for the audit."""

    name: str
    now: Figure
    later: Figure
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """What a sync will cost."""

    workspace: str
    repositories: int
    looked_at: int
    is_first: bool
    """whether nothing of these repositories was read yet"""
    lines: tuple[Line, ...]
    per_hour: int
    """requests that Bitbucket grants in an hour"""
    left: int
    """those of them that are left now"""
    requests: int
    """what the plan itself cost"""
    notes: tuple[str, ...]

    @property
    def now(self) -> Figure:
        """All requests of the sync to come."""
        return total(line.now for line in self.lines)

    @property
    def later(self) -> Figure:
        """All requests of a sync after it, while nothing changes."""
        return total(line.later for line in self.lines)

    def hours(self, requests: int) -> float:
        """The hours in which Bitbucket grants so many requests."""
        return requests / self.per_hour

    def waits(self, requests: int) -> int:
        """How often the hourly quota is spent on the way, and waited for."""
        return waits_for(requests, self.left, self.per_hour)


def waits_for(requests: int, left: int, per_hour: int) -> int:
    """How often one waits for the next hour's quota, where so many requests of this one are left."""
    return max(0, math.ceil((requests - left) / per_hour))
