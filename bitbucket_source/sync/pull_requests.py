"""Pull requests: by the moment they were changed last, never by page number.

The list is asked for in the order of updated_on, from a bound on; after each full page the bound becomes the last
row's updated_on. A row that changes while the list is read moves to its end and is met again there, and no row can
slide over the edge of a page (FACTS 12). With `q`, Bitbucket answers in every state (FACTS 2).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import ServerTrouble
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.below import Below
from bitbucket_source.sync.children import Children
from bitbucket_source.sync.events import Event, Events, Gone, NextLoad, Notice, Reached, Rows, Trouble
from bitbucket_source.sync.feed import Walk
from bitbucket_source.sync.job import OVERLAP, Job, earlier, moment
from bitbucket_source.sync.windows import windows
from bitbucket_source.tables import PULL_REQUEST_PARTICIPANTS, PULL_REQUESTS, Table

SORTING_FAILS = 500
"""What the list answers for good where it cannot be sorted: reported once, for large repositories (FACTS 2)."""
SYNCS_BY_IDS = 24
"""After so many it is sorted again, in case that was only a bad hour."""
BEGINNING = "1970-01-01T00:00:00+00:00"


class PullRequestsCursor(msgspec.Struct, frozen=True):
    """All pull requests that were changed up to `updated_on` have been read."""

    updated_on: str
    sign: str = ""
    """updated_on of the last one that named a commit not stored: the refs are to be read"""
    since: str = ""
    """how far back the first read went; '' for everything"""
    filled: str = ""
    """how far a later read of what lies before `since` has come; '' where there is none"""
    filled_since: str = ""
    """how far back that one goes; '' for everything"""
    behind: bool = False
    """whether more has changed, which was not read yet"""
    by_ids: int = 0
    """how many more syncs read the list by windows of ids, because Bitbucket fails to sort it"""
    next_id: int = 0
    """of a walk by windows: the id to go on with; 0 where none is on its way"""
    began: str = ""
    """when that walk began, by Bitbucket's clock"""
    seen: dict[int, str] = {}
    """updated_on of those, by number, that were read and will be met again because the next look starts earlier"""
    below: Below = Below()
    """what hangs below them and is still to be read"""


def with_owed(cursor: PullRequestsCursor, parts: str, numbers: Iterable[int]) -> PullRequestsCursor:
    """The cursor with more to be read below some pull requests: the PARTS of `sync/below.py`."""
    return msgspec.structs.replace(cursor, below=cursor.below.with_owed(parts, numbers))


def with_doubt(cursor: PullRequestsCursor, table: Table, number: int) -> PullRequestsCursor:
    """The cursor with a list below a pull request that came empty although rows of it are stored."""
    return msgspec.structs.replace(cursor, below=cursor.below.doubting(table, number))


def read_pull_requests(ask: Ask, job: Job, cursor: PullRequestsCursor | None) -> Events:
    """The pull requests that changed since the cursor, with what rides on them."""
    children = Children(ask, job)
    if cursor is not None:
        cursor = msgspec.structs.replace(cursor, below=children.going_on(cursor.below))
    if PULL_REQUESTS in ask.wanted:
        start, since = (cursor.updated_on, cursor.since) if cursor else (BEGINNING, job.since)
        job.walk_pull_requests(start, since)
    this = (PULL_REQUESTS, ask.wanted)
    if this in job.done and cursor is not None:
        yield from _with_children(children.read_everything(cursor.below), cursor)
        return
    yield from _walk(ask, job, cursor, children)
    job.done.add(this)


def _walk(ask: Ask, job: Job, cursor: PullRequestsCursor | None, children: Children) -> Events:
    if cursor is not None and cursor.by_ids:
        yield from _by_windows(ask, job, cursor, children)
        return
    reached = cursor or _first(job, children)
    try:
        for event in _by_change(ask, job, cursor, children):
            if isinstance(event, Reached) and isinstance(event.cursor, PullRequestsCursor):
                reached = event.cursor
            yield event
    except ServerTrouble as error:
        if error.status != SORTING_FAILS:
            raise
        yield Notice(
            f"pull_requests of {job.repository.full_name}: Bitbucket fails to sort them; they are read by their ids, "
            "which takes more requests"
        )
        # another load: this one may hold some of them already
        yield Reached(msgspec.structs.replace(reached, by_ids=SYNCS_BY_IDS, behind=True))
        yield NextLoad()


def _first(job: Job, children: Children) -> PullRequestsCursor:
    """Before anything was read."""
    since = job.since or BEGINNING
    return PullRequestsCursor(since, since=job.since, below=children.first(since))


