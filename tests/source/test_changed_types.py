"""A column whose declared type differs from that of the destination: the table is copied, its rows stay."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg2  # type: ignore[import-untyped]
import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import run_sync
from bitbucket_source.source import selected_tables
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


def test_views_over_a_table_of_postgres_stay(
    warehouse: Warehouse, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres)
    pipeline = make_pipeline("acme", destination="postgres", pipelines_dir=str(warehouse.directory / "there"))
    tables = selected_tables(["repositories", "pipelines"])
    assert run_sync(pipeline, warehouse.session(), tables).exit_code == 0
    pipeline.default_schema.tables["pipelines"]["columns"]["build_number"]["data_type"] = "text"
    pipeline.sync_schema()
    with closing(psycopg2.connect(postgres)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"create role {(reader := f'reader_{uuid4().hex}')}")
        cursor.execute(f"""
            set search_path to bitbucket_raw;
            alter table pipelines alter column build_number type text;
            create view public.numbers as select uuid, build_number from pipelines;
            create materialized view public.highest as select max(build_number) as highest from public.numbers;
            create view public.initials as select left(build_number, 1) from pipelines;
            grant select on pipelines, public.numbers to {reader}
        """)

        result = run_sync(pipeline, warehouse.session(), tables)

        assert result.exit_code == 0
        told = "copied, because the type of build_number has changed; views that cannot be made again: public.initials"
        assert result.notices == [f"pipelines: {told}"]
        cursor.execute("""
            select distinct pg_typeof(highest)::text, highest = (select max(build_number) from public.numbers)
            from public.highest
        """)
        assert cursor.fetchall() == [("bigint", True)]
        names = ("bitbucket_raw.pipelines", "public.numbers", "public.highest")
        cursor.execute("select has_table_privilege(%s, unnest(%s), 'select')", (reader, list(names)))
        assert cursor.fetchall() == [(True,), (True,), (False,)]


def _make_as_if_declared(warehouse: Warehouse, table: str, column: str, old: str) -> None:
    """The warehouse as a version of the program has left it that declared the column otherwise."""
    warehouse.rows(f"alter table {table} alter column {column} type {OLD_TYPES[old]}")
    warehouse.rows(f"update sync_cursors set declaration = 'of then' where table_name = '{table}'")
    pipeline = warehouse.pipeline()
    pipeline.default_schema.tables[table]["columns"][column]["data_type"] = old  # type: ignore[typeddict-item]
    pipeline.sync_schema()
