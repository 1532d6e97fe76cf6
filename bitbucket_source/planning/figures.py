"""A number that was measured, or the range it lies in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, pvariance

DOWN, UP = 4.0, 6.0
"""How many standard deviations a range reaches to each side: few repositories hold most of what there is."""
_UNSEEN = 3.0
"""The rule of three: what was met in none of n members holds for 3/n of all at the most, nearly certainly."""


@dataclass(frozen=True)
class Figure:
    """A number of requests or rows, between `low` and `high`; measured where both are the same."""

    low: int
    high: int
    is_open: bool = False
    """whether nothing is known of the upper end: `high` is no bound then"""

    @classmethod
    def of(cls, number: int) -> Figure:
        """A measured number."""
        return cls(number, number)

    @property
    def is_measured(self) -> bool:
        """Whether it is a number and no range."""
        return self.low == self.high and not self.is_open

    def __add__(self, other: Figure) -> Figure:
        """Both together."""
        return Figure(self.low + other.low, self.high + other.high, self.is_open or other.is_open)

    def map(self, function: Callable[[int], int]) -> Figure:
        """What a function that never falls makes of it."""
        return Figure(function(self.low), function(self.high), self.is_open)


NOTHING = Figure(0, 0)


def total(figures: Iterable[Figure]) -> Figure:
    """All figures together."""
    return sum(figures, NOTHING)


def scaled(strata: Sequence[tuple[Sequence[Figure], int]], least: int) -> Figure:
    """What the members that were not looked at hold together, judged by those that were.

    `strata`: of each, the figures of the members looked at, and how many others it has. `least` is what the others hold
    at least. The variance is that of all strata together: five members tell too little of their own. What no member
    shows that was looked at may still be: of n, up to 3/n of the others may hold nothing, and two may be as large as
    the largest.
    """
    others = [(seen, count) for seen, count in strata if count]
    everyone = [figure for seen, _ in others for figure in seen]
    if not everyone:
        return Figure(least, least, is_open=True)
    low, spread_low = _estimated(others, everyone, lambda figure: figure.low)
    high, spread_high = _estimated(others, everyone, lambda figure: figure.high)
    nothing = low * min(1.0, _UNSEEN / len(everyone))
    largest = max(figure.high for seen, _ in strata for figure in seen)
    return Figure(
        max(least, math.floor(low - max(DOWN * spread_low, nothing))),
        max(least, math.ceil(high + UP * spread_high) + 2 * largest),
    )


def _estimated(
    strata: Sequence[tuple[Sequence[Figure], int]], everyone: Sequence[Figure], end: Callable[[Figure], int]
) -> tuple[float, float]:
    """The expected sum of the members not looked at, and its standard deviation."""
    spread = pvariance([end(figure) for figure in everyone])
    expected = variance = 0.0
    for seen, count in strata:
        values = [end(figure) for figure in seen or everyone]
        expected += count * mean(values)
        variance += count * spread * (1 + count / len(values))
    return expected, math.sqrt(variance)
