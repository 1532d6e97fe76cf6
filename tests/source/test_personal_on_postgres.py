"""What is changed in place in the database, on a real Postgres: e-mail addresses, people, comments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import dlt
import psycopg2  # type: ignore[import-untyped]
import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.load.forgetting import forget
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import run_sync
from bitbucket_source.source import selected_tables
from bitbucket_source.tables import COMMITS
from bitbucket_source.tables.catalog import PLAIN
from tests.source.conftest import Warehouse, comments_written

TABLES = ("repositories", "commits", "pull_requests", "pull_request_participants", "users")


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(generate_world(seed=11, repositories=1, people=5, years=1, scale=0.2)) as emulator:
        yield emulator


@pytest.fixture
def pipeline(postgres_server: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> dlt.Pipeline:
    with closing(psycopg2.connect(postgres_server)) as connection:
        connection.autocommit = True
        name = f"personal_{uuid4().hex}"
        connection.cursor().execute(f"create database {name}")
    there = postgres_server.replace("@/", "@localhost:5432/").replace("/postgres?", f"/{name}?")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", there)
    return make_pipeline("acme", destination="postgres", pipelines_dir=str(warehouse.directory / "postgres"))


def rows(pipeline: dlt.Pipeline, query: str) -> list[tuple[Any, ...]]:
    with pipeline.sql_client() as client:
        return [tuple(row) for row in client.execute_sql(query) or ()]


def test_addresses_people_and_comments(pipeline: dlt.Pipeline, warehouse: Warehouse) -> None:
    tables = selected_tables(TABLES)
    settings: dict[str, Any] = {"raw": ["commits", "pull_requests"], "audit_requests": "0"}

    def sync(**more: Any) -> dict[str, int]:
        result = run_sync(pipeline, warehouse.session(**settings, **more), tables)
        assert result.exit_code == 0
        return result.rows

    sync()
    assert rows(
        pipeline,
        "select obj_description('bitbucket_raw.commits'::regclass),"
        " col_description('bitbucket_raw.commits'::regclass, 1)",
    ) == [(COMMITS.description, COMMITS.columns[0].description)]
    assert comments_written(pipeline, warehouse.session(**settings).settings.catalog) == 0
    assert comments_written(pipeline, PLAIN) == 0

    sync(emails="hash")
    assert rows(
        pipeline, "select count(*) from commits where author_raw like '%@%' or raw::text like '%@example%'"
    ) == [(0,)]
    assert rows(pipeline, "select count(*) > 0 from commits where raw::text like '%email:%'") == [(True,)]
    assert sync(emails="hash", full_refresh=True) == {}

    [(uuid,)] = rows(
        pipeline,
        "select author_user_uuid from commits where author_user_uuid is not null "
        "group by 1 order by count(*) desc limit 1",
    )
    done = forget(pipeline, uuid)
    assert done.changed["commits"] > 0
    for table in ("commits", "pull_requests", "pull_request_participants", "users"):
        assert rows(pipeline, f"select count(*) from {table} t where t::text like '%{uuid}%'") == [(0,)], table
    assert sync(emails="hash", full_refresh=True) == {}
