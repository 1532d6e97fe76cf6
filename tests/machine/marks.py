"""Which rows of a warehouse are marked as deleted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

_TABLES = """
    select table_name from duckdb_columns() where schema_name = 'bitbucket_raw'
    group by all
    having list_contains(list(column_name), 'deleted_at') and list_contains(list(column_name), 'repository_uuid')
"""


def marks_of_others(database: Path, repositories: Sequence[str]) -> dict[str, int]:
    """How many rows are marked that belong to none of the repositories, by table, where there are any."""
    if not database.exists():
        return {}
    with duckdb.connect(str(database)) as connection:
        marks = {
            table: connection.execute(
                f"select count(*) from bitbucket_raw.{table} "
                "where deleted_at is not null and repository_uuid not in (select unnest(?))",
                [list(repositories)],
            ).fetchall()[0][0]
            for (table,) in connection.execute(_TABLES).fetchall()
        }
    return {table: count for table, count in marks.items() if count}
