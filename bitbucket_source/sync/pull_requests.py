"""Pull requests: by the moment they were changed last, never by page number.

The list is asked for in the order of updated_on, from a bound on; after each full page the bound becomes the last
row's updated_on. A row that changes while the list is read moves to its end and is met again there, and no row can
slide over the edge of a page (FACTS 12). With `q`, Bitbucket answers in every state (FACTS 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Events, NextLoad, Reached, Rows, Trouble
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.tables import PULL_REQUESTS

OVERLAP = timedelta(minutes=5)
"""How far before the cursor a sync starts: a row can become visible late, and reading it again costs no request."""
_BEGINNING = "1970-01-01T00:00:00+00:00"


class PullRequestsCursor(msgspec.Struct, frozen=True):
    """All pull requests that were changed up to `updated_on` have been read."""

    updated_on: str


def read_pull_requests(ask: Ask, repository: Repository, cursor: PullRequestsCursor | None) -> Events:
    """The pull requests that changed since the cursor, with what rides on them."""
    bound = _earlier(cursor.updated_on) if cursor else _BEGINNING
    read: dict[int, str] = {}
    reached = cursor
    for page in _changed_since(ask, repository, bound):
        changed = next(
            (index for index, row in enumerate(page.rows) if read.get(row.id, row.updated_on) != row.updated_on), None
        )
        settled = page.rows[:changed]
        yield Rows(PULL_REQUESTS, [row for row in settled if row.id not in read], repository.place)
        read.update((row.id, row.updated_on) for row in settled)
        for misfit in page.misfits:
            yield Trouble(PULL_REQUESTS, repository.full_name, misfit.label, misfit.why)
        if settled:
            reached = _later(reached, settled[-1].updated_on)
        yield Reached(reached or PullRequestsCursor(_BEGINNING))
        if changed is not None:
            yield NextLoad()
            return


def _changed_since(ask: Ask, repository: Repository, bound: str) -> Iterator[Page[Any]]:
    while True:
        last = bound
        params = {"q": f'updated_on>="{bound}"', "sort": "updated_on"}
        for page in ask.pages(PULL_REQUESTS, repository.place, params):
            yield page
            if page.next_url is None:
                return
            last = page.rows[-1].updated_on if page.rows else bound
            if last != bound:
                break
            # a whole page shares one moment: only then the list is paged within it
        bound = last


def _earlier(updated_on: str) -> str:
    return (datetime.fromisoformat(updated_on) - OVERLAP).isoformat()


def _later(cursor: PullRequestsCursor | None, updated_on: str) -> PullRequestsCursor:
    if cursor is None or datetime.fromisoformat(updated_on) > datetime.fromisoformat(cursor.updated_on):
        return PullRequestsCursor(updated_on)
    return cursor
