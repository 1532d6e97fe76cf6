"""What hangs below pull requests arrives whole, for few requests, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from tests.source.conftest import Warehouse
from tests.source.reviews import NO_AUDIT, SLUG, TABLES, later, make_reviews, pull_request, wrong


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(make_reviews()) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a warehouse after a first sync: copy it, never change it."""
    with Emulator(make_reviews()) as bitbucket:
        made = Warehouse(bitbucket, tmp_path_factory.mktemp("first_sync"))
        assert made.sync(TABLES, **NO_AUDIT).exit_code == 0
    return made.directory


@pytest.fixture
def warehouse(bitbucket: Emulator, tmp_path: Path, first_sync: Path) -> Warehouse:
    """Synced with it once."""
    return Warehouse(bitbucket, tmp_path).begin_with(first_sync)


def _act(bitbucket: Emulator, action: str, number: int = 1, **arguments: Any) -> Any:
    later(bitbucket.world)
    return bitbucket.act(action, repository=SLUG, pull_request=number, **arguments)


def _push(bitbucket: Emulator, branch: str, **arguments: Any) -> None:
    later(bitbucket.world)
    bitbucket.act("push", repository=SLUG, branch=branch, author="ada", **arguments)


def _sync(warehouse: Warehouse, **settings: Any) -> int:
    return warehouse.sync(TABLES, **{**NO_AUDIT, **settings}).exit_code


def test_a_first_load_walks_the_feed_once_and_asks_for_no_comments_and_no_commits(tmp_path: Path) -> None:
    with Emulator(make_reviews(30)) as bitbucket:
        first = Warehouse(bitbucket, tmp_path)
        assert _sync(first) == 0
        # of each: two updates and two comments, fifty a page; its files
        assert {name: first.requests[name] for name in ("pullrequests", "activity", "comments", "diffstat")} == {
            "pullrequests": 1,
            "activity": 3,
            "comments": 0,
            "diffstat": 30,
        }
        assert first.requests["commits"] == 1
        assert wrong(bitbucket, first) == []


def test_nothing_new_below_pull_requests_costs_nothing(warehouse: Warehouse) -> None:
    assert _sync(warehouse) == 0
    assert warehouse.requests == {"acme": 2, "pullrequests": 1}


def test_a_comment_costs_the_feed_and_the_comments_of_its_pull_request(
    bitbucket: Emulator, warehouse: Warehouse
) -> None:
    _act(bitbucket, "comment", user="ada", text="Thanks")
    assert _sync(warehouse) == 0
    assert warehouse.requests == {"acme": 2, "pullrequests": 1, "activity": 1, "comments": 1, "tasks": 1}
    assert wrong(bitbucket, warehouse) == []


def test_a_pull_request_without_comments_is_not_asked_for_them(bitbucket: Emulator, warehouse: Warehouse) -> None:
    _push(bitbucket, "topic/new")
    bitbucket.act("open_pull_request", repository=SLUG, source="topic/new", author="ada")
    assert _sync(warehouse) == 0
    assert warehouse.requests["comments"] == 0
    assert wrong(bitbucket, warehouse) == []


def test_an_approval_that_is_taken_back_is_gone_from_the_activity(bitbucket: Emulator, warehouse: Warehouse) -> None:
    _act(bitbucket, "approve", user="bob")
    assert _sync(warehouse) == 0
    _act(bitbucket, "unapprove", user="bob")
    assert _sync(warehouse) == 0
    assert warehouse.rows("select count(*), count(deleted_at) from pull_request_activity where kind = 'approval'") == [
        (1, 1)
    ]
    assert wrong(bitbucket, warehouse) == []


def test_an_approval_that_was_read_behind_its_pull_request_and_is_taken_back_is_gone(
    bitbucket: Emulator, warehouse: Warehouse
) -> None:
    _act(bitbucket, "comment", user="bob", text="Nice")
    approval = {"repository": SLUG, "pull_request": 1, "user": "bob"}
    bitbucket.add_fault(Fault(kind="action", path="/activity$", nth=1, action="approve", arguments=approval))
    assert _sync(warehouse) == 0
    assert warehouse.rows("select count(*) from pull_request_activity where kind = 'approval'") == [(1,)]
    bitbucket.act("unapprove", **approval)
    assert _sync(warehouse) == 0
    assert wrong(bitbucket, warehouse) == []


