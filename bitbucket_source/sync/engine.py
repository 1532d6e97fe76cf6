"""Runs the strategies: the workspace first, then several repositories at once.

One repository's trouble is its own: a list that cannot be read is reported, its cursor stays where it was, everything
else goes on. Refused credentials end everything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Protocol

import msgspec

from bitbucket_source.api.errors import BitbucketError, CredentialsRefused, ScopeMissing, Stopped
from bitbucket_source.sync.agenda import Agenda, Phase, SliceLimit
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.audit import Audit, Kind
from bitbucket_source.sync.census import Census, read_census
from bitbucket_source.sync.cursors import NONE_SUCH, Cursors, Reader
from bitbucket_source.sync.events import Amend, Doubt, Event, Events, Gone, NextLoad, Notice, Reached, Rows, Trouble
from bitbucket_source.sync.families import FAMILIES, Family
from bitbucket_source.sync.job import HOLES, Job, Refs
from bitbucket_source.sync.known import Known
from bitbucket_source.sync.marked import rows_to_mark
from bitbucket_source.sync.progress import Progress
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.tables import BRANCHES, COMMITS, REPOSITORIES, TAGS, Table


class Sink(Protocol):
    """Where rows, cursors and marks go."""

    def put(self, rows: Rows, tables: frozenset[Table]) -> None:
        """Rows for those of `tables` that take some from them."""

    def reached(self, repository_uuid: str, reader: Reader, reached: Reached, *, stored: bool = False) -> None:
        """How far a reader of a repository's list came; `stored` where just this is stored already."""

    def gone(self, gone: Gone) -> None:
        """Mark rows as deleted, at once: before the cursor that makes it unrepeatable."""

    def is_unchanged(self) -> bool:
        """Whether all rows put so far are stored just so."""


