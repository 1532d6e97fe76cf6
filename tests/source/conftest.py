"""Syncing the emulated workspace, and looking at what arrived."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import dlt
import duckdb
import psycopg2  # type: ignore[import-untyped]
import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.api.retry import RetryPolicy
from bitbucket_source.load.comments import write_comments
from bitbucket_source.load.database import Database
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import SyncResult, run_sync
from bitbucket_source.session import Session
from bitbucket_source.source import make_session, selected_tables
from bitbucket_source.tables.catalog import Catalog
from tests.conftest import small_company
from tests.truth.columns import COLUMNS, KEPT
from tests.truth.company import make_company
from tests.truth.syncing import kept_open, sync

ADMIN = {"email": "admin@example.org", "api_token": "emulator-api-token"}
AT_ONCE = RetryPolicy(first_wait=0.001, longest_wait=0.001, rate_limit_first_wait=0.001, rate_limit_longest_wait=0.001)


@dataclass
class Warehouse:
    """A DuckDB file that the emulated workspace is synced into."""

    bitbucket: Emulator
    directory: Path
    requests: Counter[str] = field(default_factory=Counter)
    """of the last sync, by the last words of their endpoint"""

    @property
    def path(self) -> str:
        return str(self.directory / "bitbucket.duckdb")

    def begin_with(self, synced: Path) -> Warehouse:
        """Hold what the warehouse in another directory holds; that one stays as it is."""
        shutil.copytree(synced, self.directory, dirs_exist_ok=True)
        return self

    def sync(
        self, tables: Sequence[str] | None = None, *, pipelines_dir: str = "pipelines", **settings: Any
    ) -> SyncResult:
        """One `bitbucket-source sync`."""
        session = self.session(**settings)
        with kept_open(self.path):
            result = run_sync(self.pipeline(pipelines_dir), session, selected_tables(tables))
        self.requests = Counter()
        for endpoint, count in session.budget.by_endpoint.items():
            self.requests[endpoint.rstrip("/").rsplit("/", 1)[-1]] += count
        return result

    def session(self, **settings: Any) -> Session:
        """A session that does not wait between tries."""
        made = make_session(
            base_url=self.bitbucket.base_url,
            oauth_url=self.bitbucket.oauth_url,
            **{"workspace": "acme", "credentials": ADMIN, **settings},
        )
        return Session(made.settings, made.credentials, AT_ONCE)

    def pipeline(self, pipelines_dir: str = "pipelines") -> dlt.Pipeline:
        return make_pipeline("acme", database=self.path, pipelines_dir=str(self.directory / pipelines_dir))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query over the raw tables answers."""
        with duckdb.connect(self.path) as connection:
            connection.execute("set schema = 'bitbucket_raw'")
            return connection.execute(query).fetchall()


def comments_written(pipeline: dlt.Pipeline, catalog: Catalog) -> int:
    """How many comments were not there yet."""
    with closing(Database(pipeline)) as database:
        return write_comments(database, catalog)


@pytest.fixture
def warehouse(bitbucket: Emulator, tmp_path: Path) -> Warehouse:
    return Warehouse(bitbucket, tmp_path)


@pytest.fixture(scope="session")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a warehouse after a first sync of the small company: copy it, never change it."""
    with Emulator(small_company()) as bitbucket:
        made = Warehouse(bitbucket, tmp_path_factory.mktemp("first_sync"))
        assert made.sync().exit_code == 0
    return made.directory


@pytest.fixture
def synced(warehouse: Warehouse, first_sync: Path) -> Warehouse:
    """The warehouse after its first sync, for tests of what comes then."""
    return warehouse.begin_with(first_sync)


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """An empty database: a connection string with a host in it, which dlt wants; the socket stays in its query."""
    with closing(psycopg2.connect(postgres_server)) as connection:
        connection.autocommit = True
        name = f"synced_{uuid4().hex}"
        connection.cursor().execute(f"create database {name}")
    return postgres_server.replace("@/", "@localhost:5432/").replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="module")
def company() -> Iterator[Emulator]:
    """One for all tests of a module, which leave it as it is: links in it name the emulator's port."""
    with Emulator(make_company()) as bitbucket:
        yield bitbucket


@pytest.fixture(scope="module")
def everything_synced(company: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DuckDB file after a first sync of all tables of that company: copy it, never change it."""
    directory = tmp_path_factory.mktemp("everything")
    done = sync(company, directory / "bitbucket.duckdb", directory / "pipelines", tables=(*COLUMNS, *KEPT))
    assert done.exit_code == 0
    return directory / "bitbucket.duckdb"
