"""What is asked about one repository: how long its lists are."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from bitbucket_source.api.errors import BitbucketError, CredentialsRefused, NotFound, ScopeMissing
from bitbucket_source.planning.histories import Histories, History
from bitbucket_source.planning.owed import Owed
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.job import Job, Refs, earlier
from bitbucket_source.sync.known import NothingKnown
from bitbucket_source.sync.pipelines import OPEN_STATUSES
from bitbucket_source.sync.pull_requests import PullRequestsCursor
from bitbucket_source.sync.runs import runs_before
from bitbucket_source.tables import BRANCHES, COMMITS, PIPELINES, PULL_REQUESTS, TAGS, Table

BEGINNING = "1970-01-01T00:00:00+00:00"
_RUNNING_STATUSES = tuple(status for status in OPEN_STATUSES if status not in {"PAUSED", "HALTED"})


@dataclass(frozen=True)
class Seen:
    """How long a list is, and its newest object: by identity, or by when it was changed."""

    rows: int
    newest: str = ""


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
    history: History | None = None

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
        bounds += [cursor.filled or owed.since or BEGINNING, cursor.since]
    return bounds


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
        walks = [walk for phase in owed.phases for walk in phase.get(PULL_REQUESTS, ())]
        for bound in dict.fromkeys(bound for walk in walks for bound in bounds_of(owed, walk.cursor)):
            query = {"q": f'updated_on>="{bound}"', "sort": "-updated_on"}
            sight.pull_requests[bound] = self._seen(owed, PULL_REQUESTS, "updated_on", query)
        if owed.ordinary.get(PIPELINES):
            self._look_at_runs(owed, sight)
        stirred = has_stirred(owed, sight)
        for table in (BRANCHES, TAGS):
            may_list = stirred and (owed.ordinary.get(table) or owed.ordinary.get(COMMITS))
            if may_list or any(owed.lists_refs(phase, table) for phase in owed.phases):
                seen = self._seen(owed, table, "name")
                sight.refs[table] = None if seen is None else seen.rows
        may_read = stirred and owed.ordinary.get(COMMITS)
        if sight.has_refs and (may_read or any(owed.is_stale(phase, COMMITS) for phase in owed.phases)):
            sight.history = self._history(owed)
        return sight

    def length(self, table: Table, place: Place, where: str) -> int | None:
        """How long a list is; None where it cannot be read or Bitbucket does not say."""
        return self._length(table, place, where, None)

    def _look_at_runs(self, owed: Owed, sight: Sight) -> None:
        sight.runs = self._seen(owed, PIPELINES, "uuid", {"sort": "-created_on"})
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

    def _seen(self, owed: Owed, table: Table, newest: str, params: Mapping[str, Any] | None = None) -> Seen | None:
        return self._glance(table, owed.repository.place, owed.repository.full_name, params, newest)

    def _glance(
        self, table: Table, place: Place, where: str, params: Mapping[str, Any] | None, newest: str = ""
    ) -> Seen | None:
        if table in self.lacking:
            return None
        try:
            page = self.ask.glance(table, place, params)
        except NotFound as error:
            if table is PIPELINES:
                return Seen(0)  # a repository that never had pipelines may answer so (FACTS 5)
            self._note(table, where, error)
            return None
        except BitbucketError as error:
            self._note(table, where, error)
            return None
        if page.size is None:
            return None
        return Seen(page.size, attrgetter(newest)(page.rows[0]) if newest and page.rows else "")

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
