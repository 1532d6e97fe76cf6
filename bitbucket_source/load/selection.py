"""What a run was asked for, as `sync_runs` keeps it, and whether that is all the warehouse holds of its workspace."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

import msgspec

from bitbucket_source.load.database import Database
from bitbucket_source.session import Session, Settings
from bitbucket_source.sync.agenda import Agenda
from bitbucket_source.tables import DATA_TABLES, REPOSITORIES, SYNC_CURSORS, SYNC_RUNS, TABLES, Table
from bitbucket_source.tables.catalog import PLAIN, Catalog, CatalogError, catalog_of


class Selection(msgspec.Struct, frozen=True):
    """What a run was asked for."""

    repositories: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    since: str | None = None
    raw: tuple[str, ...] = ()
    extra_columns: dict[str, tuple[str, ...]] = {}
    emails: str = "keep"

    @property
    def catalog(self) -> Catalog:
        """The tables as that run had them; as declared, where they can no longer be so."""
        try:
            return catalog_of(self.raw, self.extra_columns)
        except CatalogError:
            return PLAIN


_DECODER = msgspec.json.Decoder(Selection)


def selection_of(settings: Settings, tables: Iterable[Table]) -> Selection:
    """What a run with these settings, for these tables, is asked for."""
    return Selection(
        tuple(settings.repositories),
        tuple(settings.exclude),
        tuple(settings.projects),
        tuple(table.name for table in tables),
        settings.since,
        tuple(settings.raw),
        {name: tuple(wishes) for name, wishes in settings.extra_columns.items()},
        str(settings.emails),
    )


def encode_selection(selection: Selection) -> str:
    """The JSON text that is stored."""
    return msgspec.json.encode(selection).decode()


def last_selection(database: Database, workspace: str) -> Selection:
    """What the last sync of the workspace was asked for; everything, where that is not known."""
    if "selection" not in database.columns(SYNC_RUNS):
        return Selection()
    rows = database.rows(
        f"select selection from {database.name(SYNC_RUNS)} where workspace_slug = %s and selection is not null "
        "and command = 'sync' order by started_at desc limit 1",
        workspace,
    )
    for (written,) in rows:
        try:
            return _DECODER.decode(written if isinstance(written, str) else json.dumps(written))
        except msgspec.DecodeError:
            return Selection()
    return Selection()


def stored_catalog(database: Database, *now: Selection) -> Catalog:
    """The tables with all that any sync of any workspace added to them: what is asked for no more is still stored.

    `now`: what is asked for just now, which no books tell yet.
    """
    raw: list[str] = []
    columns: dict[str, list[str]] = {}
    for selection in (*now, *_selections(database)):
        for name in selection.raw:
            with suppress(CatalogError):
                catalog_of([name], {})
                raw.append(name)
        for name, wish in ((name, wish) for name, wishes in selection.extra_columns.items() for wish in wishes):
            wider = {**columns, name: [*columns.get(name, ()), wish]}
            # of two that do not go together, as of two types, the later one stands
            with suppress(CatalogError):
                catalog_of((), wider)
                columns = wider
    return catalog_of(raw, columns)


def _selections(database: Database) -> Iterator[Selection]:
    """What the syncs were asked for, the latest first, each once."""
    if "selection" not in database.columns(SYNC_RUNS):
        return
    written = "cast(selection as varchar)"
    rows = database.rows(
        f"select {written} from {database.name(SYNC_RUNS)} where selection is not null "
        f"group by {written} order by max(started_at) desc"
    )
    for (each,) in rows:
        with suppress(msgspec.DecodeError):
            yield _DECODER.decode(each)


def adopt_last_selection(database: Database, session: Session) -> None:
    """Let a session see rows as the last sync of its workspace wrote them: who compares must not find its settings."""
    last = last_selection(database, session.settings.workspace)
    session.adopt(raw=last.raw, extra_columns=last.extra_columns, emails=last.emails)


def covers_repositories(database: Database, agenda: Agenda) -> bool:
    """Whether the agenda has every repository that is stored of its workspace."""
    if agenda.workspace is None or agenda.repositories is None:
        return False
    return _stored_repositories(database, agenda.workspace.uuid) <= {each.uuid for each in agenda.repositories}


def covers_all(database: Database, agenda: Agenda, tables: Collection[Table]) -> bool:
    """Whether a run that read these tables of the agenda's repositories read all that is stored of the workspace."""
    if agenda.workspace is None or agenda.repositories is None:
        return False
    read = agenda.readable(frozenset(tables))
    workspace = agenda.workspace.uuid
    selected = {each.uuid for each in agenda.repositories}
    return covers_repositories(database, agenda) and _stored_tables(database, workspace, selected) <= read


def _stored_repositories(database: Database, workspace_uuid: str) -> set[str]:
    if not database.columns(REPOSITORIES):
        return set()
    rows = database.rows(
        f"select uuid from {database.name(REPOSITORIES)} where workspace_uuid = %s and deleted_at is null",
        workspace_uuid,
    )
    return {uuid for (uuid,) in rows}


def _stored_tables(database: Database, workspace_uuid: str, repositories: Collection[str]) -> set[Table]:
    """The tables that were read of one of the repositories, and those that hold rows of the workspace itself."""
    found = set()
    if database.columns(SYNC_CURSORS):
        for condition, values in database.among("repository_uuid", repositories):
            rows = database.rows(
                f"select distinct table_name from {database.name(SYNC_CURSORS)} where {condition}", *values
            )
            found |= {TABLES.get(name.partition("#")[0].partition("/")[0]) for (name,) in rows}
    for table in DATA_TABLES:
        if "workspace_uuid" in table.columns_by_name and database.columns(table):
            own = f"select 1 from {database.name(table)} where workspace_uuid = %s limit 1"
            found |= {table} if database.rows(own, workspace_uuid) else set()
    return {table for table in found if table is not None}
