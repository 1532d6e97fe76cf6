"""Lists that are looked at as a whole: read by the strategies that a sync reads them by, or derived as it derives them.

A unit is one such list: the comments of a pull request, the tests of a step, the webhooks of a repository, what all
deployments carried. What the strategy says is held against the warehouse; to mend it, it is read again the same way.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, TypeAlias

from bitbucket_source.sync.activity import activity_of
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.checks import CHECKS, checks_of
from bitbucket_source.sync.checks import Look as CommitLook
from bitbucket_source.sync.deployment_commits import derive_deployment_commits
from bitbucket_source.sync.environments import environments_of
from bitbucket_source.sync.events import Event, Events, Gone, Notice, Rows
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.pull_request_lists import Outcome, Parent, commits_of, files_of, remarks_of
from bitbucket_source.sync.pull_request_sets import stored_sides
from bitbucket_source.sync.step_tests import TEST_TABLES, tests_of
from bitbucket_source.sync.trailers import trailer_rows
from bitbucket_source.sync.whole_lists import WHOLE_LISTS, WholeListCursor, read_whole_list
from bitbucket_source.tables import (
    COMMIT_STATUSES,
    COMMIT_TRAILERS,
    COMMITS,
    DEPLOYMENT_COMMITS,
    ENVIRONMENTS,
    PIPELINE_TEST_REPORTS,
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_ACTIVITY_REVIEWERS,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUEST_TASKS,
    Table,
)

Place: TypeAlias = Mapping[str, Any]

ROWS_OF: Mapping[Table, frozenset[Table]] = {
    PULL_REQUEST_ACTIVITY: frozenset({PULL_REQUEST_ACTIVITY, PULL_REQUEST_ACTIVITY_REVIEWERS}),
    **{
        table: frozenset({table})
        for table in (PULL_REQUEST_COMMENTS, PULL_REQUEST_COMMITS, PULL_REQUEST_FILES, PULL_REQUEST_TASKS)
    },
    PIPELINE_TEST_REPORTS: TEST_TABLES,
    ENVIRONMENTS: frozenset({ENVIRONMENTS}),
    COMMIT_STATUSES: frozenset(CHECKS),
    **{table: frozenset({table}) for table in WHOLE_LISTS},
    COMMIT_TRAILERS: frozenset({COMMIT_TRAILERS}),
    DEPLOYMENT_COMMITS: frozenset({DEPLOYMENT_COMMITS}),
}
"""By the table that a unit is named after: the tables that it holds rows of"""
OF_PULL_REQUESTS: tuple[Table, ...] = (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUEST_TASKS,
)
DERIVED: tuple[Table, ...] = (COMMIT_TRAILERS, DEPLOYMENT_COMMITS)
"""made of stored rows, without a request"""


@dataclass(frozen=True)
class Unit:
    """One list, and what of it is known before it is read."""

    table: Table
    place: Place
    files_at: str | None = None
    """of the files of a pull request: where it says they are"""
    is_orphan: bool = False
    """of a pull request: whether its source is gone"""


def events_of(ask: Ask, job: Job, unit: Unit) -> Iterator[Event]:
    """What a strategy says of a unit. A list that is empty although rows are stored is believed when it is so twice.

    Raises BitbucketError where it cannot be read, Unavailable where it never can be again.
    """
    is_settled = yield from _without_notices(_reading(ask, job, unit, believed_empty=False))
    if not is_settled:
        yield from _without_notices(_reading(ask, job, unit, believed_empty=True))


Reading: TypeAlias = Generator[Event, None, bool]


def _without_notices(reading: Reading) -> Reading:
    """Notices speak of what the next sync will do."""
    while True:
        try:
            event = next(reading)
        except StopIteration as end:
            return bool(end.value)
        if not isinstance(event, Notice):
            yield event


def _reading(ask: Ask, job: Job, unit: Unit, *, believed_empty: bool) -> Reading:
    """Returns whether a list that came empty is empty."""
    table = unit.table
    if table in OF_PULL_REQUESTS:
        return (yield from _of_pull_request(ask, job, unit, believed_empty=believed_empty))
    if table is PIPELINE_TEST_REPORTS:
        yield from tests_of(ask, job, unit.place["pipeline_uuid"], unit.place["step_uuid"])
    elif table is COMMIT_STATUSES:
        return (yield from _of_commit(ask, job, unit.place["commit_hash"]))
    elif table is ENVIRONMENTS:
        return not (yield from environments_of(ask, job, believed_empty=believed_empty))
    elif table in WHOLE_LISTS:
        everywhere = tuple(range(len(WHOLE_LISTS[table])))
        cursor = WholeListCursor(everywhere) if believed_empty else None
        job.done.clear()
        return (yield from _unless_told(read_whole_list(table, ask, job, cursor)))
    elif table is DEPLOYMENT_COMMITS:
        yield from derive_deployment_commits(ask, job, None)
    else:
        yield from _trailers(job)
    return True


def _of_pull_request(ask: Ask, job: Job, unit: Unit, *, believed_empty: bool) -> Reading:
    number = unit.place["pull_request_id"]
    parent = Parent(number, unit.files_at, unit.is_orphan, believed_empty=believed_empty)
    if unit.table is PULL_REQUEST_ACTIVITY:
        yield from activity_of(ask, job, number)
        return True
    if unit.table is PULL_REQUEST_FILES:
        outcome = yield from files_of(ask, job, parent)
    elif unit.table is PULL_REQUEST_COMMITS:
        stored = stored_sides(job, [number]).get(number)
        made = stored[1].made_by_merging if stored is not None else None
        outcome = yield from commits_of(ask, job, replace(parent, made_by_merging=made))
    else:
        outcome = yield from remarks_of(ask, job, unit.table, parent)
    return outcome is not Outcome.DOUBTED


def _of_commit(ask: Ask, job: Job, sha: str) -> Reading:
    look = CommitLook(frozenset())
    yield from checks_of(ask, job, sha, look)
    if look.empty:
        yield from checks_of(ask, job, sha, CommitLook(frozenset(look.empty)))
    return True


def _unless_told(events: Events) -> Reading:
    """Whether no list was empty although rows are stored: a notice tells."""
    is_settled = True
    for event in events:
        is_settled = is_settled and not isinstance(event, Notice)
        yield event
    return is_settled


def _trailers(job: Job) -> Iterator[Event]:
    place = job.repository.place
    commits = [
        SimpleNamespace(hash=sha, message=message)
        for sha, message in job.known.stored(COMMITS, ("hash", "message"), place)
    ]
    rows = trailer_rows(commits)
    yield Rows(COMMIT_TRAILERS, rows, place)
    made = {(job.repository.uuid, row.hash, row.position) for row in rows}
    there = {commit.hash for commit in commits}
    stored = job.known.keys(COMMIT_TRAILERS, place)
    yield Gone(COMMIT_TRAILERS, {key for key in stored - made if key[1] in there})
