"""The raw tables of a warehouse, made from the table contract and filled with rows written by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

# its stubs are not among the development dependencies
import psycopg2  # type: ignore[import-untyped]
import psycopg2.extras  # type: ignore[import-untyped]
import pyarrow as pa

from bitbucket_source.tables import TABLES, Column, Table, Type

Row = dict[str, Any]
Rows = Mapping[str, Iterable[Row]]

_ARROW: dict[Type, pa.DataType] = {
    Type.TEXT: pa.string(),
    Type.JSON: pa.string(),
    Type.BIGINT: pa.int64(),
    Type.BOOL: pa.bool_(),
    Type.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
_POSTGRES = {
    Type.TEXT: "text",
    Type.JSON: "jsonb",
    Type.BIGINT: "bigint",
    Type.BOOL: "boolean",
    Type.TIMESTAMP: "timestamptz",
}


def _value(column: Column, row: Row) -> object:
    value = row.get(column.name)
    if column.type is Type.TIMESTAMP and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value


def _values(table: Table, rows: Iterable[Row]) -> Iterator[dict[str, object]]:
    for row in rows:
        if unknown := set(row) - set(table.columns_by_name):
            raise ValueError(f"{table.name} has no {sorted(unknown)}")
        yield {column.name: _value(column, row) for column in table.columns}


def arrow_table(table: Table, rows: Iterable[Row]) -> pa.Table:
    """Rows in the shape in which the connector loads them; what a row leaves out is null."""
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in table.columns])
    return pa.Table.from_pylist(list(_values(table, rows)), schema=schema)


@dataclass(frozen=True)
class DuckDBWarehouse:
    """A warehouse in a DuckDB file."""

    address: Path

    def load(self, rows: Rows) -> None:
        """Make the tables named, and no other."""
        self.load_arrow({name: arrow_table(TABLES[name], of_table) for name, of_table in rows.items()})

    def load_arrow(self, tables: Mapping[str, pa.Table]) -> None:
        """The same from Arrow."""
        with closing(duckdb.connect(str(self.address))) as connection:
            connection.execute("create schema bitbucket_raw")
            for name, rows in tables.items():
                connection.register("loaded", rows)
                connection.execute(f"create table bitbucket_raw.{name} as from loaded")

    def execute(self, statement: str) -> None:
        """Run a statement."""
        with closing(duckdb.connect(str(self.address))) as connection:
            connection.execute(statement)

    def query(self, query: str) -> list[Row]:
        """The rows of a query."""
        with closing(duckdb.connect(str(self.address))) as connection:
            found = connection.execute(query)
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def copied(self) -> DuckDBWarehouse:
        """The same once more; an earlier copy goes. Its file has the same name: the views know it."""
        directory = self.address.parent / "copy"
        directory.mkdir(exist_ok=True)
        # dbt may keep the file open, and what was written last beside it
        self.execute("checkpoint")
        return DuckDBWarehouse(Path(shutil.copy(self.address, directory)))


@dataclass(frozen=True)
class PostgresWarehouse:
    """A warehouse in a Postgres database."""

    address: str

    def load(self, rows: Rows) -> None:
        """Make the tables named, and no other."""
        self.load_arrow({name: arrow_table(TABLES[name], of_table) for name, of_table in rows.items()})

    def load_arrow(self, tables: Mapping[str, pa.Table]) -> None:
        """The same from Arrow."""
        with self._cursor() as cursor:
            cursor.execute("create schema bitbucket_raw")
            for name, rows in tables.items():
                stored = [column for column in TABLES[name].columns if column.name in rows.column_names]
                columns = ", ".join(f'"{column.name}" {_POSTGRES[column.type]}' for column in stored)
                cursor.execute(f"create table bitbucket_raw.{name} ({columns})")
                values = [tuple(row.values()) for row in rows.to_pylist()]
                psycopg2.extras.execute_values(cursor, f"insert into bitbucket_raw.{name} values %s", values)

    def execute(self, statement: str) -> None:
        """Run a statement."""
        with self._cursor() as cursor:
            cursor.execute(statement)

    def query(self, query: str) -> list[Row]:
        """The rows of a query."""
        with self._cursor() as cursor:
            cursor.execute(query)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def copied(self) -> PostgresWarehouse:
        """The same once more; an earlier copy goes."""
        [name] = self.query("select current_database() as name")
        original, copy = name["name"], f"{name['name']}_copy"
        with closing(psycopg2.connect(self.address.replace(f"/{original}?", "/postgres?"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"drop database if exists {copy}")
                cursor.execute(f"create database {copy} template {original}")
                cursor.execute(f"alter database {copy} set timezone to 'Europe/Berlin'")
        return PostgresWarehouse(self.address.replace(f"/{original}?", f"/{copy}?"))

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with closing(psycopg2.connect(self.address)) as connection, connection, connection.cursor() as cursor:
            yield cursor


Warehouse = DuckDBWarehouse | PostgresWarehouse


def raw_tables_of(synced: DuckDBWarehouse) -> dict[str, pa.Table]:
    """What was loaded, with the columns of the contract alone."""
    stored: dict[str, list[str]] = {}
    for column in synced.query(
        "select table_name, column_name from information_schema.columns where table_schema = 'bitbucket_raw'"
    ):
        if column["table_name"] in TABLES:
            stored.setdefault(column["table_name"], []).append(column["column_name"])
    tables: dict[str, pa.Table] = {}
    with closing(duckdb.connect(str(synced.address))) as connection:
        for name, found in stored.items():
            columns = ", ".join(column.name for column in TABLES[name].columns if column.name in found)
            tables[name] = connection.execute(f"select {columns} from bitbucket_raw.{name}").to_arrow_table()
    return tables
