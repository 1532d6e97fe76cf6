"""What is asked about one repository: how long its lists are."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bitbucket_source.api.errors import BitbucketError, CredentialsRefused, NotFound, ScopeMissing
from bitbucket_source.planning.histories import Histories, History
from bitbucket_source.planning.owed import Owed
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.deployments import NEWEST_FIRST
from bitbucket_source.sync.job import Job, Refs, earlier
from bitbucket_source.sync.known import NothingKnown
from bitbucket_source.sync.pipelines import OPEN_STATUSES
from bitbucket_source.sync.pull_requests import PullRequestsCursor
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.sync.runs import runs_before
from bitbucket_source.sync.step_tests import TEST_TABLES
from bitbucket_source.sync.watched import today
from bitbucket_source.sync.whole_lists import WHOLE_LISTS
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_STATUSES,
    COMMITS,
    DEPLOYMENTS,
    PIPELINE_SCHEDULES,
    PIPELINES,
    PULL_REQUEST_COMMITS,
    PULL_REQUESTS,
    TAGS,
    Table,
)

BEGINNING = "1970-01-01T00:00:00+00:00"
_RUNNING_STATUSES = tuple(status for status in OPEN_STATUSES if status not in {"PAUSED", "HALTED"})


@dataclass(frozen=True)
class Seen:
    """How long a list is, and its newest object: by identity, or by when it was changed."""

    rows: int
    newest: str = ""
    page: Sequence[Any] = ()
    """the first page, where it was asked for"""


@dataclass
class Sight:
    """What was seen of a repository. None, or not there: it could not be asked, or Bitbucket does not say."""

    pull_requests: dict[str, Seen | None] = field(default_factory=dict)
    """those that were changed since a moment, by that moment"""
    runs: Seen | None = None
    unfinished: int = 0
    """runs that are not finished"""
    running: int = 0
    """those of them that do not wait for somebody"""
    too_old: int = 0
    """runs that a first read leaves out"""
    refs: dict[Table, int | None] = field(default_factory=dict)
    branches: Sequence[Any] = ()
    """the first hundred of them"""
    history: History | None = None
    deployments: Seen | None = None
    """those that were started last"""
    open: Seen | None = None
    """pull requests that are open"""
    today: str = ""
    """by Bitbucket's clock, as in 2026-01-31"""

    @property
    def open_pull_requests(self) -> int:
        """How many are open, at the most."""
        if self.open is not None:
            return self.open.rows
        seen = [each for each in self.pull_requests.values() if each is not None]
        return max((each.rows for each in seen), default=0)

    @property
    def has_refs(self) -> bool:
        """Whether there is a branch or a tag, as far as is known."""
        return any(self.refs.get(table) != 0 for table in (BRANCHES, TAGS))


def bound_of(owed: Owed, cursor: PullRequestsCursor | None) -> str:
    """The updated_on from which on a walk over pull requests reads."""
    if cursor is None:
        return owed.since or BEGINNING
    return earlier(cursor.updated_on)


def bounds_of(owed: Owed, cursor: PullRequestsCursor | None) -> list[str]:
    """The same, and where it also reads what an earlier sync left out, from where and up to where."""
    bounds = [bound_of(owed, cursor)]
    if cursor is not None and owed.reaches_further_back(cursor):
        filled = cursor.filled if owed.goes_on_filling(cursor) else ""
        bounds += [filled or owed.since or BEGINNING, cursor.since]
    return bounds


def _bounds(owed: Owed) -> Iterator[str]:
    for walk in (walk for phase in owed.phases for walk in phase.get(PULL_REQUESTS, ())):
        yield from bounds_of(owed, walk.cursor)
    if owed.ordinary.get(PULL_REQUESTS):
        walks = (walk for phase in owed.phases for walk in phase.get(PULL_REQUEST_COMMITS, ()))
        yield from (bound_of(owed, None) for walk in walks if walk.cursor is None)


def has_stirred(owed: Owed, sight: Sight) -> bool:
    """Whether pull requests or pipelines have changed since: each may tell of a push."""
    changed = (
        (seen := sight.pull_requests.get(bound_of(owed, walk.cursor))) is None
        or seen.newest not in {"", walk.cursor.updated_on}
        for walk in owed.ordinary.get(PULL_REQUESTS, ())
        if walk.cursor is not None
    )
    started = (
        sight.runs is None or sight.runs.newest != walk.cursor.last
        for walk in owed.ordinary.get(PIPELINES, ())
        if walk.cursor is not None
    )
    return any(changed) or any(started)


def _read(path: str, row: Any) -> str:
    for name in path.split("."):
        row = getattr(row, name) if row is not None else None
    return str(row or "")


