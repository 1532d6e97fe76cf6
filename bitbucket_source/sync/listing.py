"""One short list, read whole: its rows, what does not fit, and which of the stored rows are gone."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.events import Event, Notice, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.tables import Table


def whole_list(
    ask: Ask, job: Job, table: Table, place: Place, pages: Sequence[Page[Any]], what: str, *, believed_empty: bool
) -> Generator[Event, None, bool]:
    """What the `pages` of a list say of all rows at its place; `what` it is a list of, for people.

    Returns False where it is empty although rows are stored, and that is not believed: nothing is gone yet.
    """
    for page in pages:
        yield Rows(table, page.rows, place)
        for misfit in page.misfits:
            yield Trouble(table, job.repository.full_name, misfit.label, misfit.why)
    if not believed_empty and not any(page.length for page in pages) and job.known.keys(table, place):
        yield Notice(
            f"{table.name} of {what}: the list is empty, although rows are stored; "
            "believed if the next sync sees it too"
        )
        return False
    yield from missing_rows(ask, job.known, table, place, pages)
    return True
