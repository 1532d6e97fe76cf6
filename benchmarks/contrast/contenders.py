"""Those who load: each into a DuckDB file of its own, as often as it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import dlt
import duckdb

from benchmarks.contrast import rest_api
from benchmarks.contrast.reading import TABLES, Rows
from benchmarks.work import TOKEN, WORKSPACE
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import run_sync
from bitbucket_source.source import make_session, selected_tables

Columns: TypeAlias = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
_DATASET = "raw"
_OWN_COLUMNS: Columns = {
    "repositories": (("uuid",), ("slug",)),
    "branches": (("repository_uuid", "name"), ("target_hash",)),
    "tags": (("repository_uuid", "name"), ("target_hash",)),
    "commits": (("repository_uuid", "hash"), ()),
    "pull_requests": (("repository_uuid", "id"), ("title", "state", "updated_on")),
    "pipelines": (("repository_uuid", "uuid"), ("state_name", "state_result_name")),
    "pipeline_steps": (("repository_uuid", "pipeline_uuid", "uuid"), ("state_name", "state_result_name")),
}


class Contender(Protocol):
    """One way to load a workspace."""

    def load(self, base_url: str) -> None:
        """Load once more."""

    def rows(self) -> Rows:
        """What it holds now, without what it marked as deleted."""


class Connector:
    """This connector with its default settings, and of its tables those that are compared: what they cost is, too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = folder / "warehouse.duckdb"

    def load(self, base_url: str) -> None:
        """One sync. Raises RuntimeError where it is not complete."""
        session = make_session(WORKSPACE, credentials=TOKEN, base_url=base_url)
        pipeline = make_pipeline(
            WORKSPACE, database=str(self._database), dataset=_DATASET, pipelines_dir=str(self._folder)
        )
        with _kept_open(self._database):
            result = run_sync(pipeline, session, selected_tables(TABLES))
        if result.exit_code:
            raise RuntimeError(f"The sync is not complete: {result.stopped} {result.troubles}")

    def rows(self) -> Rows:
        """The rows that are not marked as deleted, nor their repository."""
        with duckdb.connect(str(self._database), read_only=True) as connection:
            found = {
                table: _read(connection, table, *columns, where="deleted_at is null")
                for table, columns in _OWN_COLUMNS.items()
            }
        alive = {uuid for (uuid,) in found["repositories"]}
        return {table: {key: row for key, row in rows.items() if key[0] in alive} for table, rows in found.items()}


class RestApi:
    """dlt's `rest_api` with one of its configurations."""

    def __init__(self, folder: Path, source: Callable[[str], Any]) -> None:
        self._folder = folder
        self._database = folder / "warehouse.duckdb"
        self._source = source

    def load(self, base_url: str) -> None:
        """One run of the pipeline."""
        pipeline = dlt.pipeline(
            "contrast",
            destination=dlt.destinations.duckdb(str(self._database)),
            dataset_name=_DATASET,
            pipelines_dir=str(self._folder),
        )
        with _kept_open(self._database):
            pipeline.run(self._source(base_url))

    def rows(self) -> Rows:
        """All rows."""
        with duckdb.connect(str(self._database), read_only=True) as connection:
            return {table: _read(connection, table, *columns) for table, columns in rest_api.COLUMNS.items()}


CONTENDERS: dict[str, Callable[[Path], Contender]] = {
    "this connector": Connector,
    "rest_api, cursors and merge": lambda folder: RestApi(folder, rest_api.incremental_source),
    "rest_api, everything again": lambda folder: RestApi(folder, rest_api.whole_source),
}


def _read(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    key: tuple[str, ...],
    others: tuple[str, ...],
    where: str = "true",
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """A table by key, times in microseconds. Empty where it was never made: dlt makes none without rows."""
    query = "select column_name from duckdb_columns() where schema_name = ? and table_name = ?"
    there = {name for (name,) in connection.execute(query, [_DATASET, table]).fetchall()}
    if not there:
        return {}
    # nor a column without values, which only results can lack
    names = [
        "null" if name.endswith("result__name") and name not in there else _expression(name) for name in (*key, *others)
    ]
    found = connection.execute(f"select {', '.join(names)} from {_DATASET}.{table} where {where}").fetchall()
    rows = {row[: len(key)]: row[len(key) :] for row in found}
    assert len(rows) == len(found), f"{table} has a key twice"
    return rows


def _expression(name: str) -> str:
    return f"epoch_us({name})" if name.endswith("_on") else f'"{name}"'


@contextmanager
def _kept_open(database: Path) -> Iterator[None]:
    """Let DuckDB keep the file open: dlt closes it after each of its jobs, which takes half of a small load's time."""
    if not database.exists():
        yield
        return
    with duckdb.connect(str(database)):
        yield