class Engine:
    """Reads one slice of a sync."""

    def __init__(
        self,
        ask: Ask,
        cursors: Cursors,
        known: Known,
        sink: Sink,
        agenda: Agenda,
        *,
        census: Census,
        audit: Audit | None,
        workers: int,
        limit: SliceLimit,
    ) -> None:
        self._ask = ask
        self._cursors = cursors
        self._known = known
        self._sink = sink
        self._agenda = agenda
        self._census = census
        self._audit = audit
        self._workers = workers
        self._limit = limit
        self._budget = ask.lists.client.budget
        self._started = time.monotonic()
        self._requests_before = self._budget.requests
        self._cancelled = threading.Event()
        self._advanced = False
        self._progress = Progress(cursors, ask.wanted, sink.reached)

    def run(self) -> None:
        """Read until nothing is left in this phase, the slice is full, or the sync has to stop.

        Raises CredentialsRefused, and the BitbucketError of the repositories' list, without which nothing can be read.
        """
        try:
            if self._agenda.repositories is None:
                self._read_workspace()
            match self._agenda.phase:
                case Phase.ORDINARY:
                    self._each_repository(self._read_family)
                case Phase.RENEWAL:
                    self._each_repository(self._renew_family)
                case Phase.AUDIT if self._audit is not None:
                    self._run_audit(self._audit)
        except Stopped as stop:
            self._agenda.stopped = str(stop)
        self._report_lost_credentials()

    def cancel(self) -> None:
        """Nobody wants the rest: stop at the next safe points."""
        self._cancelled.set()

    def _read_workspace(self) -> None:
        for uuid, table, events in read_census(self._ask, self._census, self._known, self._cursors, self._agenda):
            reader = Reader(table, table)
            try:
                for event in events:
                    self._take(event, uuid, [reader], self._ask.wanted)
            except (CredentialsRefused, Stopped):
                raise
            except BitbucketError as error:
                if self._agenda.repositories is None:
                    raise
                self._report(table, self._ask.workspace, error)
            else:
                self._agenda.complete.add((table.name, self._ask.workspace))
        self._advanced = True

    def _each_repository(self, read: Callable[[Family, Job], bool]) -> None:
        def read_all(repository: Repository) -> None:
            if self._is_over():
                return
            job = self._job(repository, self._agenda.done[repository.uuid])
            try:
                finished = [read(family, job) for family in FAMILIES]
            finally:
                self._agenda.reading.pop(repository.uuid, None)
            if all(finished) and not job.goes_back():
                self._agenda.finished.add(repository.uuid)

        with ThreadPoolExecutor(self._workers, thread_name_prefix="bitbucket") as pool:
            for _ in pool.map(read_all, self._agenda.left):
                pass

    def _job(self, repository: Repository, done: set[Hashable]) -> Job:
        refs, reads = Refs(self._ask, repository), self._agenda.readable(self._ask.wanted)
        return Job(repository, refs, self._known, since=self._census.since, done=done, reads=reads)

    def _read_family(self, family: Family, job: Job) -> bool:
        """Read one list of a repository; returns whether nothing of it is left for the next slice."""
        readers = family.readers(self._ask.wanted)
        if self._census.renews:
            readers = [self._cursors.as_made(job.repository.uuid, reader) for reader in readers]
        return self._walk(family, job, readers, lambda *_: None)

    def _renew_family(self, family: Family, job: Job) -> bool:
        """Read everything again for the tables whose cursor was made under another declaration."""
        uuid = job.repository.uuid
        outdated = [r for r in family.readers(self._ask.wanted) if self._cursors.is_outdated(uuid, r)]

        def settle(group: list[Reader], cursor: msgspec.Struct) -> None:
            for reader in group:
                self._sink.reached(uuid, replace(reader, renewal=False), Reached(cursor))
                self._sink.reached(uuid, replace(reader, made_under=NONE_SUCH), Reached(cursor))

        return self._walk(family, job, [replace(reader, renewal=True) for reader in outdated], settle)

    def _walk(
        self, family: Family, job: Job, readers: list[Reader], at_end: Callable[[list[Reader], msgspec.Struct], None]
    ) -> bool:
        if self._is_over():
            return False
        uuid = job.repository.uuid
        groups = self._cursors.grouped(uuid, readers, family.cursor_type)
        self._collect_signs(job, family)
        if family.source in self._agenda.lacking:
            return True
        self._agenda.reading[uuid] = f"{job.repository.slug} {family.source.name}"
        try:
            for cursor, group in groups:
                if not self._walk_group(family, job, cursor, group, at_end):
                    return False
        except (CredentialsRefused, Stopped):
            raise
        except BitbucketError as error:
            self._report(family.source, job.repository.full_name, error)
        else:
            self._agenda.complete.add((family.source.name, job.repository.full_name))
        finally:
            job.walked.add(family.source)
        return True

    def _walk_group(
        self,
        family: Family,
        job: Job,
        cursor: Any,
        group: list[Reader],
        at_end: Callable[[list[Reader], msgspec.Struct], None],
    ) -> bool:
        tables = frozenset(reader.table for reader in group)
        last = cursor
        for event in self._until_over(family.strategy(self._ask.for_tables(tables), job, cursor)):
            if isinstance(event, NextLoad):
                return False
            self._agenda.touched.add(job.repository.uuid)
            changed = self._take(event, job.repository.uuid, group, tables)
            if isinstance(event, Amend) and changed and event.source in job.walked:
                job.amended.add(event.source)
            last = event.cursor if isinstance(event, Reached) else last
        if self._is_over():
            return False
        if last is not None:
            at_end(group, last)
        return True

    def _until_over(self, events: Events) -> Iterator[Event]:
        """The events up to the first safe point behind the slice's end."""
        for event in events:
            yield event
            if isinstance(event, Reached) and self._is_over():
                return

    def _run_audit(self, audit: Audit) -> None:
        """Spend what is left of the audit's share, unit by unit; each is a safe point.

        A slice ends behind the kind that found a change: another might read the same rows again.
        """
        repositories = self._agenda.repositories or []
        at: Kind | None = None
        readable = self._agenda.readable(self._ask.wanted)
        while not self._is_over() and (unit := audit.next_unit(readable, repositories)) is not None:
            kind, repository = unit
            if kind is not at and at is not None and not self._sink.is_unchanged():
                return
            at = kind
            job = self._job(repository, self._agenda.done[repository.uuid] & {HOLES})
            self._agenda.reading[repository.uuid] = f"{repository.slug} {kind.name}"
            if kind.read is None:
                audit.move(kind, repositories, whole=self._read_refs(job))
            else:
                for event in audit.read(kind, self._ask, job, repositories):
                    if self._take(event, repository.uuid, [], self._ask.wanted) and isinstance(event, Amend):
                        self._agenda.again.add(repository.uuid)
            if job.has_found_refs:
                self._agenda.again.add(repository.uuid)
            del self._agenda.reading[repository.uuid]
            self._advanced = True
        if audit.next_unit(readable, repositories) is None:
            self._agenda.finished = {repository.uuid for repository in repositories}

    def _read_refs(self, job: Job) -> bool:
        """Read refs and commits although nothing tells of a push; returns whether they could be read."""
        job.forced = True
        before = len(self._agenda.troubles)
        for family in FAMILIES:
            self._collect_signs(job, family)
        for family in (family for family in FAMILIES if family.source in (BRANCHES, TAGS, COMMITS)):
            self._read_family(family, job)
        return len(self._agenda.troubles) == before

    def _collect_signs(self, job: Job, family: Family) -> None:
        if (sign := self._progress.sign(job.repository.uuid, family)) is not None:
            job.signs[family.source] = max(sign, job.signs.get(family.source, ""))
        if (turn := self._progress.turn(job.repository.uuid, family)) is not None:
            job.turn = max(turn, job.turn)

    def _take(self, event: Event, uuid: str, group: Sequence[Reader], tables: frozenset[Table]) -> bool:
        """Pass an event on; returns whether a cursor changed."""
        moved = False
        match event:
            case Rows():
                self._agenda.rows_read += len(event.objects)
                self._agenda.unread.meet(event, uuid)
                self._sink.put(event, tables)
            case Gone():
                self._agenda.mark(event.table, rows_to_mark(event, self._known))
                self._sink.gone(event)
            case Reached():
                at = event.repository_uuid or uuid
                for reader in group:
                    moved = self._progress.reached(at, reader, event) or moved
            case Trouble():
                self._agenda.report(event)
            case Notice():
                self._agenda.tell(event.text)
                if isinstance(event, Doubt):
                    self._agenda.in_doubt.add(uuid)
            case Amend():
                moved = self._progress.amend(uuid, event)
        self._advanced = self._advanced or moved
        return moved

    def _report(self, table: Table, where: str, error: BitbucketError) -> None:
        if isinstance(error, ScopeMissing):
            self._agenda.lacking.add(table)
        if isinstance(error, ScopeMissing) and not self._census.named:
            self._agenda.tell(f"{table.name}: skipped: {error}")
        else:
            self._agenda.report(Trouble(table, where, "", str(error)))

    def _report_lost_credentials(self) -> None:
        """What only they see was not read, even where nothing of it was asked for."""
        for identity, why in self._ask.lists.client.pool.lost.items():
            self._agenda.report(Trouble(REPOSITORIES, self._ask.workspace, f"credentials {identity}", why))

    def _is_over(self) -> bool:
        """Whether the slice ends here. However small its limit, a cursor moves: slices come to an end."""
        if self._cancelled.is_set():
            return True
        seconds, requests = self._limit.seconds, self._limit.requests
        return self._advanced and (
            (seconds is not None and time.monotonic() - self._started > seconds)
            or (requests is not None and self._budget.requests - self._requests_before >= requests)
        )
