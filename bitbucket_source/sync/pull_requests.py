"""Pull requests: by the moment they were changed last, never by page number.

The list is asked for in the order of updated_on, from a bound on; after each full page the bound becomes the last
row's updated_on. A row that changes while the list is read moves to its end and is met again there, and no row can
slide over the edge of a page (FACTS 12). With `q`, Bitbucket answers in every state (FACTS 2).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import ServerTrouble
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Event, Events, Gone, NextLoad, Notice, Reached, Rows, Trouble
from bitbucket_source.sync.job import Job, moment
from bitbucket_source.sync.windows import windows
from bitbucket_source.tables import PULL_REQUEST_PARTICIPANTS, PULL_REQUESTS

OVERLAP = timedelta(minutes=5)
"""How far before the cursor a sync starts: a row can become visible late, and reading it again costs no request."""
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
    behind: bool = False
    """whether more has changed, which was not read yet"""
    by_ids: int = 0
    """how many more syncs read the list by windows of ids, because Bitbucket fails to sort it"""
    next_id: int = 0
    """of a walk by windows: the id to go on with; 0 where none is on its way"""
    began: str = ""
    """when that walk began, by Bitbucket's clock"""


def read_pull_requests(ask: Ask, job: Job, cursor: PullRequestsCursor | None) -> Events:
    """The pull requests that changed since the cursor, with what rides on them."""
    if cursor is not None and cursor.by_ids:
        yield from _by_windows(ask, job, cursor)
        return
    reached = cursor or PullRequestsCursor(job.since or BEGINNING, since=job.since)
    try:
        for event in _by_change(ask, job, cursor):
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


def _by_change(ask: Ask, job: Job, cursor: PullRequestsCursor | None) -> Events:
    """In the order in which they changed."""
    read: dict[int, str] = {}
    if cursor is not None and job.reaches_further_back(cursor.since):
        cursor = yield from _fill(ask, job, cursor, read)
    bound = _earlier(cursor.updated_on) if cursor else job.since or BEGINNING
    reached = cursor or PullRequestsCursor(bound, since=job.since)
    reached = msgspec.structs.replace(reached, sign=job.signs.get(PULL_REQUESTS, ""))
    for page in _changed_since(ask, job, bound):
        changed = next(
            (index for index, row in enumerate(page.rows) if read.get(row.id, row.updated_on) != row.updated_on), None
        )
        settled = page.rows[:changed]
        new = [row for row in settled if row.id not in read]
        yield from pull_request_rows(ask, job, new)
        read.update((row.id, row.updated_on) for row in settled)
        for misfit in page.misfits:
            yield Trouble(PULL_REQUESTS, job.repository.full_name, misfit.label, misfit.why)
        if settled:
            reached = _later(reached, settled[-1].updated_on)
        if cursor is not None:
            reached = _with_sign(job, reached, new)
        reached = msgspec.structs.replace(reached, behind=page.next_url is not None or changed is not None)
        yield Reached(reached)
        if changed is not None:
            yield NextLoad()
            return


def _by_windows(ask: Ask, job: Job, cursor: PullRequestsCursor) -> Events:
    """By windows of ids, because the list cannot be sorted.

    A pull request that changes behind the walk is met by the next one: that begins where this one began in time.
    """
    if job.reaches_further_back(cursor.since):
        cursor = msgspec.structs.replace(cursor, updated_on=job.since or BEGINNING, since=job.since, next_id=0)
    bound = _earlier(cursor.updated_on) if cursor.updated_on != BEGINNING else BEGINNING
    highest = max((pull_request for _, pull_request in job.known.keys(PULL_REQUESTS, job.repository.place)), default=0)
    first = cursor.next_id or 1
    began = cursor.began if cursor.next_id else ""
    for window in windows(ask, job, bound, first, highest):
        began = began or window.page.date
        yield from pull_request_rows(ask, job, window.page.rows)
        for misfit in window.page.misfits:
            yield Trouble(PULL_REQUESTS, job.repository.full_name, misfit.label, misfit.why)
        cursor = _with_sign(job, cursor, window.page.rows) if cursor.updated_on != BEGINNING else cursor
        cursor = msgspec.structs.replace(cursor, next_id=window.next_id, began=began)
        yield Reached(cursor)
    done = parsedate_to_datetime(began).isoformat() if began else cursor.updated_on
    left = cursor.by_ids - 1
    yield Reached(msgspec.structs.replace(cursor, updated_on=done, next_id=0, began="", behind=False, by_ids=left))


def _fill(
    ask: Ask, job: Job, cursor: PullRequestsCursor, read: dict[int, str]
) -> Generator[Event, None, PullRequestsCursor]:
    """The pull requests that were changed last before the first read began: an earlier sync left them out."""
    until = moment(cursor.since)
    for page in _changed_since(ask, job, cursor.filled or job.since or BEGINNING):
        rows = [row for row in page.rows if row.id not in read and moment(row.updated_on) < until]
        yield from pull_request_rows(ask, job, rows)
        read.update((row.id, row.updated_on) for row in rows)
        if not page.rows or moment(page.rows[-1].updated_on) >= until:
            break
        yield Reached(msgspec.structs.replace(cursor, filled=page.rows[-1].updated_on))
    cursor = msgspec.structs.replace(cursor, since=job.since, filled="")
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


def _with_sign(job: Job, cursor: PullRequestsCursor, rows: Sequence[Any]) -> PullRequestsCursor:
    """The cursor with a new sign where a pull request that changed names a commit of this repository not stored."""
    changed = job.known.different(PULL_REQUESTS, rows, job.repository.place)
    telling = [row for row in changed if job.tells_of_a_push(_hashes(job, row))]
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


def _earlier(updated_on: str) -> str:
    return (datetime.fromisoformat(updated_on) - OVERLAP).isoformat()


def _later(cursor: PullRequestsCursor, updated_on: str) -> PullRequestsCursor:
    if moment(updated_on) > moment(cursor.updated_on):
        return msgspec.structs.replace(cursor, updated_on=updated_on)
    return cursor
