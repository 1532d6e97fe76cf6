"""Several quotas as one: who asks, and who waits."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import pytest

from bitbucket_emulator import Emulator, Fault, RateLimits
from bitbucket_source.api.errors import (
    RateLimited,
    Stopped,
)
from bitbucket_source.api.lists import Lists
from bitbucket_source.api.retry import RetryPolicy
from tests.api.reading import PIPELINES, PIPELINES_ENDPOINT, Pipeline, read, statuses
from tests.api.several.asking import askers, client_with


def test_the_one_with_most_left_asks(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    for _ in range(10):
        read(client)
    assert Counter(askers(emulator)) == {"one": 5, "two": 5}


def test_what_earlier_runs_used_counts_for_whom_it_was(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    one, _ = client.pool.members
    client.budget.add_earlier(one.rationed_as, [(60.0, 4)])
    for _ in range(6):
        read(client)
    assert Counter(askers(emulator)) == {"two": 5, "one": 1}
    assert client.budget.left_this_hour == 2000 - 4 - 6


def test_a_scaled_limit_that_a_header_tells_counts(emulator: Emulator) -> None:
    emulator.world.credentials["two"].rate_limit = 1250
    client = client_with(emulator, "one", "two")
    for _ in range(20):
        read(client)
    # each is asked before its limit is known
    assert Counter(askers(emulator)) == {"one": 1, "two": 19}
    assert client.budget.quotas.limit == 2250


def test_requests_are_counted_by_whose_quota_they_use(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    for _ in range(5):
        read(client)
    one, two = (member.rationed_as for member in client.pool.members)
    assert client.budget.by_quota == {one: 3, two: 2}


@pytest.mark.parametrize("retry_after", ["none", "seconds"])
def test_while_one_has_to_wait_the_other_asks(emulator: Emulator, retry_after: Literal["none", "seconds"]) -> None:
    emulator.add_fault(Fault(kind="rate_limit", times=1, retry_after=retry_after, seconds=60))
    client = client_with(emulator, "one", "two", retry=RetryPolicy())
    for _ in range(10):
        read(client)
    assert client.budget.seconds_waited == 0
    assert statuses(emulator) == [429, *[200] * 10]
    assert askers(emulator) == ["one", *["two"] * 10]


def test_an_hour_that_is_spent_is_not_tried(emulator: Emulator) -> None:
    emulator.world.credentials["one"].rate_limit = 2
    emulator.rate_limits = RateLimits(enforced=True)
    client = client_with(emulator, "one", "two")
    for _ in range(10):
        read(client)
    assert statuses(emulator) == [200] * 10
    assert Counter(askers(emulator))["one"] <= 2


def test_where_all_have_to_wait_it_is_waited_for_the_first(emulator: Emulator) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=0)
    client = client_with(emulator, "one", "two")
    with pytest.raises(RateLimited):
        read(client)
    assert client.budget.seconds_waited > 0
    assert set(askers(emulator)) == {"one", "two"}


def test_stopping_at_the_rate_limit_waits_for_nobody_and_uses_all_first(emulator: Emulator) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=3)
    client = client_with(emulator, "one", "two", wait_for_rate_limit=False, retry=RetryPolicy())
    for _ in range(6):
        read(client)
    with pytest.raises(Stopped, match="rate limit"):
        read(client)
    assert statuses(emulator) == [200] * 6 + [429] * 2


def test_a_list_is_read_by_one(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    pages = list(Lists(client).numbered(PIPELINES, PIPELINES_ENDPOINT, Pipeline, pagelen=5))
    assert len(pages) == 3
    assert askers(emulator) == ["one"] * 3
    emulator.clear_requests()
    list(Lists(client).follow(PIPELINES, PIPELINES_ENDPOINT, Pipeline, pagelen=5))
    assert askers(emulator) == ["two"] * 3
