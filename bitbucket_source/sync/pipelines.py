"""Pipelines and their steps.

Bitbucket tells neither when a pipeline changed nor answers queries about it. A sync looks at the newest hundred: new
ones are there, and whatever else changed among them is seen for nothing. Where more are new, and on a first load, the
list is read oldest first by page numbers: new rows only ever append. Those that were not finished when last read are
read again until they are.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Amend, Event, Events, Reached, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.runs import placed, position_in, runs_before
from bitbucket_source.sync.step_tests import TEST_TABLES, OwedTests, read_tests
from bitbucket_source.sync.steps import run_gone, steps_of
from bitbucket_source.tables import DEPLOYMENTS, PIPELINE_STEP_ATTEMPTS, PIPELINE_STEPS, PIPELINES

OPEN_STATUSES = ("PARSING", "PENDING", "PAUSED", "HALTED", "BUILDING")
"""The values of `status` that together are all runs that have not finished (FACTS 2)."""


STEP_TABLES = frozenset({PIPELINE_STEPS, PIPELINE_STEP_ATTEMPTS, *TEST_TABLES})
"""The tables for which the steps of a run are read."""


class PipelinesCursor(msgspec.Struct, frozen=True):
    """How far a repository's pipelines and their steps have been read."""

    read: int = 0
    """how many runs are known, oldest first"""
    last: str = ""
    """uuid of the newest of them; '' where there was none"""
    since: str = ""
    """how far back the first read went; '' for everything"""
    first: int = 0
    """how many runs before that were left out"""
    filled: int = 0
    """how far a later read of those has come"""
    filled_since: str = ""
    """how far back that one goes; '' for everything"""
    behind: bool = True
    """whether there are more, which the walk oldest first has not reached yet"""
    open: tuple[str, ...] = ()
    """uuids of the runs that were not finished when last read"""
    owed: tuple[str, ...] = ()
    """uuids of the runs whose steps are still to be read"""
    empty: tuple[str, ...] = ()
    """uuids of the owed ones that had no steps although some are stored: believed when the next sync sees it too"""
    tests: OwedTests = OwedTests()
    """the steps whose tests are still to be read"""
    sign: str = ""
    """created_on of the last run of a commit that was not stored: the refs are to be read"""
    turn: int = 0
    """how often runs have changed that were read: a table that was not read along stays behind, and reads its part"""


@dataclass
class _Seen:
    """What was met while one repository's runs are read: nothing is read twice."""

    runs: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    """the runs whose steps were asked for, and the steps whose tests were"""


Walk: TypeAlias = Generator[Event, None, PipelinesCursor]


def read_pipelines(ask: Ask, job: Job, cursor: PipelinesCursor | None) -> Events:
    """The runs that are new, have changed or were not finished, and the steps of those."""
    known = cursor or PipelinesCursor(since=job.since)
    cursor = _with(known, sign=job.signs.get(PIPELINES, ""))
    seen = _Seen()
    try:
        if job.reaches_further_back(cursor.since):
            cursor = yield from _fill(ask, job, cursor, seen)
        if not cursor.behind:
            cursor = yield from _newest(ask, job, cursor, seen)
        if cursor.behind:
            cursor = yield from _onward(ask, job, cursor, seen)
    except NotFound:
        # a repository that never had pipelines may answer so (FACTS 5)
        if known.last:
            raise
        cursor = _with(cursor, behind=False)
    cursor = yield from _unfinished_before(ask, job, cursor, seen)
    cursor = _with(cursor, turn=job.turn)
    yield Reached(cursor)
    yield from _steps(ask, job, cursor, seen)


def _newest(ask: Ask, job: Job, cursor: PipelinesCursor, seen: _Seen) -> Walk:
    """Read the newest page; where it does not reach the known past, only find out that the cursor is behind."""
    page = next(ask.numbered_pages(PIPELINES, job.repository.place, {"sort": "-created_on"}))
    new = position_in(page, cursor.last)
    if new is None and page.length:
        return _with(cursor, behind=True)
    unknown = {row.uuid for index, row in placed(page) if index < (new or 0)}
    inside = job.in_range(PIPELINES, page.rows, lambda row: row.created_on, cursor.since)
    cursor = yield from _page(ask, job, cursor, inside, seen, owed=unknown)
    yield from _misfits(job, page)
    return _with(cursor, read=cursor.read + new, last=page.rows[0].uuid) if new else cursor


