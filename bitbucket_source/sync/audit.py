"""The audit: what no signal tells of is bounded, not ignored.

Each sync spends a share of its requests on reading again what was verified longest ago, cheapest rows per request
first. Each kind of rows is walked round and round, repository by repository; where a round stands is remembered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from bitbucket_source.api.budget import Budget
from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.checks import CHECKS, verified_checks
from bitbucket_source.sync.commits import commits_reached
from bitbucket_source.sync.deployment_audit import verified_deployments, verified_environments
from bitbucket_source.sync.events import Event, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.pipeline_audit import verified_pipelines, verified_steps
from bitbucket_source.sync.pipelines import STEP_TABLES
from bitbucket_source.sync.pull_request_audit import (
    changed_in_silence,
    verified_activity,
    verified_comments,
    verified_commits,
    verified_tasks,
)
from bitbucket_source.sync.pull_requests import pull_request_rows
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.sync.step_tests import TEST_TABLES, verified_tests
from bitbucket_source.sync.trailers import trailer_rows
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_TRAILERS,
    COMMITS,
    DEPLOYMENT_ATTEMPTS,
    DEPLOYMENTS,
    ENVIRONMENTS,
    PIPELINES,
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_TASKS,
    PULL_REQUESTS,
    TAGS,
    Table,
)

Unit: TypeAlias = Generator[Event, None, str]
"""Reads some rows of a repository from a place in its list on; returns the next place, '' where the list ended"""


@dataclass(frozen=True)
class Kind:
    """Rows that are verified together."""

    name: str
    tables: frozenset[Table]
    rows_per_request: float
    read: Callable[[Ask, Job, str], Unit] | None
    """None for refs, which the ordinary strategies read"""


FRESH_SECONDS = 1800
"""What was verified so lately is not verified again: a first load is not read twice."""


class Round(msgspec.Struct):
    """Where the walk over one kind stands."""

    repository: str = ""
    """uuid of the repository to go on with"""
    at: str = ""
    """where in its list"""
    began: str = ""
    """when this round began"""
    before: str = ""
    """when the last complete round began: no row was verified before that moment; '' where none was complete"""
    whole: bool = True
    """whether everything in this round could be read"""


@dataclass(frozen=True)
class Share:
    """How many requests an audit may make: a number, a part of what the sync made, or as many as it takes."""

    requests: int | None = None
    part: float | None = None

    @classmethod
    def parsed(cls, text: str) -> Share:
        """From `50`, `5%` or `all`. Raises ValueError for anything else."""
        written = str(text).strip().lower()
        if written == "all":
            return cls()
        if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", written):
            return cls(part=float(match[1]) / 100)
        return cls(requests=int(written)) if written.isdigit() else _refused(text)

    @property
    def is_everything(self) -> bool:
        """Whether every row is verified, whatever it costs."""
        return self.requests is None and self.part is None

    def of(self, made: int) -> float:
        """The requests that are granted where the sync has made so many."""
        if self.requests is not None:
            return self.requests
        return math.inf if self.part is None else math.ceil(self.part * made)


def _refused(text: str) -> Share:
    raise ValueError(f"audit_requests is {text!r}: it is a number, a percentage like 5%, or all.")


@dataclass
class Audit:
    """The audit of one sync."""

    share: Share
    budget: Budget
    rounds: dict[str, Round] = field(default_factory=dict)
    """by the kind's name; changed as the audit goes on, to be stored when the rows are"""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    completed: set[str] = field(default_factory=set)
    """the kinds of which this sync completed a round"""
    max_staleness: float | None = None
    """seconds: rows that were not verified for longer are verified whatever the share is; None for no such bound"""
    is_partial: bool = False
    """whether repositories are stored that this sync does not read: its rounds leave those out"""
    spent_before: int | None = None
    _restarted: set[str] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        """Whether the share is spent, or everything is verified."""
        if self.spent_before is None:
            self.spent_before = self.budget.requests
        spent = self.budget.requests - self.spent_before
        return len(self.completed) == len(KINDS) or spent >= self.share.of(self.spent_before)

    def next_unit(self, wanted: frozenset[Table], repositories: Sequence[Repository]) -> tuple[Kind, Repository] | None:
        """What to verify next; None where nothing is left."""
        if not repositories:
            return None
        kinds = [kind for kind in KINDS if kind.tables & wanted and self._is_due(kind)]
        if self.is_over:
            kinds = [kind for kind in kinds if self._is_stale(kind)]
        if not kinds:
            return None
        kind = max(kinds, key=self._urgency)
        state = self._round(kind)
        ordered = sorted(repositories, key=lambda repository: repository.uuid)
        repository = next((each for each in ordered if each.uuid >= state.repository), ordered[0])
        if repository.uuid != state.repository:
            state.repository, state.at = repository.uuid, ""
        return kind, repository

    def read(self, kind: Kind, ask: Ask, job: Job, repositories: Sequence[Repository]) -> Iterator[Event]:
        """The events of a unit of a kind that is read here; the round moves when all were taken."""
        state = self._round(kind)
        assert kind.read is not None
        try:
            following = yield from kind.read(ask, job, state.at)
        except BitbucketError as error:
            table = min(kind.tables, key=lambda table: table.name)
            yield Trouble(table, job.repository.full_name, "audit", str(error))
            following, state.whole = "", False
        self.move(kind, repositories, following)

    def move(self, kind: Kind, repositories: Sequence[Repository], following: str = "", *, whole: bool = True) -> None:
        """Go on behind a unit: within the repository's list, to the next repository, or to another round."""
        state = self._round(kind)
        state.whole = state.whole and whole and not self.is_partial
        state.at = following
        if following:
            return
        later = [each.uuid for each in repositories if each.uuid > state.repository]
        if later:
            state.repository = min(later)
            return
        state.repository = ""
        state.before = state.began if state.whole else state.before
        state.began = self.now.isoformat()
        state.whole = True
        self.completed.add(kind.name)

    def _round(self, kind: Kind) -> Round:
        state = self.rounds.setdefault(kind.name, Round(began=self.now.isoformat()))
        if kind.name not in self._restarted and (self.share.is_everything or self._is_too_long_ago(state.began)):
            # a round of its own: what this one has verified so far counts as not verified
            now = self.now.isoformat()
            state.before = state.before or (state.began if state.began != now else "")
            state.repository, state.at, state.began = "", "", now
            self._restarted.add(kind.name)
        return state

    def _is_stale(self, kind: Kind) -> bool:
        """Whether rows were not verified for too long. A part of the repositories could not change that."""
        state = self._round(kind)
        return not self.is_partial and self._is_too_long_ago(state.before or state.began)

    def _is_too_long_ago(self, moment: str) -> bool:
        return self.max_staleness is not None and self._seconds_since(moment) > self.max_staleness

    def _seconds_since(self, moment: str) -> float:
        return (self.now - datetime.fromisoformat(moment)).total_seconds()

    def _is_due(self, kind: Kind) -> bool:
        if kind.name in self.completed:
            return False
        return self.share.is_everything or self._age(kind) > FRESH_SECONDS

    def _urgency(self, kind: Kind) -> float:
        return self._age(kind) * kind.rows_per_request

    def _age(self, kind: Kind) -> float:
        """Seconds since the rows that were verified longest ago were."""
        state = self._round(kind)
        return self._seconds_since(state.before or state.began)


