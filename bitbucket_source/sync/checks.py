"""What builds and scanners say of commits: statuses, reports and their annotations."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import (
    AccessDenied,
    BitbucketError,
    CredentialsRefused,
    NotFound,
    RateLimited,
    ServerTrouble,
)
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.events import Amend, Event, Events, Gone, Reached, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.listing import nothing_there, whole_list
from bitbucket_source.sync.watched import Watched, heads_now, today
from bitbucket_source.tables import BRANCHES, COMMIT_STATUSES, REPORT_ANNOTATIONS, REPORTS, Table

CHECKS = (COMMIT_STATUSES, REPORTS, REPORT_ANNOTATIONS)
_ILLEGIBLE = "illegible"
"""instead of the occasion on which not all branches could be read"""
_ANOTHER = "another"
"""the same where others are heads now, on the same occasion"""
COMMITS_AT_ONCE = 5
"""So many the audit reads before it looks at its budget again."""


class ChecksCursor(msgspec.Struct, frozen=True):
    """Which commits are watched, and how far this reading of them has come."""

    watched: Watched = Watched()
    owed: tuple[str, ...] = ()
    """commits that were never read, or could not be"""
    at: str = ""
    """of a reading that was cut short, the commit it had come to: the next one begins behind it"""
    doubted: tuple[str, ...] = ()
    """the lists that were empty although rows are stored: believed when the next sync sees it too"""


@dataclass
class Look:
    """What one look at a commit's lists is told, and tells."""

    doubted: frozenset[str]
    """the lists that were seen empty before"""
    empty: list[str] = field(default_factory=list)
    """those that are empty although rows are stored, and not believed"""
    is_unfinished: bool = False


def read_checks(ask: Ask, job: Job, cursor: ChecksCursor | None) -> Events:
    """The lists of every commit that is watched. Each commit is a safe point."""
    before, day = cursor or ChecksCursor(), today(ask)
    cursor = _replaced(before, watched=before.watched.without_old(day))
    if cursor.watched.occasion != job.occasion:
        known = (*cursor.watched.heads, *cursor.watched.replaced)
        heads = heads_now(ask, job, known, day, is_first=cursor.watched.occasion == "")
        new = [sha for sha in heads if sha not in known]
        occasion = job.occasion
        if any(page.misfits for page in job.refs.pages(BRANCHES)):
            # nothing will tell that they can be read: the next sync looks again
            occasion = _ILLEGIBLE
            if BRANCHES not in job.reads:
                yield Trouble(COMMIT_STATUSES, job.repository.full_name, "heads", "some branches cannot be read")
        cursor = _replaced(
            cursor, watched=cursor.watched.on(occasion, heads, day), owed=tuple(dict.fromkeys([*cursor.owed, *new]))
        )
        yield Reached(cursor)
    for sha in _in_order(cursor, day):
        this = ("checks", sha, ask.wanted)
        if this in job.done:
            continue
        look = Look(frozenset(cursor.doubted))
        try:
            yield from checks_of(ask, job, sha, look)
        except (AccessDenied, CredentialsRefused, RateLimited):
            raise
        except BitbucketError as error:
            yield Trouble(COMMIT_STATUSES, job.repository.full_name, f"commit {sha}", str(error))
            owed = tuple(dict.fromkeys([*cursor.owed, sha]))
        else:
            owed = tuple(each for each in cursor.owed if each != sha)
        cursor = _after(cursor, sha, look, owed)
        job.done.add(this)
        yield Reached(cursor)
    yield Reached(_replaced(cursor, at=""))


def heads_to_look_for() -> Amend:
    """The heads are others, although nothing tells of a push."""
    return Amend(
        COMMIT_STATUSES,
        lambda cursor: _replaced(cursor, watched=msgspec.structs.replace(cursor.watched, occasion=_ANOTHER)),
    )


def _in_order(cursor: ChecksCursor, day: str) -> list[str]:
    """The commits to read: first those that are owed, then those behind the one the last reading came to."""
    watched = sorted(cursor.watched.to_ask(day))
    behind = [sha for sha in watched if sha > cursor.at]
    return list(dict.fromkeys([*cursor.owed, *behind, *watched]))


