"""Starting, stopping, and how quick it is."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import ActionError
from tests.processes import process

from ..client import Client
from ..small_world import make_world


def test_addresses(emulator: Emulator) -> None:
    port = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/2\.0", emulator.base_url)
    assert port is not None
    assert emulator.control_url == f"http://127.0.0.1:{port[1]}/_control"
    assert emulator.oauth_url == f"http://127.0.0.1:{port[1]}/site/oauth2"


def test_a_port_that_is_taken() -> None:
    with Emulator(make_world()) as first:
        port = int(first.base_url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="in use"):
            Emulator(make_world(), port).start()


def test_it_stops() -> None:
    with Emulator(make_world()) as running:
        address = f"{running.base_url}/repositories/acme/web"
        assert requests.get(address, timeout=5).status_code == 404
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)
    running.stop()


def test_two_at_once() -> None:
    with Emulator(make_world()) as first, Emulator(make_world()) as second:
        first.act("push", repository="web", branch="only-here", author="ada")
        assert Client(first).values("refs/branches", "name") == ["main", "only-here"]
        assert Client(second).values("refs/branches", "name") == ["main"]


def test_actions_through_the_object(emulator: Emulator) -> None:
    head = emulator.act("push", repository="web", branch="main", author="ada")
    assert Client(emulator).json("commit/main?fields=hash") == {"hash": head.hash}
    with pytest.raises(ActionError):
        emulator.act("push", repository="nowhere", branch="main", author="ada")


def test_the_request_log(emulator: Emulator, client: Client) -> None:
    client.get("commits?include=main&pagelen=3")
    (entry,) = emulator.requests
    assert (entry.n, entry.method, entry.status, entry.credential) == (1, "GET", 200, "workspace")
    assert entry.url == "/2.0/repositories/acme/web/commits?include=main&pagelen=3"
    emulator.clear_requests()
    assert emulator.requests == []


def test_many_readers_while_the_world_changes(emulator: Emulator) -> None:
    failed: list[int] = []

    def read() -> None:
        client = Client(emulator)
        for _ in range(20):
            response = client.get("commits?pagelen=30")
            if response.status_code != 200:
                failed.append(response.status_code)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(30):
        emulator.act("push", repository="web", branch="main", author="ada")
    for reader in readers:
        reader.join()
    assert failed == []
    assert len(emulator.requests) == 80


def test_from_the_command_line() -> None:
    command = [sys.executable, "-m", "bitbucket_emulator", "--port", "0", "--repositories", "2", "--rate-limit", "2"]
    with process(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as emulator:
        assert emulator.stdout is not None
        lines = [emulator.stdout.readline() for _ in range(8)]
        found = re.search(r"API +(http://127\.0\.0\.1:\d+/2\.0)", lines[0])
        assert found is not None, lines
        assert "Bearer emulator-workspace-token" in "".join(lines)
        headers = {"Authorization": "Bearer emulator-workspace-token"}
        statuses = [requests.get(f"{found[1]}/user", headers=headers, timeout=5).status_code for _ in range(3)]
        emulator.send_signal(signal.SIGINT)
        assert emulator.wait(timeout=10) == 0
    assert statuses == [200, 200, 429]


def test_several_hundred_requests_a_second(company: Client) -> None:
    company.get("/repositories/acme/platform/pullrequests?pagelen=50")
    start = time.perf_counter()
    for number in range(1, 101):
        company.get(f"/repositories/acme/platform/pullrequests/{number % 50 + 1}")
    # ten times slower than measured, so that a busy machine does not fail it
    assert time.perf_counter() - start < 2.0
