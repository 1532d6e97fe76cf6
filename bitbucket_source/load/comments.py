"""The declarations' descriptions as comments in the database, where SQL clients show them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from bitbucket_source.load.database import Database
from bitbucket_source.tables import TABLES
from bitbucket_source.tables.catalog import Catalog

Place: TypeAlias = tuple[str, str]
"""names of a table and of one of its columns, '' for the table itself"""

_STORED = {
    "duckdb": """
        select table_name, '', comment from duckdb_tables() where schema_name = %s
        union all
        select table_name, column_name, comment from duckdb_columns() where schema_name = %s
    """,
    "postgres": """
        select t.relname, '', obj_description(t.oid, 'pg_class')
        from pg_class t join pg_namespace n on n.oid = t.relnamespace
        where n.nspname = %s and t.relkind in ('r', 'p')
        union all
        select t.relname, a.attname, col_description(t.oid, a.attnum)
        from pg_class t join pg_namespace n on n.oid = t.relnamespace
        join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
        where n.nspname = %s and t.relkind in ('r', 'p')
    """,
}
"""tables and columns with the comments they have, by destination: others take none in this way"""


def write_comments(database: Database, catalog: Catalog) -> int:
    """Give the tables and columns their descriptions, where those are not there yet; returns how many were written.

    Where nothing has changed that is one query of the catalogue.
    """
    stored_by = _STORED.get(database.destination)
    if stored_by is None:
        return 0
    schema = database.schema
    stored = {(table, column): text for table, column, text in database.rows(stored_by, schema, schema)}
    lacking = [(place, text) for place, text in _declared(catalog) if place in stored and stored[place] != text]
    if lacking:
        with database.transaction():
            for (table, column), text in lacking:
                name = database.name(TABLES[table])
                what = f"column {name}.{column}" if column else f"table {name}"
                database.execute(f"comment on {what} is {_quoted(text)}")
    return len(lacking)


def _declared(catalog: Catalog) -> Iterator[tuple[Place, str]]:
    for table in map(catalog.of, TABLES.values()):
        yield (table.name, ""), table.description
        yield from (((table.name, column.name), column.description) for column in table.columns)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
