"""`q=` and `sort=` (FACTS 2), seen through the list of pull requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world.actions import (
    approve,
    change_reviewers,
    create_user,
    decline,
    delete_user,
    merge,
    open_pull_request,
    push,
)

from ..client import Client
from ..small_world import make_world

DAYS = [f"2026-11-2{day}T10:00:00+00:00" for day in (1, 2, 3, 4)]


@pytest.fixture(scope="module")
def reviews() -> Iterator[Client]:
    """Four pull requests, opened on the 21st to the 24th: open, merged, declined (author gone), a draft."""
    world = make_world()
    create_user(world, "dora", "Dora Cache")
    for number, day in enumerate(DAYS, start=1):
        push(world, "web", f"topic/{number}", "bob", at=day)
        open_pull_request(
            world,
            "web",
            f"topic/{number}",
            {3: "dora", 4: "ada"}.get(number, "bob"),
            title=f"Topic {number}",
            draft=number == 4,
            at=day,
        )
    merge(world, "web", 2, "ada", at="2026-11-22T11:00:00+00:00")
    decline(world, "web", 3, "ada", at="2026-11-23T11:00:00+00:00")
    change_reviewers(world, "web", 1, "bob", add=["ada", "cleo"], at="2026-11-25T10:00:00+00:00")
    approve(world, "web", 1, "cleo", at="2026-11-25T11:00:00+00:00")
    delete_user(world, "dora")
    with Emulator(world) as running:
        yield Client(running)


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        pytest.param('state = "OPEN"', [4, 1], id="equal"),
        pytest.param('state != "OPEN"', [3, 2], id="not equal"),
        pytest.param('title ~ "TOPIC"', [4, 3, 2, 1], id="contains, any case"),
        pytest.param('title !~ "3"', [4, 2, 1], id="contains not"),
        pytest.param("id > 2", [4, 3], id="greater"),
        pytest.param("id >= 2 AND id < 4", [3, 2], id="and"),
        pytest.param('id <= 1 OR state = "DECLINED"', [3, 1], id="or"),
        pytest.param('id = 1 OR id = 2 AND state = "OPEN"', [1], id="and binds tighter"),
        pytest.param('(id = 1 OR id = 2) AND state = "MERGED"', [2], id="parentheses"),
        pytest.param("id IN (1, 3)", [3, 1], id="in"),
        pytest.param('state NOT IN ("OPEN", "MERGED")', [3], id="not in"),
        pytest.param("draft = true", [4], id="true"),
        pytest.param("draft = false AND id > 2", [3], id="false"),
        pytest.param("author.uuid = null", [3], id="null"),
        pytest.param("author.uuid != null", [4, 2, 1], id="not null"),
        pytest.param('created_on >= "2026-11-23T10:00:00+00:00"', [4, 3], id="time in quotes"),
        pytest.param("created_on >= 2026-11-23T10:00:00+00:00", [4, 3], id="time without quotes"),
        pytest.param("created_on >= 2026-11-23T10:00:00", [4, 3], id="no offset is UTC"),
        pytest.param("created_on >= 2026-11-23T12:00:00+02:00", [4, 3], id="other offset"),
        pytest.param("created_on >= 2026-11-23", [4, 3], id="date only"),
        pytest.param('created_on > "2026-11-23T10:00:00.000001+00:00"', [4], id="microseconds"),
        pytest.param('source.branch.name = "topic/2"', [2], id="nested"),
        pytest.param('author.nickname = "ada"', [4], id="account"),
        pytest.param('reviewers.nickname = "cleo"', [1], id="any of several"),
        pytest.param('title = "a \\"quoted\\" word"', [], id="escaped quotes"),
    ],
)
def test_a_query_keeps_the_rows_that_match(reviews: Client, q: str, ids: list[int]) -> None:
    assert reviews.values(f"pullrequests?q={quote(q)}", "id") == ids


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("id", [1, 2, 3, 4]),
        ("-id", [4, 3, 2, 1]),
        ("created_on", [1, 2, 3, 4]),
        ("-updated_on", [1, 4, 3, 2]),
        ("author.nickname", [3, 4, 2, 1]),
        ("-author.nickname", [2, 1, 4, 3]),
    ],
)
def test_sort_orders_by_one_field(reviews: Client, sort: str, ids: list[int]) -> None:
    assert reviews.values(f"pullrequests?q=id>0&sort={sort}", "id") == ids


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        pytest.param(
            'q=participants.user.uuid="x"',
            'Field ".participants.user.uuid" does not support filtering',
            id="participants",
        ),
        pytest.param('q=summary.raw ~ "x"', 'Field ".summary.raw" does not support filtering', id="summary"),
        pytest.param('q=id>0 AND nonsense="x"', 'Field ".nonsense" does not support filtering', id="no such field"),
        pytest.param("q=closed_on != null", 'Field ".closed_on" does not support filtering', id="closed_on"),
        pytest.param("q=comment_count > 0", 'Field ".comment_count" does not support filtering', id="counts"),
        pytest.param("sort=participants", 'Field ".participants" does not support sorting', id="sort"),
        pytest.param("sort=id,-created_on", 'Field ".id,-created_on" does not support sorting', id="two sort fields"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(reviews: Client, parameters: str, message: str) -> None:
    assert reviews.error(f"pullrequests?{parameters}") == (400, {"type": "error", "error": {"message": message}})


@pytest.mark.parametrize(
    "q",
    [
        "state =",
        'state "OPEN"',
        '= "OPEN"',
        "id > 1 AND",
        "(id > 1",
        'id = "1"',
        "created_on > yesterday",
        "id IN ()",
        "NOT id = 1",
    ],
)
def test_what_is_no_query_is_refused(reviews: Client, q: str) -> None:
    status, body = reviews.error(f"pullrequests?q={quote(q)}")
    assert (status, body["error"]["message"]) == (400, "Invalid query")


def test_keyset_paging_reads_every_row_once(reviews: Client) -> None:
    seen: list[Any] = []
    query = "id>0"
    for _ in range(5):
        rows = reviews.json(f"pullrequests?q={quote(query)}&sort=updated_on&pagelen=1")["values"]
        if not rows:
            break
        seen.append(rows[0]["id"])
        query = f'updated_on>"{rows[0]["updated_on"]}"'
    assert seen == [2, 3, 4, 1]


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        pytest.param("id>=1 AND id<3", [2, 1], id="a window"),
        pytest.param("id>=3 AND id<53", [4, 3], id="the last window"),
        pytest.param("id>=53 AND id<103", [], id="an empty window"),
        pytest.param('id>=1 AND id<51 AND updated_on>="2026-11-23T10:00:00+00:00"', [4, 3, 1], id="only what moved"),
        pytest.param("id>=1 AND id<51 AND updated_on>=2026-11-25", [1], id="time without quotes"),
    ],
)
def test_windows_of_ids_need_no_sort(reviews: Client, q: str, ids: list[int]) -> None:
    assert reviews.values(f"pullrequests?pagelen=2&q={quote(q)}", "id") == ids


def test_sorting_can_fail_for_good_where_everything_else_works(reviews: Client) -> None:
    reviews.emulator.add_fault(Fault(kind="status", status=500, path="/pullrequests$", query="(^|&)sort="))
    assert reviews.get("pullrequests?sort=updated_on").status_code == 500
    assert reviews.get('pullrequests?q=updated_on>"2026-11-01"&sort=updated_on').status_code == 500
    assert reviews.values("pullrequests?q=id>=1 AND id<51", "id") == [4, 3, 2, 1]
    assert reviews.get("/repositories/acme?sort=uuid").status_code == 200
    reviews.emulator.clear_faults()
