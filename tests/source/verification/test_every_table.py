"""Rows of the tables below pull requests, runs, commits and repositories that somebody deleted or changed by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.tables import DATA_TABLES, TABLES
from bitbucket_source.verification import Depth, Kind
from tests.source.verification.synced import Synced, keys

EVERYTHING = [table.name for table in DATA_TABLES]
LISTED = [
    "pull_request_activity",
    "pull_request_activity_reviewers",
    "pull_request_comments",
    "pull_request_commits",
    "pull_request_files",
    "pull_request_tasks",
    "pipeline_test_reports",
    "pipeline_test_cases",
    "pipeline_schedules",
    "environments",
    "deployments",
    "commit_statuses",
    "reports",
    "report_annotations",
    "default_reviewers",
    "branch_restrictions",
    "repository_permissions",
    "webhooks",
    "downloads",
]
DERIVED = ["commit_trailers", "deployment_commits"]
CHANGED = {
    "pull_request_activity": "kind",
    "pull_request_comments": "content_raw",
    "pull_request_commits": "author_raw",
    "pull_request_files": "status",
    "pull_request_tasks": "content_raw",
    "pipeline_test_reports": "number_of_test_cases",
    "pipeline_test_cases": "name",
    "environments": "name",
    "deployments": "release_name",
    "commit_statuses": "name",
    "reports": "title",
    "report_annotations": "summary",
    "webhooks": "description",
    "downloads": "size",
    "commit_trailers": "value",
}


@pytest.fixture
def synced(company: Emulator, everything_synced: Path, tmp_path: Path) -> Synced:
    return Synced(company, Path(shutil.copy(everything_synced, tmp_path)), tmp_path / "pipelines")


def count(synced: Synced, table: str) -> int:
    (rows,) = synced.rows(f"select count(*) from {table} where deleted_at is null")[0]
    return int(rows)


@pytest.mark.parametrize("depth", Depth)
def test_an_exact_warehouse_of_every_table_has_no_differences(synced: Synced, depth: Depth) -> None:
    found = synced.verify(depth, EVERYTHING)
    assert (found.findings.differences, found.findings.changed, found.findings.troubles) == ([], [], [])
    assert {table.name for table in found.findings.how} == set(EVERYTHING)
    if depth is Depth.ALL:
        compared = {table.name: rows for table, rows in found.findings.compared.items()}
        missed = {name for name in (*LISTED, *DERIVED) if compared[name] < count(synced, name)}
        # a pull request whose source is gone: nobody can read its commits and files again
        assert missed <= {"pull_request_commits", "pull_request_files"}


def test_deleted_rows_are_found_and_mended(synced: Synced) -> None:
    deleted = {
        name: synced.delete(name, min(100, (count(synced, name) + 1) // 2)) for name in LISTED if name != "deployments"
    }
    found = synced.verify(Depth.ALL, EVERYTHING)
    assert {name: keys(found.findings.differences, name, Kind.MISSING) for name in deleted} == deleted
    assert {each.table.name for each in found.findings.differences} == set(deleted)

    done = synced.repair(found)
    assert (done.left, done.troubles, done.exit_code) == ([], [], 0)
    assert sum(done.written.values()) == sum(map(len, deleted.values()))
    assert synced.verify(Depth.ALL, EVERYTHING).exit_code == 0


def test_changed_rows_are_found_and_mended(synced: Synced) -> None:
    for name, column in CHANGED.items():
        value = "4711" if TABLES[name].columns_by_name[column].type.name == "BIGINT" else "'x'"
        key = TABLES[name].key[-1]
        synced.rows(f"update {name} set {column} = {value} where {key} = (select max({key}) from {name})")
    found = synced.verify(Depth.ALL, EVERYTHING)
    assert {each.table.name: [*each.columns] for each in found.findings.differences} == {
        name: [column] for name, column in CHANGED.items()
    }
    assert synced.repair(found).exit_code == 0
    assert synced.verify(Depth.ALL, EVERYTHING).exit_code == 0


def test_deployments_and_what_they_carried_are_mended_one_after_the_other(synced: Synced) -> None:
    deployments = synced.delete("deployments", 10)
    carried = synced.delete("deployment_commits", 10)
    synced.rows("delete from deployment_attempts where started_on = (select max(started_on) from deployment_attempts)")
    tables = [*EVERYTHING[:10], "pipelines", "environments", "deployments", "deployment_attempts", "deployment_commits"]

    found = synced.verify(Depth.ALL, tables)
    assert keys(found.findings.differences, "deployments") == deployments
    assert len(keys(found.findings.differences, "deployment_attempts", Kind.MISSING)) == 1
    assert any("what they are derived from differs" in notice for notice in found.findings.notices)
    assert synced.repair(found).exit_code == 0
    found = synced.verify(Depth.CHEAP, tables)
    assert keys(found.findings.differences, "deployment_commits", Kind.MISSING) <= carried
    assert synced.repair(found).exit_code == 0
    assert synced.verify(Depth.ALL, tables).exit_code == 0


def test_a_cheap_look_finds_by_counts_and_by_working_out_again(synced: Synced) -> None:
    deleted = {
        name: synced.delete(name, 1)
        for name in (*DERIVED, "pull_request_comments", "deployments", "environments", "webhooks")
    }
    synced.rows("delete from pull_request_comments where deleted returning 1")
    found = synced.verify(Depth.CHEAP, EVERYTHING, rows=1)
    for name, gone in deleted.items():
        assert keys(found.findings.differences, name, Kind.MISSING) >= gone


def test_rows_that_bitbucket_does_not_have_are_marked(synced: Synced) -> None:
    made = {
        "pull_request_comments": ("id", "4711"),
        "pull_request_files": ("path", "'nowhere'"),
        "webhooks": ("uuid", "'{nowhere}'"),
        "commit_trailers": ("position", "4711"),
    }
    for name, (column, value) in made.items():
        synced.rows(f"insert into {name} select * replace ({value} as {column}) from {name} limit 1")
    found = synced.verify(Depth.ALL, EVERYTHING)
    assert {(each.table.name, each.kind) for each in found.findings.differences} == {
        (name, Kind.TOO_MANY) for name in made
    }
    done = synced.repair(found)
    assert (done.exit_code, sum(done.marked.values())) == (0, len(made))
    assert synced.verify(Depth.ALL, EVERYTHING).exit_code == 0
