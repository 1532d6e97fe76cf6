"""What belongs to the workspace: itself, its people, its projects, and the list of its repositories.

All of them are short lists and are read whole on every sync: that is how new, renamed, hidden and deleted
repositories are seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.cursors import Cursors, Reader
from bitbucket_source.sync.events import Event, Events, Gone, Notice, Reached, Rows, Trouble
from bitbucket_source.sync.known import Known
from bitbucket_source.tables import REPOSITORIES, Table


@dataclass(frozen=True)
class Workspace:
    """The workspace being synced."""

    uuid: str
    slug: str

    @property
    def place(self) -> dict[str, str]:
        """The foreign keys of what belongs to it."""
        return {"workspace_uuid": self.uuid, "workspace_slug": self.slug}


@dataclass(frozen=True)
class Repository:
    """A repository to be read: its identity, and the signal that something was pushed."""

    uuid: str
    slug: str
    full_name: str
    updated_on: str

    @property
    def place(self) -> dict[str, str]:
        """The foreign key of what belongs to it."""
        return {"repository_uuid": self.uuid}


@dataclass(frozen=True)
class Selection:
    """Which repositories are read: globs on the slug, in any case, and keys of projects. Empty means all."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()

    def takes(self, row: Any) -> bool:
        """Whether a row of `repositories` is selected."""
        slug = (row.slug or "").lower()
        project = row.project.key if row.project else None
        return (
            (not self.include or any(fnmatch(slug, glob.lower()) for glob in self.include))
            and not any(fnmatch(slug, glob.lower()) for glob in self.exclude)
            and (not self.projects or (project or "").lower() in {key.lower() for key in self.projects})
        )


class ListCursor(msgspec.Struct, frozen=True):
    """A list of the workspace was empty when it was read last, although rows of it are stored."""

    empty: bool = False


class SeenBy(msgspec.Struct, frozen=True):
    """The credentials, by their identity, that saw the repository when they looked last."""

    credentials: tuple[str, ...] = ()


def read_repositories(ask: Ask, selection: Selection, found: list[Repository], pages: list[Page[Any]]) -> Events:
    """The list of repositories, whole; adds the selected ones to `found`, and all pages to `pages`.

    By uuid, page after page: none can slide over the edge of one.
    """
    for page in _by_uuid(ask):
        pages.append(page)
        taken = [row for row in page.rows if selection.takes(row)]
        found += [Repository(row.uuid, row.slug, row.full_name, row.updated_on) for row in taken]
        yield Rows(REPOSITORIES, taken)
        yield from _misfits(REPOSITORIES, page, ask.workspace)


@dataclass(frozen=True)
class WorkspaceLists:
    """The short lists of a workspace, and which of the rows stored from them are gone."""

    ask: Ask
    known: Known
    cursors: Cursors
    workspace: Workspace
    credentials: str
    """identity of the credentials that look"""

    def people(self, table: Table) -> Events:
        """The list of projects or members, whole."""
        place = self.workspace.place
        pages = list(self.ask.pages(table, place))
        for page in pages:
            yield Rows(table, page.rows, place)
            yield from _misfits(table, page, self.workspace.slug)
        yield from self._believed(table, pages, missing_rows(self.ask, self.known, table, place, pages))

    def repositories_gone(self, pages: Sequence[Page[Any]]) -> Events:
        """Which stored repositories nobody sees any more.

        One that is missing was deleted, or the credentials may no longer see it: it is gone when all credentials that
        ever saw it have looked again and did not.
        """
        yield from self._believed(REPOSITORIES, pages, self._out_of_sight(pages))
        for uuid in (row.uuid for page in pages for row in page.rows):
            seen_by = self._seen_by(uuid)
            if self.credentials not in seen_by:
                yield Reached(SeenBy(tuple(sorted({*seen_by, self.credentials}))), uuid)

    def _out_of_sight(self, pages: Sequence[Page[Any]]) -> Events:
        for event in missing_rows(self.ask, self.known, REPOSITORIES, self._place, pages, by_keyset=True):
            if not isinstance(event, Gone):
                yield event
                continue
            gone = []
            for (uuid,) in event.keys:
                if others := self._seen_by(uuid) - {self.credentials}:
                    yield Reached(SeenBy(tuple(sorted(others))), uuid)
                else:
                    gone.append((uuid,))
            yield Gone(REPOSITORIES, gone)

    def _believed(self, table: Table, pages: Sequence[Page[Any]], gone: Iterator[Event]) -> Events:
        """The events of `gone`, unless the list became empty and this is the first sync that sees it."""
        cursor = self.cursors.get(self.workspace.uuid, Reader(table, table), ListCursor) or ListCursor()
        is_empty = not any(page.length for page in pages)
        if is_empty and not cursor.empty and self.known.keys(table, self._place):
            yield Notice(
                f"{table.name}: the list is empty, although rows are stored; believed if the next sync sees it too"
            )
            yield Reached(ListCursor(empty=True))
            return
        yield from gone
        if cursor.empty and not is_empty:
            yield Reached(ListCursor())

    def _seen_by(self, uuid: str) -> set[str]:
        cursor = self.cursors.get(uuid, Reader(REPOSITORIES, REPOSITORIES), SeenBy)
        return set(cursor.credentials) if cursor else set()

    @property
    def _place(self) -> Place:
        return {"workspace_uuid": self.workspace.uuid}


def _by_uuid(ask: Ask) -> Iterator[Page[Any]]:
    params = {"sort": "uuid"}
    while True:
        page = next(iter(ask.pages(REPOSITORIES, {}, params)))
        yield page
        if page.next_url is None or not page.rows:
            return
        params = {"sort": "uuid", "q": f'uuid>"{page.rows[-1].uuid}"'}


def _misfits(table: Table, page: Page[Any], where: str) -> Iterator[Event]:
    return (Trouble(table, where, misfit.label, misfit.why) for misfit in page.misfits)
