"""When a run ends before its work: requests, time, a stop."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api import budget as budget_module
from bitbucket_source.api import quota as quota_module
from bitbucket_source.api.budget import Budget
from bitbucket_source.api.errors import Stopped
from bitbucket_source.api.quota import REQUESTS_PER_HOUR, Quotas
from bitbucket_source.api.retry import RetryPolicy

from .reading import COMMITS_ENDPOINT, commit_messages, make_client, read, statuses
from .stub_server import Reply, Request, json_reply, serving

ME, OTHER = "token:mine", "account:another"


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

    for module in (budget_module, quota_module):
        monkeypatch.setattr(module, "time", Time)
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


def test_a_stop_at_any_instant_of_a_wait_ends_it() -> None:
    """A signal handler runs between two steps of the thread that waits, and must not wait for a lock of that thread."""

    def wait_and_be_interrupted() -> None:
        steps = 0

        def trace(*_: object) -> Any:
            nonlocal steps
            steps += 1
            if steps == step:
                stopped.set()
                budget.stop("enough")
            return trace

        sys.settrace(trace)
        try:
            with pytest.raises(Stopped):
                budget.wait(60)
        finally:
            sys.settrace(None)

    for step in range(1, 100):
        budget, stopped = Budget(), threading.Event()
        thread = threading.Thread(target=wait_and_be_interrupted, daemon=True)
        thread.start()
        if not stopped.wait(0.3):
            # it sleeps before it comes to this step
            assert step > 10
            budget.stop("enough")
            break
        thread.join(5)
        assert not thread.is_alive(), step


def test_a_stop_ends_the_wait_of_every_thread() -> None:
    budget = Budget()
    with ThreadPoolExecutor(32) as pool:
        waits = [pool.submit(budget.wait, 60) for _ in range(32)]
        budget.stop("enough")
        assert [type(each.exception(5)) for each in waits] == [Stopped] * 32


def test_threads_together_spend_no_more_than_there_is() -> None:
    budget = Budget(max_requests=50)
    stopped = []

    def spend() -> None:
        try:
            for _ in range(20):
                budget.spend("/", ME)
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
    budget.spend("/", ME)
    clock(0.1)
    with pytest.raises(Stopped, match="the time of --max-time is over"):
        budget.spend("/", ME)
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
        budget.spend("/", ME)
        clock(1000)
    assert budget.left_this_hour == REQUESTS_PER_HOUR - 3
    clock(601)
    assert budget.left_this_hour == REQUESTS_PER_HOUR - 2
    clock(3600)
    assert (budget.left_this_hour, budget.requests) == (REQUESTS_PER_HOUR, 3)


def test_what_earlier_runs_used_of_the_hour_counts_for_the_hour_only(clock: Callable[[float], None]) -> None:
    budget = Budget(max_requests=1)
    budget.add_earlier(ME, [(7200, 500), (3000, 400), (60, 100)])
    budget.spend("/", ME)
    assert (budget.left_this_hour, budget.requests) == (REQUESTS_PER_HOUR - 501, 1)
    clock(601)
    assert budget.left_this_hour == REQUESTS_PER_HOUR - 101


def test_an_earlier_run_of_the_future_counts_for_an_hour_at_most(clock: Callable[[float], None]) -> None:
    budget = Budget()
    budget.add_earlier(ME, [(-86400, 7)])
    assert budget.left_this_hour == REQUESTS_PER_HOUR - 7
    clock(3600)
    assert budget.left_this_hour == REQUESTS_PER_HOUR


def test_each_credential_has_an_hour_of_its_own(clock: Callable[[float], None]) -> None:
    budget = Budget()
    budget.add_earlier(ME, [(600, REQUESTS_PER_HOUR)])
    assert (budget.left_this_hour, budget.seconds_to_next_request) == (0, 3000)
    budget.add_earlier(OTHER, [(1200, REQUESTS_PER_HOUR)])
    assert (budget.left_this_hour, budget.seconds_to_next_request) == (0, 2400)
    clock(2400)
    assert (budget.left_this_hour, budget.seconds_to_next_request) == (REQUESTS_PER_HOUR, 0)
    assert (budget.quotas.of(ME).left, budget.quotas.of(ME).seconds_to_next) == (0, 600)


@pytest.mark.parametrize(
    ("made", "seconds"),
    [
        pytest.param([], 0, id="nothing made"),
        pytest.param([(60, 999)], 0, id="one left"),
        pytest.param([(60, 990), (30, 10)], 3540, id="the oldest leave first"),
        pytest.param([(60, 5), (30, 1000)], 3570, id="as many as are too many"),
    ],
)
def test_when_the_next_request_is_granted(
    clock: Callable[[float], None], made: list[tuple[float, int]], seconds: float
) -> None:
    budget = Budget()
    budget.add_earlier(ME, reversed(made))
    assert budget.seconds_to_next_request == seconds
    clock(seconds)
    assert budget.left_this_hour > 0


def test_the_next_run_of_a_process_knows_what_this_one_used() -> None:
    quotas = Quotas()
    Budget(quotas=quotas).spend("/", ME)
    assert Budget(quotas=quotas).left_this_hour == REQUESTS_PER_HOUR - 1


@pytest.mark.parametrize(
    ("header", "limit"),
    [
        ("1250", 1250),
        ("60, 60;w=3600", 60),
        ("0", REQUESTS_PER_HOUR),
        ("-5", REQUESTS_PER_HOUR),
        ("many", REQUESTS_PER_HOUR),
    ],
)
def test_the_limit_is_the_one_that_answers_tell(header: str, limit: int) -> None:
    with serving(lambda _: json_reply({}, X_RateLimit_Limit=header)) as stub:
        client = make_client(stub.url)
        read(client)
        read(client)
    assert client.budget.left_this_hour == limit - 2


def test_a_long_wait_is_announced_before_it_begins_and_a_short_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget_module, "LONG_WAIT", 0.01)
    budget = Budget()
    told: list[tuple[float, float]] = []
    budget.on_wait = lambda seconds: told.append((seconds, budget.seconds_waited))
    budget.wait(0.01)
    waited = budget.seconds_waited
    budget.wait(0.02)
    assert told == [(0.02, waited)]


def test_what_is_waited_for_is_known_until_it_is_over() -> None:
    budget = Budget()
    assert budget.waiting == ""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(budget.wait, 600, "waiting for Godot")
        while not budget.waiting:
            pass
        assert budget.waiting == "waiting for Godot"
        budget.stop("he does not come")
        with pytest.raises(Stopped):
            waiting.result(10)
    assert budget.waiting == ""
