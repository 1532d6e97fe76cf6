"""Models build whatever was left out of a sync, and say which moment they speak of."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date, datetime

import pytest
from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.base.relation import BaseRelation
from dbt.adapters.cache import RelationsCache

from bitbucket_source.models import build_models
from bitbucket_source.models.project import project_directory

from .raw_tables import DuckDBWarehouse, Row, Rows
from .small_world import EMPTY, SMALL_WORLD

MARTS = sorted(
    model.stem.removeprefix("bitbucket__") for model in (project_directory() / "models" / "marts").glob("**/*.sql")
)


def _counts(warehouse: DuckDBWarehouse) -> dict[str, int]:
    return {mart: len(warehouse.query(f"from bitbucket_marts.{mart}")) for mart in MARTS}


@pytest.mark.parametrize(
    "rows", [pytest.param({}, id="missing"), pytest.param(EMPTY, id="empty", marks=pytest.mark.long)]
)
def test_nothing_synced_gives_empty_marts(duckdb_warehouse: DuckDBWarehouse, rows: Rows) -> None:
    duckdb_warehouse.load(rows)

    result = build_models(duckdb_warehouse.address)

    assert result.is_ok, str(result)
    assert _counts(duckdb_warehouse) == dict.fromkeys(MARTS, 0)


def test_a_missing_raw_schema_is_an_empty_warehouse(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)

    result = build_models(duckdb_warehouse.address, raw_schema="never_synced", select=["stg_bitbucket__commits"])

    assert result.built == ("stg_bitbucket__commits",)
    assert duckdb_warehouse.query("from bitbucket_marts.stg_bitbucket__commits") == []


def test_only_pull_requests_were_synced(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load({"pull_requests": SMALL_WORLD["pull_requests"]})

    result = build_models(duckdb_warehouse.address, select=["+bitbucket__fct_pull_requests"])

    assert result.is_ok, str(result)
    assert duckdb_warehouse.query(
        "select pull_request_id, merged_at_source, is_bot_author, participant_count, is_repository_deleted"
        " from bitbucket_marts.fct_pull_requests order by repository_uuid, pull_request_id"
    ) == [
        _pull_request(1, merged_at_source="closed_on"),
        _pull_request(2, merged_at_source="unknown"),
        _pull_request(3, is_bot_author=True),
        _pull_request(1),
    ]


def _pull_request(number: int, *, merged_at_source: str | None = None, is_bot_author: bool = False) -> Row:
    return {
        "pull_request_id": number,
        "merged_at_source": merged_at_source,
        "is_bot_author": is_bot_author,
        "participant_count": 0,
        "is_repository_deleted": False,
    }


def test_a_column_younger_than_the_last_sync_is_null(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    duckdb_warehouse.execute("alter table bitbucket_raw.pipelines drop column has_variables")

    result = build_models(duckdb_warehouse.address, select=["+bitbucket__fct_pipeline_runs"])

    assert result.is_ok, str(result)
    assert duckdb_warehouse.query(
        "select distinct has_variables, typeof(has_variables) as type from bitbucket_marts.fct_pipeline_runs"
    ) == [{"has_variables": None, "type": "BOOLEAN"}]


def test_as_of_is_the_end_of_the_last_complete_sync_or_what_somebody_says(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    build_models(duckdb_warehouse.address, select=["+int_bitbucket__as_of"])

    def as_of(**variables: str) -> datetime:
        build_models(duckdb_warehouse.address, select=["int_bitbucket__as_of"], variables=variables)
        [row] = duckdb_warehouse.query("from bitbucket_marts.int_bitbucket__as_of")
        found = row["as_of_at"]
        assert isinstance(found, datetime)
        return found

    assert as_of() == datetime(2026, 1, 10, 12, 0)
    assert as_of(as_of="2026-02-01") == datetime(2026, 2, 1)
    assert as_of(as_of="2026-02-01T01:30:00+02:00") == datetime(2026, 1, 31, 23, 30), "another offset"
    assert as_of(as_of="2026-02-01T01:30:00.5Z") == datetime(2026, 2, 1, 1, 30, 0, 500_000)
    duckdb_warehouse.execute("delete from bitbucket_raw.sync_runs")
    assert as_of() == datetime(2026, 1, 10, 11, 59), "else the newest row"


def test_what_is_read_beyond_the_week_of_as_of_is_in_no_period_yet(duckdb_warehouse: DuckDBWarehouse) -> None:
    """Syncs that stop early go on reading while as_of stands at the last complete one."""
    deployed: list[Row] = [
        {
            "repository_uuid": "{api}",
            "environment_uuid": "{live}",
            "deployment_uuid": day,
            "status": "SUCCESSFUL",
            "commit_hash": "c" * 40,
            "started_on": f"2026-{day} 09:30:00",
            "completed_on": f"2026-{day} 09:40:00",
        }
        for day in ("01-03", "01-07", "02-03")
    ]
    live = {"repository_uuid": "{api}", "uuid": "{live}", "name": "Live", "environment_type_name": "Production"}
    duckdb_warehouse.load({**SMALL_WORLD, "environments": [live], "deployment_attempts": deployed})
    metrics = ["metrics_dora", "metrics_pull_requests_weekly"]
    result = build_models(
        duckdb_warehouse.address,
        select=[f"+bitbucket__{name}" for name in metrics],
        variables={"as_of": "2026-01-04T12:00:00"},
    )

    assert result.is_ok, str(result)
    assert duckdb_warehouse.query(
        "select period_type, period_start_day, release_count, is_complete from bitbucket_marts.metrics_dora"
        " where scope_type = 'service' order by period_type"
    ) == [
        {"period_type": "month", "period_start_day": date(2026, 1, 1), "release_count": 2, "is_complete": False},
        {"period_type": "week", "period_start_day": date(2025, 12, 29), "release_count": 1, "is_complete": False},
    ]


def test_tables_are_found_while_another_thread_fills_the_cache_of_dbt(
    duckdb_warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: Callable[..., None] = RelationsCache.add
    is_cached = BaseAdapter._schema_is_cached
    first, one_is_there = threading.Lock(), threading.Event()

    def add_slowly(self: RelationsCache, relation: BaseRelation) -> None:
        added(self, relation)
        if relation.schema == "bitbucket_raw" and not one_is_there.is_set():
            one_is_there.set()
            time.sleep(1)

    def ask_late(self: BaseAdapter, database: str | None, schema: str) -> bool:
        if schema == "bitbucket_raw" and not first.acquire(blocking=False):
            one_is_there.wait()
        return is_cached(self, database, schema)

    monkeypatch.setattr(RelationsCache, "add", add_slowly)
    monkeypatch.setattr(BaseAdapter, "_schema_is_cached", ask_late)
    duckdb_warehouse.load(SMALL_WORLD)
    build_models(duckdb_warehouse.address, select=["+path:models/staging"], threads=8)

    staged = {path.stem for path in (project_directory() / "models" / "staging").glob("**/*.sql")}
    for name in SMALL_WORLD:
        if f"stg_bitbucket__{name}" in staged:
            count = f"select count(*) as n from bitbucket_raw.{name}"
            assert duckdb_warehouse.query(count) == duckdb_warehouse.query(
                count.replace("bitbucket_raw.", "bitbucket_marts.stg_bitbucket__")
            ), name
