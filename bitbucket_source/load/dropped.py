"""Tables and columns that dlt has made and somebody has dropped since: it would never make them again."""

from __future__ import annotations

from collections.abc import Iterator

import dlt

from bitbucket_source.load.database import Database
from bitbucket_source.tables import TABLES, Table


def make_dropped_again(pipeline: dlt.Pipeline, database: Database) -> list[Table]:
    """Make what is lacking of the tables that were loaded; returns the tables, whose rows have to be read again.

    dlt compares what is there with what has to be where the destination does not know the version of the schema. Only
    of databases that are asked for nothing: elsewhere a look at every table would cost more than the sync.
    """
    if not pipeline.schema_names or not database.takes_lists:
        return []
    schema = pipeline.default_schema
    if not _is_known(database, schema.stored_version_hash):
        return []
    lacking = list(_lacking(database, schema))
    if lacking:
        database.execute(f"delete from {database.versions} where version_hash = %s", schema.stored_version_hash)
        database.close()
        pipeline.sync_schema()
    return lacking


def _is_known(database: Database, version: str | None) -> bool:
    """Whether the destination is one that this schema was loaded into."""
    from dlt.destinations.exceptions import DatabaseUndefinedRelation

    try:
        return bool(database.rows(f"select 1 from {database.versions} where version_hash = %s", version))
    except DatabaseUndefinedRelation:
        return False


def _lacking(database: Database, schema: dlt.Schema) -> Iterator[Table]:
    for name in schema.data_table_names(seen_data_only=True):
        made = {column for column, hints in schema.tables[name]["columns"].items() if hints.get("data_type")}
        if name in TABLES and not made <= set(database.columns(TABLES[name])):
            yield TABLES[name]
