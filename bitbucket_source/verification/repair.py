"""Mending what a verification found: just those rows are read again and written the way a sync writes them.

Read again, because what was read while verifying may be old by now: under the lock no sync overtakes it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import dlt
import msgspec
import pyarrow as pa

from bitbucket_source.api.errors import BitbucketError, CredentialsRefused, Stopped
from bitbucket_source.load.arrow import Batch, arrow_schema, arrow_table_of_fit, identity_of
from bitbucket_source.load.bookkeeping import was_cut_short
from bitbucket_source.load.database import Database
from bitbucket_source.load.forgetting import forget_again
from bitbucket_source.load.forgotten import forgotten_in
from bitbucket_source.load.lock import SyncLock
from bitbucket_source.load.marks import mark_deleted
from bitbucket_source.load.pending import finish_pending_loads
from bitbucket_source.load.resources import bookkeeping_resource, let_rows_name_their_load, merged_resource, one_source
from bitbucket_source.load.selection import adopt_last_selection
from bitbucket_source.load.spread import spread
from bitbucket_source.load.stored import StoredRows, stored_cursors
from bitbucket_source.load.workarounds import prepare_destination
from bitbucket_source.session import Session
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.attempts import deployment_attempts, step_attempts
from bitbucket_source.sync.cursors import encode_cursor
from bitbucket_source.sync.events import Gone, Rows, Trouble
from bitbucket_source.sync.families import FAMILIES
from bitbucket_source.sync.job import Job, Refs
from bitbucket_source.sync.known import Key
from bitbucket_source.sync.pipelines import PipelinesCursor, is_unfinished
from bitbucket_source.sync.pull_request_lists import Unavailable
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.tables import (
    COMMITS,
    DATA_TABLES,
    DEPLOYMENT_ATTEMPTS,
    DEPLOYMENTS,
    PIPELINE_STEP_ATTEMPTS,
    PIPELINE_STEPS,
    PIPELINES,
    SYNC_CURSORS,
    USERS,
    Table,
)
from bitbucket_source.verification.again import read_again
from bitbucket_source.verification.books import write_down
from bitbucket_source.verification.comparing import accounts_of
from bitbucket_source.verification.findings import Difference, Kind, Source
from bitbucket_source.verification.look import not_reached
from bitbucket_source.verification.units import ROWS_OF, Unit, events_of
from bitbucket_source.verification.verify import Verification


@dataclass
class Repair:
    """What a repair did."""

    written: Counter[Table] = field(default_factory=Counter)
    """rows, by table"""
    marked: Counter[Table] = field(default_factory=Counter)
    """rows that were marked as deleted, by table"""
    left: list[Difference] = field(default_factory=list)
    """what still differs: it could not be read again, or was not written as it should"""
    troubles: list[str] = field(default_factory=list)
    stopped: str = ""
    requests: int = 0

    @property
    def exit_code(self) -> int:
        """0 nothing is left, 1 something is, 3 stopped early."""
        if self.stopped:
            return 3
        return 1 if self.left or self.troubles else 0


def repair(pipeline: dlt.Pipeline, session: Session, verification: Verification) -> Repair:
    """Read the rows that differ again, write them, mark those that are too many, and compare all of them once more.

    Raises LockedError where a sync is at work.
    """
    before, started_at = session.budget.requests, datetime.now(UTC)
    with SyncLock(pipeline, session.settings.workspace):
        prepare_destination(pipeline)
        had_pending_loads = pipeline.has_pending_data
        finish_pending_loads(pipeline)
        database = Database(pipeline)
        session.budget.on_wait = lambda _: database.close()
        try:
            if had_pending_loads or was_cut_short(database, session.settings.workspace):
                forget_again(database)
            # while it was verified, nothing kept others from forgetting somebody or from syncing with other settings
            adopt_last_selection(database, session)
            session.be_discreet(forgotten_in(database))
            work = _Work(session, database, verification)
            work.read()
            work.mark()
            # while dlt loads, nobody else holds the file
            database.close()
            work.load(pipeline)
            work.compare()
        finally:
            database.close()
        work.result.requests = session.budget.requests - before
        write_down(
            pipeline,
            session,
            list(work.written_to),
            command="repair",
            started_at=started_at,
            requests=work.result.requests,
            exit_code=work.result.exit_code,
            stopped=work.result.stopped,
        )
    return work.result


class _Work:
    def __init__(self, session: Session, database: Database, verification: Verification) -> None:
        self.result = Repair()
        self._now = datetime.now(UTC)
        self._database = database
        self._differences = verification.findings.differences
        self._catalog = session.settings.catalog
        self._stored = StoredRows(database, self._catalog)
        self._looks = {look.job.repository.uuid: look for look in verification.looks}
        tables = frozenset(each.table for each in self._differences)
        self._ask = Ask(
            session.lists,
            session.settings.workspace,
            tables | {each.source.table for each in self._differences},
            self._catalog,
        )
        self._tables = self.written_to = tables
        self._there: defaultdict[Table, list[pa.Table]] = defaultdict(list)
        """what Bitbucket has now of the rows in question"""
        self._gone: defaultdict[Table, set[Key]] = defaultdict(set)
        self._reopened: defaultdict[str, set[str]] = defaultdict(set)
        """runs that run again, by their repository: the next sync has to follow them"""
        self._told: dict[str, Any] = {}
        self._unread: set[Source] = set()

    def read(self) -> None:
        """Read the objects again."""
        by_list: defaultdict[tuple[Table, tuple[tuple[str, str | int], ...]], list[Difference]] = defaultdict(list)
        for each in self._differences:
            by_list[each.source.table, each.source.place].append(each)
        for (table, place), differences in by_list.items():
            try:
                if self.result.stopped:
                    raise Stopped(self.result.stopped)
                self._read(table, dict(place), differences)
            except CredentialsRefused:
                raise
            except (BitbucketError, Unavailable, Stopped) as error:
                self._unread |= {each.source for each in differences}
                if isinstance(error, Stopped):
                    self.result.stopped = str(error)
                else:
                    self.result.troubles.append(f"{table.name}: {error}")
        if self._told:
            self._keep(USERS, Batch(list(self._told.values())))

    def _read(self, table: Table, place: Mapping[str, str | int], differences: Sequence[Difference]) -> None:
        look = self._looks.get(str(place.get("repository_uuid", "")))
        repository = look.job.repository if look else None
        job = Job(repository, Refs(self._ask, repository), self._stored) if repository else None
        if table in ROWS_OF and repository is not None:
            self._read_unit(repository, Unit(table, place), differences)
            return
        identities = {each.source.identity for each in differences}
        rows = read_again(self._ask, job, table, place, identities)
        if look is not None and job is not None and table is COMMITS:
            again = replace(look, ask=self._ask, job=job, stored=self._stored)
            suspects = {each.key[1] for each in differences if each.kind is Kind.TOO_MANY and each.table is COMMITS}
            dropped = not_reached(again, suspects)
            rows = [row for row in rows if row.hash not in dropped]
        present = self._present([Rows(table, rows, place), *_attempts_of(table, rows, place)])
        self._tell_gone(differences, present)
        if table is PIPELINES and repository is not None:
            self._reopened[repository.uuid] |= {row.uuid for row in rows if is_unfinished(row)}

    def _read_unit(self, repository: Repository, unit: Unit, differences: Sequence[Difference]) -> None:
        ask = self._ask.for_tables((ROWS_OF[unit.table] | {USERS}) & self._ask.wanted)
        # what is derived may need more tables than differ
        job = Job(repository, Refs(ask, repository), self._stored, reads=frozenset(DATA_TABLES))
        rows: list[Rows] = []
        for event in events_of(ask, job, unit):
            match event:
                case Rows():
                    rows.append(event)
                case Trouble():
                    self.result.troubles.append(
                        f"{event.table.name} of {event.repository} ({event.item}): {event.message}"
                    )
        self._tell_gone(differences, self._present(rows))

    def _present(self, told: Sequence[Rows]) -> Mapping[Table, set[Key]]:
        """Keep the rows that are there; their keys."""
        present: defaultdict[Table, set[Key]] = defaultdict(set)
        for rows in told:
            for table, batch in spread(rows, self._tables - {USERS}):
                present[table] |= self._keep(table, batch)
            if USERS in self._tables:
                accounts = rows.objects if rows.table is USERS else accounts_of(rows, self._tables)
                self._told |= {account.uuid: account for account in accounts}
        return present

    def _tell_gone(self, differences: Sequence[Difference], present: Mapping[Table, set[Key]]) -> None:
        for difference in differences:
            if difference.kind is Kind.TOO_MANY and difference.key not in present.get(difference.table, ()):
                self._gone[difference.table].add(difference.key)

    def _keep(self, table: Table, batch: Batch) -> set[Key]:
        rows, unfit = arrow_table_of_fit(self._catalog.of(table), [batch], {"synced_at": self._now})
        self.result.troubles += (f"{table.name} {identity_of(table, each.object)}: {each.why}" for each in unfit)
        if rows.num_rows:
            self._there[table].append(rows)
        return _keys(table, rows)

    def mark(self) -> None:
        """Mark what Bitbucket no longer has."""
        for table, keys in self._gone.items():
            mark_deleted(self._database, Gone(table, keys), self._now, self._now)
            self.result.marked[table] += len(keys)

    def load(self, pipeline: dlt.Pipeline) -> None:
        """Write the rows that differ, in one load package with the cursors they change."""
        stored = StoredRows(self._database, self._catalog)
        fresh = {table: [stored.fresh(table, rows) for rows in found] for table, found in self._there.items()}
        cursors = list(self._cursors())
        self._database.close()
        rows_of = {table: [rows for rows in found if rows.num_rows] for table, found in fresh.items()}
        resources = [
            merged_resource(self._catalog.of(table), _yielding(rows)) for table, rows in rows_of.items() if rows
        ]
        if cursors:
            arrow = pa.Table.from_pylist(cursors, schema=arrow_schema(SYNC_CURSORS))
            resources.append(bookkeeping_resource(SYNC_CURSORS, arrow))
        if not resources:
            return
        let_rows_name_their_load()
        pipeline.run(one_source(resources))
        self.result.written.update({table: sum(each.num_rows for each in rows) for table, rows in rows_of.items()})

    def _cursors(self) -> Iterator[dict[str, Any]]:
        """Cursors that know of the runs that run again."""
        cursors = stored_cursors(self._database, self._catalog)
        family = next(family for family in FAMILIES if family.source is PIPELINES)
        for uuid, runs in self._reopened.items():
            readers = [cursors.as_made(uuid, reader) for reader in family.readers(self._ask.wanted)]
            for cursor, group in cursors.grouped(uuid, readers, PipelinesCursor):
                if cursor is None or runs <= set(cursor.open):
                    continue
                changed = msgspec.structs.replace(cursor, open=tuple(sorted(runs | set(cursor.open))))
                for reader in group:
                    yield {
                        "repository_uuid": uuid,
                        "table_name": reader.cursor_name,
                        "cursor": encode_cursor(changed),
                        "declaration": reader.declaration(self._catalog),
                        "synced_at": self._now,
                    }

    def compare(self) -> None:
        """Compare the rows in question once more with what was read."""
        stored = StoredRows(self._database, self._catalog)
        unlike: defaultdict[Table, set[Key]] = defaultdict(set)
        present: defaultdict[Table, set[Key]] = defaultdict(set)
        for table, found in self._there.items():
            for rows in found:
                present[table] |= _keys(table, rows)
                unlike[table] |= {key for key, _ in stored.unlike(table, rows)}
        alive = {
            table: stored.keys(table, {}, **{table.key[-1]: {key[-1] for key in keys}})
            for table, keys in self._gone.items()
        }
        for each in self._differences:
            is_marked = each.key in self._gone[each.table] and each.key not in alive.get(each.table, ())
            is_equal = each.key in present[each.table] and each.key not in unlike[each.table]
            if each.source in self._unread or not (is_marked or is_equal):
                self.result.left.append(each)


def _attempts_of(table: Table, rows: Sequence[Any], place: Mapping[str, Any]) -> Iterator[Rows]:
    """The attempts that objects tell of."""
    if table is DEPLOYMENTS:
        yield Rows(DEPLOYMENT_ATTEMPTS, deployment_attempts(rows), place)
    elif table is PIPELINE_STEPS:
        yield Rows(PIPELINE_STEP_ATTEMPTS, step_attempts(rows), place)


def _yielding(found: Sequence[pa.Table]) -> Callable[[], Iterator[pa.Table]]:
    def rows() -> Iterator[pa.Table]:
        yield from found

    return rows


def _keys(table: Table, rows: pa.Table) -> set[Key]:
    return set(zip(*(rows[name].to_pylist() for name in table.key), strict=True))
