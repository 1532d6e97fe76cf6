"""The same rows from the same input on every engine: all facts, dimensions, metrics and what leads to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.models import build_models
from bitbucket_source.models.project import project_directory
from tests.truth.syncing import sync

from .raw_tables import DuckDBWarehouse, PostgresWarehouse, Row, raw_tables_of
from .small_world import SMALL_WORLD
from .spark_warehouse import SparkWarehouse

OtherWarehouse = PostgresWarehouse | SparkWarehouse

COMPARED = {
    file.stem
    for layer in ("intermediate", "marts")
    for file in (project_directory() / "models" / layer).glob("**/*.sql")
    # what is built anew is none of an engine's results
    if file.parent.name != "changes" or file.stem == "int_bitbucket__inputs"
}
# everything takes more than a minute
SOME = ("+bitbucket__metrics_pull_requests_weekly",)
NO_TESTS = ("test_type:data",)
# clocks change there, and days begin on another day than in UTC and in Berlin, where the sessions are
ZONE = {"reporting_timezone": "America/New_York"}

# pyspark closes none of the sockets that it reads results from
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def other_warehouse(request: pytest.FixtureRequest) -> OtherWarehouse:
    """The one whose name a test is parametrised with."""
    found: OtherWarehouse = request.getfixturevalue(f"{request.param}_warehouse")
    return found


@dataclass(frozen=True)
class _Split:
    """A row, its measured numbers apart from what must be equal to the letter."""

    exact: dict[str, object]
    measured: dict[str, float]

    def in_order(self) -> tuple[str, list[str]]:
        """Measured numbers last and roughly: their last digits must not decide which rows are compared."""
        return repr(self.exact), [f"{number:.6g}" for number in self.measured.values()]


def _split(row: Row) -> _Split:
    measured = {name: float(value) for name, value in row.items() if isinstance(value, float | Decimal)}
    return _Split({name: value for name, value in row.items() if name not in measured}, measured)


def _rows(warehouse: DuckDBWarehouse | OtherWarehouse, model: str) -> list[_Split]:
    relation = model.removeprefix("bitbucket__")
    return sorted(map(_split, warehouse.query(f"select * from bitbucket_marts.{relation}")), key=_Split.in_order)


def _assert_same_rows(models: Iterable[str], one: DuckDBWarehouse, other: OtherWarehouse) -> int:
    """How many rows were compared."""
    compared = 0
    for model in models:
        expected, found = _rows(one, model), _rows(other, model)
        assert [row.exact for row in found] == [row.exact for row in expected], model
        for row, same in zip(found, expected, strict=True):
            assert row.measured == pytest.approx(same.measured, rel=1e-9, abs=1e-9), (model, row.exact)
        compared += len(found)
    return compared


def _assert_builds_agree(one: DuckDBWarehouse, other: OtherWarehouse, select: Sequence[str] = ()) -> int:
    # one thread: before Python 3.11.8 two that compile at a time can fail ("AST constructor recursion depth mismatch")
    results = [
        build_models(each.address, select=select, exclude=NO_TESTS, variables=ZONE, threads=1) for each in (one, other)
    ]
    for result in results:
        print(result)
        assert result.is_ok, str(result)
    built, also_built = (COMPARED.intersection(result.built) for result in results)
    assert also_built == built
    return _assert_same_rows(sorted(built), one, other)


@pytest.mark.parametrize(
    ("other_warehouse", "select"),
    [
        pytest.param("postgres", (), id="postgres"),
        pytest.param("spark", SOME, id="spark-some"),
        pytest.param("spark", (), marks=pytest.mark.long, id="spark"),
    ],
    indirect=["other_warehouse"],
)
def test_engines_agree_on_the_small_world(
    duckdb_warehouse: DuckDBWarehouse,
    other_warehouse: OtherWarehouse,
    select: Sequence[str],
    record_property: Callable[[str, object], None],
) -> None:
    for warehouse in (duckdb_warehouse, other_warehouse):
        warehouse.load(SMALL_WORLD)

    rows = _assert_builds_agree(duckdb_warehouse, other_warehouse, select)

    assert rows > 0
    record_property("figures", {"rows of the small world alike on two engines": rows})


@pytest.mark.long
@pytest.mark.parametrize("other_warehouse", ["postgres", "spark"], indirect=True)
def test_engines_agree_on_a_synced_company(
    tmp_path: Path,
    bitbucket: Emulator,
    other_warehouse: OtherWarehouse,
    record_property: Callable[[str, object], None],
) -> None:
    synced = DuckDBWarehouse(tmp_path / "company.duckdb")
    assert sync(bitbucket, synced.address, tmp_path / "pipelines").exit_code == 0
    other_warehouse.load_arrow(raw_tables_of(synced))

    rows = _assert_builds_agree(synced, other_warehouse)

    assert rows > 1000
    record_property("figures", {"rows of a company alike on two engines": rows})


@pytest.mark.long
def test_every_test_of_the_project_passes_on_spark(spark_warehouse: SparkWarehouse) -> None:
    spark_warehouse.load(SMALL_WORLD)

    result = build_models(spark_warehouse.address, unit_tests=True, threads=1)

    assert result.is_ok, str(result)
    assert not result.warnings
    assert result.tests_passed > 150


def test_what_was_never_synced_is_empty_on_spark(spark_warehouse: SparkWarehouse) -> None:
    spark_warehouse.load({"pull_requests": SMALL_WORLD["pull_requests"]})
    select = ["stg_bitbucket__commits", "stg_bitbucket__pull_requests"]

    def counts(raw_schema: str) -> list[int]:
        built = build_models(spark_warehouse.address, raw_schema=raw_schema, select=select, threads=1).built
        return [len(spark_warehouse.query(f"select * from bitbucket_marts.{name}")) for name in sorted(built)]

    assert counts("bitbucket_raw") == [0, 4], "a table is missing"
    assert counts("never_synced") == [0, 0], "the schema is missing"
