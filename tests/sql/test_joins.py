"""No join of the models makes an engine compare every row with every row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from dbt.cli.main import dbtRunner
from sqlglot import exp

from bitbucket_source.models import build_models
from bitbucket_source.models.build import dbt_arguments

from .raw_tables import DuckDBWarehouse
from .small_world import SMALL_WORLD

VARIABLES = {"bitbucket_raw_schema": "bitbucket_raw", "bitbucket_schema": "bitbucket_marts"}
# ranges of a table of 18 rows; nothing but its metric is equal to something
OF_TINY_TABLES = {
    ("bitbucket__metrics_dora", "frequency"),
    ("bitbucket__metrics_dora", "lead_time"),
    ("bitbucket__metrics_dora", "recovery"),
}


def slow_left_joins(sql: str) -> Iterator[str]:
    """The aliases that a query joins from the left on no equality of both sides, or on what the left side says alone.

    DuckDB 1.5 makes a nested loop of either (`BLOCKWISE_NL_JOIN`), whatever else the condition says.
    """
    for join in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Join):
        condition = join.args.get("on")
        if join.side != "LEFT" or condition is None:
            continue
        alias = join.alias_or_name
        parts = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
        has_equality = any(_is_equality_of_both(part, alias) for part in parts)
        if not has_equality or any(alias not in _tables(part) for part in parts):
            yield alias


def _is_equality_of_both(part: exp.Expr, alias: str) -> bool:
    if not isinstance(part, exp.EQ):
        return False
    one, other = _tables(part.left), _tables(part.right)
    return bool(one and other) and (one == {alias}) != (other == {alias})


def _tables(part: exp.Expr) -> set[str]:
    return {column.table for column in part.find_all(exp.Column)}


@pytest.mark.parametrize(
    ("condition", "is_slow"),
    [
        pytest.param("b.x = a.x", False, id="equal"),
        pytest.param("b.x = a.x and b.y is null", False, id="and something of the right side"),
        pytest.param("b.x = case when a.y is null then a.x end", False, id="an expression of the left side"),
        pytest.param("b.x = a.x and a.y is null", True, id="and something of the left side"),
        pytest.param("b.x > a.x", True, id="a range"),
        pytest.param("b.x = 1", True, id="a constant"),
        pytest.param("b.x = a.x or b.y = a.y", True, id="alternatives"),
    ],
)
def test_the_check_says_what_duckdb_plans(condition: str, is_slow: bool, duckdb_warehouse: DuckDBWarehouse) -> None:
    tables = "with a as (select 1 as x, 2 as y), b as (select range as x, range as y from range(3))"
    query = f"{tables} select * from a left join b on {condition}"

    [plan] = duckdb_warehouse.query(f"explain {query}")

    assert ["b"] * is_slow == list(slow_left_joins(query))
    assert ("NL_JOIN" in plan["explain_value"] or "NESTED_LOOP" in plan["explain_value"]) == is_slow


@pytest.mark.parametrize("built", [False, pytest.param(True, marks=pytest.mark.long)], ids=["anew", "incrementally"])
def test_left_joins_are_on_what_both_sides_have(built: bool, duckdb_warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    if built:
        build_models(duckdb_warehouse.address)
    with dbt_arguments(duckdb_warehouse.address) as common:
        target = ["--target-path", str(tmp_path / "target")]
        select = ["--select", "resource_type:model", "--vars", json.dumps(VARIABLES)]
        outcome = dbtRunner().invoke(["compile", *select, *common, *target])
    assert outcome.success, outcome.exception
    compiled = list((tmp_path / "target/compiled/bitbucket_source/models").glob("**/*.sql"))

    slow = {(file.stem, alias) for file in compiled for alias in slow_left_joins(file.read_text())}

    assert len(compiled) > 100
    assert slow == OF_TINY_TABLES
