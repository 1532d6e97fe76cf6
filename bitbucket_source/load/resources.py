"""The dlt resources: one for each table, all fed by one reading of Bitbucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema
from dlt.common.schema.utils import has_table_seen_data
from dlt.extract.exceptions import CurrentSourceNotAvailable
from dlt.sources import DltResource

from bitbucket_source.load.arrow import arrow_schema
from bitbucket_source.load.reading import Readings
from bitbucket_source.load.workarounds import quiet_type_warnings
from bitbucket_source.tables import SYNC_CURSORS, Table, Type
from bitbucket_source.tables.catalog import PLAIN, Catalog

_LOAD_ID_SETTING = "normalize.parquet_normalizer.add_dlt_load_id"


def table_resources(tables: Sequence[Table], readings: Readings, catalog: Catalog = PLAIN) -> list[DltResource]:
    """A resource for each table. They are selected, limited and changed by hints as dlt's users expect."""
    let_rows_name_their_load()
    return [merged_resource(catalog.of(table), _rows_of(table, readings, catalog)) for table in tables]


def one_source(resources: Sequence[DltResource]) -> Any:
    """The resources as the source `bitbucket`: all tables are in one schema of dlt's."""

    @dlt.source(name="bitbucket", section="bitbucket")
    def bitbucket() -> Any:
        return resources

    return bitbucket()


def bookkeeping_resource(table: Table, rows: pa.Table) -> DltResource:
    """Rows of bookkeeping, which are only ever added."""
    let_rows_name_their_load()
    return dlt.resource(
        [rows], name=table.name, write_disposition="append", columns=column_hints(table), file_format="parquet"
    )


def let_rows_name_their_load() -> None:
    """Rows and cursors are trusted by the load that wrote them, so each must name it."""
    quiet_type_warnings()
    dlt.config[_LOAD_ID_SETTING] = True


def merged_resource(table: Table, rows: Callable[[], Iterator[Any]]) -> DltResource:
    """Rows that are merged into a table by its key."""
    return dlt.resource(
        rows,
        name=table.name,
        # no load holds two rows with one key (sync.events.NextLoad), but where a sync dies between the arrival of a
        # file and dlt's note of it, dlt loads the file twice
        write_disposition={"disposition": "merge", "strategy": "delete-insert", "deduplicated": False},
        primary_key=list(table.key),
        # dlt's other way into Postgres, CSV, turns '' into null, and takes ten times as long
        file_format="parquet",
        columns=_hints_beside_arrow(table),
    )


def column_hints(table: Table) -> list[TColumnSchema]:
    """dlt's hints for the columns of a table."""
    return [_column_hint(table, name) for name in table.columns_by_name]


def _hints_beside_arrow(table: Table) -> list[TColumnSchema]:
    """Of the hints, what an Arrow schema does not tell and each load needs: that a text is JSON.

    The others come with the first rows: dlt spends a fifth of a sync with nothing new on writing hints into its trace.
    """
    return [{"name": each.name, "data_type": "json"} for each in table.columns if each.type is Type.JSON]


def _column_hint(table: Table, name: str) -> TColumnSchema:
    column = table.columns_by_name[name]
    hint: TColumnSchema = {
        "name": name,
        "data_type": column.type.value,
        "nullable": name not in table.key,
        "description": column.description,
    }
    if column.type is Type.TIMESTAMP:
        hint |= {"timezone": True, "precision": 6}
    return hint


def _rows_of(table: Table, readings: Readings, catalog: Catalog) -> Callable[[], Iterator[Any]]:
    def rows() -> Iterator[Any]:
        if not _is_known(catalog.of(table)):
            # a table without rows still exists with all its columns
            empty = arrow_schema(catalog.of(table)).empty_table()
            yield dlt.mark.with_hints(empty, dlt.mark.make_hints(columns=_under_theirs(catalog.of(table))))
        with readings.joined(table) as outlet:
            while outlet.has_more(table):
                yield outlet.take(table)
            outlet.end(table)
            if table is outlet.keeper:
                while not outlet.all_have_ended():
                    yield None
                if (cursors := outlet.cursors()) is not None:
                    yield _with_cursor_hints(cursors)

    return rows


def _under_theirs(table: Table) -> list[TColumnSchema]:
    """All hints of the columns; what somebody has told the resource otherwise goes before them."""
    try:
        theirs = dlt.current.source().resources[table.name].columns
    except (CurrentSourceNotAvailable, KeyError):
        theirs = {}
    told = theirs if isinstance(theirs, dict) else {}
    return [{**hint, **told.get(str(hint["name"]), {})} for hint in column_hints(table)]


def _is_known(table: Table) -> bool:
    """Whether the destination has the table with what is declared of it, as far as the pipeline's schema tells."""
    known = dlt.current.source_schema().tables.get(table.name)
    if known is None or not has_table_seen_data(known):
        return False
    told = {name: column.get("description") for name, column in known["columns"].items()}
    return {each.name: each.description for each in table.columns}.items() <= told.items()


def _with_cursor_hints(cursors: pa.Table) -> Any:
    # dlt starts a variant from the resource's own hints: empty ones take those away, the Arrow schema tells the rest
    hints = dlt.mark.make_hints(
        table_name=SYNC_CURSORS.name, write_disposition="append", columns=[], primary_key=[], merge_key=[]
    )
    return dlt.mark.with_hints(cursors, hints, create_table_variant=True)
