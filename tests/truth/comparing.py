"""Where a warehouse differs from the truth."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.truth.carried import differences_of_deployment_commits
from tests.truth.columns import COLUMNS, DEFAULT, KEYS
from tests.truth.difference import Difference, Missing, report
from tests.truth.reading import Key, Row, Truth

__all__ = ["EVERYTHING", "Difference", "Missing", "Part", "compare", "report"]


@dataclass(frozen=True)
class Part:
    """What of a workspace was synced, and is compared: all default tables, where nothing is said."""

    tables: Collection[str] | None = None
    repositories: Collection[str] | None = None
    """by uuid"""

    @property
    def named(self) -> Collection[str]:
        """The tables that are compared, and have to be read for that."""
        tables = frozenset(DEFAULT if self.tables is None else self.tables) & COLUMNS.keys()
        # users are only where all is synced that names some
        return tables if tables.issuperset(DEFAULT) and self.repositories is None else tables - {"users"}

    def holds(self, table: str, key: Key) -> bool:
        """Whether a row is compared."""
        name = {"repositories": "uuid"}.get(table, "repository_uuid")
        return self.repositories is None or name not in KEYS[table] or key[0] in self.repositories


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
            if table in part.named
            for difference in _table(table, truth, connection)
            if not difference.key or part.holds(table, difference.key)
        ]


def _table(table: str, truth: Truth, connection: duckdb.DuckDBPyConnection) -> Iterator[Difference]:
    there = _columns(connection, table)
    if not there:
        yield Difference(table, (), "", f"{len(truth[table])} rows", Missing.TABLE)
        return
    yield from (Difference(table, (), name, "", Missing.COLUMN) for name in COLUMNS[table] if name not in there)
    columns = {name: there[name] for name in COLUMNS[table] if name in there}
    stored = _alive(connection, table, columns)
    if table == "deployment_commits":
        yield from differences_of_deployment_commits(stored, connection)
        return
    for key, row in truth[table].items():
        found = stored.pop(key, [])
        if len(found) != 1:
            yield Difference(table, key, "", row, found or Missing.ROW)
            continue
        for name in columns:
            if not _same(row[name], found[0][name]):
                yield Difference(table, key, name, row[name], found[0][name])
    if table != "users":
        surplus = ((key, rows) for key, rows in stored.items() if truth.knows(table, key))
        yield from (Difference(table, key, "", Missing.ROW, rows[0]) for key, rows in surplus)


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The columns of a table and their types; none where there is no such table."""
    query = (
        "select column_name, data_type from duckdb_columns() where schema_name = current_schema() and table_name = ?"
    )
    return dict(connection.execute(query, [table]).fetchall())


def _alive(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str]) -> dict[Key, list[Row]]:
    """The rows that are not marked as deleted, by their key: one row for each, unless the table is broken."""
    query = f"select {', '.join(columns)} from {table} where deleted_at is null"
    if "repository_uuid" in columns:
        query += " and repository_uuid not in (select uuid from repositories where deleted_at is not null)"
    rows: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in connection.execute(query).to_arrow_table().to_pylist():
        for name, kind in columns.items():
            if kind == "JSON" and row[name] is not None:
                row[name] = json.loads(row[name])
        rows[tuple(row[name] for name in KEYS[table])].append(row)
    return rows


def _same(truth: Any, warehouse: Any) -> bool:
    """Equal and of one type: 1 is not true."""
    return type(truth) is type(warehouse) and truth == warehouse