def _onward(ask: Ask, job: Job, cursor: PipelinesCursor, seen: _Seen) -> Walk:
    """Read on, oldest first, from the newest run that is known. Every page is a safe point."""
    length = PIPELINES.pagelen
    if cursor.since and not cursor.read:
        skipped = runs_before(ask, job, cursor.since)
        cursor = _with(cursor, first=skipped, read=skipped)
        start = skipped // length * length
    else:
        start = max(0, cursor.read - 1) // length * length
    cursor = yield from _onward_from(ask, job, cursor, seen, start)
    if cursor.behind:
        # the known ones do not stand where they stood: everything is looked at again
        cursor = yield from _onward_from(ask, job, cursor, seen, 0)
    return cursor


def _onward_from(ask: Ask, job: Job, cursor: PipelinesCursor, seen: _Seen, start: int) -> Walk:
    position = start
    for page in ask.numbered_pages(PIPELINES, job.repository.place, {"sort": "created_on"}, start=start):
        if position == start > 0 and cursor.last and position_in(page, cursor.last) is None:
            return cursor
        yield from _misfits(job, page)
        first_new = max(0, cursor.read - position)
        new = {row.uuid for index, row in placed(page) if index >= first_new}
        inside = [row for index, row in placed(page) if position + index >= cursor.first]
        cursor = yield from _page(ask, job, cursor, inside, seen, owed=new)
        position += page.length
        last = page.rows[-1].uuid if page.rows else cursor.last
        cursor = _with(cursor, read=position, last=last)
        yield Reached(cursor)
        cursor = yield from _steps(ask, job, cursor, seen)
    return _with(cursor, behind=False)


def _fill(ask: Ask, job: Job, cursor: PipelinesCursor, seen: _Seen) -> Walk:
    """The runs that an earlier sync left out because they were too old."""
    length = PIPELINES.pagelen
    left_out = runs_before(ask, job, job.since) if job.since else 0
    if job.reaches_further_back(cursor.filled_since):
        cursor = _with(cursor, filled=0)
    if not cursor.filled:
        cursor = _with(cursor, filled=left_out, filled_since=job.since)
    filled = cursor.filled
    position = start = filled // length * length
    pages = ask.numbered_pages(PIPELINES, job.repository.place, {"sort": "created_on"}, start=start)
    while filled < cursor.first:
        page = next(pages, None)
        if page is None:
            break
        rows = [row for index, row in placed(page) if filled <= position + index < cursor.first]
        cursor = yield from _page(ask, job, cursor, rows, seen, owed={row.uuid for row in rows})
        filled = position = position + page.length
        cursor = _with(cursor, filled=filled)
        yield Reached(cursor)
        cursor = yield from _steps(ask, job, cursor, seen)
    return _with(cursor, since=job.since, first=left_out, filled=0, filled_since="")


def _page(
    ask: Ask,
    job: Job,
    cursor: PipelinesCursor,
    rows: Sequence[Any],
    seen: _Seen,
    owed: Collection[str] = (),
) -> Walk:
    """Rows that were read, finished or not: all are said, because an account may have changed where the row has not.

    The steps of those that are new or have changed are read, and of those whose uuid is in `owed`.
    """
    fresh = list({row.uuid: row for row in rows if row.uuid not in seen.runs}.values())
    seen.runs.update(row.uuid for row in fresh)
    job.runs.update(row.uuid for row in fresh)
    changed = job.known.different(PIPELINES, fresh, job.repository.place)
    if fresh:
        yield Rows(PIPELINES, fresh, job.repository.place)
    if changed or any(is_running(row) for row in fresh):
        yield Amend(DEPLOYMENTS, told_to_look)
    unfinished = {row.uuid for row in fresh if is_unfinished(row)}
    finished = {row.uuid for row in fresh} - unfinished
    # rows that others read and stored say nothing about what these tables have of them
    stirred = {row.uuid for row in (changed if PIPELINES in ask.wanted else fresh)}
    with_steps = [row.uuid for row in fresh if row.uuid in stirred or row.uuid in owed or is_running(row)]
    whole = [uuid for uuid in with_steps if uuid in owed or PIPELINE_STEPS not in ask.wanted]
    if changed and PIPELINES in ask.wanted:
        job.turn += 1
        cursor = _with(cursor, turn=job.turn)
    cursor = _with(
        cursor,
        open=tuple(sorted({*cursor.open, *unfinished} - finished)),
        owed=tuple(dict.fromkeys([*cursor.owed, *(with_steps if STEP_TABLES & ask.wanted else ())])),
        tests=cursor.tests.with_more(whole if TEST_TABLES & ask.wanted else ()),
    )
    return _with_sign(job, cursor, changed)


