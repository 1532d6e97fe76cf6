"""A column whose declared type differs from that of the destination: the table is copied, its rows stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.source.conftest import Warehouse
from tests.truth.comparing import report
from tests.truth.syncing import differences

OLD_TYPES = {"text": "varchar", "double": "double"}


@pytest.mark.parametrize("old", OLD_TYPES)
def test_rows_are_kept_and_read_again(bitbucket: Emulator, synced: Warehouse, old: str) -> None:
    _make_as_if_declared(synced, "pull_requests", "comment_count", old)
    synced.rows("update pull_requests set deleted_at = now() where id = 1")
    kept = synced.rows("select count(*) from pull_requests")
    result = synced.sync()

    assert any("comment_count" in notice for notice in result.notices)
    assert synced.rows("select distinct typeof(comment_count) from pull_requests") == [("BIGINT",)]
    assert synced.rows("select count(*) from pull_requests") == kept
    found = differences(bitbucket, Path(synced.path))
    assert not found, report(found)
    assert synced.sync().notices == [], "once"


def test_a_value_that_does_not_fit_is_read_again(bitbucket: Emulator, synced: Warehouse) -> None:
    _make_as_if_declared(synced, "pull_requests", "comment_count", "text")
    synced.rows("update pull_requests set comment_count = 'many'")
    assert synced.sync().exit_code == 0

    found = differences(bitbucket, Path(synced.path))
    assert not found, report(found)


def _make_as_if_declared(warehouse: Warehouse, table: str, column: str, old: str) -> None:
    """The warehouse as a version of the program has left it that declared the column otherwise."""
    warehouse.rows(f"alter table {table} alter column {column} type {OLD_TYPES[old]}")
    warehouse.rows(f"update sync_cursors set declaration = 'of then' where table_name = '{table}'")
    pipeline = warehouse.pipeline()
    pipeline.default_schema.tables[table]["columns"][column]["data_type"] = old  # type: ignore[typeddict-item]
    pipeline.sync_schema()
