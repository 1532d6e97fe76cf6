"""Warehouses to build models in: a DuckDB file, a real Postgres and a real Spark, whose sessions are not in UTC."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg2  # type: ignore[import-untyped]
import pytest

from bitbucket_source.models import build
from bitbucket_source.models.project import project_directory

from .raw_tables import DuckDBWarehouse, PostgresWarehouse, Warehouse
from .spark_warehouse import SparkWarehouse, spark_session


@pytest.fixture
def duckdb_warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "bitbucket.duckdb")


@pytest.fixture
def project_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the dbt project, for tests that change or break it: builds take it."""
    copy = tmp_path / "sql"
    shutil.copytree(project_directory(), copy)
    monkeypatch.setattr(build, "project_directory", lambda: copy)
    return copy


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


@pytest.fixture(scope="module")
def spark_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkWarehouse]:
    """One for all tests of a module: a process has one session. In CI it has to be there."""
    missing = [
        *(["pyspark is not installed: uv sync --group spark"] if find_spec("pyspark") is None else []),
        *(["Spark needs a Java runtime, 17 or newer"] if shutil.which("java") is None else []),
    ]
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("; ".join(missing))
    directory = tmp_path_factory.mktemp("spark")
    with spark_session(directory) as session:
        yield SparkWarehouse(session, directory)


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    found = request.getfixturevalue(f"{request.param}_warehouse")
    assert isinstance(found, DuckDBWarehouse | PostgresWarehouse)
    return found
