"""What the facts and dimensions say about the small world, whole rows, on DuckDB and on Postgres."""

from __future__ import annotations

from datetime import date

from bitbucket_source.models import build_models

from .raw_tables import Warehouse
from .small_world import SMALL_WORLD
from .small_world_pull_requests import PULL_REQUESTS
from .small_world_runs import A_SATURDAY, NEW_YEAR_2026, PIPELINE_RUNS, REPOSITORIES
from .test_project import described


def test_marts_of_the_small_world(warehouse: Warehouse) -> None:
    warehouse.load(SMALL_WORLD)

    result = build_models(warehouse.address, unit_tests=True)

    assert result.is_ok, str(result)
    assert not result.warnings
    marts = "bitbucket_marts"
    in_order = "order by repository_uuid, "
    assert warehouse.query(f"select * from {marts}.fct_pull_requests {in_order} pull_request_id") == PULL_REQUESTS
    assert warehouse.query(f"select * from {marts}.fct_pipeline_runs {in_order} build_number") == PIPELINE_RUNS
    assert warehouse.query(f"select * from {marts}.dim_repositories order by repository_uuid") == REPOSITORIES
    assert warehouse.query(
        f"select * from {marts}.dim_dates where date_day in (date '2026-01-01', date '2026-08-29') order by date_day"
    ) == [NEW_YEAR_2026, A_SATURDAY]
    assert warehouse.query(f"select min(date_day) as a, max(date_day) as b, count(*) as n from {marts}.dim_dates") == [
        {"a": date(2025, 1, 1), "b": date(2026, 12, 31), "n": 730}
    ]
    _every_relation_and_column_is_described_in_order(warehouse)


def _every_relation_and_column_is_described_in_order(warehouse: Warehouse) -> None:
    stored: dict[str, list[str]] = {}
    for column in warehouse.query(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'bitbucket_marts' order by table_name, ordinal_position"
    ):
        stored.setdefault(column["table_name"], []).append(column["column_name"])

    columns = described()
    assert {name: list(of_relation) for name, of_relation in columns.items()} == stored
    assert all(description for of_relation in columns.values() for description in of_relation.values())
