"""The lists of one pull request that are read whole: comments, tasks, commits, files.

Each says its rows and which stored ones are gone. All raise BitbucketError where the list cannot be read, Unavailable
where it never can be; `attempted` turns both into events.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from bitbucket_source.api.decode import Misfit, Page
from bitbucket_source.api.errors import BadRequest, BitbucketError, CredentialsRefused, NotFound, ScopeMissing
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Doubt, Event, Notice, Rows, Trouble
from bitbucket_source.sync.job import Job, moment
from bitbucket_source.sync.sides import Sides
from bitbucket_source.tables import PULL_REQUEST_COMMITS, PULL_REQUEST_FILES, PULL_REQUESTS, Table


class Outcome(Enum):
    """What became of reading a list."""

    SETTLED = auto()
    DOUBTED = auto()
    """there are none although some are stored, and no earlier sync saw that"""
    FAILED = auto()
    REFUSED = auto()
    """the credentials lack the scope for any such list"""


Reading: TypeAlias = Generator[Event, None, Outcome]


class Unavailable(Exception):
    """Bitbucket can never tell the list again: the source is gone, or there is no common ancestor. `str()` is why."""


class SourceOutOfSight(Unavailable):
    """The source is a fork that these credentials may not see now: the next sync asks again."""


@dataclass(frozen=True)
class Parent:
    """The pull request whose lists are read."""

    number: int
    diffstat: str | None = None
    """where it says its files are; None where it was not read in this job"""
    is_orphan: bool = False
    """whether its source is gone"""
    made_by_merging: str | None = None
    """the commit that merging made, 12 digits"""
    believed_empty: bool = False
    """whether a list of it that comes empty is so: an earlier sync saw it, too, or it was worked out"""


def attempted(job: Job, table: Table, number: int, reading: Reading) -> Reading:
    """A reading whose failure is the pull request's own, and said."""
    where = job.repository.full_name
    try:
        return (yield from reading)
    except CredentialsRefused:
        raise
    except SourceOutOfSight as why:
        yield Notice(f"{table.name} of {where}, pull request {number}: not available now, its fork is hidden: {why}")
        return Outcome.FAILED
    except Unavailable as why:
        yield Notice(f"{table.name} of {where}, pull request {number}: not available any more: {why}")
        return Outcome.SETTLED
    except BitbucketError as error:
        yield Trouble(table, where, f"pull request {number}", str(error))
        return Outcome.REFUSED if isinstance(error, ScopeMissing) else Outcome.FAILED


def remarks_of(ask: Ask, job: Job, table: Table, parent: Parent) -> Reading:
    """Comments or tasks."""
    pages = list(ask.pages(table, job.place_of(parent.number)))
    return (yield from said(ask, job, table, parent, pages))


def commits_of(ask: Ask, job: Job, parent: Parent) -> Reading:
    """Commits, newest date first, without the one that merging made: whether the list begins with it is not known."""
    try:
        pages = list(ask.pages(PULL_REQUEST_COMMITS, job.place_of(parent.number)))
    except (BadRequest, NotFound) as error:
        raise _unless_passing(ask, job, error, parent) from error
    if made := parent.made_by_merging:
        for page in pages:
            page.rows = [row for row in page.rows if not str(row.hash).startswith(made)]
    return (yield from said(ask, job, PULL_REQUEST_COMMITS, parent, [_as_one(pages, newest_first)]))


def files_of(ask: Ask, job: Job, parent: Parent) -> Reading:
    """Files. The documented address costs one request more than the one that the pull request names (FACTS 3)."""
    table, place = PULL_REQUEST_FILES, job.place_of(parent.number)
    try:
        pages = list(ask.linked_pages(table, parent.diffstat) if parent.diffstat else ask.pages(table, place))
    except (BadRequest, NotFound) as error:
        raise _unless_passing(ask, job, error, parent) from error
    whole = _as_one(pages, list)
    by_path: dict[str, Any] = {}
    for index, row in enumerate(whole.rows):
        row.path = (row.new and row.new.path) or (row.old and row.old.path)
        if row.path:
            by_path.setdefault(row.path, row)
        else:
            whole.misfits.append(Misfit(index, "file without path", "neither its old nor its new path is told"))
    whole.rows = list(by_path.values())
    return (yield from said(ask, job, table, parent, [whole]))


def newest_first(commits: Sequence[Any]) -> list[Any]:
    """By date, and by hash where two have the same: the order is that of `position`."""
    by_hash = sorted(commits, key=lambda row: str(row.hash))
    return sorted(by_hash, key=lambda row: moment(row.date or "1970-01-01"), reverse=True)


def said(ask: Ask, job: Job, table: Table, parent: Parent, pages: Sequence[Page[Any]]) -> Reading:
    """The rows of a list that was read whole, and which of the stored ones are gone."""
    place = job.place_of(parent.number)
    for page in pages:
        yield Rows(table, page.rows, place)
        for misfit in page.misfits:
            # an object with an identity is known by it: the error is settled when its row is written
            item = misfit.label if table.askable else f"pull request {parent.number} {misfit.label}"
            yield Trouble(table, job.repository.full_name, item, misfit.why)
    is_empty = not any(page.length for page in pages)
    if is_empty and not parent.believed_empty and job.known.keys(table, place):
        yield Doubt(
            f"{table.name} of {job.repository.full_name}, pull request {parent.number}: none, although some are "
            "stored; believed if the next sync sees it too"
        )
        return Outcome.DOUBTED
    if table.askable or not any(page.misfits for page in pages):
        yield from missing_rows(ask, job.known, table, place, pages)
    return Outcome.SETTLED


def _as_one(pages: Sequence[Page[Any]], ordered: Callable[[list[Any]], list[Any]]) -> Page[Any]:
    """A list as one page: it stands at fixed hashes, so that no row slides over the edge of a page."""
    misfits = [misfit for page in pages for misfit in page.misfits]
    return Page(ordered([row for page in pages for row in page.rows]), misfits=misfits)


def _unless_passing(ask: Ask, job: Job, error: BadRequest | NotFound, parent: Parent) -> Exception:
    """Unavailable where these credentials get no other answer, else the error itself."""
    # without what could be done: nothing can
    why = f"{error.status} {error.why}"
    if not isinstance(error, NotFound):
        return Unavailable(why) if error.status == 400 else error
    if error.unresolved or parent.is_orphan:
        return Unavailable(why)
    if not error.is_of_repository:
        return error
    # raises where it is the repository itself that is hidden by now
    sides = Sides.of(ask.item(PULL_REQUESTS, job.repository.place, str(parent.number)))
    if sides.is_orphan:
        return Unavailable(why)
    return SourceOutOfSight(why) if sides.source_repository != job.repository.uuid else error
