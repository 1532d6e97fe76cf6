"""Timestamps of every format that Bitbucket's services write keep their moment, cut to microseconds."""

from __future__ import annotations

from datetime import UTC

import pyarrow as pa
import pytest

from bitbucket_source.load.arrow import parse_timestamp, timestamps

from .truth import microseconds

# every format of FACTS 10, and what else a clock can say
TIMESTAMPS = [
    pytest.param("2026-01-02T03:04:05.678901+00:00", id="six digits"),
    pytest.param("2026-01-02T03:04:05+00:00", id="whole seconds"),
    pytest.param("2026-01-02T03:04:05.6Z", id="one digit"),
    pytest.param("2026-01-02T03:04:05.678Z", id="three digits"),
    pytest.param("2026-01-02T03:04:05.67890Z", id="five digits"),
    pytest.param("2026-01-02T03:04:05.678901999Z", id="nine digits are cut"),
    pytest.param("2026-01-02T03:04:05.678", id="naive is UTC"),
    pytest.param("2026-01-02T03:04:05", id="naive, whole seconds"),
    pytest.param("2026-01-02T03:04:05+02:00", id="east"),
    pytest.param("2026-01-02T03:04:05-03:30", id="west, half an hour"),
    pytest.param("2026-01-01T00:30:00+14:00", id="the year before in UTC"),
    pytest.param("9999-12-31T23:59:59.999999+00:00", id="year 9999"),
    pytest.param("1970-01-01T00:00:00+00:00", id="1970"),
    pytest.param("1969-12-31T23:59:59.999999+00:00", id="before 1970"),
    pytest.param("1969-12-31T23:59:59.999999999Z", id="before 1970, nine digits are cut"),
    pytest.param("1901-02-03T04:05:06+00:00", id="before 32 bits"),
]


@pytest.mark.parametrize("text_of_it", TIMESTAMPS)
def test_a_timestamp_keeps_its_moment(text_of_it: str) -> None:
    assert timestamps([text_of_it]).cast(pa.int64()).to_pylist() == [microseconds(text_of_it)]


@pytest.mark.parametrize("text_of_it", TIMESTAMPS)
def test_a_timestamp_parsed_alone_is_the_same(text_of_it: str) -> None:
    moment = parse_timestamp(text_of_it)
    assert moment.tzinfo is UTC
    assert timestamps([text_of_it]).to_pylist() == [moment]


def test_timestamps_of_all_formats_stand_in_one_column() -> None:
    texts = [str(each.values[0]) for each in TIMESTAMPS]
    found = timestamps([*texts, None]).cast(pa.int64()).to_pylist()
    assert found == [*(microseconds(each) for each in texts), None]
