"""Statuses and reports have no signal: the commits that builds report on are watched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world.model import Repository
from tests.emulator.small_world import make_world
from tests.source.conftest import Warehouse

TABLES = ["commit_statuses", "reports", "report_annotations"]
STATUSES = "select commit_hash, key, state, deleted_at is null from commit_statuses order by 1, 2"
REPORTS = "select commit_hash, external_id, result, data->>'$[0].value', deleted_at is null from reports order by 1, 2"
ANNOTATIONS = "select commit_hash, external_id, deleted_at is null from report_annotations order by 1, 2"


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(make_world()) as emulator:
        yield emulator


@pytest.fixture
def repository(bitbucket: Emulator) -> Repository:
    return next(iter(bitbucket.world.repositories.values()))


def push(bitbucket: Emulator, branch: str, **others: Any) -> str:
    return str(bitbucket.act("push", repository="web", branch=branch, author="ada", **others).hash)


def status(bitbucket: Emulator, commit: str, state: str, key: str = "ci") -> None:
    bitbucket.act("status", repository="web", commit=commit, state=state, key=key)


def asked(warehouse: Warehouse, *, tables: list[str] = TABLES, **settings: Any) -> tuple[int, int, int]:
    """Sync; how many lists of statuses, reports and annotations that took."""
    assert warehouse.sync(tables, **{"audit_requests": "0", **settings}).exit_code == 0
    return (warehouse.requests["statuses"], warehouse.requests["reports"], warehouse.requests["annotations"])


def test_what_is_said_of_a_head_is_seen_by_the_next_sync(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    head = repository.branches["main"]
    assert asked(warehouse) == (1, 1, 0)
    status(bitbucket, head, "INPROGRESS")
    bitbucket.act("add_report", repository="web", commit=head, result="FAILED", findings=2)
    bitbucket.act("add_report", repository="web", commit=head, external_id="lint", findings=1)
    assert asked(warehouse) == (1, 1, 2)
    assert warehouse.rows(STATUSES) == [(head, "ci", "INPROGRESS", True)]
    assert warehouse.rows(REPORTS) == [(head, "lint", "PASSED", "1", True), (head, "scan", "FAILED", "2", True)]
    # one of lint, two of scan
    assert [row[1:] for row in warehouse.rows(ANNOTATIONS)] == [
        ("finding-0", True),
        ("finding-0", True),
        ("finding-1", True),
    ]

    status(bitbucket, head, "SUCCESSFUL")
    status(bitbucket, head, "FAILED", key="docs")
    bitbucket.act("add_report", repository="web", commit=head, findings=1)
    bitbucket.act("remove_report", repository="web", commit=head, external_id="lint")
    asked(warehouse)
    assert warehouse.rows(STATUSES) == [(head, "ci", "SUCCESSFUL", True), (head, "docs", "FAILED", True)]
    assert warehouse.rows(REPORTS) == [(head, "lint", "PASSED", "1", False), (head, "scan", "PASSED", "1", True)]
    assert [row[1:] for row in warehouse.rows(ANNOTATIONS)] == [
        ("finding-0", False),
        ("finding-0", True),
        ("finding-1", False),
    ]


def test_a_replaced_head_is_watched_until_all_is_finished_and_for_a_day(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    first = repository.branches["main"]
    status(bitbucket, first, "INPROGRESS")
    assert asked(warehouse) == (1, 1, 0)
    second = push(bitbucket, "main")
    status(bitbucket, second, "SUCCESSFUL")
    assert asked(warehouse) == (2, 2, 0)
    bitbucket.act("advance_clock", seconds=5 * 86_400)
    status(bitbucket, first, "FAILED")
    assert asked(warehouse) == (2, 2, 0)
    assert warehouse.rows(STATUSES) == sorted([(first, "ci", "FAILED", True), (second, "ci", "SUCCESSFUL", True)])
    # finished, and replaced longer ago than a day
    assert asked(warehouse) == (1, 1, 0)


def test_heads_are_watched_for_thirty_days_and_a_new_one_is_read_whatever_its_date(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    main = repository.branches["main"]
    old = push(bitbucket, "old", date="2019-01-01T00:00:00Z")
    status(bitbucket, old, "SUCCESSFUL")
    assert asked(warehouse) == (2, 2, 0)
    # the first reading goes by the dates of commits
    assert asked(warehouse) == (1, 1, 0)
    ancient = push(bitbucket, "ancient", date="2018-01-01T00:00:00Z")
    status(bitbucket, ancient, "STOPPED")
    assert asked(warehouse) == (2, 2, 0)
    assert warehouse.rows(STATUSES) == sorted([(old, "ci", "SUCCESSFUL", True), (ancient, "ci", "STOPPED", True)])
    # from when on it was a head
    assert asked(warehouse) == (2, 2, 0)
    bitbucket.act("advance_clock", seconds=31 * 86_400)
    assert asked(warehouse) == (0, 0, 0)
    assert main in repository.branches.values()


@pytest.mark.usefixtures("repository")
def test_a_head_whose_branch_could_not_be_read_is_watched_once_it_can(
    bitbucket: Emulator, warehouse: Warehouse
) -> None:
    asked(warehouse)
    new = push(bitbucket, "new")
    status(bitbucket, new, "SUCCESSFUL")
    bitbucket.add_fault(Fault(kind="poison", path="/refs/branches", field="values.1.target.hash", value={}))
    assert warehouse.sync(TABLES, audit_requests="0").exit_code == 1
    bitbucket.clear_faults()

    # nothing tells that it can be read now
    asked(warehouse)
    assert warehouse.rows(STATUSES) == [(new, "ci", "SUCCESSFUL", True)]
    assert asked(warehouse) == (2, 2, 0)


def test_the_audit_sees_what_changes_where_nobody_looks_any_more(bitbucket: Emulator, warehouse: Warehouse) -> None:
    old = push(bitbucket, "old", date="2019-01-01T00:00:00Z")
    status(bitbucket, old, "FAILED")
    bitbucket.act("add_report", repository="web", commit=old, findings=1)
    asked(warehouse)
    status(bitbucket, old, "SUCCESSFUL")
    bitbucket.act("add_report", repository="web", commit=old, findings=0)
    asked(warehouse)
    assert warehouse.rows(STATUSES) == [(old, "ci", "FAILED", True)]
    asked(warehouse, audit_requests="all")
    assert warehouse.rows(STATUSES) == [(old, "ci", "SUCCESSFUL", True)]
    assert warehouse.rows(REPORTS) == [(old, "scan", "PASSED", "0", True)]


def test_a_list_that_the_audit_sees_empty_is_believed_by_the_next_sync(
    bitbucket: Emulator, warehouse: Warehouse
) -> None:
    old = push(bitbucket, "old", date="2019-01-01T00:00:00Z")
    bitbucket.act("add_report", repository="web", commit=old, findings=1)
    asked(warehouse)
    bitbucket.act("remove_report", repository="web", commit=old)
    asked(warehouse, audit_requests="all")
    assert warehouse.rows(REPORTS) == [(old, "scan", "PASSED", "1", True)]
    asked(warehouse)
    assert warehouse.rows(REPORTS) == [(old, "scan", "PASSED", "1", False)]
    assert warehouse.rows(ANNOTATIONS) == [(old, "finding-0", False)]


def test_the_sources_of_open_pull_requests_are_watched_where_no_branch_is_left(
    bitbucket: Emulator, warehouse: Warehouse
) -> None:
    source = push(bitbucket, "feature", date="2019-01-01T00:00:00Z")
    bitbucket.act("open_pull_request", repository="web", source="feature", author="ada")
    bitbucket.act("delete_branch", repository="web", branch="feature")
    assert asked(warehouse) == (2, 2, 0)
    status(bitbucket, source, "SUCCESSFUL")
    assert asked(warehouse) == (2, 2, 0)
    assert warehouse.rows(STATUSES) == [(source, "ci", "SUCCESSFUL", True)]


def test_a_budget_too_small_for_all_goes_round(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    for number in range(4):
        push(bitbucket, f"feature/{number}")
    heads = sorted(repository.branches.values())
    for state in ("INPROGRESS", "FAILED"):
        for head in heads:
            status(bitbucket, head, state)
        # two for the workspace, at first two for the heads; the rest reads one or three commits of five
        codes = [
            warehouse.sync(["commit_statuses"], max_requests=5, audit_requests="0").exit_code
            for _ in range(4 if state == "INPROGRESS" else 2)
        ]
        assert set(codes) == {3}
        assert warehouse.rows(STATUSES) == [(head, "ci", state, True) for head in heads]


def test_a_list_of_reports_that_became_empty_is_believed_by_the_second_sync(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    head = repository.branches["main"]
    bitbucket.act("add_report", repository="web", commit=head, findings=1)
    asked(warehouse)
    bitbucket.act("remove_report", repository="web", commit=head)
    for alive in (True, False):
        asked(warehouse)
        assert warehouse.rows(REPORTS) == [(head, "scan", "PASSED", "1", alive)]
        assert warehouse.rows(ANNOTATIONS) == [(head, "finding-0", alive)]


def test_what_was_said_of_a_commit_that_is_gone_is_gone(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    gone = push(bitbucket, "gone")
    status(bitbucket, gone, "INPROGRESS")
    bitbucket.act("add_report", repository="web", commit=gone, findings=1)
    asked(warehouse)
    bitbucket.act("delete_branch", repository="web", branch="gone")
    bitbucket.act("prune", repository="web")
    assert gone not in repository.commits
    asked(warehouse)
    assert warehouse.rows(STATUSES) == [(gone, "ci", "INPROGRESS", False)]
    assert warehouse.rows(REPORTS) == [(gone, "scan", "PASSED", "1", False)]
    assert warehouse.rows(ANNOTATIONS) == [(gone, "finding-0", False)]


def test_a_repository_that_is_hidden_meanwhile_takes_nothing_away(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    head = repository.branches["main"]
    status(bitbucket, head, "FAILED")
    asked(warehouse)
    bitbucket.add_fault(
        Fault(kind="action", path="/statuses$", action="hide_repository", arguments={"repository": "web"})
    )
    result = warehouse.sync(["commit_statuses"])
    assert result.exit_code == 1
    assert warehouse.rows(STATUSES) == [(head, "ci", "FAILED", True)]

    # nor is what could not be read forgotten
    bitbucket.act("show_repository", repository="web")
    old = push(bitbucket, "old", date="2019-01-01T00:00:00Z")
    status(bitbucket, old, "SUCCESSFUL")
    bitbucket.clear_faults()
    bitbucket.add_fault(
        Fault(kind="action", path=f"/{old}/statuses$", action="hide_repository", arguments={"repository": "web"})
    )
    assert warehouse.sync(["commit_statuses"]).exit_code == 1
    bitbucket.clear_faults()
    bitbucket.act("show_repository", repository="web")
    bitbucket.act("advance_clock", seconds=60 * 86_400)
    asked(warehouse, tables=["commit_statuses"])
    assert (old, "ci", "SUCCESSFUL", True) in warehouse.rows(STATUSES)


def test_one_commit_that_cannot_be_read_is_owed_and_the_others_are_read(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    main, other = repository.branches["main"], push(bitbucket, "other")
    status(bitbucket, main, "FAILED")
    status(bitbucket, other, "FAILED")
    bitbucket.add_fault(Fault(kind="status", status=500, path=f"/commit/{main}/statuses"))
    result = warehouse.sync(["commit_statuses"], audit_requests="0")
    assert result.exit_code == 1
    assert [(each.table.name, each.item) for each in result.troubles] == [("commit_statuses", f"commit {main}")]
    assert warehouse.rows(STATUSES) == [(other, "ci", "FAILED", True)]
    bitbucket.clear_faults()
    asked(warehouse, tables=["commit_statuses"])
    assert warehouse.rows(STATUSES) == sorted([(main, "ci", "FAILED", True), (other, "ci", "FAILED", True)])
    assert warehouse.rows("select count(*) from sync_errors where resolved_at is null") == [(0,)]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"path": "/annotations$"}, id="annotations of a report"),
        pytest.param({"path": "/annotations$", "query": "page=2"}, id="their second page"),
        pytest.param({"path": "/reports$", "query": "page=2"}, id="second page of the reports"),
        pytest.param({"path": "/statuses$", "query": "page=2"}, id="second page of the statuses"),
    ],
)
@pytest.mark.parametrize("code", [404, 410])
def test_what_is_not_found_below_a_commit_that_is_there_deletes_nothing(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, fault: dict[str, Any], code: int
) -> None:
    head = repository.branches["main"]
    for number in range(6):
        status(bitbucket, head, "SUCCESSFUL", f"ci-{number}")
        bitbucket.act("add_report", repository="web", commit=head, external_id=f"scan-{number}", findings=6)
    asked(warehouse)
    stored = [warehouse.rows(each) for each in (STATUSES, REPORTS, ANNOTATIONS)]
    bitbucket.add_fault(Fault(kind="status", status=code, **fault))
    bitbucket.add_fault(Fault(kind="pagelen", value=5, path=fault["path"]))

    assert warehouse.sync(TABLES, audit_requests="0").exit_code == 1
    assert [warehouse.rows(each) for each in (STATUSES, REPORTS, ANNOTATIONS)] == stored

    bitbucket.clear_faults()
    asked(warehouse)
    assert [warehouse.rows(each) for each in (STATUSES, REPORTS, ANNOTATIONS)] == stored