def _after(cursor: ChecksCursor, sha: str, look: Look, owed: Sequence[str]) -> ChecksCursor:
    doubted = [each for each in cursor.doubted if sha not in each]
    return ChecksCursor(
        watched=cursor.watched.after_reading(sha, is_unfinished=look.is_unfinished),
        owed=tuple(owed),
        at=sha,
        doubted=(*doubted, *look.empty),
    )


def checks_of(ask: Ask, job: Job, sha: str, look: Look) -> Generator[Event, None, None]:
    """All that the selected tables have of one commit. A commit that Bitbucket does not have has nothing."""
    place = {**job.repository.place, "commit_hash": sha}
    try:
        if COMMIT_STATUSES in ask.wanted:
            pages, _ = yield from _listed(ask, job, COMMIT_STATUSES, place, look)
            look.is_unfinished |= any(row.state == "INPROGRESS" for page in pages for row in page.rows)
        if not {REPORTS, REPORT_ANNOTATIONS}.isdisjoint(ask.wanted):
            yield from _reports(ask, job, place, look)
    except NotFound as error:
        if error.is_of_repository:
            raise
        yield from nothing_there(ask, job, CHECKS, place)


def verified_checks(ask: Ask, job: Job, at: str) -> Generator[Event, None, str]:
    """The lists of the next commits of which anything is stored, by hash; returns the last one's, '' at the end.

    A commit whose list came empty is owed: the ordinary reading looks once more, and believes it.
    """
    place = job.repository.place
    tables = [table for table in CHECKS if table in ask.wanted]
    stored = {sha for table in tables for (sha,) in job.known.stored(table, ["commit_hash"], place)}
    later = sorted(sha for sha in stored if sha > at)
    for sha in later[:COMMITS_AT_ONCE]:
        look = Look(frozenset())
        yield from checks_of(ask, job, sha, look)
        if look.empty:
            yield Amend(COMMIT_STATUSES, partial(_with_doubt, sha=sha, empty=tuple(look.empty)))
    return later[COMMITS_AT_ONCE - 1] if len(later) > COMMITS_AT_ONCE else ""


def _with_doubt(cursor: ChecksCursor, sha: str, empty: Sequence[str]) -> ChecksCursor:
    """The cursor with lists of a commit that came empty although rows are stored."""
    return _replaced(
        cursor,
        owed=tuple(dict.fromkeys([*cursor.owed, sha])),
        doubted=tuple(dict.fromkeys([*cursor.doubted, *empty])),
    )


def _reports(ask: Ask, job: Job, place: Place, look: Look) -> Generator[Event, None, None]:
    pages, believed = yield from _listed(ask, job, REPORTS, place, look)
    reports = [row for page in pages for row in page.rows]
    look.is_unfinished |= any(row.result == "PENDING" for row in reports)
    if REPORT_ANNOTATIONS not in ask.wanted:
        return
    for report in reports:
        try:
            yield from _listed(ask, job, REPORT_ANNOTATIONS, {**place, "report_uuid": report.uuid}, look)
        except NotFound as error:
            if error.is_of_repository:
                raise
            # the report may have gone since it was listed: that says nothing of the commit
            raise ServerTrouble(error.endpoint, error.status, error.why.rstrip("."), 1) from None
    if believed and not any(page.misfits for page in pages):
        there = {report.uuid for report in reports}
        stored = {uuid for _, _, uuid, _ in job.known.keys(REPORT_ANNOTATIONS, place)}
        of_commit = (job.repository.uuid, place["commit_hash"])
        yield Gone(REPORT_ANNOTATIONS, [(*of_commit, uuid) for uuid in sorted(stored - there)])


def _listed(
    ask: Ask, job: Job, table: Table, place: Place, look: Look
) -> Generator[Event, None, tuple[list[Page[Any]], bool]]:
    """The pages of a list, and whether what it does not show is gone."""
    pages = list(ask.pages(table, place))
    below = " ".join(str(value) for name, value in place.items() if name != "repository_uuid")
    this = f"{table.name} {below}"
    what = f"{job.repository.full_name} {below}"
    believed = yield from whole_list(ask, job, table, place, pages, what, believed_empty=this in look.doubted)
    if not believed:
        look.empty.append(this)
    return pages, believed


def _replaced(cursor: ChecksCursor, **changes: Any) -> ChecksCursor:
    return msgspec.structs.replace(cursor, **changes)
