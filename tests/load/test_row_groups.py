"""DuckDB writes a group of rows anew, whole, when a load appends to it: its size is what loading needs in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.load import row_groups
from bitbucket_source.load.slices import run_sync
from bitbucket_source.source import selected_tables
from tests.source.conftest import Warehouse

_LARGEST = """
    select max(rows)
    from (
        select sum(count) as rows
        from pragma_storage_info('bitbucket_raw.pull_request_activity')
        where segment_type <> 'VALIDITY'
        group by row_group_id, column_name
    )
"""
_SMALLEST = 2048
"""rows in a group, the fewest that DuckDB takes"""


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "ROWS", _SMALLEST)


@pytest.fixture(scope="module")
def large_bitbucket() -> Iterator[Emulator]:
    """With more activity than a group holds."""
    with Emulator(generate_world(seed=7)) as emulator:
        yield emulator


def _sync(warehouse: Warehouse) -> None:
    tables = selected_tables(["pull_requests", "pull_request_activity"])
    assert run_sync(warehouse.pipeline(), warehouse.session(), tables).exit_code == 0


def _largest_group(path: str) -> int:
    with duckdb.connect(path) as connection:
        found = connection.execute(_LARGEST).fetchone()
    assert found is not None
    return int(found[0])


def test_a_load_writes_small_groups_of_rows(large_bitbucket: Emulator, tmp_path: Path) -> None:
    warehouse = Warehouse(large_bitbucket, tmp_path)
    _sync(warehouse)
    assert warehouse.rows("select count(*) from pull_request_activity") > [(_SMALLEST,)]
    assert _largest_group(warehouse.path) == _SMALLEST


def test_who_has_the_file_open_in_the_same_process_keeps_it(large_bitbucket: Emulator, tmp_path: Path) -> None:
    warehouse = Warehouse(large_bitbucket, tmp_path)
    with duckdb.connect(warehouse.path) as connection:
        connection.execute("create table mine as select 1 as one")
        reading = connection.execute("select one from mine, range(100000)")
        assert reading.fetchone() == (1,)
        _sync(warehouse)
        assert connection.execute("select one from mine").fetchall() == [(1,)]
    assert _largest_group(warehouse.path) > _SMALLEST
