"""Several workspaces in one dataset: which rows are whose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlt.destinations.exceptions import DatabaseUndefinedRelation

from bitbucket_source.load.database import Database
from bitbucket_source.load.pipeline import DestinationError, require_file
from bitbucket_source.tables import REPOSITORIES, SYNC_RUNS, WORKSPACES, Table

if TYPE_CHECKING:
    import dlt


def workspace_uuids(database: Database, workspace: str) -> list[str]:
    """The workspace's identity as far as the tables tell it; it is named by its slug or its uuid."""
    found: set[str] = set()
    for table, uuid, slug in ((WORKSPACES, "uuid", "slug"), (REPOSITORIES, "workspace_uuid", "workspace_slug")):
        if database.columns(table):
            rows = database.rows(
                f"select distinct {uuid} from {database.name(table)} where {uuid} = %s or lower({slug}) = %s",
                *(workspace, workspace.lower()),
            )
            found |= {each for (each,) in rows if each}
    return sorted(found)


def repositories_of_others(database: Database, workspace: str) -> set[str]:
    """The stored repositories that belong to other workspaces."""
    if not database.columns(REPOSITORIES):
        return set()
    own = workspace_uuids(database, workspace)
    rows = database.rows(f"select uuid, workspace_uuid from {database.name(REPOSITORIES)}")
    return {uuid for uuid, owner in rows if owner and owner not in own}


def other_workspaces(database: Database, workspace: str) -> list[str]:
    """The names under which other workspaces were synced."""
    rows = database.rows(f"select distinct workspace_slug from {database.name(SYNC_RUNS)} order by 1")
    return [slug for (slug,) in rows if slug and slug != workspace.lower()]


def owns_unlisted(database: Database, workspace: str) -> bool:
    """Whether the rows of repositories that `repositories` does not have may be the workspace's.

    Not where only another one leaves that table out.
    """
    if not database.columns(SYNC_RUNS) or not _lists_repositories(database, workspace):
        return True
    return all(_lists_repositories(database, other) for other in other_workspaces(database, workspace))


def _lists_repositories(database: Database, workspace: str) -> bool:
    if not database.columns(REPOSITORIES):
        return False
    query = (
        f"select 1 from {database.name(REPOSITORIES)} where workspace_uuid = %s or lower(workspace_slug) = %s limit 1"
    )
    return bool(database.rows(query, workspace, workspace.lower()))


def synced_workspaces(pipeline: dlt.Pipeline) -> list[str]:
    """The names under which workspaces were synced into the pipeline's dataset, whatever the pipeline knows of it.

    Raises DestinationError where none was, without making anything.
    """
    told = f"{pipeline.destination.destination_name}, dataset {pipeline.dataset_name}, holds no sync of any workspace."
    require_file(pipeline)
    client: Any = pipeline.sql_client()
    with client as opened:
        name = opened.make_qualified_table_name(SYNC_RUNS.name)
        try:
            rows = opened.execute_sql(f"select distinct workspace_slug from {name} order by 1")
        except DatabaseUndefinedRelation:
            raise DestinationError(told) from None
    if not rows:
        raise DestinationError(told)
    return [str(slug) for (slug,) in rows]


@dataclass(frozen=True)
class Part:
    """Rows of a table that are changed together: a condition on them, with its parameters."""

    condition: str
    values: tuple[str, ...] = ()


def parts_of(database: Database, table: Table, workspace: str) -> Iterator[Part]:
    """The rows of a table that belong to a workspace, repository by repository; accounts belong to all."""
    own = workspace_uuids(database, workspace)
    if table.is_per_repository:
        others = repositories_of_others(database, workspace)
        query = f"select distinct repository_uuid from {database.name(table)}"
        if not owns_unlisted(database, workspace):
            query += f" where repository_uuid in (select uuid from {database.name(REPOSITORIES)})"
        rows = database.rows(query)
        yield from (Part("repository_uuid = %s", (uuid,)) for (uuid,) in rows if uuid not in others)
    elif "workspace_uuid" in table.columns_by_name:
        yield from (Part("workspace_uuid = %s", (uuid,)) for uuid in own)
    else:
        yield Part("1 = 1")
