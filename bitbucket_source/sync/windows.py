"""Pull requests by windows of their ids: for a list that Bitbucket fails to sort."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.job import Job
from bitbucket_source.tables import PULL_REQUESTS

EMPTY_AT_THE_END = 2
"""Windows above the highest id known that must be empty before the list counts as ended."""


@dataclass(frozen=True)
class Window:
    """The pull requests of some ids that changed since a moment."""

    page: Page[Any]
    next_id: int
    """the first id behind the window"""


def windows(ask: Ask, job: Job, bound: str, first: int, highest: int) -> Iterator[Window]:
    """The windows from the id `first` on, in each what changed since `bound`; beyond `highest` until nothing comes.

    A window whose rows fill more than a page is narrowed: within it, rows could slide over a page's edge. One without
    any is followed by a wider one.
    """
    width = PULL_REQUESTS.pagelen
    empty = 0
    while first <= highest or empty < EMPTY_AT_THE_END:
        query = f'id>={first} AND id<{first + width} AND updated_on>="{bound}"'
        page = next(iter(ask.pages(PULL_REQUESTS, job.repository.place, {"q": query})))
        if page.next_url is not None and width > 1:
            width = max(1, width // 2)
            continue
        beyond = first + width > highest
        empty = empty + 1 if beyond and not page.length else 0
        first += width
        yield Window(page, first)
        if not page.length and not beyond:
            width *= 2
