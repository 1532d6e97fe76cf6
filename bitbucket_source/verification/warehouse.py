"""What a warehouse must hold to be verified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bitbucket_source.load.database import Database
from bitbucket_source.load.pipeline import DestinationError, require_file
from bitbucket_source.tables import Table
from bitbucket_source.tables.catalog import Catalog
from bitbucket_source.verification.findings import Findings

if TYPE_CHECKING:
    import dlt


def stored_tables(
    database: Database, tables: Sequence[Table], catalog: Catalog, findings: Findings, named: bool
) -> frozenset[Table]:
    """Those of the tables that the warehouse has with all their columns."""
    there = set()
    for table in tables:
        declared = catalog.of(table).columns_by_name
        lacking = sorted(set(declared) - set(database.columns(table)))
        if not lacking:
            there.add(table)
            continue
        all_of_it = len(lacking) == len(declared)
        why = "it is not in the warehouse" if all_of_it else f"the warehouse lacks its columns {', '.join(lacking)}"
        tell = findings.fail if named else findings.tell
        tell(f"{table.name}: not compared: {why}; the next sync that selects it mends that")
    return frozenset(there)


def connect(pipeline: dlt.Pipeline) -> None:
    """Learn what the destination holds. Raises DestinationError where there is no DuckDB file: opening makes one."""
    require_file(pipeline)
    if not pipeline.has_pending_data:
        pipeline.sync_destination()


def nothing_synced(workspace: str) -> DestinationError:
    """What to tell of a warehouse without a sync."""
    return DestinationError(
        f"The warehouse holds nothing to verify. Run `bitbucket-source sync {workspace}` first, "
        "or look at --database and --dataset."
    )
