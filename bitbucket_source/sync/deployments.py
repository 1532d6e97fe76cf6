"""Deployments: read newest start first, because whatever is deployed, for the first time or again, comes to the top.

Bitbucket tells neither when a deployment changed nor answers queries about it (FACTS 2). A sync looks at the hundred
started last, and further down as long as it finds anything new. It does so where something was deployed lately, since
an old run that is deployed again changes no new pipeline; elsewhere a pipeline that changed tells that it has to look.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.attempts import started_on
from bitbucket_source.sync.deployment_rows import (
    changed_of,
    deployment_rows,
    deployments_gone,
    environments_to_read,
)
from bitbucket_source.sync.events import Doubt, Event, Events, Gone, Reached, Rows, Trouble
from bitbucket_source.sync.job import Job, moment
from bitbucket_source.sync.known import Key
from bitbucket_source.tables import DEPLOYMENTS, PIPELINES

LATELY = timedelta(days=90)
"""Where the last deployment is older, only a pipeline that changed makes a sync look for others."""
GOES_BACK = 3
"""How often a walk goes back because the list has become shorter: what Bitbucket says of its length may be wrong."""
NEWEST_FIRST = {"sort": "-state.started_on"}
"""One of the two orders that Bitbucket accepts (FACTS 2)."""


class DeploymentsCursor(msgspec.Struct, frozen=True):
    """How far a repository's deployments have been read."""

    last: str = ""
    """when the one started last did; '' where none has"""
    since: str = ""
    """how far back the first read went; '' for everything"""
    behind: bool = True
    """whether a walk down the list has not come to its end yet"""
    whole: bool = True
    """whether that walk goes to the end of the list, and not only as far as it finds anything new"""
    low: int = 0
    """how many rows from the top it has read"""
    done: str = ""
    """down to which start, at least, it goes: whatever had started until then was read before it began"""
    size: int = 0
    """how many the list had then; 0 where that was not told"""
    open: tuple[str, ...] = ()
    """uuids of those that were running when last read"""
    look: bool = False
    """whether something tells of a change"""
    empty: bool = False
    """the list was empty although deployments are stored: believed when the next sync sees it too"""
    sign: str = ""
    """last_update_time of the last one of a commit that was not stored: the refs are to be read"""


Walk: TypeAlias = Generator[Event, None, DeploymentsCursor]


def read_deployments(ask: Ask, job: Job, cursor: DeploymentsCursor | None) -> Events:
    """The deployments that are new or have changed, as far as anything tells, and those that were running."""
    cursor = _with(cursor or DeploymentsCursor(since=job.since), sign=job.signs.get(DEPLOYMENTS, ""))
    if job.reaches_further_back(cursor.since):
        cursor = _with(cursor, behind=True, whole=True, low=0, size=0, since=job.since)
    this = (DEPLOYMENTS, ask.wanted)
    if this not in job.done and _is_due(ask, job, cursor):
        seen: set[str] = set()
        try:
            cursor = yield from _read(ask, job, cursor, seen)
        except NotFound:
            # a repository that never had deployments may answer so (FACTS 5)
            if seen or cursor.last or cursor.low or job.known.keys(DEPLOYMENTS, job.repository.place):
                raise
            cursor = _settled(cursor)
        cursor = yield from _running(ask, job, cursor, seen)
        job.done.add(this)
        yield Reached(cursor)
    if cursor.last and job.graph is None:
        job.graph = {}


def _is_due(ask: Ask, job: Job, cursor: DeploymentsCursor) -> bool:
    if cursor.behind or cursor.look or cursor.open or cursor.empty or PIPELINES not in job.reads:
        return True
    return bool(cursor.last) and _now(ask) - moment(cursor.last) <= LATELY


def _now(ask: Ask) -> datetime:
    """What time it is for Bitbucket, about: when it last answered."""
    try:
        return parsedate_to_datetime(ask.lists.date).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


