"""An API that gives no answer: it is said while it is tried again, and it is what is told in the end."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.budget import Budget
from bitbucket_source.api.errors import ServerTrouble, Stopped
from bitbucket_source.api.oauth import OAuthConsumer
from bitbucket_source.api.retry import RetryPolicy

from .reading import QUICK, make_client, read


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody listens as long as the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_each_new_try_is_told(nobody: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ServerTrouble) as caught:
        read(make_client(f"http://{nobody}/2.0"))
    assert str(caught.value) == (
        f"on /repositories/{{repository}}: no answer from {nobody}: the connection failed (ConnectionError) "
        f"({QUICK.tries} tries). Nothing was read. Check the network, and the address in --base-url."
    )
    line = f"no answer from {nobody}: the connection failed (ConnectionError); trying again in 0 s"
    assert caplog.messages == [line] * (QUICK.tries - 1)


def test_the_connection_is_to_blame_also_where_requests_end_before_the_tries(nobody: str) -> None:
    with pytest.raises(ServerTrouble, match=f"no answer from {nobody}: the connection failed"):
        read(make_client(f"http://{nobody}/2.0", budget=Budget(max_requests=1)))


def test_the_connection_is_to_blame_also_where_the_time_ends_before_the_tries(nobody: str) -> None:
    budget = Budget(max_seconds=0.5)
    with pytest.raises(ServerTrouble, match="no answer from"):
        read(make_client(f"http://{nobody}/2.0", budget=budget, retry=RetryPolicy(first_wait=60)))
    assert budget.seconds_waited == 0


def test_a_token_server_without_answer_is_to_blame_too(emulator: Emulator, nobody: str) -> None:
    credentials = OAuthConsumer("id", "secret", f"http://{nobody}/oauth2")
    with pytest.raises(ServerTrouble, match=f"http://{nobody}/oauth2/access_token cannot be reached"):
        read(make_client(emulator.base_url, credentials=credentials))


def test_an_api_that_has_answered_before_leaves_the_budget_its_word(emulator: Emulator) -> None:
    client = make_client(emulator.base_url, budget=Budget(max_requests=2))
    read(client)
    emulator.add_fault(Fault(kind="cut_before_headers"))
    with pytest.raises(Stopped, match="the 2 requests of --max-requests are spent"):
        read(client)


def test_a_wish_to_stop_goes_before_the_connection(nobody: str) -> None:
    client = make_client(f"http://{nobody}/2.0", retry=RetryPolicy(first_wait=60))
    client.budget.on_wait = lambda _: client.budget.stop("you asked to stop")
    with pytest.raises(Stopped, match="you asked to stop"):
        read(client)
