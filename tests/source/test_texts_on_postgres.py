"""What DuckDB takes and Postgres does not, or reads back in another way: characters and moments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, TypeAlias

import psycopg2  # type: ignore[import-untyped]
import pytest

from bitbucket_emulator import Emulator, Fault, generate_world
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import SyncResult, run_sync
from bitbucket_source.source import selected_tables
from tests.source.conftest import Warehouse

Sync: TypeAlias = Callable[..., SyncResult]


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(generate_world(seed=11, repositories=1, people=5, years=1, scale=0.2)) as emulator:
        yield emulator


@pytest.fixture
def sync(warehouse: Warehouse, postgres: str, monkeypatch: pytest.MonkeyPatch) -> Sync:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres)

    def sync(*tables: str, **settings: Any) -> SyncResult:
        pipeline = make_pipeline("acme", destination="postgres", pipelines_dir=str(warehouse.directory / "there"))
        return run_sync(pipeline, warehouse.session(**settings), selected_tables(tables))

    return sync


def rows(postgres: str, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(postgres)) as connection, connection.cursor() as cursor:
        cursor.execute(f"set search_path to bitbucket_raw; {query}")
        return list(cursor.fetchall())


@pytest.mark.parametrize("character", [r"\u0000", r"\ud83d"], ids=["NUL", "half a surrogate pair"])
def test_an_error_in_characters_that_are_not_stored(
    warehouse: Warehouse, sync: Sync, postgres: str, character: str
) -> None:
    body = f'{{"type": "error", "error": {{"message": "Not{character}you"}}}}'
    warehouse.bitbucket.add_fault(Fault(kind="status", status=403, path="/refs/branches", body=body))
    query = "select table_name, message like '%Not\ufffdyou%', resolved_at is null from sync_errors"

    assert sync("repositories", "branches").exit_code == 1
    assert rows(postgres, query) == [("branches", True, True)]
    assert warehouse.sync(["repositories", "branches"]).exit_code == 1
    assert warehouse.rows(query) == [("branches", True, True)]

    warehouse.bitbucket.clear_faults()
    assert sync("repositories", "branches").exit_code == 0
    assert rows(postgres, query) == [("branches", True, False)]


def test_an_object_with_nul_in_its_name_that_cannot_be_read(warehouse: Warehouse, sync: Sync, postgres: str) -> None:
    repository = next(iter(warehouse.bitbucket.world.repositories.values()))
    user = next(each.uuid for each in warehouse.bitbucket.world.users.values() if each.kind == "user")
    warehouse.bitbucket.act("add_download", repository=repository.uuid, name="a\0b", user=user)
    warehouse.bitbucket.add_fault(Fault(kind="poison", path="/downloads", field="values.*.size", value={}))
    query = "select item, resolved_at is null from sync_errors"

    assert sync("repositories", "downloads").exit_code == 1
    assert rows(postgres, query) == [("name a\ufffdb", True)]

    warehouse.bitbucket.clear_faults()
    assert sync("repositories", "downloads").exit_code == 0
    assert rows(postgres, query) == [("name a\ufffdb", False)]


def test_a_row_with_nul_in_its_key_stays_as_it_is(warehouse: Warehouse, sync: Sync, postgres: str) -> None:
    repository = next(iter(warehouse.bitbucket.world.repositories.values()))
    user = next(each.uuid for each in warehouse.bitbucket.world.users.values() if each.kind == "user")
    warehouse.bitbucket.act("add_download", repository=repository.uuid, name="a\0b", user=user)

    assert sync("repositories", "downloads").rows["downloads"] == 1
    assert sync("repositories", "downloads").rows == {}
    assert rows(postgres, "select name, deleted_at from downloads") == [("a\ufffdb", None)]


@pytest.mark.parametrize(
    ("zone", "when"),
    [("America/New_York", "0001-01-01T00:00:00Z"), ("Asia/Tokyo", "9999-12-31T23:59:59.999999Z")],
)
def test_a_moment_that_has_no_local_time(warehouse: Warehouse, sync: Sync, postgres: str, zone: str, when: str) -> None:
    with closing(psycopg2.connect(postgres)) as connection:
        connection.autocommit = True
        database = connection.info.dbname
        connection.cursor().execute(f"alter database {database} set timezone to '{zone}'")
    fault = Fault(kind="poison", path="/pipelines/?$", field="values.*.completed_on", value=when)
    warehouse.bitbucket.add_fault(fault)

    assert sync("repositories", "pipelines").rows["pipelines"] > 0
    assert sync("repositories", "pipelines", full_refresh=True).exit_code == 0
    there = rows(postgres, "select distinct to_char(completed_on at time zone 'UTC', 'YYYY-MM-DD') from pipelines")
    assert there == [(when[:10],)]