def _read(ask: Ask, job: Job, cursor: DeploymentsCursor, seen: set[str]) -> Walk:
    if cursor.behind:
        cursor = yield from _down(ask, job, cursor, seen)
        if not cursor.look:
            return cursor
        yield Reached(cursor)
    from_the_top = _with(cursor, whole=False, low=0, size=0, done=cursor.last)
    return (yield from _down(ask, job, from_the_top, seen))


def _down(ask: Ask, job: Job, cursor: DeploymentsCursor, seen: set[str]) -> Walk:
    """Walk down the list, from where a walk was cut short or from the top. Every page is a safe point.

    What is deployed meanwhile comes to the top and moves rows down the list: then the top has to be looked at again.
    Where rows were deleted, others have slid up over the edge of a page: the walk goes back by as much.
    """
    pages: list[Page[Any]] = []
    goes_on, began, went_back = cursor.behind, cursor.low, 0
    start: int | None = began
    while start is not None:
        position, start = start, None
        for page in ask.numbered_pages(DEPLOYMENTS, job.repository.place, NEWEST_FIRST, start=position):
            if position and went_back < GOES_BACK and (shrunk := _shrunk(cursor, page)):
                start, went_back = max(0, position - shrunk), went_back + 1
                cursor = _with(cursor, low=start, size=page.size)
                break
            pages.append(page)
            news = _news(job, cursor, page, seen)
            cursor = yield from _say(job, cursor, news, seen, first=cursor.whole)
            yield from _misfits(job, page)
            position += page.length
            if is_last(page, position):
                break
            if _ends(cursor, page, news, position, goes_on=goes_on):
                pages = []
                break
            cursor = _with(cursor, behind=True, low=position, size=page.size or 0)
            yield Reached(cursor)
    if pages and not began:
        cursor = yield from _without_the_gone(ask, job, cursor, pages)
    return _settled(cursor, look=goes_on and (not cursor.whole or began > 0 or position > DEPLOYMENTS.pagelen))


def _ends(cursor: DeploymentsCursor, page: Page[Any], news: _News, position: int, *, goes_on: bool) -> bool:
    """Whether a walk ends with a page that goes as far as a position, and behind which the list goes on."""
    if cursor.whole:
        return _is_beyond(page, cursor.since)
    if position < DEPLOYMENTS.pagelen:
        # a page may have fewer rows than were asked for
        return False
    # one that was cut short may meet what it has read already: rows have moved down since
    return not news.is_any and (not goes_on or _is_beyond(page, cursor.done))


def _is_beyond(page: Page[Any], bound: str) -> bool:
    """Whether a page goes down beyond a start; '' is the beginning, beyond which nothing is."""
    started = [moment(started_on(row)) for row in page.rows if started_on(row)]
    return bool(bound and started) and min(started) < moment(bound)


