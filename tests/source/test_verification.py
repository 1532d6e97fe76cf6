"""A warehouse beside Bitbucket: what differs is found and mended, and what may differ is told apart."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.server.faults import Fault
from bitbucket_emulator.world.actions import ACTIONS
from bitbucket_source.load.pipeline import DestinationError, make_pipeline
from bitbucket_source.load.slices import SyncResult
from bitbucket_source.session import Session
from bitbucket_source.source import make_session, selected_tables
from bitbucket_source.tables import TABLES
from bitbucket_source.verification import Depth, Difference, Kind, Verification, verify
from bitbucket_source.verification.repair import Repair, repair
from tests.truth.changes import DELETED, SEEN
from tests.truth.company import AUTH, HOME, WORKSPACE, make_company, newest_pipeline
from tests.truth.syncing import IMPATIENT, differences, sync


@pytest.fixture(scope="module")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DuckDB file after a first sync of the company: copy it, never change it."""
    directory = tmp_path_factory.mktemp("first_sync")
    with Emulator(make_company()) as bitbucket:
        assert sync(bitbucket, directory / "bitbucket.duckdb", directory / "pipelines").exit_code == 0
    return directory / "bitbucket.duckdb"


@dataclass
class Synced:
    """The company, and a warehouse that equals it."""

    bitbucket: Emulator
    path: Path
    directory: Path

    def session(self, **settings: Any) -> Session:
        made = make_session(
            WORKSPACE,
            base_url=self.bitbucket.base_url,
            credentials={"email": AUTH[0], "api_token": AUTH[1]},
            **settings,
        )
        return Session(made.settings, made.credentials, IMPATIENT)

    @property
    def pipeline(self) -> dlt.Pipeline:
        return make_pipeline(WORKSPACE, database=str(self.path), pipelines_dir=str(self.directory))

    def sync(self) -> SyncResult:
        result = sync(self.bitbucket, self.path, self.directory, audit_requests="0")
        assert result.exit_code == 0
        return result

    def verify(self, depth: Depth, tables: list[str] | None = None, rows: int = 100, **settings: Any) -> Verification:
        self.bitbucket.clear_requests()
        session = self.session(**settings)
        found = verify(self.pipeline, session, selected_tables(tables), depth=depth, rows=rows, seed=7)
        assert found.requests == len(self.bitbucket.requests)
        return found

    def repair(self, verification: Verification, **settings: Any) -> Repair:
        self.bitbucket.clear_requests()
        done = repair(self.pipeline, self.session(**settings), verification)
        assert done.requests == len(self.bitbucket.requests)
        return done

    def differences(self) -> list[Any]:
        return differences(self.bitbucket, self.path)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set schema = 'bitbucket_raw'")
            return connection.execute(query, values).fetchall()

    def delete(self, table: str, rows: int) -> set[tuple[Any, ...]]:
        """Delete some rows, as somebody with SQL may; returns their keys."""
        key = ", ".join(TABLES[table].key)
        chosen = self.rows(f"select {key} from {table} where deleted_at is null order by hash(({key})) limit {rows}")
        for values in chosen:
            same = " and ".join(f"{name} = ?" for name in TABLES[table].key)
            self.rows(f"delete from {table} where {same}", *values)
        assert len(chosen) == rows
        return set(chosen)


@pytest.fixture
def synced(first_sync: Path, tmp_path: Path) -> Iterator[Synced]:
    with Emulator(make_company()) as bitbucket:
        yield Synced(bitbucket, Path(shutil.copy(first_sync, tmp_path)), tmp_path / "pipelines")


def keys(found: list[Difference], table: str, kind: Kind | None = None) -> set[tuple[Any, ...]]:
    return {each.key for each in found if each.table.name == table and kind in {None, each.kind}}


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


def test_deleted_and_changed_rows_are_found_and_mended(synced: Synced) -> None:
    deleted = {
        table: synced.delete(table, rows)
        for table, rows in {
            "commits": 30,
            "commit_parents": 10,
            "pull_requests": 15,
            "pull_request_participants": 15,
            "pipelines": 10,
            "pipeline_steps": 15,
            "branches": 2,
            "users": 2,
            "workspace_members": 1,
        }.items()
    }
    synced.rows("update pull_requests set title = 'x' where id = (select max(id) from pull_requests)")
    synced.rows("update commits set message = 'x' where hash = (select max(hash) from commits)")
    synced.rows("update branches set target_hash = 'x' where name = 'stale'")
    synced.rows("update repositories set description = 'x' where slug = 'sandbox'")
    synced.rows("update pipeline_steps set name = 'x' where uuid = (select max(uuid) from pipeline_steps)")

    found = synced.verify(Depth.ALL)
    assert found.exit_code == 1
    by_truth = Counter(each.table for each in synced.differences())
    assert {table: keys(found.findings.differences, table, Kind.MISSING) for table in deleted} == deleted
    assert Counter(each.table.name for each in found.findings.differences) == by_truth

    done = synced.repair(found)
    assert (done.left, done.troubles, done.exit_code) == ([], [], 0)
    assert sum(done.written.values()) == sum(by_truth.values())
    assert synced.differences() == []
    assert synced.verify(Depth.ALL).exit_code == 0
    assert sum(synced.sync().rows.values()) == 0


