"""Short lists of a repository that nothing tells the changes of: each is read whole on every sync."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.events import Event, Events, Notice, Reached, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.tables import (
    BRANCH_RESTRICTIONS,
    DEFAULT_REVIEWERS,
    DOWNLOADS,
    PIPELINE_SCHEDULES,
    REPOSITORY_PERMISSIONS,
    WEBHOOKS,
    Table,
)

WHOLE_LISTS: Mapping[Table, Sequence[Place]] = {
    PIPELINE_SCHEDULES: ({},),
    DEFAULT_REVIEWERS: ({},),
    BRANCH_RESTRICTIONS: ({},),
    REPOSITORY_PERMISSIONS: ({"granted_to": "users"}, {"granted_to": "groups"}),
    WEBHOOKS: ({},),
    DOWNLOADS: ({},),
}
"""The tables that are read so, and where below a repository their lists are, beside what every endpoint names."""

_NOT_FOUND_IS_EMPTY = frozenset({PIPELINE_SCHEDULES})
"""A repository that never had pipelines answers 404 (FACTS 5)."""


class WholeListCursor(msgspec.Struct, frozen=True):
    """The lists of the table were read."""

    empty: tuple[int, ...] = ()
    """those, by their place in WHOLE_LISTS, that were empty although rows are stored: believed when the next sync sees
    it too"""


def read_whole_list(table: Table, ask: Ask, job: Job, cursor: WholeListCursor | None) -> Events:
    """All rows of the table that belong to a repository, and which of the stored ones are gone."""
    doubted = []
    for number, where in enumerate(WHOLE_LISTS[table]):
        place = {**job.repository.place, **where}
        pages = _pages(ask, job, table, place)
        yield from _rows(job, table, place, pages)
        believed = cursor is not None and number in cursor.empty
        if not believed and not any(page.length for page in pages) and job.known.keys(table, place):
            doubted.append(number)
            yield Notice(
                f"{table.name} of {job.repository.full_name}{_of(where)}: the list is empty, although rows are stored; "
                "believed if the next sync sees it too"
            )
        else:
            yield from missing_rows(ask, job.known, table, place, pages)
    yield Reached(WholeListCursor(tuple(doubted)))


def _pages(ask: Ask, job: Job, table: Table, place: Place) -> list[Page[Any]]:
    try:
        return list(ask.pages(table, place))
    except NotFound:
        if table not in _NOT_FOUND_IS_EMPTY or job.known.keys(table, place):
            raise
        return []


def _rows(job: Job, table: Table, place: Place, pages: Sequence[Page[Any]]) -> Iterator[Event]:
    for page in pages:
        yield Rows(table, page.rows, place)
        for misfit in page.misfits:
            yield Trouble(table, job.repository.full_name, misfit.label, misfit.why)


def _of(where: Place) -> str:
    return "".join(f" ({value})" for value in where.values())
