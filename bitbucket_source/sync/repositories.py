"""What belongs to the workspace: itself, its people, its projects, and the list of its repositories.

All of them are short lists and are read whole on every sync: that is how new, renamed, hidden and deleted
repositories are seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from itertools import chain
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.api.credentials import Credentials, CredentialsError
from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import AccessDenied, BitbucketError, CredentialsRefused, NotFound, ScopeMissing
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.cursors import Cursors, Reader
from bitbucket_source.sync.events import Doubt, Event, Events, Gone, Notice, Reached, Rows, Trouble
from bitbucket_source.sync.known import Known
from bitbucket_source.tables import PROJECTS, REPOSITORIES, WORKSPACE_MEMBERS, Table


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

    @property
    def is_narrow(self) -> bool:
        """Whether globs or projects choose."""
        return self != Selection()

    @property
    def why_nothing(self) -> str:
        """What to tell where there is no repository to read."""
        if self.is_narrow:
            return "no repository is selected: look at --repositories, --exclude and --projects"
        return "these credentials see no repository in the workspace"


class ListCursor(msgspec.Struct, frozen=True):
    """A list of the workspace was empty when it was read last, although rows of it are stored."""

    empty: bool = False


class SeenBy(msgspec.Struct, frozen=True):
    """The credentials, by their identity, that saw the repository or the project when they looked last."""

    credentials: tuple[str, ...] = ()


def who_saw(cursors: Cursors, table: Table, uuid: str) -> set[str]:
    """The credentials that saw a repository or a project when they looked last, whatever its declaration was then."""
    reader = cursors.as_made(uuid, Reader(table, table))
    seen_by = cursors.get(uuid, reader, SeenBy)
    return set(seen_by.credentials) if seen_by else set()


Sights: TypeAlias = Mapping[str, Collection[str]]
"""What credentials see, by their identity: uuids of a list that they have read to its end."""


def read_repositories(ask: Ask, selection: Selection, found: list[Repository], pages: list[Page[Any]]) -> Events:
    """The list of repositories, whole; adds the selected ones to `found`, and all pages to `pages`.

    By uuid, page after page: none can slide over the edge of one. With several credentials by each of them, united,
    each repository in one page only. Raises what kept all of them from reading it.
    """
    pool = ask.lists.client.pool
    listed: set[str] = set()
    failures: list[tuple[Credentials, BitbucketError | CredentialsError]] = []
    is_read = False
    for member, theirs in ask.of_each():
        seen: dict[str, str] = {}
        try:
            for page in _by_uuid(theirs):
                seen.update((row.uuid, row.slug or "") for row in page.rows)
                page = replace(page, rows=[row for row in page.rows if row.uuid not in listed])
                listed.update(seen)
                pages.append(page)
                taken = [row for row in page.rows if selection.takes(row)]
                found += [Repository(row.uuid, row.slug, row.full_name, row.updated_on) for row in taken]
                yield Rows(REPOSITORIES, taken)
                yield from _misfits(REPOSITORIES, page, ask.workspace)
        except (BitbucketError, CredentialsError) as error:
            failures.append((member, error))
        else:
            pool.read_whole(member, seen)
            is_read = True
    if failures and not is_read:
        raise failures[0][1]
    for member, failure in failures:
        yield from _not_read_by(REPOSITORIES, member, failure, ask.workspace)


def _not_read_by(
    table: Table, member: Credentials, error: BitbucketError | CredentialsError, workspace: str
) -> Iterator[Event]:
    """What to say of a list that others could read; of refused credentials it is said once, by the engine.

    Nothing of a scope that one lacks: that others have it is why there are several.
    """
    if isinstance(error, ScopeMissing):
        return
    if isinstance(error, AccessDenied | NotFound):
        yield Notice(f"{table.name}: not shown to the {member.description} from {member.origin}: {error}")
    elif not isinstance(error, CredentialsRefused | CredentialsError):
        yield Trouble(table, workspace, f"credentials {member.identity}", str(error))


@dataclass(frozen=True)
class ListedByEach:
    """A list of the workspace as each of several credentials sees it."""

    pages: list[Page[Any]]
    """of all of them, each object in one page only"""
    sights: Sights
    failures: list[tuple[Credentials, BitbucketError | CredentialsError]]
    is_short: bool
    """whether nothing could slide over the edge of a page: everybody's list has one"""

    @classmethod
    def read(cls, ask: Ask, table: Table, place: Place) -> ListedByEach:
        """Read it. Raises what kept all of them from doing so."""
        read: dict[str, list[Page[Any]]] = {}
        failures: list[tuple[Credentials, BitbucketError | CredentialsError]] = []
        for member, theirs in ask.of_each():
            try:
                read[member.identity] = list(theirs.pages(table, place))
            except (BitbucketError, CredentialsError) as error:
                failures.append((member, error))
        if failures and not read:
            raise failures[0][1]
        listed: set[str] = set()
        pages = []
        for page in chain.from_iterable(read.values()):
            pages.append(replace(page, rows=[row for row in page.rows if row.uuid not in listed]))
            listed.update(row.uuid for row in page.rows)
        sights = {identity: {row.uuid for page in seen for row in page.rows} for identity, seen in read.items()}
        return cls(pages, sights, failures, all(len(seen) == 1 for seen in read.values()))