@dataclass
class Looks:
    """Asks about repositories. Safe to share between threads."""

    ask: Ask
    histories: Histories
    lacking: dict[Table, str] = field(default_factory=dict)
    """lists that cannot be read for want of a scope, and what Bitbucket said"""
    notes: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, owed: Owed) -> Sight:
        """Everything that a forecast for the repository needs."""
        sight = Sight()
        for bound in dict.fromkeys(_bounds(owed)):
            query = {"q": f'updated_on>="{bound}"', "sort": "-updated_on"}
            sight.pull_requests[bound] = self._seen(owed, PULL_REQUESTS, "updated_on", query, whole=True)
        if owed.ordinary.get(PIPELINES):
            self._look_at_runs(owed, sight)
        if any(phase.get(DEPLOYMENTS) for phase in owed.phases):
            sight.deployments = self._seen(owed, DEPLOYMENTS, "state.started_on", NEWEST_FIRST)
        stirred = has_stirred(owed, sight)
        self._look_at_refs(owed, sight, stirred=stirred)
        may_turn = stirred or owed.is_pushed
        looks_for_heads = any(
            owed.looks_for_heads(phase) or (stirred and phase.get(COMMIT_STATUSES)) for phase in owed.phases
        )
        if looks_for_heads or (may_turn and owed.follows_destinations):
            query = {"q": 'state="OPEN"', "sort": "id"}
            sight.open = self._seen(owed, PULL_REQUESTS, "id", query, whole=True)
        sight.today = today(self.ask)
        return sight

    def _look_at_refs(self, owed: Owed, sight: Sight, *, stirred: bool) -> None:
        for table in (BRANCHES, TAGS):
            users = (table, COMMITS, *([COMMIT_STATUSES] if table is BRANCHES else []))
            may_list = stirred and any(owed.ordinary.get(each) for each in users)
            if may_list or any(owed.lists_refs(phase, table) for phase in owed.phases):
                seen = self._seen(owed, table, "name", whole=table is BRANCHES)
                sight.refs[table] = None if seen is None else seen.rows
                if table is BRANCHES and seen is not None:
                    sight.branches = seen.page
        may_read = stirred and owed.ordinary.get(COMMITS)
        if sight.has_refs and (may_read or any(owed.is_stale(phase, COMMITS) for phase in owed.phases)):
            sight.history = self._history(owed)

    def is_lacking(self, table: Table) -> bool:
        """Whether a list cannot be read for want of a scope, as another one that takes the same has told."""
        return table.scope in {each.scope for each in self.lacking}

    def try_scopes(self, repository: Repository) -> None:
        """Ask for one list of each scope that no look needs otherwise."""
        tried = {table.scope for table in (PULL_REQUESTS, PIPELINES, BRANCHES)}
        for table in (each for each in WHOLE_LISTS if each in self.ask.wanted):
            if table.scope not in tried:
                tried.add(table.scope)
                self.length(table, {**repository.place, **WHOLE_LISTS[table][0]}, repository.full_name)

    def length(self, table: Table, place: Place, where: str) -> int | None:
        """How long a list is; None where it cannot be read or Bitbucket does not say."""
        return self._length(table, place, where, None)

    def _look_at_runs(self, owed: Owed, sight: Sight) -> None:
        with_tests = not TEST_TABLES.isdisjoint(self.ask.wanted)
        sight.runs = self._seen(owed, PIPELINES, "uuid", {"sort": "-created_on"}, whole=with_tests)
        place, where = owed.repository.place, owed.repository.full_name
        if sight.runs is not None and sight.runs.rows:
            sight.unfinished = self._length(PIPELINES, place, where, {"status": OPEN_STATUSES}) or 0
            if owed.since and any(walk.cursor is None for phase in owed.phases for walk in phase[PIPELINES]):
                job = Job(owed.repository, Refs(self.ask, owed.repository), NothingKnown())
                sight.too_old = runs_before(self.ask, job, owed.since)
        if sight.unfinished:
            sight.running = self._length(PIPELINES, place, where, {"status": _RUNNING_STATUSES}) or 0

    def _length(self, table: Table, place: Place, where: str, params: Mapping[str, Any] | None) -> int | None:
        page = self._glance(table, place, where, params)
        return None if page is None else page.rows

    def _seen(
        self, owed: Owed, table: Table, newest: str, params: Mapping[str, Any] | None = None, *, whole: bool = False
    ) -> Seen | None:
        return self._glance(table, owed.repository.place, owed.repository.full_name, params, newest, whole=whole)

    def _glance(
        self,
        table: Table,
        place: Place,
        where: str,
        params: Mapping[str, Any] | None,
        newest: str = "",
        *,
        whole: bool = False,
    ) -> Seen | None:
        """How long a list is; `whole`: and its first page, not only its first object."""
        if table in self.lacking:
            return None
        try:
            page = next(iter(self.ask.pages(table, place, params))) if whole else self.ask.glance(table, place, params)
        except NotFound as error:
            if table in {PIPELINES, DEPLOYMENTS, PIPELINE_SCHEDULES}:
                return Seen(0)  # a repository that never had pipelines may answer so (FACTS 5)
            self._note(table, where, error)
            return None
        except BitbucketError as error:
            self._note(table, where, error)
            return None
        if page.size is None:
            return None
        first = _read(newest, page.rows[0]) if newest and page.rows else ""
        return Seen(page.size, first, page.rows if whole else ())

    def _history(self, owed: Owed) -> History | None:
        try:
            return self.histories.begin(owed.repository, owed.size)
        except BitbucketError as error:
            self._note(COMMITS, owed.repository.full_name, error)
            return None

    def _note(self, table: Table, where: str, error: BitbucketError) -> None:
        if isinstance(error, CredentialsRefused):
            raise error
        with self._lock:
            if isinstance(error, ScopeMissing):
                self.lacking[table] = str(error)
            else:
                self.notes.append(f"{table.name} of {where} could not be asked for: {error}")
