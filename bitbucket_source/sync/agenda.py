"""What one sync still has to read; it outlives the slices the sync is cut into."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from enum import Enum

from bitbucket_source.sync.events import Trouble
from bitbucket_source.sync.items import Unread
from bitbucket_source.sync.repositories import Repository, Workspace
from bitbucket_source.tables import Table


class Phase(Enum):
    """What a slice is for. Each phase has slices of its own: a load must not hold two rows with one key."""

    ORDINARY = "reading"
    """what is new or changed"""
    RENEWAL = "reading again"
    """everything of the tables whose declaration has changed"""
    AUDIT = "auditing"
    """what no signal tells of, as far as the share of requests goes"""
    DONE = "done"


@dataclass
class Agenda:
    """What one sync still has to read."""

    phase: Phase = Phase.ORDINARY
    workspace: Workspace | None = None
    repositories: list[Repository] | None = None
    """None until the workspace was read"""
    first: str = ""
    """uuid of the repository to begin with: the one that waited longest"""
    touched: set[str] = field(default_factory=set)
    """uuids of the repositories of which something was read"""
    finished: set[str] = field(default_factory=set)
    """uuids of the repositories that were read to the end in this phase"""
    again: set[str] = field(default_factory=set)
    """uuids of the repositories in which the audit found what the ordinary reading has to follow"""
    went_again: bool = False
    """whether it has"""
    in_doubt: set[str] = field(default_factory=set)
    """uuids of the repositories of which something is to be believed by the next sync: this one does not look again"""
    troubles: dict[tuple[str, str, str], Trouble] = field(default_factory=dict)
    """what could not be read, by table, repository and item"""
    done: defaultdict[str, set[Hashable]] = field(default_factory=lambda: defaultdict(set))
    """what strategies have read in this phase and need not read again in another slice, by the repository's uuid"""
    complete: set[tuple[str, str]] = field(default_factory=set)
    """(name of a list's table, repository's full name) of the lists that were read to the end"""
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
    unread: Unread = field(default_factory=Unread)
    """single objects that earlier syncs could not read"""
    marked: Counter[Table] = field(default_factory=Counter)
    """rows marked as deleted so far, by table"""
    _marking: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to read in this phase."""
        return self.repositories is not None and len(self.finished) == len(self.repositories)

    @property
    def left(self) -> list[Repository]:
        """The repositories still to be read in this phase, in the order in which they waited."""
        return [repository for repository in self.repositories or () if repository.uuid not in self.finished]

    @property
    def next_first(self) -> str:
        """Where the next sync begins: the first repository of which nothing was read, else something is left."""
        order = [repository.uuid for repository in self.repositories or ()]
        waiting = [uuid for uuid in order if uuid not in self.touched]
        left = [uuid for uuid in order if uuid not in self.finished]
        return next(iter([*waiting, *left]), self.first) if self.phase is Phase.ORDINARY else self.first

    def found(self, repositories: Collection[Repository]) -> None:
        """Put the repositories in order: by identity, beginning with the one that waited longest."""
        ordered = sorted(repositories, key=lambda repository: repository.uuid)
        behind = [repository for repository in ordered if repository.uuid < self.first]
        self.repositories = [*ordered[len(behind) :], *behind]

    def enter(self, phase: Phase) -> None:
        """Begin another phase."""
        self.phase = phase
        self.finished = set()
        self.done.clear()

    def goes_again(self) -> bool:
        """Let the ordinary reading follow what the audit found, once; returns whether it has to."""
        again = self.again - self.in_doubt
        if self.phase is not Phase.AUDIT or self.went_again or not again:
            return False
        self.enter(Phase.ORDINARY)
        self.finished = {each.uuid for each in self.repositories or ()} - again
        self.went_again = True
        return True

    def readable(self, tables: frozenset[Table]) -> frozenset[Table]:
        """Those of the tables whose list the credentials do not lack the scope for."""
        return frozenset(table for table in tables if not {table, table.parent} & self.lacking)

    def mark(self, table: Table, rows: int) -> None:
        """Count rows of a table that are marked as deleted."""
        with self._marking:
            self.marked[table] += rows

    def report(self, trouble: Trouble) -> None:
        """Remember what could not be read, once."""
        self.troubles[trouble.table.name, trouble.repository, trouble.item] = trouble

    def tell(self, notice: str) -> None:
        """Remember what people should know, once."""
        if notice not in self.notices:
            self.notices.append(notice)


@dataclass(frozen=True)
class SliceLimit:
    """After how many seconds or requests a slice ends at its next safe points. None for no end."""

    seconds: float | None = None
    requests: int | None = None
