"""Which repositories are looked at, and how they stand for the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

LOOKED_AT = 30
"""Up to so many repositories, each is looked at."""
_LARGEST = 5
_STRATA = 5

Member = TypeVar("Member")


@dataclass(frozen=True)
class Stratum(Generic[Member]):
    """Members of a like size: those that are looked at, and those that are not."""

    seen: tuple[Member, ...]
    others: tuple[Member, ...] = ()


def strata_of(members: Sequence[Member], sizes: Sequence[int], most: int) -> list[Stratum[Member]]:
    """Strata of which at most so many members are looked at: the largest by themselves, the others by quantiles.

    The members come in an order that has nothing to do with their size: the first of each stratum are looked at.
    """
    if len(members) <= most:
        return [Stratum(tuple(members))] if members else []
    order = sorted(range(len(members)), key=lambda index: -sizes[index])
    certain = min(_LARGEST, most // 2)
    rest = order[certain:]
    count = max(1, min(_STRATA, most - certain))
    strata = [Stratum(tuple(members[index] for index in order[:certain]))] if certain else []
    for number in range(count):
        part = sorted(rest[number * len(rest) // count : (number + 1) * len(rest) // count])
        share = (most - certain) // count + (number < (most - certain) % count)
        strata.append(Stratum(_picked(members, part[:share]), _picked(members, part[share:])))
    return strata


def shares_of(counts: Sequence[int], most: int = LOOKED_AT, at_least: int = 6) -> list[int]:
    """How many members of each kind are looked at: a few of each, the rest of the first kinds as far as it goes."""
    shares = [min(count, at_least) for count in counts]
    for index, count in enumerate(counts):
        shares[index] += min(count - shares[index], most - sum(shares))
    return shares


def _picked(members: Sequence[Member], indexes: Sequence[int]) -> tuple[Member, ...]:
    return tuple(members[index] for index in indexes)