@pytest.mark.parametrize("end", ["at once", "in the middle"])
def test_what_the_feed_does_not_tell_is_listed_by_itself(tmp_path: Path, end: str) -> None:
    with Emulator(make_reviews(20)) as bitbucket:
        page: dict[str, Any] = {"values": [], "pagelen": 50}
        nth = 1 if end == "at once" else 2
        bitbucket.add_fault(Fault(kind="bad_json", path="/pullrequests/activity$", nth=nth, body=page))
        first = Warehouse(bitbucket, tmp_path)
        assert _sync(first) == 0
        assert wrong(bitbucket, first) == []
        assert first.requests["comments"] == (20 if end == "at once" else 7)


# the fewer requests, the more syncs it takes
@pytest.mark.parametrize(
    "requests", [pytest.param(8, marks=pytest.mark.long), pytest.param(9, marks=pytest.mark.long), 11, 14]
)
def test_a_first_load_in_small_budgets_ends_equal(tmp_path: Path, requests: int) -> None:
    with Emulator(make_reviews(30)) as bitbucket:
        first = Warehouse(bitbucket, tmp_path)
        codes = [_sync(first, max_requests=requests)]
        while codes[-1] == 3 and len(codes) < 40:
            codes.append(_sync(first, max_requests=requests))
        assert codes[-1] == 0
        assert wrong(bitbucket, first) == []


def test_a_walk_that_was_cut_begins_again_where_its_place_is_forgotten(tmp_path: Path) -> None:
    with Emulator(make_reviews(30, comments=4)) as bitbucket:
        first = Warehouse(bitbucket, tmp_path)
        # workspace, repositories, pull requests, their files and tasks, one page of the feed
        assert _sync(first, max_requests=3 + 60 + 1) == 3
        bitbucket.add_fault(Fault(kind="status", status=400, path="/pullrequests/activity$", query="ctx=", nth=1))
        assert _sync(first) == 0
        assert wrong(bitbucket, first) == []


def test_events_that_come_while_a_walk_is_cut_are_read_behind_it(tmp_path: Path) -> None:
    with Emulator(make_reviews(30, comments=4)) as bitbucket:
        first = Warehouse(bitbucket, tmp_path)
        assert _sync(first, max_requests=3 + 60 + 1) == 3
        for number in range(1, 31):
            bitbucket.act("comment", repository=SLUG, pull_request=number, user="ada", text="Meanwhile")
            bitbucket.act("set_draft", repository=SLUG, pull_request=number, user="ada", draft=True)
        assert _sync(first) == 0
        assert wrong(bitbucket, first) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("diffstat", 500, id="files: 500"),
        pytest.param("diffstat", 555, id="files: 555"),
        pytest.param("pullrequests/1/comments", 403, id="comments: 403"),
        pytest.param("pullrequests/1/comments", 404, id="comments: 404"),
        pytest.param("pullrequests/1/tasks", 410, id="tasks: 410"),
        pytest.param("pullrequests/activity", 500, id="feed: 500"),
    ],
)
def test_the_trouble_of_one_list_is_its_own_and_owed(
    bitbucket: Emulator, warehouse: Warehouse, path: str, status: int
) -> None:
    _push(bitbucket, "topic/1")
    _act(bitbucket, "comment", user="ada", text="Done")
    _act(bitbucket, "comment", 2, user="ada", text="Done, too")
    bitbucket.add_fault(Fault(kind="status", status=status, path=path))
    assert _sync(warehouse) == 1
    assert warehouse.rows("select count(*) from pull_request_comments where pull_request_id = 2") == [(3,)]
    bitbucket.clear_faults()
    assert _sync(warehouse) == 0
    assert wrong(bitbucket, warehouse) == []


