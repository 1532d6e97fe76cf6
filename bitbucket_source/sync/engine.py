"""Runs the strategies: the workspace first, then several repositories at once.

One repository's trouble is its own: a list that cannot be read is reported, its cursor stays where it was, everything
else goes on. Refused credentials end everything.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from bitbucket_source.api.errors import AccessDenied, BitbucketError, CredentialsRefused, ScopeMissing, Stopped
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.cursors import Cursors, Reader
from bitbucket_source.sync.events import Events, NextLoad, Reached, Rows, Trouble
from bitbucket_source.sync.families import FAMILIES, Family, Job
from bitbucket_source.sync.git import Refs
from bitbucket_source.sync.repositories import (
    WORKSPACE_LISTS,
    Repository,
    Selection,
    Workspace,
    read_people,
    read_repositories,
    read_workspace,
)
from bitbucket_source.tables import USERS, WORKSPACE_MEMBERS, WORKSPACES, Table


class Sink(Protocol):
    """Where rows and cursors go."""

    def put(self, rows: Rows, tables: frozenset[Table]) -> None:
        """Rows for those of `tables` that take some from them."""

    def reached(self, repository_uuid: str, reader: Reader, reached: Reached) -> None:
        """How far a reader of a repository's list came."""


@dataclass
class Agenda:
    """What one sync still has to read; it outlives the slices the sync is cut into."""

    repositories: list[Repository] | None = None
    """None until the workspace was read"""
    finished: set[str] = field(default_factory=set)
    """uuids of the repositories that were read to the end"""
    troubles: list[Trouble] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    lacking: set[Table] = field(default_factory=set)
    """tables whose list the credentials lack the scope for: asked for once, not once per repository"""
    stopped: str = ""
    """why the sync has to end early; '' while it goes on"""
    stop_asked: bool = False
    """whether the user has asked to stop once"""
    reading: dict[str, str] = field(default_factory=dict)
    """what is being read now, by repository"""
    rows_read: int = 0
    """objects read so far, for the progress line"""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to read in this sync."""
        return self.repositories is not None and len(self.finished) == len(self.repositories)

    @property
    def left(self) -> list[Repository]:
        """The repositories still to be read."""
        return [repository for repository in self.repositories or () if repository.uuid not in self.finished]


@dataclass(frozen=True)
class SliceLimit:
    """After how many seconds or requests a slice ends at its next safe points. None for no end."""

    seconds: float | None = None
    requests: int | None = None


class Engine:
    """Reads one slice of a sync."""

    def __init__(
        self,
        ask: Ask,
        cursors: Cursors,
        sink: Sink,
        agenda: Agenda,
        *,
        selection: Selection,
        workers: int,
        limit: SliceLimit,
    ) -> None:
        self._ask = ask
        self._cursors = cursors
        self._sink = sink
        self._agenda = agenda
        self._selection = selection
        self._workers = workers
        self._limit = limit
        self._budget = ask.lists.client.budget
        self._started = time.monotonic()
        self._requests_before = self._budget.requests
        self._cancelled = threading.Event()
        self._advanced = False

    def run(self) -> None:
        """Read until nothing is left, the slice is full, or the sync has to stop.

        Raises CredentialsRefused, and the BitbucketError of the repositories' list, without which nothing can be read.
        """
        try:
            if self._agenda.repositories is None:
                self._agenda.repositories = self._read_workspace()
                self._advanced = True
            with ThreadPoolExecutor(self._workers, thread_name_prefix="bitbucket") as pool:
                for _ in pool.map(self._read_repository, self._agenda.left):
                    pass
        except Stopped as stop:
            self._agenda.stopped = str(stop)

    def cancel(self) -> None:
        """Nobody wants the rest: stop at the next safe points."""
        self._cancelled.set()

    def _read_workspace(self) -> list[Repository]:
        repositories: list[Repository] = []
        workspace = self._identify()
        for event in read_repositories(self._ask, self._selection, repositories):
            self._take(event, "", [], self._ask.wanted)
        for table in WORKSPACE_LISTS:
            if table in self._ask.wanted or (table is WORKSPACE_MEMBERS and USERS in self._ask.wanted):
                self._read_list(table, self._ask.workspace, read_people(self._ask, workspace, table))
        return repositories

    def _identify(self) -> Workspace:
        try:
            workspace, row = read_workspace(self._ask)
        except AccessDenied as error:
            self._agenda.notices.append(f"workspaces: skipped: {error}")
            return Workspace("", self._ask.workspace)
        self._sink.put(Rows(WORKSPACES, [row]), self._ask.wanted)
        return workspace

    def _read_list(self, table: Table, where: str, events: Events) -> None:
        try:
            for event in events:
                self._take(event, "", [], self._ask.wanted)
        except (CredentialsRefused, Stopped):
            raise
        except BitbucketError as error:
            self._report(table, where, error)

    def _read_repository(self, repository: Repository) -> None:
        if self._is_over():
            return
        job = Job(repository, Refs(self._ask, repository))
        try:
            finished = [self._read_family(family, job) for family in FAMILIES]
        finally:
            self._agenda.reading.pop(repository.uuid, None)
        if all(finished):
            self._agenda.finished.add(repository.uuid)

    def _read_family(self, family: Family, job: Job) -> bool:
        """Read one list of a repository; returns whether nothing of it is left for the next slice."""
        if self._is_over():
            return False
        if family.source in self._agenda.lacking:
            return True
        readers = family.readers(self._ask.wanted)
        uuid = job.repository.uuid
        self._agenda.reading[uuid] = f"{job.repository.slug} {family.source.name}"
        try:
            for cursor, group in self._cursors.grouped(uuid, readers, family.cursor_type):
                tables = frozenset(reader.table for reader in group)
                events = family.strategy(self._ask.for_tables(tables), job, cursor)
                for event in self._until_over(events):
                    if isinstance(event, NextLoad):
                        return False
                    self._take(event, uuid, group, tables)
                if self._is_over():
                    return False
        except (CredentialsRefused, Stopped):
            raise
        except BitbucketError as error:
            self._report(family.source, job.repository.full_name, error)
        return True

    def _until_over(self, events: Events) -> Events:
        """The events up to the first safe point behind the slice's end."""
        for event in events:
            yield event
            if isinstance(event, Reached) and self._is_over():
                return

    def _take(self, event: object, uuid: str, group: list[Reader], tables: frozenset[Table]) -> None:
        match event:
            case Rows():
                self._agenda.rows_read += len(event.objects)
                self._sink.put(event, tables)
            case Reached():
                moved = [reader for reader in group if not self._cursors.stands_at(uuid, reader, event.cursor)]
                for reader in moved:
                    self._sink.reached(uuid, reader, event)
                self._advanced = self._advanced or bool(moved)
            case Trouble():
                self._agenda.troubles.append(event)

    def _report(self, table: Table, where: str, error: BitbucketError) -> None:
        if isinstance(error, ScopeMissing):
            self._agenda.lacking.add(table)
            self._agenda.notices.append(f"{table.name}: skipped: {error}")
        else:
            self._agenda.troubles.append(Trouble(table, where, "", str(error)))

    def _is_over(self) -> bool:
        """Whether the slice ends here. However small its limit, a cursor moves: slices come to an end."""
        if self._cancelled.is_set():
            return True
        seconds, requests = self._limit.seconds, self._limit.requests
        return self._advanced and (
            (seconds is not None and time.monotonic() - self._started > seconds)
            or (requests is not None and self._budget.requests - self._requests_before >= requests)
        )
