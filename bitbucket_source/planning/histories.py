"""How many commits a repository has. Bitbucket does not count them (FACTS 1), so pages of the list are tried.

A page can be asked for by its number, though the links between pages carry a token instead. That is no promise of
Bitbucket's, so it is tried first on page 2 of a list that has one. Where it does not hold, the size on disk bounds the
history.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import BadRequest, NotFound
from bitbucket_source.planning.figures import Figure
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.tables import COMMITS

BYTES_OF_A_COMMIT = 200
"""What a commit and the tree it names take on disk at the least: compressed hashes, names and dates."""
_STRIDE = 8
_CLOSE_ENOUGH = 0.05


@dataclass
class History:
    """What is known of the commits of one repository, in pages of its list."""

    repository: Repository
    size: int
    """bytes on disk"""
    low: int = 1
    """the highest page that is known to be there"""
    high: int | None = None
    """the lowest page that is known not to be there, less one; None where none is known"""
    rows: int | None = None
    """the number of commits, where it is known"""
    first: str = ""
    """the commit at the head of the list"""

    @property
    def commits(self) -> Figure:
        """How many commits there are."""
        if self.rows is not None:
            return Figure.of(self.rows)
        return Figure((self.low - 1) * COMMITS.pagelen + 1, self._most * COMMITS.pagelen)

    @property
    def _most(self) -> int:
        """How many pages there are at most, as far as anything tells."""
        if self.high is not None:
            return self.high
        by_size = self.size // BYTES_OF_A_COMMIT // COMMITS.pagelen + 1
        # where the list has shown more than fits into it, the size lags behind, or is a fork's, and tells nothing
        return by_size if by_size >= self.low else self.low * _STRIDE

    @property
    def doubt(self) -> int:
        """How many pages more there may be than are known; 0 where that is close enough."""
        pages = math.ceil(self.commits.high / COMMITS.pagelen)
        return 0 if pages - self.low <= self.low * _CLOSE_ENOUGH else pages - self.low

    @property
    def next_try(self) -> int:
        """The page that tells most."""
        if self.high is None:
            return self.low * _STRIDE
        return max(self.low + 1, min(self.high, round(math.sqrt(self.low * self.high))))

    def saw(self, number: int, page: Page[Any]) -> None:
        """Take in a page that was asked for."""
        if not page.length:
            self.absent(number)
        elif page.next_url is None:
            self.low = self.high = number
            self.rows = (number - 1) * COMMITS.pagelen + page.length
        else:
            self.low = max(self.low, number + 1)

    def absent(self, number: int) -> None:
        """Take in that there is no such page."""
        self.high = max(self.low, number - 1)


@dataclass
class Histories:
    """The histories of the repositories that are looked at."""

    ask: Ask
    counts_pages: bool = True
    """whether a page can be asked for by its number"""
    _all: list[History] = field(default_factory=list)

    def begin(self, repository: Repository, size: int) -> History:
        """Look at the first page. Raises BitbucketError where it cannot be read."""
        history = History(repository, size)
        try:
            page = next(iter(self.ask.pages(COMMITS, repository.place)))
        except NotFound:
            history.rows, history.high = 0, 1
            return history
        history.first = page.rows[0].hash if page.rows else ""
        history.saw(1, page)
        self._all.append(history)
        return history

    def narrow(self, requests: int) -> None:
        """Spend requests on the histories of which least is known."""
        self.counts_pages = self._can_count(self._all)
        while self.counts_pages and requests and (widest := max(self._all, key=_doubt, default=None)):
            if not widest.doubt:
                return
            self._try(widest, widest.next_try)
            requests -= 1

    def _can_count(self, histories: Sequence[History]) -> bool:
        """Whether page 2, asked for by its number, is there and is not page 1 again."""
        history = next((each for each in histories if each.doubt), None)
        if history is None:
            return True
        try:
            page = self._page(history, 2)
        except (NotFound, BadRequest):
            return False
        if not page.rows or page.rows[0].hash == history.first:
            return False
        history.saw(2, page)
        return True

    def _try(self, history: History, number: int) -> None:
        try:
            history.saw(number, self._page(history, number))
        except (NotFound, BadRequest):
            history.absent(number)

    def _page(self, history: History, number: int) -> Page[Any]:
        start = (number - 1) * COMMITS.pagelen
        return next(self.ask.numbered_pages(COMMITS, history.repository.place, start=start))


def _doubt(history: History) -> int:
    return history.doubt
