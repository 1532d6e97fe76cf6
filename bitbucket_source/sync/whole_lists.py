"""Short lists of a repository that nothing tells the changes of: each is read whole on every sync."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.events import Events, Reached
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.listing import whole_list
from bitbucket_source.tables import DATA_TABLES, Table

WHOLE_LISTS: Mapping[Table, Sequence[Place]] = {table: table.lists for table in DATA_TABLES if table.listed_whole}
"""The tables that are read so, and where below a repository their lists are, beside what every endpoint names."""


class WholeListCursor(msgspec.Struct, frozen=True):
    """The lists of the table were read."""

    doubted: tuple[int, ...] = ()
    """those, by their place in WHOLE_LISTS, that were empty although rows are stored: believed when the next sync sees
    it too"""


def read_whole_list(table: Table, ask: Ask, job: Job, cursor: WholeListCursor | None) -> Events:
    """All rows of the table that belong to a repository, and which of the stored ones are gone."""
    this = (table, ask.wanted)
    if this in job.done:
        return
    doubted = []
    for number, where in enumerate(WHOLE_LISTS[table]):
        place = {**job.repository.place, **where}
        what = " ".join([job.repository.full_name, *map(str, where.values())])
        pages = _pages(ask, job, table, place)
        believed = cursor is not None and number in cursor.doubted
        if not (yield from whole_list(ask, job, table, place, pages, what, believed_empty=believed)):
            doubted.append(number)
    job.done.add(this)
    yield Reached(WholeListCursor(tuple(doubted)))


def _pages(ask: Ask, job: Job, table: Table, place: Place) -> list[Page[Any]]:
    try:
        return list(ask.pages(table, place))
    except NotFound as error:
        if error.is_of_repository or not table.not_found_is_empty or job.known.keys(table, place):
            raise
        return []
