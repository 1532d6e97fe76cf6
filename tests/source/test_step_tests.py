"""The tests of a step are read when it has finished, and again when it has changed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world.model import Pipeline, Repository, TestCase, name_uuid
from bitbucket_source.sync import step_tests
from tests.emulator.small_world import make_world
from tests.source.conftest import Warehouse

TABLES = ["pipelines", "pipeline_steps", "pipeline_test_reports", "pipeline_test_cases"]
REPORTS = """
    select build_number, name, number_of_test_cases, number_of_failed_test_cases, r.deleted_at is null
    from pipeline_test_reports r
    join pipelines p on p.uuid = r.pipeline_uuid
    join pipeline_steps s on s.uuid = r.step_uuid
    order by 1, 2
"""
CASES = """
    select build_number, fully_qualified_name, status, reason_message, c.deleted_at is null
    from pipeline_test_cases c join pipelines p on p.uuid = c.pipeline_uuid
    order by 1, 2, 3
"""
ALIVE = "select count(*), count(distinct uuid) from pipeline_test_cases where deleted_at is null"
STEPS = [{"name": "Lint"}, {"name": "Test"}, {"name": "Deploy", "manual": True}]


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(make_world()) as emulator:
        yield emulator


@pytest.fixture
def repository(bitbucket: Emulator) -> Repository:
    return next(iter(bitbucket.world.repositories.values()))


@pytest.fixture
def run(bitbucket: Emulator) -> Pipeline:
    """Lint is done, without tests; Test runs; somebody has to start Deploy."""
    pipeline: Pipeline = bitbucket.act("run_pipeline", repository="web", steps=STEPS)
    bitbucket.act("run_step", repository="web", pipeline=1, step="Lint")
    bitbucket.act("start_step", repository="web", pipeline=1, step="Test")
    return pipeline


def finish(bitbucket: Emulator, **tests: str) -> None:
    bitbucket.act(
        "finish_step", repository="web", pipeline=1, step="Test", tests={f"a.{k}": v for k, v in tests.items()}
    )


def many(count: int) -> list[TestCase]:
    return [TestCase(name_uuid("case", number), f"t{number}", "a", "PASSED", 1) for number in range(count)]


def asked(warehouse: Warehouse, tables: list[str] = TABLES, **settings: Any) -> tuple[int, int, int]:
    """Sync; how many lists of steps, reports and pages of tests that took."""
    assert warehouse.sync(tables, **{"audit_requests": "0", **settings}).exit_code == 0
    return (warehouse.requests["steps"], warehouse.requests["test_reports"], warehouse.requests["test_cases"])


def test_tests_are_read_once_their_step_has_finished_and_again_when_it_ran_again(
    bitbucket: Emulator, warehouse: Warehouse, run: Pipeline
) -> None:
    # Lint is asked and has none
    assert asked(warehouse) == (1, 1, 0)
    assert warehouse.rows(REPORTS) == []
    # it runs, nothing else has happened
    assert asked(warehouse) == (1, 0, 0)
    finish(bitbucket, one="PASSED", two="FAILED")
    assert asked(warehouse) == (1, 1, 1)
    assert warehouse.rows(REPORTS) == [(1, "Test", 2, 1, True)]
    assert warehouse.rows(CASES) == [
        (1, "a.one", "PASSED", None, True),
        (1, "a.two", "FAILED", "AssertionError: two did not hold", True),
    ]
    # it waits for somebody
    assert asked(warehouse) == (0, 0, 0)

    bitbucket.act("rerun_step", repository="web", pipeline=1, step="Test", result=None)
    finish(bitbucket, one="PASSED", two="PASSED", three="SKIPPED")
    assert asked(warehouse) == (1, 1, 1)
    assert warehouse.rows(REPORTS) == [(1, "Test", 3, 0, True)]
    assert warehouse.rows(CASES) == [
        (1, "a.one", "PASSED", None, True),
        (1, "a.three", "SKIPPED", None, True),
        (1, "a.two", "FAILED", "AssertionError: two did not hold", False),
        (1, "a.two", "PASSED", None, True),
    ]
    assert asked(warehouse) == (0, 0, 0)
    assert run.steps[1].run_number == 2


def test_an_attempt_without_tests_takes_away_those_of_the_one_before(
    bitbucket: Emulator, warehouse: Warehouse, run: Pipeline
) -> None:
    finish(bitbucket, one="PASSED")
    asked(warehouse)
    bitbucket.act("rerun_step", repository="web", pipeline=1, step="Test")
    run.steps[1].tests = []
    # a report of nothing: its list need not be asked for
    assert asked(warehouse) == (1, 1, 0)
    assert warehouse.rows(REPORTS) == [(1, "Test", 0, 0, True)]
    assert warehouse.rows(ALIVE) == [(0, 0)]
    bitbucket.act("rerun_step", repository="web", pipeline=1, step="Test")
    run.steps[1].tests = None
    assert asked(warehouse) == (1, 1, 0)
    assert warehouse.rows(REPORTS) == [(1, "Test", 0, 0, False)]


def test_tables_that_are_selected_later_get_the_tests_of_all_runs(
    bitbucket: Emulator, warehouse: Warehouse, run: Pipeline
) -> None:
    finish(bitbucket, one="PASSED")
    asked(warehouse, ["pipelines", "pipeline_steps"])
    assert asked(warehouse) == (1, 2, 1)
    assert warehouse.rows(REPORTS) == [(1, "Test", 1, 0, True)]
    assert asked(warehouse) == (0, 0, 0)

    # what others read and store meanwhile is news to them
    bitbucket.act("rerun_step", repository="web", pipeline=1, step="Test", result=None)
    finish(bitbucket, one="FAILED")
    assert asked(warehouse, ["pipelines", "pipeline_steps"]) == (1, 0, 0)
    asked(warehouse)
    assert warehouse.rows(REPORTS) == [(1, "Test", 1, 1, True)]
    assert run.steps[1].run_number == 2


def test_tests_alone_are_exact_too(bitbucket: Emulator, warehouse: Warehouse, run: Pipeline) -> None:
    finish(bitbucket, one="PASSED")
    for tables in (["pipeline_test_cases"], ["pipeline_test_reports", "pipeline_test_cases"]):
        asked(warehouse, tables)
    assert warehouse.rows("select pipeline_uuid, number_of_test_cases from pipeline_test_reports") == [(run.uuid, 1)]
    assert warehouse.rows(ALIVE) == [(1, 1)]


@pytest.mark.parametrize("count", [1000, 1701])
def test_a_report_of_many_tests_is_read_however_small_the_budget(
    bitbucket: Emulator, warehouse: Warehouse, run: Pipeline, count: int
) -> None:
    finish(bitbucket, one="PASSED")
    asked(warehouse)
    bitbucket.act("rerun_step", repository="web", pipeline=1, step="Test")
    run.steps[1].tests = many(count)
    # two for the workspace, one each for runs, steps and reports
    budget = 5 + step_tests.PAGES_IN_A_PART + 1 if count > step_tests.LONG else 20
    codes = [warehouse.sync(TABLES, max_requests=budget, audit_requests="0").exit_code for _ in range(3)]
    assert codes == ([3, 3, 0] if count > step_tests.LONG else [0, 0, 0])
    assert warehouse.rows(ALIVE) == [(count, count)]
    assert warehouse.rows("select count(*) from pipeline_test_cases") == [(count + 1,)]


def test_a_report_that_is_enormous_does_not_lie_in_memory(
    bitbucket: Emulator, warehouse: Warehouse, run: Pipeline
) -> None:
    finish(bitbucket)
    run.steps[1].tests = many(20_000)
    tracemalloc.start()
    asked(warehouse)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert warehouse.rows(ALIVE) == [(20_000, 20_000)]
    assert peak < 60_000_000


def test_one_report_that_cannot_be_read_is_owed(bitbucket: Emulator, warehouse: Warehouse, run: Pipeline) -> None:
    finish(bitbucket, one="PASSED")
    bitbucket.add_fault(Fault(kind="status", status=500, path="/test_reports"))
    result = warehouse.sync(TABLES, audit_requests="0")
    assert result.exit_code == 1
    assert [(each.table.name, each.item) for each in result.troubles] == [
        ("pipeline_test_reports", f"step {step.uuid}") for step in run.steps[:2]
    ]
    bitbucket.clear_faults()
    assert asked(warehouse) == (0, 2, 1)
    assert warehouse.rows(REPORTS) == [(1, "Test", 1, 0, True)]
    assert warehouse.rows("select count(*) from sync_errors where resolved_at is null") == [(0,)]


def test_a_repository_that_is_hidden_meanwhile_keeps_its_tests_owed(
    bitbucket: Emulator, warehouse: Warehouse, run: Pipeline
) -> None:
    finish(bitbucket, one="PASSED")
    bitbucket.add_fault(
        Fault(kind="action", path="/test_reports$", action="hide_repository", arguments={"repository": "web"})
    )
    assert warehouse.sync(TABLES, audit_requests="0").exit_code == 1
    bitbucket.clear_faults()
    bitbucket.act("show_repository", repository="web")
    asked(warehouse)
    assert warehouse.rows(REPORTS) == [(1, "Test", 1, 0, True)]
    assert run.steps[1].tests


def test_the_tests_of_a_run_that_is_gone_are_gone(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, run: Pipeline
) -> None:
    finish(bitbucket, one="PASSED")
    asked(warehouse)
    del repository.pipelines[run.uuid]
    asked(warehouse)
    assert warehouse.rows(REPORTS) == [(1, "Test", 1, 0, False)]
    assert warehouse.rows(ALIVE) == [(0, 0)]


def test_the_audit_sees_a_report_that_changes_in_silence(
    bitbucket: Emulator, warehouse: Warehouse, run: Pipeline
) -> None:
    finish(bitbucket, one="PASSED", two="PASSED")
    asked(warehouse)
    run.steps[1].tests = many(3)
    asked(warehouse)
    assert warehouse.rows(REPORTS) == [(1, "Test", 2, 0, True)]
    asked(warehouse, audit_requests="all")
    assert warehouse.rows(REPORTS) == [(1, "Test", 3, 0, True)]
    assert warehouse.rows(ALIVE) == [(3, 3)]


def test_a_test_that_cannot_be_read_stays_and_is_read_by_the_audit_when_it_can(
    bitbucket: Emulator, warehouse: Warehouse, run: Pipeline
) -> None:
    finish(bitbucket, one="PASSED", two="PASSED")
    asked(warehouse)
    run.steps[1].tests = [*(run.steps[1].tests or []), *many(1)]
    fault = Fault(kind="poison", path="/test_cases", field="values.*.uuid", value=7)
    bitbucket.add_fault(fault)
    assert warehouse.sync(TABLES, audit_requests="all").exit_code == 1
    assert warehouse.rows(ALIVE) == [(2, 2)]
    bitbucket.clear_faults()
    asked(warehouse, audit_requests="all")
    assert warehouse.rows(ALIVE) == [(3, 3)]
