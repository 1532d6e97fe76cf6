"""The same sync into a real Postgres gives the same rows."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import Any

import dlt
import psycopg2  # type: ignore[import-untyped]
import pytest

from bitbucket_source.load.pipeline import make_pipeline, warehouse_of
from bitbucket_source.load.slices import run_sync
from bitbucket_source.models import build_models
from bitbucket_source.source import make_session, selected_tables
from bitbucket_source.tables import DATA_TABLES
from bitbucket_source.verification import Depth, verify
from bitbucket_source.verification.repair import repair
from tests.source.conftest import ADMIN, Warehouse


def test_postgres_holds_what_duckdb_holds(synced: Warehouse, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres)
    pipeline = make_pipeline(
        "acme", destination="postgres", pipelines_dir=str(synced.directory / "pipelines_of_postgres")
    )
    for _ in range(2):
        session = make_session("acme", base_url=synced.bitbucket.base_url, credentials=ADMIN)
        assert run_sync(pipeline, session, selected_tables(None)).exit_code == 0
    assert session.budget.by_endpoint.total() < 20, "the second sync found its cursors"

    _must_hold_the_same(pipeline, synced)


def test_what_was_damaged_in_postgres_is_found_and_mended(
    synced: Warehouse, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres)
    pipeline = make_pipeline("acme", destination="postgres", pipelines_dir=str(synced.directory / "there"))
    session = make_session("acme", base_url=synced.bitbucket.base_url, credentials=ADMIN)
    assert run_sync(pipeline, session, selected_tables(None)).exit_code == 0
    with closing(psycopg2.connect(postgres)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("set search_path to bitbucket_raw")
        cursor.execute("delete from commits where hash in (select hash from commits order by hash limit 3)")
        cursor.execute("update branches set merge_strategies = '[]' where name = (select min(name) from branches)")
        changed = cursor.rowcount

    found = verify(pipeline, session, selected_tables(None), depth=Depth.ALL)
    assert Counter(each.table.name for each in found.findings.differences) == {"commits": 3, "branches": changed}
    assert repair(pipeline, session, found).exit_code == 0
    assert verify(pipeline, session, selected_tables(None), depth=Depth.ALL).exit_code == 0
    _must_hold_the_same(pipeline, synced)


def test_postgres_follows_what_changes(warehouse: Warehouse, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres)
    pipeline = make_pipeline("acme", destination="postgres", pipelines_dir=str(warehouse.directory / "there"))
    bitbucket = warehouse.bitbucket
    home = next(each for each in bitbucket.world.repositories.values() if len(each.pull_requests) > 5)
    author = next(user.nickname for user in bitbucket.world.users.values() if user.kind == "user")
    bitbucket.act("push", repository=home.slug, branch="passing", author=author, commits=3)

    def sync(**settings: Any) -> None:
        session = make_session("acme", base_url=bitbucket.base_url, credentials=ADMIN, **settings)
        assert run_sync(pipeline, session, selected_tables(None)).exit_code == 0
        assert warehouse.sync(**settings).exit_code == 0

    sync()
    bitbucket.act("advance_clock", seconds=3600)
    bitbucket.act("delete_branch", repository=home.slug, branch="passing")
    bitbucket.act("rename_user", user=author, display_name="Somebody Else")
    sync(audit_requests="all")
    with pipeline.sql_client() as client:
        client.execute_sql("update pull_requests set title = 'spoiled', merge_commit_hash = null")
        client.execute_sql("alter table pipelines alter column build_number type text")
    pipeline.default_schema.tables["pipelines"]["columns"]["build_number"]["data_type"] = "text"
    pipeline.sync_schema()
    sync(full_refresh=True)

    _must_hold_the_same(pipeline, warehouse)
    assert warehouse.rows("select count(*) from commits where deleted_at is not null") == [(3,)]


def test_a_postgres_that_the_configuration_calls_otherwise(
    warehouse: Warehouse, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__ARCHIVE__DESTINATION_TYPE", "postgres")
    monkeypatch.setenv("DESTINATION__ARCHIVE__CREDENTIALS", postgres)
    # dlt would try again for minutes
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    pipeline = make_pipeline("acme", destination="archive", pipelines_dir=str(warehouse.directory / "there"))
    tables = selected_tables(["repositories", "branches"])

    assert run_sync(pipeline, warehouse.session(), tables).exit_code == 0
    assert run_sync(pipeline, warehouse.session(full_refresh=True), tables).rows == {}
    assert warehouse_of(pipeline).startswith("postgresql://")


def _must_hold_the_same(pipeline: dlt.Pipeline, warehouse: Warehouse) -> None:
    with pipeline.sql_client() as client:
        for table in (table for table in DATA_TABLES if table.default):
            columns = ", ".join(
                name if name != "deleted_at" else "deleted_at is null"
                for name in table.columns_by_name
                if name not in {"synced_at", "merge_strategies"}
            )
            key = ", ".join(
                f"{name}" if table.columns_by_name[name].type != "text" else f'{name} collate "C"' for name in table.key
            )
            there = client.execute_sql(f"select {columns} from {table.name} order by {key}")
            assert there is not None
            here = warehouse.rows(f"select {columns} from {table.name} order by {', '.join(table.key)}")
            assert [tuple(row) for row in there] == here, table.name


def test_the_models_are_built_where_sync_loaded_and_follow_it(
    warehouse: Warehouse, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres)
    pipeline = make_pipeline("acme", destination="postgres", pipelines_dir=str(warehouse.directory / "other"))
    bitbucket = warehouse.bitbucket
    home = next(each for each in bitbucket.world.repositories.values() if len(each.commits) > 5)
    author = next(user.uuid for user in bitbucket.world.users.values() if user.kind == "user")
    built: list[int] = []
    for _ in range(2):
        run_sync(pipeline, warehouse.session(), selected_tables(None))
        result = build_models(warehouse_of(pipeline), raw_schema=str(pipeline.dataset_name))
        assert result.is_ok, str(result)
        with pipeline.sql_client() as client:
            counted = client.execute_sql("select count(*) from bitbucket_marts.fct_commits")
            built += [count for (count,) in counted or ()]
        bitbucket.act("push", repository=home.uuid, branch=home.mainbranch, author=author)

    assert built[1] == built[0] + 1
