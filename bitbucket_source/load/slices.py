"""A whole sync: the source, run slice after slice, each with its rows and its cursors in one load."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

import dlt
import pyarrow as pa

from bitbucket_source.garbage import seldom_collected
from bitbucket_source.load.arrow import arrow_schema
from bitbucket_source.load.bookkeeping import Bookkeeping, make_bookkeeping_tables, was_cut_short
from bitbucket_source.load.comments import write_comments
from bitbucket_source.load.database import Database
from bitbucket_source.load.dropped import make_dropped_again
from bitbucket_source.load.emails import conform_emails
from bitbucket_source.load.forgetting import forget_again
from bitbucket_source.load.pending import finish_pending_loads
from bitbucket_source.load.resources import bookkeeping_resource, one_source
from bitbucket_source.load.selection import covers_all, covers_repositories, selection_of
from bitbucket_source.load.stored import stored_cursors
from bitbucket_source.load.types import conform_types
from bitbucket_source.load.workarounds import prepare_destination
from bitbucket_source.load.workspaces import repositories_of_others
from bitbucket_source.session import Session, seconds_of
from bitbucket_source.source import resources_of
from bitbucket_source.sync.agenda import Phase, SliceLimit
from bitbucket_source.sync.audit import Audit, Share
from bitbucket_source.sync.cursors import NONE_SUCH, Cursors
from bitbucket_source.sync.events import Trouble
from bitbucket_source.sync.families import is_outdated
from bitbucket_source.tables import BOOKKEEPING_TABLES, SYNC_CURSORS, Table

SLICE = SliceLimit(seconds=180, requests=1000)
"""What a crash loses at most."""
Walk: TypeAlias = tuple[str, str]
"""Whose list is walked, a repository's or the workspace's, by uuid, and the name of its cursor"""


@dataclass
class SyncResult:
    """What a sync did."""

    started_at: datetime
    ended_at: datetime | None = None
    rows: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    slices: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    stopped: str = ""

    @property
    def exit_code(self) -> int:
        """0 complete, 1 something selected was not read, 3 stopped early with everything saved."""
        if self.troubles:
            return 1
        return 3 if self.stopped else 0


@seldom_collected()
def run_sync(
    pipeline: dlt.Pipeline,
    session: Session,
    tables: Sequence[Table],
    *,
    on_slice: Callable[[SyncResult], None] = lambda _: None,
) -> SyncResult:
    """Sync `tables` of the session's workspace into the pipeline's destination.

    Raises what makes reading impossible: CredentialsRefused, CredentialsError, the error of the repositories' list.
    """
    result = SyncResult(session.started_at)
    session.limit = SLICE
    session.renews = True
    with closing(Database(pipeline)) as database:
        session.when_read = partial(_make_ready_to_load, database)
        books = _open_books(pipeline, database, session, tables)
        to_refresh = _stored_walks(database, tables) if session.settings.full_refresh else set()
        try:
            while session.agenda.phase is not Phase.DONE and not session.agenda.stopped:
                # others may open the file while Bitbucket is asked
                database.close()
                _run_slice(pipeline, session, tables, result)
                if to_refresh:
                    _set_cursors_back(pipeline, database, _of_selected(to_refresh, database, session))
                    to_refresh = set()
                on_slice(result)
                if session.agenda.is_done and not session.agenda.stopped:
                    _enter_next_phase(database, session, frozenset(tables))
            write_comments(database, session.settings.catalog)
        finally:
            _close_books(books, session, tables, result)
    return result


def _open_books(pipeline: dlt.Pipeline, database: Database, session: Session, tables: Sequence[Table]) -> Bookkeeping:
    """Make the warehouse fit for the sync, and the session know what the last one left for it."""
    prepare_destination(pipeline)
    # before pending loads, which need them
    dropped = make_dropped_again(pipeline, database)
    had_pending_loads = pipeline.has_pending_data
    left_behind = finish_pending_loads(pipeline)
    if left_behind:
        session.agenda.tell(left_behind)
    for changed in conform_types(pipeline, database, session.settings.catalog):
        session.agenda.tell(changed)
    make_bookkeeping_tables(pipeline, database)
    for table in dropped:
        session.agenda.tell(
            f"{table.name}: somebody dropped the table or a column: it is made again, and what Bitbucket has is read"
        )
    if dropped:
        _set_cursors_back(pipeline, database, _stored_walks(database, dropped))
    if had_pending_loads or was_cut_short(database, session.settings.workspace):
        forget_again(database)
    books = Bookkeeping(database, session.settings.workspace, session.credentials.identity, session.started_at)
    remembered = books.remembered()
    session.add_earlier(books.requests_of_the_last_hour())
    session.agenda.first = remembered.next_repository
    session.agenda.unread.expect(books.unread_items())
    session.audit = Audit(
        Share.parsed(session.settings.audit_requests),
        session.budget,
        remembered.rounds,
        max_staleness=seconds_of(session.settings.max_staleness),
    )
    told, again = conform_emails(database, session)
    if told:
        session.agenda.tell(told)
    if again:
        others = repositories_of_others(database, session.settings.workspace)
        _set_cursors_back(
            pipeline, database, {walk for walk in _stored_walks(database, again) if walk[0] not in others}
        )
    books.begin(selection_of(session.settings, tables))
    return books


def _run_slice(pipeline: dlt.Pipeline, session: Session, tables: Sequence[Table], result: SyncResult) -> None:
    pipeline.run(one_source(resources_of(session, tables)))
    result.slices += 1
    result.rows = _added(result.rows, _rows_of_last_run(pipeline))
    result.requests = session.budget.requests


def _make_ready_to_load(database: Database) -> None:
    # of the memory of what was read, Arrow would keep some 50 MB for what is read next
    pa.default_memory_pool().release_unused()
    database.stay_open()


def _enter_next_phase(database: Database, session: Session, tables: frozenset[Table]) -> None:
    agenda, audit = session.agenda, session.audit
    repositories = agenda.repositories or []
    if agenda.goes_again():
        return
    if agenda.phase is Phase.ORDINARY and not agenda.went_again:
        cursors = stored_cursors(database, session.settings.catalog)
        if audit is not None:
            audit.is_partial = not covers_repositories(database, agenda)
        agenda.enter(Phase.RENEWAL)
        agenda.finished = {each.uuid for each in repositories if not is_outdated(cursors, each.uuid, tables)}
        if not agenda.is_done:
            return
    if (
        agenda.phase is Phase.RENEWAL
        and audit is not None
        and audit.next_unit(agenda.readable(tables), repositories) is not None
    ):
        agenda.enter(Phase.AUDIT)
        return
    agenda.enter(Phase.DONE)


def _close_books(books: Bookkeeping, session: Session, tables: Sequence[Table], result: SyncResult) -> None:
    """Complete the books, also of a run that ends with an error: its row says so by a missing exit code."""
    agenda, budget = session.agenda, session.budget
    result.troubles = list(agenda.troubles.values())
    result.notices = agenda.notices
    result.stopped = agenda.stopped
    result.requests = budget.requests
    result.ended_at = datetime.now(UTC)
    is_whole = agenda.phase is Phase.DONE or bool(agenda.stopped)
    covers = covers_all(books.database, agenda, tables)
    books.settle_errors(agenda)
    books.end(
        {
            "exit_code": result.exit_code if is_whole else None,
            "covers_all": covers,
            "stopped": result.stopped,
            "requests": result.requests,
            "requests_by_endpoint": json.dumps(dict(budget.by_endpoint.most_common())),
            "requests_by_quota": json.dumps(dict(budget.by_quota)),
            "rows_by_table": json.dumps(result.rows),
            "rows_marked_by_table": json.dumps({table.name: rows for table, rows in agenda.marked.items() if rows}),
            "seconds_waited": round(budget.seconds_waited),
            "next_repository": agenda.next_first,
        },
        session.audit.rounds if session.audit is not None else {},
    )


def _stored_walks(database: Database, tables: Sequence[Table]) -> set[Walk]:
    """The cursors that say how far lists of these tables were walked: whose, and their name."""
    names = {table.name for table in tables}
    stored = stored_cursors(database).stored
    return {(uuid, name) for uuid, name in stored if Cursors.is_of_a_walk(name) and name.partition("/")[0] in names}


def _of_selected(walks: set[Walk], database: Database, session: Session) -> set[Walk]:
    """Those of the repositories that are read: the others would be read again by the next sync of all.

    Those of the whole workspace where the sync was stopped before it knew.
    """
    agenda = session.agenda
    if agenda.repositories is None or agenda.workspace is None:
        others = repositories_of_others(database, session.settings.workspace)
        return {walk for walk in walks if walk[0] not in others}
    selected = {agenda.workspace.uuid, *(each.uuid for each in agenda.repositories)}
    return {walk for walk in walks if walk[0] in selected}


def _set_cursors_back(pipeline: dlt.Pipeline, database: Database, walks: Collection[Walk]) -> None:
    """Let these cursors count as made under no declaration: all behind them is read again.

    Stored, so that a sync that is stopped meanwhile goes on.
    """
    stored = stored_cursors(database).stored
    rows = [
        {
            "repository_uuid": repository_uuid,
            "table_name": name,
            "cursor": stored[repository_uuid, name].cursor,
            "declaration": NONE_SUCH,
            "synced_at": datetime.now(UTC),
        }
        for repository_uuid, name in walks
    ]
    if rows:
        database.close()
        arrow = pa.Table.from_pylist(rows, schema=arrow_schema(SYNC_CURSORS))
        pipeline.run(one_source([bookkeeping_resource(SYNC_CURSORS, arrow)]))


def _rows_of_last_run(pipeline: dlt.Pipeline) -> dict[str, int]:
    trace = pipeline.last_trace
    info = trace.last_normalize_info if trace else None
    counts = info.row_counts if info else {}
    bookkeeping = {table.name for table in BOOKKEEPING_TABLES}
    return {name: rows for name, rows in counts.items() if not name.startswith("_dlt") and name not in bookkeeping}


def _added(before: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: before.get(name, 0) + more.get(name, 0) for name in {**before, **more}}
