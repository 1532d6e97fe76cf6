"""What the destination holds already: the cursors of completed loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bitbucket_source.sync.cursors import Cursors, StoredCursor
from bitbucket_source.tables import SYNC_CURSORS

if TYPE_CHECKING:
    import dlt
    from dlt.destinations.sql_client import SqlClientBase

_NEWEST_COMPLETED = """
    select repository_uuid, table_name, cursor, declaration
    from (
        select
            s.repository_uuid, s.table_name, s.cursor, s.declaration,
            row_number() over (
                partition by s.repository_uuid, s.table_name order by l.inserted_at desc, l.load_id desc
            ) as age
        from {cursors} s
        join {loads} l on l.load_id = s._dlt_load_id
        where l.status = 0
    ) newest
    where age = 1
"""


def stored_cursors(pipeline: dlt.Pipeline) -> Cursors:
    """The newest cursor of each repository and table whose load was completed.

    A load is not atomic across tables: the cursor of one that was cut short says nothing, so it is not read.
    """
    with pipeline.sql_client() as client:
        if not _exists(client):
            return Cursors()
        statement = _NEWEST_COMPLETED.format(
            cursors=client.make_qualified_table_name(SYNC_CURSORS.name),
            loads=client.make_qualified_table_name("_dlt_loads"),
        )
        with client.execute_query(statement) as result:
            return Cursors(dict(_read(result.fetchall())))


def _read(rows: list[tuple[str, str, str, str]]) -> Iterator[tuple[tuple[str, str], StoredCursor]]:
    for repository_uuid, table_name, cursor, declaration in rows:
        yield (repository_uuid, table_name), StoredCursor(cursor, declaration)


def _exists(client: SqlClientBase) -> bool:  # type: ignore[type-arg]
    from dlt.destinations.exceptions import DatabaseUndefinedRelation

    try:
        with client.execute_query(
            f"select 1 from {client.make_qualified_table_name(SYNC_CURSORS.name)} limit 1"  # noqa: S608 - a name of ours
        ):
            return True
    except DatabaseUndefinedRelation:
        return False
