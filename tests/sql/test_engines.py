"""The same rows from the same input on every engine: all facts, dimensions, metrics and what leads to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest

from bitbucket_source.models import build_models
from bitbucket_source.models.project import project_directory

from .raw_tables import DuckDBWarehouse, Row, Warehouse
from .small_world import SMALL_WORLD
from .spark_warehouse import SparkWarehouse

MODELS = project_directory() / "models"
RELATIONS = sorted(
    file.stem.removeprefix("bitbucket__")
    for layer in ("intermediate", "marts")
    for file in (MODELS / layer).glob("**/*.sql")
    if file.stem != "int_bitbucket__builds"  # it says when the build was
)

# pyspark closes none of the sockets that it reads results from
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(params=["postgres", "spark"])
def other_warehouse(request: pytest.FixtureRequest) -> Warehouse | SparkWarehouse:
    found: Warehouse | SparkWarehouse = request.getfixturevalue(f"{request.param}_warehouse")
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


def _rows(warehouse: Warehouse | SparkWarehouse, relation: str) -> list[_Split]:
    rows = warehouse.query(f"select * from bitbucket_marts.{relation}")
    return sorted(map(_split, rows), key=_Split.in_order)


def _assert_same_rows(one: DuckDBWarehouse, other: Warehouse | SparkWarehouse) -> int:
    """How many rows were compared."""
    compared = 0
    for relation in RELATIONS:
        expected, found = _rows(one, relation), _rows(other, relation)
        assert [row.exact for row in found] == [row.exact for row in expected], relation
        for row, same in zip(found, expected, strict=True):
            assert row.measured == pytest.approx(same.measured, rel=1e-9, abs=1e-9), (relation, row.exact)
        compared += len(found)
    return compared


def test_engines_agree_on_the_small_world(
    duckdb_warehouse: DuckDBWarehouse,
    other_warehouse: Warehouse | SparkWarehouse,
    record_property: Callable[[str, object], None],
) -> None:
    for warehouse in (duckdb_warehouse, other_warehouse):
        warehouse.load(SMALL_WORLD)
        # one thread: Python 3.11 before 3.11.8 at times fails to compile two templates at once
        result = build_models(warehouse.address, exclude=["test_type:data"], threads=1)
        assert result.is_ok, str(result)
        print(type(warehouse).__name__, result)

    record_property("figures", {"rows alike on two engines": _assert_same_rows(duckdb_warehouse, other_warehouse)})
