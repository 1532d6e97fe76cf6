"""The descriptions of the declarations are comments in the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.tables import TABLES
from bitbucket_source.tables.catalog import PLAIN
from tests.source.conftest import Warehouse, comments_written

COMMENTS = """
    select table_name, '', comment from duckdb_tables() where schema_name = 'bitbucket_raw'
    union all
    select table_name, column_name, comment from duckdb_columns() where schema_name = 'bitbucket_raw'
"""


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(generate_world(seed=11, repositories=1, people=4, years=1, scale=0.1)) as emulator:
        yield emulator


def test_every_table_and_column_says_what_it_is_and_nothing_is_written_twice(warehouse: Warehouse) -> None:
    warehouse.sync(["repositories", "pull_requests"], raw=["pull_requests"])
    found = {(table, column): text for table, column, text in warehouse.rows(COMMENTS) if not table.startswith("_dlt")}
    names = {table for table, _ in found}
    declared = {(name, ""): TABLES[name].description for name in names}
    declared |= {(name, each.name): each.description for name in names for each in TABLES[name].columns}
    declared |= {("pull_requests", "raw"): "The whole object, as Bitbucket sent it."}
    assert {place: text for place, text in found.items() if text is not None} == declared
    assert comments_written(warehouse.pipeline(), PLAIN) == 0

    warehouse.rows("comment on column pull_requests.title is 'It''s what somebody else wrote'")
    warehouse.rows("comment on table repositories is null")
    assert comments_written(warehouse.pipeline(), PLAIN) == 2
    assert comments_written(warehouse.pipeline(), PLAIN) == 0