def _by_change(ask: Ask, job: Job, cursor: PullRequestsCursor | None, children: Children) -> Events:
    """In the order in which they changed."""
    read: dict[int, str] = {}
    if cursor is not None and job.reaches_further_back(cursor.since):
        cursor = yield from _fill(ask, job, cursor, read, children)
    bound = earlier(cursor.updated_on) if cursor else job.since or BEGINNING
    reached = cursor or _first(job, children)
    reached = msgspec.structs.replace(reached, sign=job.signs.get(PULL_REQUESTS, ""))
    recent = dict(read)
    for page in _changed_since(ask, job, bound):
        changed = next(
            (index for index, row in enumerate(page.rows) if read.get(row.id, row.updated_on) != row.updated_on), None
        )
        settled = page.rows[:changed]
        new = [row for row in settled if row.id not in read]
        yield from pull_request_rows(ask, job, new)
        read.update((row.id, row.updated_on) for row in settled)
        recent.update((row.id, row.updated_on) for row in settled)
        for misfit in page.misfits:
            yield Trouble(PULL_REQUESTS, job.repository.full_name, misfit.label, misfit.why)
        if settled:
            reached = _later(reached, settled[-1].updated_on)
        stirred = new if cursor is None else _stirred(job, cursor, new)
        if cursor is not None:
            reached = _with_sign(job, reached, stirred)
        recent = _met_again(recent, reached.updated_on)
        moved = {row.id for row in new if cursor is None or cursor.seen.get(row.id) != row.updated_on}
        moved.update(row.id for row in stirred)
        reached = msgspec.structs.replace(
            reached,
            behind=page.next_url is not None or changed is not None,
            seen=recent,
            below=children.owed(reached.below, new, moved, cursor.updated_on if cursor else BEGINNING),
        )
        yield Reached(reached)
        if changed is not None:
            yield NextLoad()
            return
        reached = yield from _with_children(children.read_sets(reached.below), reached)
    if job.pull_requests is not None:
        job.pull_requests.since = reached.since
    reached = _walked(reached)
    yield Reached(reached)
    yield from _with_children(children.read_everything(reached.below), reached)


def _stirred(job: Job, cursor: PullRequestsCursor, rows: Sequence[Any]) -> list[Any]:
    """Those of the rows that changed since the cursor: of those read before, what differs from what is stored."""
    read_before = [row for row in rows if moment(row.updated_on) <= moment(cursor.updated_on)]
    different = job.known.different(PULL_REQUESTS, read_before, job.repository.place) if read_before else []
    return [*different, *(row for row in rows if moment(row.updated_on) > moment(cursor.updated_on))]


def _by_windows(ask: Ask, job: Job, cursor: PullRequestsCursor, children: Children) -> Events:
    """By windows of ids, because the list cannot be sorted.

    A pull request that changes behind the walk is met by the next one: that begins where this one began in time.
    """
    if job.reaches_further_back(cursor.since):
        cursor = msgspec.structs.replace(_first(job, children), by_ids=cursor.by_ids, sign=cursor.sign)
    bound = earlier(cursor.updated_on) if cursor.updated_on != BEGINNING else BEGINNING
    highest = max((pull_request for _, pull_request in job.known.keys(PULL_REQUESTS, job.repository.place)), default=0)
    first = cursor.next_id or 1
    began = cursor.began if cursor.next_id else ""
    for window in windows(ask, job, bound, first, highest):
        began = began or window.page.date
        yield from pull_request_rows(ask, job, window.page.rows)
        for misfit in window.page.misfits:
            yield Trouble(PULL_REQUESTS, job.repository.full_name, misfit.label, misfit.why)
        rows = window.page.rows
        stirred = job.known.different(PULL_REQUESTS, rows, job.repository.place)
        cursor = _with_sign(job, cursor, stirred) if cursor.updated_on != BEGINNING else cursor
        moved = {row.id for row in rows if cursor.seen.get(row.id) != row.updated_on}
        moved.update(row.id for row in stirred)
        seen = {**cursor.seen, **{row.id: row.updated_on for row in rows}}
        cursor = msgspec.structs.replace(
            cursor,
            next_id=window.next_id,
            began=began,
            seen=_met_again(seen, _moment_of(began)) if began else seen,
            below=children.owed(cursor.below, rows, moved, cursor.updated_on),
        )
        yield Reached(cursor)
        cursor = yield from _with_children(children.read_sets(cursor.below), cursor)
    done = _moment_of(began) if began else cursor.updated_on
    left = cursor.by_ids - 1
    cursor = msgspec.structs.replace(cursor, updated_on=done, next_id=0, began="", behind=False, by_ids=left)
    cursor = _walked(cursor)
    yield Reached(cursor)
    if job.pull_requests is not None:
        job.pull_requests.since = cursor.since
    yield from _with_children(children.read_everything(cursor.below), cursor)