@dataclass(frozen=True)
class WorkspaceLists:
    """The short lists of a workspace, and which of the rows stored from them are gone."""

    ask: Ask
    known: Known
    cursors: Cursors
    workspace: Workspace
    replaces: bool = False
    """whether those that looked before and do not look now are used no more"""

    def members(self) -> Events:
        """The list of members, whole: whoever may read it sees all of them."""
        pages = list(self.ask.pages(WORKSPACE_MEMBERS, self.workspace.place))
        yield from self._rows(WORKSPACE_MEMBERS, pages)
        gone = missing_rows(self.ask, self.known, WORKSPACE_MEMBERS, self.workspace.place, pages)
        yield from self._believed(WORKSPACE_MEMBERS, pages, gone)

    def projects(self) -> Events:
        """The list of projects, whole: with several credentials by each of them, as for repositories."""
        listed = ListedByEach.read(self.ask, PROJECTS, self.workspace.place)
        for member, failure in listed.failures:
            yield from _not_read_by(PROJECTS, member, failure, self.workspace.slug)
        yield from self._rows(PROJECTS, listed.pages)
        gone = self._out_of_sight(PROJECTS, listed.pages, listed.sights, is_proven=listed.is_short)
        yield from self._believed(PROJECTS, listed.pages, gone)
        yield from self._seen(PROJECTS, listed.pages, listed.sights)

    def _rows(self, table: Table, pages: Sequence[Page[Any]]) -> Events:
        for page in pages:
            yield Rows(table, page.rows, self.workspace.place)
            yield from _misfits(table, page, self.workspace.slug)

    def repositories_gone(self, pages: Sequence[Page[Any]]) -> Events:
        """Which stored repositories nobody sees any more.

        One that is missing was deleted, or the credentials may no longer see it: it is gone when all credentials that
        ever saw it have looked again and did not. A token that was replaced never looks again: `replaces` says so.
        """
        seers = self.ask.lists.client.pool.sights
        yield from self._believed(REPOSITORIES, pages, self._out_of_sight(REPOSITORIES, pages, seers, is_proven=True))
        yield from self._seen(REPOSITORIES, pages, seers)

    def _out_of_sight(self, table: Table, pages: Sequence[Page[Any]], sights: Sights, *, is_proven: bool) -> Events:
        place = self._place if table is REPOSITORIES else self.workspace.place
        for event in missing_rows(self.ask, self.known, table, place, pages, by_keyset=is_proven):
            if not isinstance(event, Gone):
                yield event
                continue
            gone = []
            for (uuid,) in event.keys:
                before = who_saw(self.cursors, table, uuid)
                others = set() if self.replaces else before - sights.keys()
                if before:
                    yield Reached(SeenBy(tuple(sorted(others))), uuid)
                if not others:
                    gone.append((uuid,))
            yield Gone(table, gone)

    def _seen(self, table: Table, pages: Sequence[Page[Any]], sights: Sights) -> Events:
        """Remember who saw what, where that has changed."""
        moved = self._moved_here(table, pages, sights)
        for uuid in (row.uuid for page in pages for row in page.rows):
            before = set() if uuid in moved else who_saw(self.cursors, table, uuid)
            others = set() if self.replaces else before - sights.keys()
            now = others | {identity for identity, seen in sights.items() if uuid in seen}
            if now != before:
                yield Reached(SeenBy(tuple(sorted(now))), uuid)

    def _moved_here(self, table: Table, pages: Sequence[Page[Any]], sights: Sights) -> set[str]:
        """The repositories that are stored as another workspace's: those who saw them there may not look here."""
        seen = [row.uuid for page in pages for row in page.rows]
        others = [uuid for uuid in seen if who_saw(self.cursors, table, uuid) - sights.keys()]
        stored = self.known.stored(table, ("uuid", "workspace_uuid"), {}, uuid=others) if others else []
        return {uuid for uuid, workspace in stored if workspace != self.workspace.uuid}

    def _believed(self, table: Table, pages: Sequence[Page[Any]], gone: Iterator[Event]) -> Events:
        """The events of `gone`, unless the list became empty and this is the first sync that sees it."""
        cursor = self.cursors.get(self.workspace.uuid, Reader(table, table), ListCursor) or ListCursor()
        is_empty = not any(page.length for page in pages)
        if is_empty and not cursor.empty and self.known.keys(table, self._place):
            yield Doubt(
                f"{table.name}: the list is empty, although rows are stored; believed if the next sync sees it too"
            )
            yield Reached(ListCursor(empty=True))
            return
        yield from gone
        if cursor.empty and not is_empty:
            yield Reached(ListCursor())

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