def _shrunk(cursor: DeploymentsCursor, page: Page[Any]) -> int:
    """By how many rows, rounded up to pages, the list has become shorter since the page before was read."""
    lost = cursor.size - page.size if cursor.size and page.size is not None else 0
    return -(-max(0, lost) // DEPLOYMENTS.pagelen) * DEPLOYMENTS.pagelen


def is_last(page: Page[Any], position: int) -> bool:
    """Whether the list is known to end with a page that goes as far as a position in it."""
    is_short = page.next_url is None and page.length < DEPLOYMENTS.pagelen
    return is_short and page.size is not None and position >= page.size


@dataclass(frozen=True)
class _News:
    """What a page brought: rows not met before, and which of them are not stored just so."""

    rows: list[Any]
    changed: list[Any]
    has_started: bool
    """whether anything on the page has ever started: where the others stand in the order is not known (FACTS 2)"""

    @property
    def is_any(self) -> bool:
        """Whether the next page may bring more."""
        return bool(self.changed) or not self.has_started


def _news(job: Job, cursor: DeploymentsCursor, page: Page[Any], seen: set[str]) -> _News:
    inside = (row for row in page.rows if row.uuid not in seen and not is_before(row, cursor.since))
    rows = list({row.uuid: row for row in inside}.values())
    return _News(rows, changed_of(job, rows), any(started_on(row) for row in page.rows))


def is_before(row: Any, since: str) -> bool:
    """Whether a deployment started before a moment; '' is the beginning."""
    return bool(since and started_on(row)) and moment(started_on(row)) < moment(since)


def _say(job: Job, cursor: DeploymentsCursor, news: _News, seen: set[str], *, first: bool) -> Walk:
    seen.update(row.uuid for row in news.rows)
    yield from deployment_rows(job, news.rows, news.changed, first=first)
    running = {row.uuid for row in news.rows if is_running(row)}
    others = {row.uuid for row in news.rows} - running
    started = [started_on(row) for row in news.rows if started_on(row)]
    cursor = _with(
        cursor,
        last=max([*started, *([cursor.last] if cursor.last else [])], key=moment, default=""),
        open=tuple(sorted({*cursor.open, *running} - others)),
    )
    return cursor if first else _with_sign(job, cursor, news.changed)


def is_running(row: Any) -> bool:
    """Whether a deployment goes on: one that nobody has started comes to the top of the list when somebody does."""
    return row.state is not None and row.state.name == "IN_PROGRESS"


def _with_sign(job: Job, cursor: DeploymentsCursor, changed: Sequence[Any]) -> DeploymentsCursor:
    telling = job.telling_of_a_push(changed, lambda row: [row.commit and row.commit.hash])
    moments = [written for row in telling if (written := row.last_update_time or started_on(row))]
    if not moments:
        return cursor
    job.signs[DEPLOYMENTS] = sign = max(moments)
    return _with(cursor, sign=sign)


def _running(ask: Ask, job: Job, cursor: DeploymentsCursor, seen: set[str]) -> Walk:
    """Read those again that were running when last read and were not met in this sync."""
    for uuid in [uuid for uuid in cursor.open if uuid not in seen]:
        try:
            row = ask.item(DEPLOYMENTS, job.repository.place, uuid)
        except NotFound:
            cursor = yield from _gone(job, cursor, [(job.repository.uuid, uuid)])
        except BitbucketError as error:
            yield Trouble(DEPLOYMENTS, job.repository.full_name, f"uuid {uuid}", str(error))
        else:
            news = _News([row], changed_of(job, [row]), has_started=True)
            cursor = yield from _say(job, cursor, news, seen, first=False)
    return cursor


def _without_the_gone(ask: Ask, job: Job, cursor: DeploymentsCursor, pages: Sequence[Page[Any]]) -> Walk:
    """What a list that was read whole says of the stored rows."""
    place = job.repository.place
    is_empty = not any(page.length for page in pages)
    if is_empty and not cursor.empty and job.known.keys(DEPLOYMENTS, place):
        yield Doubt(
            f"deployments of {job.repository.full_name}: the list is empty, although rows are stored; "
            "believed if the next sync sees it too"
        )
        return _with(cursor, empty=True)
    for event in missing_rows(ask, job.known, DEPLOYMENTS, place, pages):
        match event:
            case Gone():
                cursor = yield from _gone(job, cursor, event.keys)
            case Rows():
                yield from deployment_rows(job, event.objects, changed_of(job, event.objects), first=False)
    return _with(cursor, empty=False)


def _gone(job: Job, cursor: DeploymentsCursor, keys: Iterable[Key]) -> Walk:
    uuids = {key[1] for key in keys}
    yield from deployments_gone((job.repository.uuid, uuid) for uuid in sorted(uuids))
    yield environments_to_read()
    return _with(cursor, open=tuple(uuid for uuid in cursor.open if uuid not in uuids))


def _settled(cursor: DeploymentsCursor, *, look: bool = False) -> DeploymentsCursor:
    """The walk has come to its end."""
    return _with(cursor, behind=False, whole=False, low=0, done="", size=0, look=look)


def _with(cursor: DeploymentsCursor, **changes: Any) -> DeploymentsCursor:
    return msgspec.structs.replace(cursor, **changes)


def _misfits(job: Job, page: Page[Any]) -> Iterable[Event]:
    return (Trouble(DEPLOYMENTS, job.repository.full_name, misfit.label, misfit.why) for misfit in page.misfits)
