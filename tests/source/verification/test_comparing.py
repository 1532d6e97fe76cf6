"""A warehouse beside Bitbucket: what differs is found, and what may differ is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_emulator.server.faults import Fault
from bitbucket_source.load.pipeline import DestinationError
from bitbucket_source.source import selected_tables
from bitbucket_source.tables import TABLES
from bitbucket_source.verification import Depth, Kind
from tests.source.verification.synced import Synced, keys
from tests.truth.changes import DELETED, SEEN
from tests.truth.company import HOME
from tests.truth.syncing import sync


@pytest.mark.parametrize("depth", Depth)
def test_an_exact_warehouse_has_no_differences(synced: Synced, depth: Depth) -> None:
    found = synced.verify(depth)
    assert (found.findings.differences, found.findings.changed, found.findings.troubles) == ([], [], [])
    assert found.exit_code == 0
    assert {table.name for table in found.findings.how} == {table.name for table in selected_tables(None)}


def test_a_cheap_look_costs_six_requests_a_repository_and_the_sample(synced: Synced) -> None:
    found = synced.verify(Depth.CHEAP, rows=1)
    # five lists of the workspace; two lists of refs, three counts, environments; a page of pull requests, some lists
    # below them, and a run's steps
    repositories = len(found.repositories)
    assert found.requests <= 5 + 6 * repositories + 1 + 2 + 3 * 4


def test_everything_is_compared_by_reading_everything(synced: Synced) -> None:
    found = synced.verify(Depth.ALL)
    # nobody can read the commits and files again of a pull request whose source is gone
    partly = {"users", "pull_request_commits", "pull_request_files"}
    for table in (each for each in selected_tables(None) if not each.keeps_history and each.name not in partly):
        (stored,) = synced.rows(f"select count(*) from {table.name} where deleted_at is null")[0]
        assert found.findings.compared[table] >= stored, table.name


def test_each_column_that_differs_is_told_with_both_values(synced: Synced) -> None:
    title = synced.rows("select title from pull_requests where title like 'Refunds%'")[0][0]
    synced.rows("update pull_requests set title = 'x', draft = true where title like 'Refunds%'")
    (difference,) = synced.verify(Depth.ALL).findings.differences
    assert difference.columns == {"title": ("x", title), "draft": (True, False)}
    assert difference.kind is Kind.DIFFERS
    assert difference.may_be_silent


def test_a_cheap_look_finds_what_is_missing_by_counts_and_by_gaps_in_the_history(synced: Synced) -> None:
    deleted = {table: synced.delete(table, 2) for table in ("commits", "pull_requests", "pipelines", "tags")}
    found = synced.verify(Depth.CHEAP, rows=1).findings.differences
    assert {table: keys(found, table, Kind.MISSING) for table in deleted} == deleted


@pytest.mark.parametrize(
    "name",
    [
        "commits are pushed",
        "a step of a finished pipeline runs again",
        "commits are dropped by a force push",
        # seen by the same lists as one of the others
        pytest.param("a pull request is opened", marks=pytest.mark.long),
        pytest.param("a paused pipeline is finished", marks=pytest.mark.long),
        pytest.param("an empty repository is made", marks=pytest.mark.long),
        pytest.param("a branch is deleted", marks=pytest.mark.long),
        pytest.param("a branch with new commits is made", marks=pytest.mark.long),
        pytest.param("a light tag is made", marks=pytest.mark.long),
        pytest.param("somebody comments", marks=pytest.mark.long),
        pytest.param("a pipeline runs and passes", marks=pytest.mark.long),
        pytest.param("a project is renamed", marks=pytest.mark.long),
    ],
)
def test_what_changed_since_the_last_sync_is_no_difference(synced: Synced, name: str) -> None:
    change = SEEN.get(name) or DELETED[name]
    with synced.bitbucket.world.lock:
        change(synced.bitbucket.world)
    for depth in Depth:
        found = synced.verify(depth)
        assert (found.findings.differences, found.findings.troubles) == ([], [])
    assert found.findings.changed


def test_a_size_that_lies_is_told_and_is_no_difference(synced: Synced) -> None:
    synced.bitbucket.add_fault(Fault(kind="wrong_size", value=3, path="/pullrequests"))
    found = synced.verify(Depth.CHEAP, tables=["pull_requests"])
    assert found.findings.differences == []
    assert any("Bitbucket counts 3, its list has" in notice for notice in found.findings.notices)


def test_a_list_that_is_suddenly_empty_proves_nothing(synced: Synced) -> None:
    synced.bitbucket.add_fault(Fault(kind="empty_list", path="/refs/branches$"))
    found = synced.verify(Depth.ALL, tables=["branches", "commits"])
    assert found.findings.differences == []
    assert found.exit_code == 1
    assert any("the list is empty" in trouble for trouble in found.findings.troubles)


def test_one_list_that_cannot_be_read_does_not_keep_the_rest_from_being_compared(synced: Synced) -> None:
    synced.bitbucket.add_fault(Fault(kind="status", status=500, path="/pullrequests"))
    gone = synced.delete("tags", 1)
    found = synced.verify(Depth.CHEAP)
    assert keys(found.findings.differences, "tags") == gone
    assert {trouble.partition(" ")[0] for trouble in found.findings.troubles} == {"pull_requests"}


def test_a_verification_that_is_stopped_tells_what_it_compared(synced: Synced) -> None:
    found = synced.verify(Depth.ALL, max_requests=20)
    assert (found.exit_code, found.requests) == (3, 20)
    assert "--max-requests" in found.findings.stopped
    assert found.findings.compared[TABLES["repositories"]] > 0


def test_only_what_is_selected_is_compared(synced: Synced) -> None:
    synced.delete("tags", 1)
    (slug,) = synced.rows("select slug from repositories where slug <> ? order by slug limit 1", HOME)[0]
    found = synced.verify(Depth.ALL, repositories=[slug], tables=["pull_requests", "repositories"])
    assert found.exit_code == 0
    assert len(found.repositories) == 1


def test_a_warehouse_that_is_not_there_is_told_and_not_made(synced: Synced) -> None:
    synced.path.unlink()
    with pytest.raises(DestinationError, match="bitbucket-source sync"):
        synced.verify(Depth.CHEAP)
    assert not synced.path.exists()


def test_pull_requests_that_bitbucket_fails_to_sort_are_compared_by_their_ids(synced: Synced) -> None:
    synced.bitbucket.add_fault(Fault(kind="status", status=500, path="/pullrequests$", query="sort="))
    assert sync(synced.bitbucket, synced.path, synced.directory).exit_code == 0
    deleted = synced.delete("pull_requests", 5)
    found = synced.verify(Depth.ALL, tables=["pull_requests"])
    assert keys(found.findings.differences, "pull_requests") == deleted
    assert synced.repair(found).exit_code == 0


def test_what_a_bounded_first_read_left_out_is_no_difference(synced: Synced, tmp_path: Path) -> None:
    (middle,) = synced.rows("select quantile_disc(created_on, 0.5) from pipelines")[0]
    before = synced.rows("select count(*) from pipelines")
    synced.path.unlink()
    assert sync(synced.bitbucket, synced.path, tmp_path / "bounded", since=middle.isoformat()).exit_code == 0
    assert synced.rows("select count(*) from pipelines") < before
    for depth in Depth:
        found = synced.verify(depth)
        assert (found.findings.differences, found.findings.changed, found.findings.troubles) == ([], [], [])
