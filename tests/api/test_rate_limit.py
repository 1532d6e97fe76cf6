"""429 in its three forms, and for how long it is waited."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.budget import Budget
from bitbucket_source.api.client import Client
from bitbucket_source.api.errors import RateLimited, Stopped
from bitbucket_source.api.retry import RetryPolicy, seconds_of_retry_after

from .reading import QUICK, commit_messages, make_client, read, statuses

FORMS = [
    pytest.param({"retry_after": "none"}, id="text without Retry-After"),
    pytest.param({"retry_after": "seconds", "seconds": 1}, id="seconds"),
    pytest.param({"retry_after": "http_date", "seconds": 1}, id="HTTP date"),
    pytest.param({"headers": {"Retry-After": "soon"}}, id="nonsense"),
    pytest.param({"headers": {"Retry-After": "-3"}}, id="negative"),
    pytest.param({"headers": {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}}, id="long ago"),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_429_is_waited_for(emulator: Emulator, client: Client, form: dict[str, Any]) -> None:
    emulator.add_fault(Fault(kind="rate_limit", path="commits", query="page=2", times=2, **form))
    assert len(commit_messages(client)) == 12
    assert statuses(emulator) == [200, 429, 429, 200, 200]
    assert client.budget.seconds_waited > 0


def test_a_429_that_stays_ends(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="rate_limit"))
    with pytest.raises(RateLimited) as caught:
        read(client)
    assert str(caught.value) == (
        f"429 on /repositories/{{repository}}: still rate limited after {QUICK.rate_limit_tries} tries. "
        "Try again in an hour."
    )
    assert statuses(emulator) == [429] * QUICK.rate_limit_tries


def test_a_429_counts_apart_from_trouble(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="rate_limit", times=QUICK.rate_limit_tries - 1))
    emulator.add_fault(Fault(kind="status", status=503, times=QUICK.tries - 1))
    assert read(client)["full_name"] == "acme/web"


def test_on_rate_limit_stop(emulator: Emulator) -> None:
    client = make_client(emulator.base_url, wait_for_rate_limit=False)
    emulator.add_fault(Fault(kind="rate_limit"))
    with pytest.raises(Stopped, match="rate limit is reached"):
        read(client)
    assert (statuses(emulator), client.budget.seconds_waited) == ([429], 0.0)


def test_while_a_429_is_waited_for_nothing_is_left_and_people_are_told_until_when(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client(emulator.base_url, retry=RetryPolicy(rate_limit_first_wait=600))
    emulator.add_fault(Fault(kind="rate_limit"))
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read, client)
        while not client.budget.waiting:
            assert not reading.done()
        assert re.fullmatch(r"waiting for Bitbucket's hourly quota until \d\d:\d\d", client.budget.waiting)
        assert caplog.messages == [client.budget.waiting]
        assert client.budget.left_this_hour == 0
        assert 400 < client.budget.seconds_to_next_request < 800
        client.budget.stop("enough")
        with pytest.raises(Stopped, match="enough"):
            reading.result(10)


def test_a_wait_beyond_the_time_of_the_run_is_not_begun(emulator: Emulator) -> None:
    patient = RetryPolicy(rate_limit_first_wait=600)
    client = make_client(emulator.base_url, retry=patient, budget=Budget(max_seconds=60))
    emulator.add_fault(Fault(kind="rate_limit"))
    with pytest.raises(Stopped, match="would end in a wait"):
        read(client)
    assert statuses(emulator) == [429]


@pytest.mark.parametrize(
    ("value", "seconds"), [("0", 0), (" 120 ", 120), ("1.5", 1.5), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)]
)
def test_retry_after_is_read(value: str, seconds: float) -> None:
    assert seconds_of_retry_after(value) == seconds


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_retry_after_as_a_date_is_read(zone: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=3600)).replace("+0000", zone)
    assert seconds_of_retry_after(date) == pytest.approx(3600, abs=60)


@pytest.mark.parametrize(
    "value", [None, "", " ", "-5", "soon", "nan", "inf", "1e999", "²", "Fri, 32 Foo 2026", "Fri, 31 Dec 99999 1:1:1"]
)
def test_an_unreadable_retry_after_is_none(value: str | None) -> None:
    assert seconds_of_retry_after(value) is None


@given(st.text() | st.from_regex(r"\w{3}, \d{1,3} \w{3} \d{1,6} \d{1,3}:\d{1,3}:\d{1,3} [+-]?\w{1,5}", fullmatch=True))
def test_no_retry_after_breaks_the_reader(value: str) -> None:
    seconds = seconds_of_retry_after(value)
    assert seconds is None or seconds >= 0


POLICY = RetryPolicy()


@pytest.mark.parametrize(
    ("tried", "retry_after", "least", "most"),
    [
        pytest.param(1, None, 45, 75, id="a minute at first"),
        pytest.param(2, None, 90, 150, id="twice as long then"),
        pytest.param(12, None, 675, 1125, id="a quarter of an hour at most"),
        pytest.param(1, "745", 745.75, 746.25, id="as told"),
        pytest.param(1, "999999999", 3600.75, 3601.25, id="never longer than the hour of the quota"),
        pytest.param(4, "0", 6, 10, id="an empty promise is not believed at once"),
    ],
)
def test_how_long_a_429_is_waited_for(tried: int, retry_after: str | None, least: float, most: float) -> None:
    assert least <= POLICY.wait_after_rate_limit(tried, retry_after) <= most


@pytest.mark.parametrize(
    ("tried", "retry_after", "least", "most"),
    [
        pytest.param(1, None, 0.75, 1.25, id="a second at first"),
        pytest.param(3, None, 3, 5, id="doubled"),
        pytest.param(20, None, 45, 75, id="a minute at most"),
        pytest.param(1, "30", 30, 30, id="as told by a 503"),
        pytest.param(1, "86400", 60, 60, id="but not a day"),
    ],
)
def test_how_long_trouble_is_waited_for(tried: int, retry_after: str | None, least: float, most: float) -> None:
    assert least <= POLICY.wait_after_trouble(tried, retry_after) <= most
