"""Short lists, read whole: their rows, what does not fit, and which of the stored rows are gone."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.events import Doubt, Event, Gone, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.tables import REPOSITORIES, Table


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
        yield Doubt(
            f"{table.name} of {what}: the list is empty, although rows are stored; "
            "believed if the next sync sees it too"
        )
        return False
    yield from missing_rows(ask, job.known, table, place, pages)
    return True


def nothing_there(ask: Ask, job: Job, tables: Sequence[Table], place: Place) -> Generator[Event, None, None]:
    """Bitbucket has nothing at a place below a repository (404): all rows of the tables that are stored there are gone.

    Raises NotFound where it does not show the repository either: then that says nothing.
    """
    stored = [table for table in tables if job.known.keys(table, place)]
    if stored:
        ask.item(REPOSITORIES, {}, job.repository.uuid)
    for table in stored:
        yield all_gone(table, place)


def all_gone(table: Table, place: Place) -> Gone:
    """All rows of a table at a place are gone."""
    return Gone(table, [tuple(place[name] for name in table.key if name in place)])
