"""What a verification found is read again and written, or marked as gone: then the warehouse equals Bitbucket."""

from __future__ import annotations

from collections import Counter

from bitbucket_emulator.world.actions import ACTIONS
from bitbucket_source.tables import TABLES
from bitbucket_source.verification import Depth, Kind
from tests.source.verification.synced import Synced, keys
from tests.truth.company import HOME, newest_pipeline


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
