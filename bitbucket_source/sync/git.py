"""Branches, tags and commits.

Refs are listed whole when `repositories.updated_on` moved. Commits are told apart by what the refs reach, never by
their dates: a commit with an old date can be pushed at any time. New is what the heads of now reach and those of the
last sync do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Events, Reached, Rows, Trouble
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.tables import BRANCHES, COMMITS, TAGS, Table

HASHES_IN_A_URL = 40
"""More are posted as a form: a URL may have 4,094 characters (FACTS 2)."""


class RefsCursor(msgspec.Struct, frozen=True):
    """The refs were listed when the repository's updated_on was this."""

    repository_updated_on: str


class CommitsCursor(msgspec.Struct, frozen=True):
    """All that `heads` reach has been read.

    Where a listing was cut short, `targets` are the heads it is on the way to, and `frontier` the parents named by the
    commits read so far that were not read themselves: what is missing hangs below them.
    """

    heads: tuple[str, ...] = ()
    repository_updated_on: str = ""
    targets: tuple[str, ...] = ()
    frontier: tuple[str, ...] = ()


class Refs:
    """The refs of one repository, listed at most once a job, however many tables need them."""

    def __init__(self, ask: Ask, repository: Repository) -> None:
        self._ask = ask
        self._repository = repository
        self._pages: dict[Table, list[Page[Any]]] = {}

    def pages(self, table: Table) -> list[Page[Any]]:
        """The pages of the branches or the tags."""
        if table not in self._pages:
            self._pages[table] = list(self._ask.pages(table, self._repository.place))
        return self._pages[table]

    def heads(self) -> list[str]:
        """The hashes that branches and tags point at, each once."""
        found = (row.target for table in (BRANCHES, TAGS) for page in self.pages(table) for row in page.rows)
        return sorted({target.hash for target in found if target is not None and target.hash})


def read_refs(table: Table, refs: Refs, repository: Repository, cursor: RefsCursor | None) -> Events:
    """The branches or the tags, whole, if something was pushed since the cursor."""
    now = RefsCursor(repository.updated_on)
    if cursor == now:
        return
    for page in refs.pages(table):
        yield Rows(table, page.rows, repository.place)
        for misfit in page.misfits:
            yield Trouble(table, repository.full_name, misfit.label, misfit.why)
    yield Reached(now)


def read_commits(ask: Ask, refs: Refs, repository: Repository, cursor: CommitsCursor | None) -> Events:
    """The commits that the refs reach now and the heads of the cursor do not."""
    before = cursor or CommitsCursor()
    if before.targets:
        yield from _listing(ask, repository, before, before.frontier, before.targets)
        before = CommitsCursor(before.targets, before.repository_updated_on)
        yield Reached(before)
    if before.repository_updated_on == repository.updated_on:
        return
    heads = tuple(refs.heads())
    new = tuple(sorted(set(heads) - set(before.heads)))
    yield from _listing(ask, repository, before, new, heads)
    yield Reached(CommitsCursor(heads, repository.updated_on))


def _listing(
    ask: Ask, repository: Repository, before: CommitsCursor, include: tuple[str, ...], targets: tuple[str, ...]
) -> Events:
    """List what `include` reaches and the heads of `before` do not; every page is a safe point."""
    if not include:
        return
    everything = not before.heads and include == targets
    pages = ask.pages(COMMITS, repository.place) if everything else _pages(ask, repository, include, before)
    missing = set(include)
    for page in pages:
        yield Rows(COMMITS, page.rows, repository.place)
        for misfit in page.misfits:
            yield Trouble(COMMITS, repository.full_name, misfit.label, misfit.why)
        # children come before their parents: what was read is not named again
        for row in page.rows:
            missing.discard(row.hash)
            missing.update(parent.hash for parent in row.parents or ())
        if page.next_url is not None:
            yield Reached(CommitsCursor(before.heads, before.repository_updated_on, targets, tuple(sorted(missing))))


def _pages(ask: Ask, repository: Repository, heads: Iterable[str], before: CommitsCursor) -> Iterator[Page[Any]]:
    """The commits that `heads` reach and those of `before` do not, without the hashes that no longer resolve.

    A 404 names unresolvable hashes, though not always all of them (FACTS 2): they are left out and the rest is asked
    again, until it resolves. An unresolvable old head only makes the answer longer, never shorter.
    """
    include, exclude = set(heads), set(before.heads) - set(heads)
    while include:
        hashes = [*(("include", sha) for sha in sorted(include)), *(("exclude", sha) for sha in sorted(exclude))]
        try:
            if len(hashes) > HASHES_IN_A_URL:
                yield from ask.pages(COMMITS, repository.place, form=hashes)
            else:
                asked = {"include": sorted(include), "exclude": sorted(exclude)}
                yield from ask.pages(COMMITS, repository.place, asked)
            return
        except NotFound as error:
            unknown = set(error.unresolved) & (include | exclude)
            if not unknown:
                raise
            include -= unknown
            exclude -= unknown
