"""The commits of pull requests: from the stored graph where it holds them, else listed.

They follow the pull requests and the commits of the same sync. How far is told by a cursor of their own: a pull request
that has moved since is looked at, and an open one whose destination branch points elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Amend, Event, Events, Notice, Reached
from bitbucket_source.sync.job import OVERLAP, Job, moment
from bitbucket_source.sync.pull_request_lists import Outcome, Parent, attempted, commits_of, newest_first, said
from bitbucket_source.sync.pull_request_sets import CommitSets, stored_sides
from bitbucket_source.sync.pull_requests import BEGINNING, with_owed
from bitbucket_source.sync.sides import Sides
from bitbucket_source.tables import PULL_REQUEST_COMMITS, PULL_REQUEST_FILES, PULL_REQUESTS


class PullRequestCommitsCursor(msgspec.Struct, frozen=True):
    """The commits of all pull requests that were changed up to `updated_on` have been read, but for some."""

    updated_on: str = BEGINNING
    since: str = ""
    """how far back the pull requests were read; '' for everything"""
    seen: dict[int, str] = {}
    """updated_on of those, by number, that changed within the last minutes before"""
    owed: tuple[int, ...] = ()
    """the pull requests whose commits are still to be read"""
    doubted: tuple[int, ...] = ()
    """those of them that had none although some are stored: believed when the next sync sees it too"""
    heads: dict[str, str] = {}
    """where the destinations of the open ones pointed when they were looked at last"""


def read_pull_request_commits(ask: Ask, job: Job, cursor: PullRequestCommitsCursor | None) -> Events:
    """The commits of the pull requests that have changed since the cursor."""
    if PULL_REQUESTS not in job.reads:
        yield Notice("pull_request_commits: skipped: they follow pull_requests: select these too")
        return
    sets = CommitSets(ask, job)
    before = cursor or PullRequestCommitsCursor(since=job.since)
    moved, reached = _moved(job, before, is_first=cursor is None)
    adrift = _adrift(job, sets, before, set(moved))
    if cursor == reached and not (moved or adrift or reached.owed):
        return
    owed = tuple(dict.fromkeys([*before.owed, *moved, *adrift]))
    sides = _sides(job, owed)
    cursor = _with(reached, owed=owed)
    for number in owed:
        cursor, outcome = yield from _one(ask, job, sets, cursor, number, sides.get(number))
        if number in adrift and PULL_REQUEST_FILES in job.reads and outcome is not Outcome.FAILED:
            # its files are those since the point where it left the destination, which is another one now
            yield Amend(PULL_REQUESTS, partial(with_owed, parts="f", numbers=[number]))
        if outcome is Outcome.REFUSED:
            break
        yield Reached(cursor)
    # while commits are lacking nobody can tell what they moved: whoever reads them looks at it
    yield Reached(_with(cursor, heads={**_heads(job, sets), **(before.heads if job.has_holes else {})}))


def _moved(job: Job, before: PullRequestCommitsCursor, *, is_first: bool) -> tuple[list[int], PullRequestCommitsCursor]:
    """The pull requests that were read or stored since the cursor, and where it stands then."""
    read = job.pull_requests
    since = before.since if read is None else read.since
    is_wider = since != before.since
    # others may have been stored by a sync that did not read their commits
    lags = is_first or is_wider or (read is not None and moment(read.start) > moment(before.updated_on))
    stored = {number: updated_on for number, (updated_on, _) in stored_sides(job, None).items()} if lags else {}
    sides = {} if read is None else read.sides
    known = {**stored, **{number: updated_on for number, (updated_on, _) in sides.items()}}
    start = moment(BEGINNING if is_wider else before.updated_on) - OVERLAP
    seen = {} if is_wider else before.seen
    moved = [
        number
        for number, updated_on in known.items()
        if (lags and moment(updated_on) >= start and seen.get(number) != updated_on)
        or (read is not None and number in sides and number not in read.unturned)
    ]
    newest = max([before.updated_on, *known.values()], key=moment)
    met = {
        number: updated_on
        for number, updated_on in sorted({**before.seen, **known}.items())
        if moment(updated_on) >= moment(newest) - OVERLAP
    }
    return moved, _with(before, updated_on=newest, since=since, seen=met)


def _adrift(job: Job, sets: CommitSets, before: PullRequestCommitsCursor, moved: Collection[int]) -> list[int]:
    """The open pull requests that bring other commits because their destination branch was moved."""
    if not sets.is_there or not before.heads:
        return []
    now = sets.heads_of(before.heads)
    branches = {name for name, head in before.heads.items() if now.get(name) != head}
    if not branches:
        return []
    there = {number: sides for number, sides in _open(job).items() if sides.branch in branches and number not in moved}
    columns = ("pull_request_id", "hash")
    stored: defaultdict[int, set[str]] = defaultdict(set)
    for number, sha in job.known.stored(
        PULL_REQUEST_COMMITS, columns, job.repository.place, pull_request_id=list(there)
    ):
        stored[number].add(sha)
    return [
        number
        for number, sides in there.items()
        if _brings_others(sets, sides, stored[number], before.heads.get(sides.branch or ""))
    ]


def _brings_others(sets: CommitSets, sides: Sides, stored: set[str], old_head: str | None) -> bool:
    """Whether an open pull request brings other commits than are stored, because its destination was moved."""
    now = sets.of(sides)
    if now is None:
        # its source is in no branch here: of the commits known, the destination may have got some
        now = sets.not_reached(stored, old_head, sides)
    return not sides.is_orphan if now is None else now != stored


def _one(
    ask: Ask, job: Job, sets: CommitSets, cursor: PullRequestCommitsCursor, number: int, sides: Sides | None
) -> Generator[Event, None, tuple[PullRequestCommitsCursor, Outcome]]:
    """The commits of one pull request; what could not be read stays owed."""
    parent = Parent(number, believed_empty=number in cursor.doubted)
    outcome, _ = yield from commits_told(ask, job, sets, parent, sides)
    if outcome is Outcome.SETTLED:
        return _without(cursor, number), outcome
    return with_doubted_commits(cursor, number) if outcome is Outcome.DOUBTED else cursor, outcome


def commits_told(
    ask: Ask, job: Job, sets: CommitSets, parent: Parent, sides: Sides | None
) -> Generator[Event, None, tuple[Outcome, bool]]:
    """The commits of one pull request, and whether Bitbucket was asked for them."""
    if sides is None:
        # it is not stored, nor was it read
        return Outcome.SETTLED, False
    hashes = sets.of(sides)
    rows = None if hashes is None else sets.rows(hashes)
    if rows is None:
        asked = replace(parent, is_orphan=sides.is_orphan, made_by_merging=sides.made_by_merging)
        return (yield from attempted(job, PULL_REQUEST_COMMITS, parent.number, commits_of(ask, job, asked))), True
    worked_out = replace(parent, believed_empty=True)
    return (yield from said(ask, job, PULL_REQUEST_COMMITS, worked_out, [Page(newest_first(rows))])), False


def with_owed_commits(cursor: PullRequestCommitsCursor, numbers: Sequence[int]) -> PullRequestCommitsCursor:
    """The cursor with more pull requests whose commits are to be read."""
    return _with(cursor, owed=tuple(dict.fromkeys([*cursor.owed, *numbers])))


def with_doubted_commits(cursor: PullRequestCommitsCursor, number: int) -> PullRequestCommitsCursor:
    """The cursor with a pull request that had no commits although some are stored."""
    doubted = tuple(sorted({*cursor.doubted, number}))
    return _with(with_owed_commits(cursor, [number]), doubted=doubted)


def _sides(job: Job, numbers: Sequence[int]) -> dict[int, Sides]:
    """As read now, else as stored."""
    read = {} if job.pull_requests is None else job.pull_requests.sides
    stored = stored_sides(job, [number for number in numbers if number not in read])
    wanted = set(numbers)
    return {number: sides for number, (_, sides) in {**stored, **read}.items() if number in wanted}


def _open(job: Job) -> dict[int, Sides]:
    """The open pull requests."""
    place = job.repository.place
    stored = [number for (number,) in job.known.stored(PULL_REQUESTS, ("id",), place, state=["OPEN"])]
    read = [] if job.pull_requests is None else list(job.pull_requests.sides)
    return {number: sides for number, sides in _sides(job, [*stored, *read]).items() if sides.state == "OPEN"}


def _heads(job: Job, sets: CommitSets) -> dict[str, str]:
    """Where the destinations of open pull requests point."""
    if not (sets.is_there or job.has_holes):
        return {}
    names = {sides.branch for sides in _open(job).values() if sides.branch}
    return dict(sorted(sets.heads_of(names).items()))


def _without(cursor: PullRequestCommitsCursor, number: int) -> PullRequestCommitsCursor:
    owed = tuple(each for each in cursor.owed if each != number)
    return _with(cursor, owed=owed, doubted=tuple(each for each in cursor.doubted if each != number))


def _with(cursor: PullRequestCommitsCursor, **changes: Any) -> PullRequestCommitsCursor:
    return msgspec.structs.replace(cursor, **changes)