def test_a_moment_that_somebody_emptied_is_found_and_mended(synced: Synced) -> None:
    synced.rows("update pull_requests set updated_on = null where id = 1")
    found = synced.verify(Depth.ALL)
    assert {each.table.name for each in found.findings.differences} == {"pull_requests"}
    synced.repair(found)
    assert synced.differences() == []
    assert synced.sync().rows == {}


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


def test_a_row_that_is_marked_as_deleted_by_hand_is_found_and_mended(synced: Synced) -> None:
    for table in ("commits", "pull_requests", "pipelines", "repositories"):
        column = TABLES[table].key[-1]
        synced.rows(f"update {table} set deleted_at = now() where {column} = (select max({column}) from {table})")
    synced.rows("update repositories set deleted_at = null where slug <> 'sandbox'")
    synced.rows("update repositories set deleted_at = now() where slug = 'sandbox'")

    found = synced.verify(Depth.CHEAP)
    assert {(each.table.name, *each.columns) for each in found.findings.differences} == {
        ("commits", "deleted_at"),
        ("pull_requests", "deleted_at"),
        ("pipelines", "deleted_at"),
        ("repositories", "deleted_at"),
    }
    assert synced.repair(found).exit_code == 0
    assert synced.differences() == []


def test_rows_that_bitbucket_does_not_have_are_confirmed_and_marked(synced: Synced) -> None:
    (home,) = synced.rows("select uuid from repositories where slug = ?", HOME)[0]
    for table, change in {
        "pull_requests": "id = 4711",
        "pipelines": "uuid = '{nowhere}'",
        "branches": "name = 'ghost'",
        "commits": f"hash = '{'a' * 40}'",
    }.items():
        name = change.partition(" ")[0]
        value = change.partition("= ")[2]
        columns = f"* replace ({value} as {name})"
        synced.rows(f"insert into {table} select {columns} from {table} where repository_uuid = ? limit 1", home)

    found = synced.verify(Depth.ALL)
    assert {(each.table.name, each.kind) for each in found.findings.differences} == {
        (table, Kind.TOO_MANY) for table in ("pull_requests", "pipelines", "branches", "commits")
    }
    done = synced.repair(found)
    assert (done.exit_code, sum(done.marked.values())) == (0, 4)
    assert synced.differences() == []


@pytest.mark.parametrize(
    "name",
    [
        "commits are pushed",
        "a pull request is opened",
        "a paused pipeline is finished",
        "a step of a finished pipeline runs again",
        "an empty repository is made",
        "commits are dropped by a force push",
        "a branch is deleted",
        # seen by the same lists as one of the others
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


def test_a_repair_that_is_stopped_writes_what_it_read_and_tells_what_is_left(synced: Synced) -> None:
    synced.delete("branches", 2)
    synced.delete("pipelines", 5)
    done = synced.repair(synced.verify(Depth.ALL), max_requests=4)
    assert done.exit_code == 3
    assert sum(done.written.values()) + len(done.left) == 7
    assert 0 < len(synced.differences()) == len(done.left)


def test_a_run_that_runs_again_unseen_is_mended_and_followed_by_the_next_sync(synced: Synced) -> None:
    world = synced.bitbucket.world
    with world.lock:
        old = newest_pipeline(world)
        for _ in range(105):
            ACTIONS["run_pipeline"](world, repository=HOME, steps=["Build"])
            ACTIONS["finish_pipeline"](world, repository=HOME, pipeline=newest_pipeline(world))
    synced.sync()
    with world.lock:
        ACTIONS["rerun_step"](world, repository=HOME, pipeline=old, step=0, result=None)
    synced.sync()
    assert {each.table for each in synced.differences()} == {"pipelines", "pipeline_steps"}

    found = synced.verify(Depth.ALL)
    assert all(each.may_be_silent for each in found.findings.differences if each.table.name == "pipelines")
    assert synced.repair(found).exit_code == 0
    assert synced.differences() == []

    with world.lock:
        ACTIONS["finish_pipeline"](world, repository=HOME, pipeline=old)
    synced.sync()
    assert synced.differences() == []


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
