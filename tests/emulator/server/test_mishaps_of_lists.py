"""Lists that go wrong while somebody reads them."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from time import time

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.server.rate_limit import RateLimits
from bitbucket_emulator.world.actions import comment, create_branch, open_pull_request, push
from bitbucket_emulator.world.model import SECOND

from ..client import Client

HOUR = 3600


@pytest.fixture
def lists(emulator: Emulator) -> Client:
    """Branches a, b, c, main, topic; twelve commits on main; a pull request with three comments."""
    for name in ("a", "b", "c"):
        create_branch(emulator.world, "web", name)
    push(emulator.world, "web", "topic", "ada")
    open_pull_request(emulator.world, "web", "topic", "ada", reviewers=[])
    for text in ("One", "Two", "Three"):
        comment(emulator.world, "web", 1, "bob", text)
    return Client(emulator)


def names(client: Client, number: int = 1) -> list[str]:
    return [row["name"] for row in client.json(f"refs/branches?pagelen=2&page={number}")["values"]]


def test_next_leads_back_to_a_page_already_seen(emulator: Emulator, lists: Client) -> None:
    emulator.add_fault(Fault(kind="next_seen", path="/branches$", nth=3))
    first = lists.json("refs/branches?pagelen=2")
    second = lists.json(first["next"])
    third = lists.json(second["next"])
    assert lists.json(third["next"]) == first


def test_a_row_twice_in_one_page(emulator: Emulator, lists: Client) -> None:
    emulator.add_fault(Fault(kind="repeat_row", path="/branches$", query="page=2"))
    assert (names(lists, 1), names(lists, 2)) == (["a", "b"], ["c", "main", "c"])


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("path", ["refs/branches", "commits", "pullrequests/1/comments", "pullrequests/activity"])
def test_page_two_only_fails_however_pages_are_named(emulator: Emulator, lists: Client, path: str, status: int) -> None:
    emulator.add_fault(Fault(kind="status", status=status, path=f"/{path}$", nth=2))
    first = lists.json(f"{path}?pagelen=2")
    assert lists.get(first["next"]).status_code == status
    assert lists.json(f"{path}?pagelen=2") == first


@pytest.mark.parametrize("path", ["refs/branches", "commits", "/repositories/acme"])
def test_a_list_is_empty_until_the_fault_is_taken_away(emulator: Emulator, lists: Client, path: str) -> None:
    whole = lists.json(f"{path}?pagelen=2")
    emulator.add_fault(Fault(kind="empty_list"))
    empty = lists.json(f"{path}?pagelen=2")
    assert empty == {name: value for name, value in whole.items() if name != "next"} | {"values": []} | (
        {"size": 0} if "size" in whole else {}
    )
    emulator.clear_faults()
    assert lists.json(f"{path}?pagelen=2") == whole


def test_an_object_is_no_list_that_could_be_empty(emulator: Emulator, lists: Client) -> None:
    emulator.add_fault(Fault(kind="empty_list"))
    assert lists.json("refs/branches/main?fields=name") == {"name": "main"}


def test_a_pagelen_that_worked_before_is_refused(emulator: Emulator, lists: Client) -> None:
    assert lists.get("refs/branches?pagelen=100").status_code == 200
    emulator.add_fault(Fault(kind="pagelen", value=50, path="/branches$"))
    invalid = {"type": "error", "error": {"message": "Invalid pagelen"}}
    assert lists.error("refs/branches?pagelen=100") == (400, invalid)
    assert lists.get("refs/branches?pagelen=50").status_code == 200
    assert lists.get("refs/branches").status_code == 200
    assert lists.error("refs/branches?pagelen=many") == (400, invalid)
    assert lists.get("refs/tags?pagelen=100").status_code == 200


def test_a_row_is_read_twice_where_a_list_grows_between_two_pages(emulator: Emulator, lists: Client) -> None:
    create = {"repository": "web", "branch": "aa"}
    armed = emulator.add_fault(
        Fault(kind="action", path="/branches$", query="page=2", nth=1, action="create_branch", arguments=create)
    )
    assert (names(lists, 1), names(lists, 2)) == (["a", "b"], ["b", "c"])
    assert armed.errors == []


@pytest.mark.parametrize("hours", [-7, 0, 7], ids=["behind", "right", "ahead"])
def test_the_clock_of_the_server_is_off(emulator: Emulator, lists: Client, hours: int) -> None:
    emulator.add_fault(Fault(kind="clock", seconds=hours * HOUR))
    response = lists.get("refs/branches")
    assert response.headers["Date"].count("GMT") == 1
    shown = parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert shown == pytest.approx(emulator.world.clock / SECOND + hours * HOUR, abs=60)


def test_a_time_to_come_back_is_one_of_the_server_clock(emulator: Emulator, lists: Client) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=0, retry_after="http_date", clock="real")
    emulator.add_fault(Fault(kind="clock", seconds=-7 * HOUR))
    response = lists.get("refs/branches")
    assert response.status_code == 429
    # the quota runs by the real clock here, and so does the moment to come back
    told = parsedate_to_datetime(response.headers["Retry-After"]).timestamp()
    assert told == pytest.approx(time() - 7 * HOUR + HOUR, abs=60)
