"""How each service writes time (FACTS 10, shape_stats.txt)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bitbucket_emulator.server import timestamps

WHOLE = 1_638_692_721_000_000
MILLIS = WHOLE + 969_000
FIVE = WHOLE + 811_360
SIX = WHOLE + 45_626


@pytest.mark.parametrize(
    ("write", "micros", "text"),
    [
        (timestamps.python_style, WHOLE, "2021-12-05T08:25:21+00:00"),
        (timestamps.python_style, FIVE, "2021-12-05T08:25:21.811360+00:00"),
        (timestamps.python_style, None, None),
        (timestamps.whole_seconds, FIVE, "2021-12-05T08:25:21+00:00"),
        (timestamps.whole_seconds, None, None),
        (timestamps.java_style, WHOLE, "2021-12-05T08:25:21Z"),
        (timestamps.java_style, MILLIS, "2021-12-05T08:25:21.969Z"),
        (timestamps.java_style, FIVE, "2021-12-05T08:25:21.81136Z"),
        (timestamps.java_style, SIX, "2021-12-05T08:25:21.045626Z"),
        (timestamps.java_style, None, None),
        (timestamps.naive_millis, FIVE, "2021-12-05T08:25:21.811"),
        (timestamps.naive_millis, None, None),
        (timestamps.http_date, SIX, "Sun, 05 Dec 2021 08:25:21 GMT"),
    ],
)
def test_formats(write: Callable[[int | None], str | None], micros: int | None, text: str | None) -> None:
    assert write(micros) == text


def test_nanoseconds() -> None:
    assert timestamps.java_style(SIX, 944) == "2021-12-05T08:25:21.045626944Z"
    assert timestamps.java_style(SIX, 940) == "2021-12-05T08:25:21.04562694Z"


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2021-12-05T08:25:21.045626Z", SIX),
        ("2021-12-05T08:25:21.045626944Z", SIX),
        ("2021-12-05T08:25:21.045626+00:00", SIX),
        ("2021-12-05T10:25:21+0200", WHOLE),
        ("2021-12-05 08:25:21", WHOLE),
        ("2021-12-05T08:25", WHOLE - 21_000_000),
        ("2021-12-05", WHOLE - (8 * 3600 + 25 * 60 + 21) * 1_000_000),
    ],
)
def test_parsing(text: str, micros: int) -> None:
    assert timestamps.parse(text) == micros


@pytest.mark.parametrize("text", ["yesterday", "2021-12", "2021-13-01", "2021-12-05T25:00", ""])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|month|hour"):
        timestamps.parse(text)
