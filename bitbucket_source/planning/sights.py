"""What is asked about one repository: how long its lists are."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from bitbucket_source.api.errors import BitbucketError, CredentialsRefused, NotFound, ScopeMissing
from bitbucket_source.planning.histories import Histories, History
from bitbucket_source.planning.standing import Standing
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.pipelines import OPEN_STATUSES
from bitbucket_source.sync.pull_requests import OVERLAP, PullRequestsCursor
from bitbucket_source.tables import BRANCHES, COMMITS, PIPELINES, PULL_REQUESTS, TAGS, Table

_BEGINNING = "1970-01-01T00:00:00+00:00"
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
    """those that a walk would read, by the moment it would read from"""
    runs: Seen | None = None
    unfinished: int = 0
    """runs that are not finished"""
    running: int = 0
    """those of them that do not wait for somebody"""
    refs: dict[Table, int | None] = field(default_factory=dict)
    history: History | None = None

    @property
    def has_refs(self) -> bool:
        """Whether there is a branch or a tag, as far as is known."""
        return any(self.refs.get(table) != 0 for table in (BRANCHES, TAGS))


def bound_of(cursor: PullRequestsCursor | None) -> str:
    """The updated_on from which on a walk over pull requests reads."""
    if cursor is None:
        return _BEGINNING
    return (datetime.fromisoformat(cursor.updated_on) - OVERLAP).isoformat()


def has_stirred(standing: Standing, sight: Sight) -> bool:
    """Whether pull requests or pipelines have changed since: each may tell of a push."""
    changed = (
        (seen := sight.pull_requests.get(bound_of(walk.cursor))) is None
        or (seen.newest or _BEGINNING) != walk.cursor.updated_on
        for walk in standing.ordinary.get(PULL_REQUESTS, ())
        if walk.cursor is not None
    )
    started = (
        sight.runs is None or sight.runs.newest != walk.cursor.last
        for walk in standing.ordinary.get(PIPELINES, ())
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

    def at(self, standing: Standing) -> Sight:
        """Everything that a forecast for the repository needs."""
        sight = Sight()
        for bound in {bound_of(walk.cursor) for phase in standing.phases for walk in phase.get(PULL_REQUESTS, ())}:
            query = {"q": f'updated_on>="{bound}"', "sort": "-updated_on"}
            sight.pull_requests[bound] = self._seen(standing, PULL_REQUESTS, "updated_on", query)
        if standing.ordinary.get(PIPELINES):
            self._look_at_runs(standing, sight)
        stirred = has_stirred(standing, sight)
        for table in (BRANCHES, TAGS):
            may_list = stirred and (standing.ordinary.get(table) or standing.ordinary.get(COMMITS))
            if may_list or any(standing.lists_refs(phase, table) for phase in standing.phases):
                seen = self._seen(standing, table, "name")
                sight.refs[table] = None if seen is None else seen.rows
        may_read = stirred and standing.ordinary.get(COMMITS)
        if sight.has_refs and (may_read or any(standing.is_stale(phase, COMMITS) for phase in standing.phases)):
            sight.history = self._history(standing)
        return sight

    def length(self, table: Table, place: Place, where: str) -> int | None:
        """How long a list is; None where it cannot be read or Bitbucket does not say."""
        return self._length(table, place, where, None)

    def _look_at_runs(self, standing: Standing, sight: Sight) -> None:
        sight.runs = self._seen(standing, PIPELINES, "uuid", {"sort": "-created_on"})
        place, where = standing.repository.place, standing.repository.full_name
        if sight.runs is not None and sight.runs.rows:
            sight.unfinished = self._length(PIPELINES, place, where, {"status": OPEN_STATUSES}) or 0
        if sight.unfinished:
            sight.running = self._length(PIPELINES, place, where, {"status": _RUNNING_STATUSES}) or 0

    def _length(self, table: Table, place: Place, where: str, params: Mapping[str, Any] | None) -> int | None:
        page = self._glance(table, place, where, params)
        return None if page is None else page.rows

    def _seen(
        self, standing: Standing, table: Table, newest: str, params: Mapping[str, Any] | None = None
    ) -> Seen | None:
        return self._glance(table, standing.repository.place, standing.repository.full_name, params, newest)

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

    def _history(self, standing: Standing) -> History | None:
        try:
            return self.histories.begin(standing.repository, standing.size)
        except BitbucketError as error:
            self._note(COMMITS, standing.repository.full_name, error)
            return None

    def _note(self, table: Table, where: str, error: BitbucketError) -> None:
        if isinstance(error, CredentialsRefused):
            raise error
        with self._lock:
            if isinstance(error, ScopeMissing):
                self.lacking[table] = str(error)
            else:
                self.notes.append(f"{table.name} of {where} could not be asked for: {error}")
