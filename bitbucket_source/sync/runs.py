"""The list of a repository's pipeline runs, which is read by page numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.job import Job, moment
from bitbucket_source.tables import PIPELINES


def position_in(page: Page[Any], uuid: str) -> int | None:
    """Where in a page a run stands; None where it is not there."""
    return next((index for index, row in placed(page) if row.uuid == uuid), None)


def placed(page: Page[Any]) -> Iterator[tuple[int, Any]]:
    """The rows of a page with where they stand, objects that could not be read counted."""
    unreadable = {misfit.index for misfit in page.misfits}
    return zip((index for index in range(page.length) if index not in unreadable), page.rows, strict=True)


def runs_before(ask: Ask, job: Job, since: str) -> int:
    """How many runs were created before a moment: found by looking at a few pages."""
    length = PIPELINES.pagelen

    def older(number: int) -> int | None:
        """How many runs of a page are older; None where all are."""
        params = {"sort": "created_on"}
        page = next(ask.numbered_pages(PIPELINES, job.repository.place, params, start=number * length))
        young = (index for index, row in placed(page) if moment(row.created_on) >= moment(since))
        return next(young, page.length if page.length < length else None)

    too_old, found = -1, None
    step = 1
    while found is None:
        number = too_old + step
        found = older(number)
        too_old, step = (number, step * 2) if found is None else (too_old, step)
    young_page = number
    while young_page - too_old > 1:
        middle = (young_page + too_old) // 2
        there = older(middle)
        if there is None:
            too_old = middle
        else:
            young_page, found = middle, there
    return young_page * length + found
