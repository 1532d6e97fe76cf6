"""An incremental build gives the tables of a full one, whatever came late, and reads no more than that again."""

from __future__ import annotations

from datetime import datetime

import pytest

from bitbucket_source.models import build_models

from .raw_tables import DuckDBWarehouse, Row, Warehouse
from .small_world import SMALL_WORLD

EVERYTHING_BEFORE = ["+int_bitbucket__builds"]
INCREMENTAL = (
    "int_bitbucket__pipeline_steps_sequenced",
    "int_bitbucket__pipeline_step_attempts",
    "int_bitbucket__pipeline_runs_judged",
    "int_bitbucket__step_costs",
    "fct_pipeline_runs",
    "fct_pipeline_steps",
)
# rows of the sync that was still running at the first build carry a moment before it
LATE = "timestamptz '2026-01-12 12:30:00+00'"
CAME_LATE = (
    # the manual step was started at last, and failed
    "update bitbucket_raw.pipeline_steps set state_name = 'COMPLETED', state_result_name = 'FAILED',"
    " started_on = timestamptz '2026-01-12 10:00:00+00', completed_on = timestamptz '2026-01-12 10:05:00+00',"
    f" build_seconds_used = 300, synced_at = {LATE} where uuid = '{{deploy}}'",
    # an attempt of an old step that only now was seen
    "insert into bitbucket_raw.pipeline_step_attempts (repository_uuid, pipeline_uuid, step_uuid, started_on, status,"
    " completed_on, trigger_type, build_seconds_used, synced_at) values ('{api}', '{run 1}', '{test}',"
    " timestamptz '2026-01-07 08:00:00+00', 'FAILED', timestamptz '2026-01-07 08:01:00+00',"
    f" 'pipeline_step_trigger_automatic', 60, {LATE})",
    # a run whose row alone changed, and a new one
    f"update bitbucket_raw.pipelines set state_result_name = 'STOPPED', synced_at = {LATE} where uuid = '{{run 2}}'",
    "insert into bitbucket_raw.pipelines (repository_uuid, uuid, build_number, state_name, created_on, synced_at)"
    f" values ('{{api}}', '{{run 3}}', 3, 'PENDING', timestamptz '2026-01-12 11:00:00+00', {LATE})",
    # what belongs to no run: another default branch, a repository that is hidden
    f"update bitbucket_raw.repositories set mainbranch_name = 'trunk', synced_at = {LATE} where uuid = '{{api}}'",
)
GONE = (
    f"update bitbucket_raw.pipeline_steps set deleted_at = {LATE}, synced_at = {LATE} where uuid = '{{test}}'",
    f"update bitbucket_raw.repositories set deleted_at = {LATE}, synced_at = {LATE} where uuid = '{{api}}'",
)


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.long)])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    found: Warehouse = request.getfixturevalue(f"{request.param}_warehouse")
    return found


def _tables(warehouse: Warehouse) -> dict[str, list[Row]]:
    return {name: sorted(warehouse.query(f"select * from bitbucket_marts.{name}"), key=repr) for name in INCREMENTAL}


def test_an_incremental_build_equals_a_full_one_whatever_came_late(warehouse: Warehouse) -> None:
    warehouse.load(SMALL_WORLD)
    build_models(warehouse.address, select=EVERYTHING_BEFORE)
    first = _tables(warehouse)
    [book] = warehouse.query("select built_until_at from bitbucket_marts.int_bitbucket__builds")
    assert book == {"built_until_at": datetime(2026, 1, 12, 11, 59)}, "the start of the sync that has not ended"

    for late in (CAME_LATE, GONE):
        for statement in late:
            warehouse.execute(statement)
        build_models(warehouse.address, select=EVERYTHING_BEFORE)
    incremental = _tables(warehouse)
    build_models(warehouse.address, select=EVERYTHING_BEFORE, full_refresh=True)

    assert incremental == _tables(warehouse)
    assert all(incremental[name] != first[name] for name in INCREMENTAL)


@pytest.mark.long
def test_what_no_sync_touched_is_not_read_again(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    build_models(duckdb_warehouse.address, select=EVERYTHING_BEFORE)
    marked = "update bitbucket_marts.int_bitbucket__pipeline_runs_judged set step_count = -1"
    duckdb_warehouse.execute(marked)
    duckdb_warehouse.execute(CAME_LATE[2])

    build_models(duckdb_warehouse.address, select=EVERYTHING_BEFORE)

    assert duckdb_warehouse.query(
        "select pipeline_uuid, step_count from bitbucket_marts.int_bitbucket__pipeline_runs_judged order by 1"
    ) == [{"pipeline_uuid": "{run 1}", "step_count": -1}, {"pipeline_uuid": "{run 2}", "step_count": 0}]
