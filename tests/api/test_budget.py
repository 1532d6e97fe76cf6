"""When a run ends before its work: requests, time, a stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api import budget as budget_module
from bitbucket_source.api.budget import REQUESTS_PER_HOUR, Budget
from bitbucket_source.api.errors import Stopped
from bitbucket_source.api.retry import RetryPolicy

from .reading import COMMITS_ENDPOINT, commit_messages, make_client, read, statuses
from .stub_server import Reply, Request, json_reply, serving


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock that stands still, and moves by so many seconds when told."""
    now = 1000.0

    def advance(seconds: float) -> None:
        nonlocal now
        now += seconds

    class Time:
        @staticmethod
        def monotonic() -> float:
            return now

    monkeypatch.setattr(budget_module, "time", Time)
    return advance


def test_max_requests_ends_a_list_between_two_pages(emulator: Emulator) -> None:
    client = make_client(emulator.base_url, budget=Budget(max_requests=2))
    with pytest.raises(Stopped, match="the 2 requests of --max-requests are spent"):
        commit_messages(client)
    assert statuses(emulator) == [200, 200]
    assert dict(client.budget.by_endpoint) == {COMMITS_ENDPOINT: 2}


def test_every_try_counts(emulator: Emulator) -> None:
    client = make_client(emulator.base_url, budget=Budget(max_requests=2))
    emulator.add_fault(Fault(kind="status", status=500))
    with pytest.raises(Stopped):
        read(client)
    assert statuses(emulator) == [500, 500]


def test_threads_together_spend_no_more_than_there_is() -> None:
    budget = Budget(max_requests=50)
    stopped = []

    def spend() -> None:
        try:
            for _ in range(20):
                budget.spend("/")
        except Stopped as stop:
            stopped.append(str(stop))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (budget.requests, budget.by_endpoint["/"]) == (50, 50)
    assert set(stopped) == {"the 50 requests of --max-requests are spent"}


def test_max_time_ends_the_run(clock: Callable[[float], None]) -> None:
    budget = Budget(max_seconds=60)
    clock(60)
    budget.spend("/")
    clock(0.1)
    with pytest.raises(Stopped, match="the time of --max-time is over"):
        budget.spend("/")
    assert budget.requests == 1


def test_a_stop_ends_a_wait_at_once() -> None:
    asked = threading.Event()

    def answer(_: Request) -> Reply:
        asked.set()
        return json_reply({}, 429)

    with serving(answer) as stub, ThreadPoolExecutor(1) as pool:
        client = make_client(stub.url, retry=RetryPolicy(rate_limit_first_wait=600))
        reading = pool.submit(read, client)
        assert asked.wait(10)
        client.budget.stop("you asked to stop")
        with pytest.raises(Stopped, match="you asked to stop"):
            reading.result(10)
        with pytest.raises(Stopped, match="you asked to stop"):
            read(client)
    assert len(stub.requests) == 1


def test_the_first_reason_to_stop_is_told() -> None:
    budget = Budget()
    budget.stop("first")
    budget.stop("second")
    with pytest.raises(Stopped, match="first"):
        budget.check()


def test_the_hour_rolls(clock: Callable[[float], None]) -> None:
    budget = Budget()
    for _ in range(3):
        budget.spend("/")
        clock(1000)
    assert budget.left_this_hour == REQUESTS_PER_HOUR - 3
    clock(601)
    assert budget.left_this_hour == REQUESTS_PER_HOUR - 2
    clock(3600)
    assert (budget.left_this_hour, budget.requests) == (REQUESTS_PER_HOUR, 3)