def _with_sign(job: Job, cursor: PipelinesCursor, changed: Sequence[Any]) -> PipelinesCursor:
    if cursor.behind and not cursor.last:
        return cursor  # a first load: the refs are read anyway
    telling = job.telling_of_a_push(changed, lambda row: [_commit(row)])
    if not telling:
        return cursor
    job.signs[PIPELINES] = sign = max(row.created_on for row in telling)
    return _with(cursor, sign=sign)


def _unfinished_before(ask: Ask, job: Job, cursor: PipelinesCursor, seen: _Seen) -> Walk:
    """Read the runs again that were not finished and were not met in this sync.

    All unfinished ones come in one list; what left that list has finished and is read by itself.
    """
    place = job.repository.place
    waiting = {uuid for uuid in cursor.open if uuid not in seen.runs}
    if not waiting:
        return cursor
    again: dict[str, Any] = {}
    params = {"status": OPEN_STATUSES, "sort": "created_on"}
    for page in ask.numbered_pages(PIPELINES, place, params):
        again.update((row.uuid, row) for row in page.rows if row.uuid in waiting)
    for uuid in sorted(waiting - set(again)):
        try:
            again[uuid] = ask.item(PIPELINES, place, uuid)
        except NotFound:
            yield from run_gone(job, uuid)
            cursor = _with(cursor, open=tuple(each for each in cursor.open if each != uuid))
        except BitbucketError as error:
            yield Trouble(PIPELINES, job.repository.full_name, f"uuid {uuid}", str(error))
    return (yield from _page(ask, job, cursor, list(again.values()), seen))


def _steps(ask: Ask, job: Job, cursor: PipelinesCursor, seen: _Seen) -> Walk:
    """Read the steps that are owed, and then their tests; those of runs that could not be read stay so.

    Each run is a safe point: however small a budget, the next sync goes on where it ended.
    """
    tests = cursor.tests
    failed = [uuid for uuid in cursor.owed if uuid in seen.tried]
    empty = [uuid for uuid in cursor.empty if uuid in seen.tried]
    owed = [uuid for uuid in cursor.owed if uuid not in seen.tried]
    for index, uuid in enumerate(owed):
        seen.tried.add(uuid)
        steps: list[Any] = []
        try:
            if not (yield from steps_of(ask, job, uuid, believed_empty=uuid in cursor.empty, into=steps)):
                failed.append(uuid)
                empty.append(uuid)
            tests = tests.with_steps(ask, job, uuid, steps)
        except BitbucketError as error:
            failed.append(uuid)
            yield Trouble(PIPELINE_STEPS, job.repository.full_name, f"pipeline {uuid}", str(error))
        left = owed[index + 1 :]
        doubted = (*empty, *(each for each in cursor.empty if each in left))
        yield Reached(_with(cursor, owed=(*failed, *left), empty=doubted, tests=tests))
    cursor = _with(cursor, owed=tuple(failed), empty=tuple(empty), tests=tests)
    tests = yield from read_tests(ask, job, tests, lambda tests: Reached(_with(cursor, tests=tests)), seen.tried)
    return _with(cursor, tests=tests)


def told_to_look(cursor: Any) -> Any:
    """A run that changes may have deployed, where nothing was deployed for long."""
    return msgspec.structs.replace(cursor, look=True)


def _commit(row: Any) -> str | None:
    named = row.target and row.target.commit
    return named.hash if named else None


def is_unfinished(row: Any) -> bool:
    """Whether a run may still change by itself."""
    return row.state is None or row.state.name != "COMPLETED"


def is_running(row: Any) -> bool:
    """Whether its steps may change while the row stays as it is; a paused run changes its row when it goes on."""
    stage = row.state.stage.name if row.state is not None and row.state.stage is not None else ""
    return is_unfinished(row) and stage not in {"PAUSED", "HALTED"}


def with_work(
    cursor: PipelinesCursor, reopened: Sequence[str], owed: Sequence[str], tests: Sequence[str] = ()
) -> PipelinesCursor:
    """The cursor with runs to be read again, runs whose steps are, and steps whose tests are."""
    return _with(
        cursor,
        open=tuple(sorted({*cursor.open, *reopened})),
        owed=tuple(dict.fromkeys([*cursor.owed, *owed])),
        tests=cursor.tests.with_more(tests),
    )


def _with(cursor: PipelinesCursor, **changes: Any) -> PipelinesCursor:
    return msgspec.structs.replace(cursor, **changes)


def _misfits(job: Job, page: Page[Any], table: Any = PIPELINES) -> Iterable[Event]:
    return (Trouble(table, job.repository.full_name, misfit.label, misfit.why) for misfit in page.misfits)
