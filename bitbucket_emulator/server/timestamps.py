"""How each of Bitbucket's services writes a point in time (FACTS 10, shape_stats.txt).

The world keeps microseconds since the epoch, UTC. Every function takes such a number, or None, and
gives the text that the service in question would send, or None.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DATE_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?P<fraction>\.\d+)?(?P<offset>Z|[+-]\d{2}:?\d{2})?)?"
)


def _date_time(micros: int) -> datetime:
    # datetime.fromtimestamp() goes through floats and loses microseconds of far dates
    return _EPOCH + timedelta(microseconds=micros)


@overload
def python_style(micros: int) -> str: ...
@overload
def python_style(micros: None) -> None: ...
@overload
def python_style(micros: int | None) -> str | None: ...
def python_style(micros: int | None) -> str | None:
    """`2024-09-06T12:46:04.904351+00:00`: the Python services; a fraction of zero is left out."""
    return None if micros is None else _date_time(micros).isoformat()


@overload
def whole_seconds(micros: int) -> str: ...
@overload
def whole_seconds(micros: None) -> None: ...
@overload
def whole_seconds(micros: int | None) -> str | None: ...
def whole_seconds(micros: int | None) -> str | None:
    """`2024-09-06T12:46:04+00:00`: dates that come out of git, which knows no fractions."""
    return None if micros is None else _date_time(micros).isoformat(timespec="seconds")


@overload
def java_style(micros: int, nanoseconds: int = 0) -> str: ...
@overload
def java_style(micros: None, nanoseconds: int = 0) -> None: ...
@overload
def java_style(micros: int | None, nanoseconds: int = 0) -> str | None: ...
def java_style(micros: int | None, nanoseconds: int = 0) -> str | None:
    """`2021-12-05T08:25:21.81136Z`: pipelines and hooks, trailing zeros trimmed.

    Args:
        micros: the point in time.
        nanoseconds: 0 to 999, added below the microsecond (some steps are recorded with 9 digits).
    """
    if micros is None:
        return None
    text = _date_time(micros).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{micros % 1_000_000:06d}{nanoseconds:03d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


@overload
def naive_millis(micros: int) -> str: ...
@overload
def naive_millis(micros: None) -> None: ...
@overload
def naive_millis(micros: int | None) -> str | None: ...
def naive_millis(micros: int | None) -> str | None:
    """`2021-12-05T08:25:21.811`: `added_on` of a workspace membership, without any offset."""
    return None if micros is None else _date_time(micros).replace(tzinfo=None).isoformat(timespec="milliseconds")


def http_date(micros: int) -> str:
    """`Sun, 06 Nov 1994 08:49:37 GMT`, for headers."""
    return _date_time(micros).strftime("%a, %d %b %Y %H:%M:%S GMT")


def parse(text: str) -> int:
    """Microseconds of an ISO 8601 date or time; without an offset it is UTC (FACTS 2).

    Raises:
        ValueError: when it is no such text.
    """
    found = _DATE_TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a date or time: {text!r}")
    time = found["time"] or "00:00"
    seconds = "" if time.count(":") == 2 else ":00"
    offset = (found["offset"] or "Z").replace("Z", "+00:00")
    moment = datetime.fromisoformat(f"{found['date']}T{time}{seconds}{offset}")
    fraction = int((found["fraction"] or ".0")[1:7].ljust(6, "0"))
    return (moment - _EPOCH) // _MICROSECOND + fraction
