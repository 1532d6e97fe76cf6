"""Time in the world: Python ints, microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

END = 32_503_680_000 * SECOND
"""Midnight of the year 3000: the world has an end before that of the calendar, where texts of dates end too."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since the epoch; a datetime without zone is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(time: int) -> datetime:
    """The UTC datetime of `time` microseconds."""
    return _EPOCH + timedelta(microseconds=time)


def whole_seconds(time: int) -> int:
    """`time` without its fraction: git knows no smaller unit."""
    return time - time % SECOND


def jitter(time: int, low: int, high: int) -> int:
    """A delay between `low` and `high` microseconds, the same for the same `time`."""
    return low + time * 2_654_435_761 % (high - low)