def _pull_requests(ask: Ask, job: Job, at: str) -> Unit:
    """The next fifty pull requests, by id."""
    params = {"q": f"id>{int(at or 0)}", "sort": "id"}
    page = next(iter(ask.pages(PULL_REQUESTS, job.repository.place, params)))
    rows = job.in_range(PULL_REQUESTS, page.rows, lambda row: row.updated_on, job.since)
    yield from changed_in_silence(job, rows)
    yield from pull_request_rows(ask, job, rows)
    return str(page.rows[-1].id) if page.next_url is not None and page.rows else ""


def _commits(ask: Ask, job: Job, at: str) -> Unit:
    """The next hundred commits of the history: what is not read yet of its heads and of the parents named so far."""
    frontier = set(at.split(",")) if at else set()
    pages = commits_reached(ask, job, frontier) if frontier else ask.pages(COMMITS, job.repository.place)
    try:
        page = next(iter(pages))
    except NotFound:
        # no refs, or a history that was rewritten meanwhile: the next round begins at its heads
        return ""
    rows = job.in_range(COMMITS, page.rows, lambda row: row.date, job.since)
    yield Rows(COMMITS, rows, job.repository.place)
    if COMMIT_TRAILERS in ask.wanted:
        yield Rows(COMMIT_TRAILERS, trailer_rows(rows), job.repository.place)
    if page.rows and not rows:
        # below this nothing is stored
        return ""
    if not at and page.next_url is not None:
        frontier.update(job.refs.heads())
    for row in page.rows:
        frontier.discard(row.hash)
        frontier.update(parent.hash for parent in row.parents or ())
    return ",".join(sorted(frontier)) if page.next_url is not None else ""


KINDS: tuple[Kind, ...] = (
    Kind("pipelines", frozenset({PIPELINES}), 100, verified_pipelines),
    Kind("commits", frozenset({COMMITS}), 100, _commits),
    Kind("pull_requests", frozenset({PULL_REQUESTS}), 50, _pull_requests),
    Kind("deployments", frozenset({DEPLOYMENTS, DEPLOYMENT_ATTEMPTS}), 100, verified_deployments),
    Kind("refs", frozenset({BRANCHES, TAGS}), 10, None),
    Kind("pipeline_steps", STEP_TABLES, 3, verified_steps),
    Kind("pull_request_activity", frozenset({PULL_REQUEST_ACTIVITY}), 8, verified_activity),
    Kind("pull_request_comments", frozenset({PULL_REQUEST_COMMENTS}), 5, verified_comments),
    Kind("pull_request_commits", frozenset({PULL_REQUEST_COMMITS}), 4, verified_commits),
    Kind("environments", frozenset({ENVIRONMENTS}), 3, verified_environments),
    Kind("pull_request_tasks", frozenset({PULL_REQUEST_TASKS}), 1, verified_tasks),
    Kind("checks", frozenset(CHECKS), 2, verified_checks),
    Kind("tests", TEST_TABLES, 1, verified_tests),
)
