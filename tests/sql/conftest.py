"""Warehouses to build models in: a DuckDB file, and a real Postgres whose session is not in UTC."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg2  # type: ignore[import-untyped]
import pytest

from .raw_tables import DuckDBWarehouse, PostgresWarehouse, Warehouse


@pytest.fixture
def duckdb_warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "bitbucket.duckdb")


@pytest.fixture
def postgres_warehouse(postgres_server: str) -> PostgresWarehouse:
    """A database of its own, which goes with the server."""
    name = f"bitbucket_{uuid4().hex}"
    with closing(psycopg2.connect(postgres_server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"create database {name}")
            cursor.execute(f"alter database {name} set timezone to 'Europe/Berlin'")
    return PostgresWarehouse(postgres_server.replace("/postgres?", f"/{name}?"))


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    found = request.getfixturevalue(f"{request.param}_warehouse")
    assert isinstance(found, DuckDBWarehouse | PostgresWarehouse)
    return found