def _fill(
    ask: Ask, job: Job, cursor: PullRequestsCursor, read: dict[int, str], children: Children
) -> Generator[Event, None, PullRequestsCursor]:
    """The pull requests that were changed last before the first read began: an earlier sync left them out."""
    until = moment(cursor.since)
    if job.reaches_further_back(cursor.filled_since):
        cursor = msgspec.structs.replace(cursor, filled="")
    if not cursor.filled:
        # the feed is walked further down
        feed = children.first(job.since or BEGINNING).feed
        cursor = msgspec.structs.replace(cursor, below=cursor.below.with_feed(feed), filled_since=job.since)
    for page in _changed_since(ask, job, cursor.filled or job.since or BEGINNING):
        rows = [row for row in page.rows if row.id not in read and moment(row.updated_on) < until]
        yield from pull_request_rows(ask, job, rows)
        read.update((row.id, row.updated_on) for row in rows)
        below = children.owed(cursor.below, rows, {row.id for row in rows}, BEGINNING)
        cursor = yield from _with_children(children.read_sets(below), cursor)
        if not page.rows or moment(page.rows[-1].updated_on) >= until:
            break
        cursor = msgspec.structs.replace(cursor, filled=page.rows[-1].updated_on)
        yield Reached(cursor)
    cursor = msgspec.structs.replace(cursor, since=job.since, filled="", filled_since="")
    yield Reached(cursor)
    return cursor


def pull_request_rows(ask: Ask, job: Job, rows: Sequence[Any]) -> Events:
    """Pull requests, and which of their stored participants take part no longer."""
    place = job.repository.place
    yield Rows(PULL_REQUESTS, rows, place)
    if PULL_REQUEST_PARTICIPANTS not in ask.wanted:
        return
    stored = job.known.keys(PULL_REQUEST_PARTICIPANTS, place, pull_request_id=[row.id for row in rows])
    there = {
        (job.repository.uuid, row.id, (participant.user.uuid if participant.user else None) or "")
        for row in rows
        for participant in row.participants or ()
    }
    if gone := stored - there:
        yield Gone(PULL_REQUEST_PARTICIPANTS, gone)


def _changed_since(ask: Ask, job: Job, bound: str) -> Iterator[Page[Any]]:
    while True:
        last = bound
        params = {"q": f'updated_on>="{bound}"', "sort": "updated_on"}
        for page in ask.pages(PULL_REQUESTS, job.repository.place, params):
            yield page
            if page.next_url is None:
                return
            last = page.rows[-1].updated_on if page.rows else bound
            if last != bound:
                break
            # a whole page shares one moment: only then the list is paged within it
        bound = last


def _walked(cursor: PullRequestsCursor) -> PullRequestsCursor:
    """The cursor at the end of its list."""
    return msgspec.structs.replace(cursor, below=msgspec.structs.replace(cursor.below, first=False))


def _with_children(walk: Walk, cursor: PullRequestsCursor) -> Generator[Event, None, PullRequestsCursor]:
    """A walk over what hangs below, with its safe points as those of the cursor."""
    while True:
        try:
            said = next(walk)
        except StopIteration as end:
            return msgspec.structs.replace(cursor, below=end.value)
        if isinstance(said, Below):
            cursor = msgspec.structs.replace(cursor, below=said)
            yield Reached(cursor)
        else:
            yield said


def _met_again(read: Mapping[int, str], updated_on: str) -> dict[int, str]:
    """Those that the next look, which starts before `updated_on`, will meet again."""
    start = moment(updated_on) - OVERLAP
    return {number: read[number] for number in sorted(read) if moment(read[number]) >= start}


def _with_sign(job: Job, cursor: PullRequestsCursor, changed: Sequence[Any]) -> PullRequestsCursor:
    """The cursor with a new sign where a pull request that changed names a commit of this repository not stored."""
    telling = job.telling_of_a_push(changed, lambda row: _hashes(job, row))
    if not telling:
        return cursor
    job.signs[PULL_REQUESTS] = sign = telling[-1].updated_on
    return msgspec.structs.replace(cursor, sign=sign)


def _hashes(job: Job, row: Any) -> Iterator[str | None]:
    """The commits that a pull request names and that its repository's refs should reach."""
    yield row.merge_commit and row.merge_commit.hash
    yield row.destination and row.destination.commit and row.destination.commit.hash
    source = row.source
    if row.state == "OPEN" and source and source.repository and source.repository.uuid == job.repository.uuid:
        yield source.commit and source.commit.hash


def _moment_of(header: str) -> str:
    """The moment that a header Date names."""
    return parsedate_to_datetime(header).isoformat()


def _later(cursor: PullRequestsCursor, updated_on: str) -> PullRequestsCursor:
    if moment(updated_on) > moment(cursor.updated_on):
        return msgspec.structs.replace(cursor, updated_on=updated_on)
    return cursor