def test_files_that_can_never_be_told_stay_as_they_were_and_are_told_once(
    bitbucket: Emulator, warehouse: Warehouse
) -> None:
    before = warehouse.rows("select * exclude (_dlt_load_id) from pull_request_files order by pull_request_id, path")
    _push(bitbucket, "topic/1")
    body = {"type": "error", "error": {"message": "No common ancestor between the two revisions."}}
    bitbucket.add_fault(Fault(kind="status", status=400, path="diffstat", body=body))
    result = warehouse.sync(TABLES, **NO_AUDIT)
    assert result.exit_code == 0
    assert result.notices == [
        "pull_request_files of acme/web, pull request 1: not available any more: "
        "400 No common ancestor between the two revisions."
    ]
    after = warehouse.rows("select * exclude (_dlt_load_id) from pull_request_files order by pull_request_id, path")
    assert after == before
    assert _sync(warehouse) == 0
    assert warehouse.requests["diffstat"] == 0


def test_commits_that_an_audit_misses_are_gone_when_the_next_sync_misses_them_too(
    bitbucket: Emulator, tmp_path: Path
) -> None:
    tables = ["pull_requests", "pull_request_commits"]  # without the graph Bitbucket has to be asked
    warehouse = Warehouse(bitbucket, tmp_path)
    warehouse.sync(tables, **NO_AUDIT)
    of_one = "select deleted_at is null, count(*) from pull_request_commits where pull_request_id = 1 group by all"
    [(_, stored)] = warehouse.rows(of_one)
    bitbucket.add_fault(Fault(kind="status", status=200, path="pullrequests/1/commits", body={"values": []}))

    audited = warehouse.sync(tables, audit_requests="all")
    assert [notice for notice in audited.notices if "pull request 1: none, although some are stored" in notice] != []
    assert warehouse.rows(of_one) == [(True, stored)]
    warehouse.sync(tables, **NO_AUDIT)
    assert warehouse.rows(of_one) == [(False, stored)]
    warehouse.sync(tables, **NO_AUDIT)
    assert warehouse.requests["commits"] == 0


def test_tables_selected_later_are_read_whole_and_then_share_one_query(bitbucket: Emulator, tmp_path: Path) -> None:
    some = Warehouse(bitbucket, tmp_path)
    assert some.sync(["repositories", "pull_requests"], **NO_AUDIT).exit_code == 0
    _push(bitbucket, "topic/2")
    assert some.sync(["repositories", "pull_requests"], **NO_AUDIT).exit_code == 0
    assert _sync(some) == 0
    assert wrong(bitbucket, some) == []
    assert _sync(some) == 0
    assert some.requests["pullrequests"] == 1


def test_tables_left_out_for_a_while_catch_up(bitbucket: Emulator, warehouse: Warehouse) -> None:
    _push(bitbucket, "topic/1", commits=2)
    _act(bitbucket, "comment", 2, user="ada", text="Meanwhile")
    assert warehouse.sync(["repositories", "pull_requests", "pull_request_participants"], **NO_AUDIT).exit_code == 0
    assert _sync(warehouse) == 0
    assert wrong(bitbucket, warehouse) == []


def test_commits_of_an_open_pull_request_shrink_when_its_destination_gets_some(
    bitbucket: Emulator, warehouse: Warehouse
) -> None:
    number = pull_request(bitbucket.world, 3).id
    _push(bitbucket, "main", parents=["main", "topic/3"], message="Merged by hand")
    assert _sync(warehouse) == 0
    assert warehouse.rows(
        f"select count(*) from pull_request_commits where pull_request_id = {number} and deleted_at is null"
    ) == [(0,)]
    assert wrong(bitbucket, warehouse) == []


@pytest.mark.parametrize("strategy", ["merge_commit", "squash", "fast_forward"])
def test_a_merge_asks_for_no_commits_where_the_graph_holds_them(
    bitbucket: Emulator, warehouse: Warehouse, strategy: str
) -> None:
    _act(bitbucket, "merge", user="bob", strategy=strategy)
    assert _sync(warehouse) == 0
    assert wrong(bitbucket, warehouse) == []
    assert warehouse.requests["commits"] <= 1


def test_a_full_refresh_reads_everything_below_again(bitbucket: Emulator, warehouse: Warehouse) -> None:
    warehouse.rows(
        """
        update pull_request_files set lines_added = -1;
        update pull_request_commits set author_raw = 'Nobody';
        update pull_request_comments set content_raw = 'Nothing';
        update pull_request_activity set user_uuid = '{nobody}';
        """
    )
    assert wrong(bitbucket, warehouse) != []
    assert _sync(warehouse, full_refresh=True) == 0
    assert wrong(bitbucket, warehouse) == []
