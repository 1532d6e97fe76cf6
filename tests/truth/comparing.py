"""Where a warehouse differs from the truth."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import duckdb

from tests.truth.columns import COLUMNS, KEYS
from tests.truth.reading import Key, Row, Truth

_JSON = {("branches", "merge_strategies")}
_SHOWN_PER_TABLE = 12


class Missing(Enum):
    """Instead of a value, where there is nothing that could have one."""

    TABLE = "no such table"
    COLUMN = "no such column"
    ROW = "no such row"


@dataclass(frozen=True)
class Difference:
    """One thing that the warehouse holds and the truth does not, or the other way round.

    `column` is '' where a whole row is missing or too much; `key` is empty where a whole table or column is.
    """

    table: str
    key: Key
    column: str
    truth: Any
    warehouse: Any

    def __str__(self) -> str:
        where = f"{self.table} {', '.join(map(str, self.key))} {self.column}".rstrip()
        return f"{where}: truth {_shown(self.truth)}, warehouse {_shown(self.warehouse)}"


@dataclass(frozen=True)
class Part:
    """What of a workspace was synced, and is compared: all, where nothing is said."""

    tables: Collection[str] | None = None
    repositories: Collection[str] | None = None
    """by uuid"""

    def takes(self, table: str) -> bool:
        """Whether a table is compared. Users are only where all is synced that names some."""
        if self.tables is None:
            return table != "users" or self.repositories is None
        return table in self.tables and table != "users"

    def holds(self, table: str, key: Key) -> bool:
        """Whether a row is compared."""
        named = {"repositories": "uuid"}.get(table, "repository_uuid")
        return self.repositories is None or named not in KEYS[table] or key[0] in self.repositories


EVERYTHING = Part()


def compare(
    truth: Truth, database: str | Path, dataset: str = "bitbucket_raw", part: Part = EVERYTHING
) -> list[Difference]:
    """Every difference, table by table; none where the warehouse equals the truth.

    A row that is marked as deleted, or whose repository is, does not count. Users may be more than the truth names.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"set schema = '{dataset}'")
        return [
            difference
            for table in COLUMNS
            if part.takes(table)
            for difference in _table(table, truth[table], connection)
            if not difference.key or part.holds(table, difference.key)
        ]


def report(differences: Iterable[Difference]) -> str:
    """The differences for a reader: how many of which kind, and the first dozen of each table."""
    by_table: defaultdict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        by_table[difference.table].append(difference)
    lines = []
    for table, found in by_table.items():
        lines += [f"{table}: {len(found)} differences", *(f"  {each}" for each in found[:_SHOWN_PER_TABLE])]
        lines += [f"  and {len(found) - _SHOWN_PER_TABLE} more"] * (len(found) > _SHOWN_PER_TABLE)
    return "\n".join(lines)


def _table(table: str, truth: dict[Key, Row], connection: duckdb.DuckDBPyConnection) -> Iterator[Difference]:
    there = _columns(connection, table)
    if not there:
        yield Difference(table, (), "", f"{len(truth)} rows", Missing.TABLE)
        return
    columns = [name for name in COLUMNS[table] if name in there]
    yield from (Difference(table, (), name, "", Missing.COLUMN) for name in COLUMNS[table] if name not in there)
    stored = _alive(connection, table, columns)
    for key, row in truth.items():
        found = stored.pop(key, [])
        if len(found) != 1:
            yield Difference(table, key, "", row, found or Missing.ROW)
            continue
        for name in columns:
            if not _same(row[name], found[0][name]):
                yield Difference(table, key, name, row[name], found[0][name])
    if table != "users":
        yield from (Difference(table, key, "", Missing.ROW, rows[0]) for key, rows in stored.items())


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """The names of a table's columns; none where there is no such table."""
    query = "select column_name from duckdb_columns() where schema_name = current_schema() and table_name = ?"
    return {name for (name,) in connection.execute(query, [table]).fetchall()}


def _alive(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> dict[Key, list[Row]]:
    """The rows that are not marked as deleted, by their key: one row for each, unless the table is broken."""
    query = f"select {', '.join(columns)} from {table} where deleted_at is null"
    if "repository_uuid" in columns:
        query += " and repository_uuid not in (select uuid from repositories where deleted_at is not null)"
    rows: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in connection.execute(query).to_arrow_table().to_pylist():
        for name in columns:
            if (table, name) in _JSON and row[name] is not None:
                row[name] = json.loads(row[name])
        rows[tuple(row[name] for name in KEYS[table])].append(row)
    return rows


def _same(truth: Any, warehouse: Any) -> bool:
    """Equal and of one type: 1 is not true."""
    return type(truth) is type(warehouse) and truth == warehouse


def _shown(value: Any) -> str:
    if isinstance(value, Missing):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else repr(value)
