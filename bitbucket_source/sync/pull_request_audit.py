"""The audit below pull requests: what no signal tells of is read again in turn, pull request by pull request."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.children import activity_whole, owed_in_silence
from bitbucket_source.sync.events import Amend, Event
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.pull_request_commits import commits_told, with_doubted_commits, with_owed_commits
from bitbucket_source.sync.pull_request_lists import Outcome, Parent, attempted, remarks_of
from bitbucket_source.sync.pull_request_sets import CommitSets, stored_sides
from bitbucket_source.sync.pull_requests import with_doubt, with_owed
from bitbucket_source.tables import (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_TASKS,
    PULL_REQUESTS,
    Table,
)

Unit: TypeAlias = Generator[Event, None, str]


def changed_in_silence(job: Job, rows: Sequence[Any]) -> Iterator[Event]:
    """What pull requests that the audit has read make to be read below them: the ordinary reading takes it from there.

    Asked before their rows are stored.
    """
    owed, turned = owed_in_silence(job, rows)
    for number, parts in owed.items():
        yield Amend(PULL_REQUESTS, partial(with_owed, parts=parts, numbers=[number]))
    if turned:
        yield Amend(PULL_REQUEST_COMMITS, partial(with_owed_commits, numbers=turned))


def verified_activity(ask: Ask, job: Job, at: str) -> Unit:
    """The activity of the next pull request, by number."""
    number, following = _next(job, at)
    if number:
        yield from attempted(job, PULL_REQUEST_ACTIVITY, number, activity_whole(ask, job, number))
    return following


def verified_comments(ask: Ask, job: Job, at: str) -> Unit:
    """The comments of the next pull request, by number."""
    return _remarks(PULL_REQUEST_COMMENTS, ask, job, at)


def verified_tasks(ask: Ask, job: Job, at: str) -> Unit:
    """The tasks of the next pull request, by number."""
    return _remarks(PULL_REQUEST_TASKS, ask, job, at)


def _remarks(table: Table, ask: Ask, job: Job, at: str) -> Unit:
    number, following = _next(job, at)
    if number:
        outcome = yield from attempted(job, table, number, remarks_of(ask, job, table, Parent(number)))
        if outcome is Outcome.DOUBTED:
            yield Amend(PULL_REQUESTS, partial(with_doubt, table=table, number=number))
    return following


def verified_commits(ask: Ask, job: Job, at: str) -> Unit:
    """The commits of the next pull requests, by number, up to the first that Bitbucket has to be asked for."""
    sets = CommitSets(ask, job)
    sides = {number: found for number, (_, found) in stored_sides(job, None).items()}
    following, spent = at, 0
    while not spent:
        number, following = _next(job, following)
        found = sides.get(number)
        is_lost = found is not None and found.is_orphan and sets.of(found) is None
        if number and not is_lost:
            outcome, was_asked = yield from commits_told(ask, job, sets, Parent(number), found)
            spent += was_asked
            if outcome is Outcome.DOUBTED:
                yield Amend(PULL_REQUEST_COMMITS, partial(with_doubted_commits, number=number))
        if not following:
            return ""
    return following


def _next(job: Job, at: str) -> tuple[int, str]:
    """The next number behind a place, 0 where there is none, and the place behind it, '' where that was the last."""
    later = sorted(number for _, number in job.known.keys(PULL_REQUESTS, job.repository.place) if number > int(at or 0))
    return (later[0] if later else 0), (str(later[0]) if len(later) > 1 else "")
