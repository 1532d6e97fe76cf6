"""A column whose declared type has changed: its table is copied inside the destination, rows kept.

dlt never changes the type of a column that exists. The values themselves are read again by the renewal that a changed
declaration brings (`bitbucket_source.sync.cursors`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dlt
from dlt.common.schema.typing import TTableSchema

from bitbucket_source.load.database import Database
from bitbucket_source.load.resources import column_hints
from bitbucket_source.tables import TABLES, Table
from bitbucket_source.tables.catalog import PLAIN, Catalog


def conform_types(pipeline: dlt.Pipeline, database: Database, catalog: Catalog = PLAIN) -> list[str]:
    """Give the columns of the destination their declared types; returns what was changed, for people.

    A value that cannot become one of the new type is null until it is read again.
    """
    if not pipeline.schema_names:
        return []
    told = []
    # dlt reads it from its file each time it is asked for
    stored = pipeline.default_schema.tables
    for table in map(catalog.of, TABLES.values()):
        changed = list(_changed(stored, table))
        if changed and database.columns(table):
            lost = _copy(pipeline, database, table, changed)
            without = f"; views that cannot be made again: {', '.join(lost)}" if lost else ""
            told.append(f"{table.name}: copied, because the type of {', '.join(changed)} has changed{without}")
    return told


def _changed(stored: Mapping[str, TTableSchema], table: Table) -> Iterator[str]:
    found = stored.get(table.name)
    known = found.get("columns", {}) if found else {}
    for name, column in table.columns_by_name.items():
        if name in known and known[name].get("data_type") not in (None, column.type.value):
            yield name


def _copy(pipeline: dlt.Pipeline, database: Database, table: Table, changed: list[str]) -> list[str]:
    """Returns the views over the table that no longer can be."""
    types = _destination_types(pipeline, table)
    there = database.columns(table)

    def copied(cast: str) -> list[str]:
        columns = [f"{cast.format(name=n, type=types[n])} as {n}" if n in changed else n for n in there]
        with database.transaction():
            return database.replace(table, f"select {', '.join(columns)} from {database.name(table)}")

    try:
        return copied("cast({name} as {type})")
    except _conversion_errors():
        return copied("cast(null as {type})")


def _destination_types(pipeline: dlt.Pipeline, table: Table) -> dict[str, str]:
    client: Any = pipeline.destination_client()
    mapper = client.type_mapper
    prepared: Any = {"name": table.name, "columns": {}}
    return {str(hint["name"]): mapper.to_destination_type(hint, prepared) for hint in column_hints(table)}


def _conversion_errors() -> type[Exception]:
    from dlt.destinations.exceptions import DatabaseTerminalException

    return DatabaseTerminalException
