"""Warehouses to build models in: a DuckDB file, and a real Postgres whose session is not in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
import pytest

from .raw_tables import DuckDBWarehouse, PostgresWarehouse, Warehouse


@pytest.fixture
def duckdb_warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "bitbucket.duckdb")


@pytest.fixture
def postgres_warehouse(postgres_server: str) -> Iterator[PostgresWarehouse]:
    with closing(psycopg2.connect(postgres_server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("create database bitbucket")
            cursor.execute("alter database bitbucket set timezone to 'Europe/Berlin'")
            yield PostgresWarehouse(postgres_server.replace("/postgres?", "/bitbucket?"))
            cursor.execute("drop database bitbucket with (force)")


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    found = request.getfixturevalue(f"{request.param}_warehouse")
    assert isinstance(found, DuckDBWarehouse | PostgresWarehouse)
    return found
