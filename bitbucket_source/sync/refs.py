"""Branches and tags: listed whole when something tells of a push."""

from __future__ import annotations

import msgspec

from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.checks import heads_to_look_for
from bitbucket_source.sync.events import Doubt, Events, Reached, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.tables import Table


class RefsCursor(msgspec.Struct, frozen=True):
    """The refs were listed on this occasion."""

    occasion: str
    empty: bool = False
    """the list was empty although refs are stored: believed when the next sync sees it too"""


def read_refs(table: Table, ask: Ask, job: Job, cursor: RefsCursor | None) -> Events:
    """The branches or the tags, whole, if something tells of a push since the cursor."""
    now = RefsCursor(job.occasion)
    if cursor == now and not job.forced:
        return
    pages, place = job.refs.pages(table), job.repository.place
    for page in pages:
        yield Rows(table, page.rows, place)
        for misfit in page.misfits:
            yield Trouble(table, job.repository.full_name, misfit.label, misfit.why)
    if not job.refs.count(table) and not (cursor and cursor.empty) and job.known.keys(table, place):
        yield Doubt(
            f"{table.name} of {job.repository.full_name}: the list is empty, although rows are stored; "
            "believed if the next sync sees it too"
        )
        yield Reached(RefsCursor("", empty=True))
        return
    gone = list(missing_rows(ask, job.known, table, place, pages))
    rows = [row for page in pages for row in page.rows]
    if cursor == now and (gone or job.known.different(table, rows, place)):
        # nothing told of it, and nothing will tell the lists that follow the refs
        job.has_found_refs = True
        yield heads_to_look_for()
    yield from gone
    yield Reached(now)
