"""What belongs to the workspace: itself, its people, its projects, and the list of its repositories.

All of them are short lists and are read whole on every sync: that is how new, renamed, hidden and deleted
repositories are seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Events, Rows, Trouble
from bitbucket_source.tables import PROJECTS, REPOSITORIES, WORKSPACE_MEMBERS, WORKSPACES


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


def read_workspace(ask: Ask) -> tuple[Workspace, Any]:
    """The workspace, and its object."""
    row = ask.one(WORKSPACES)
    return Workspace(row.uuid, row.slug or ask.workspace), row


def read_people(ask: Ask, workspace: Workspace, table: Any) -> Events:
    """The list of projects or members, whole."""
    for page in ask.pages(table, workspace.place):
        yield Rows(table, page.rows, workspace.place)
        for misfit in page.misfits:
            yield Trouble(table, workspace.slug, misfit.label, misfit.why)


def read_repositories(ask: Ask, selection: Selection, found: list[Repository]) -> Events:
    """The list of repositories, whole; the selected ones are added to `found`."""
    for page in ask.pages(REPOSITORIES, {}):
        taken = [row for row in page.rows if selection.takes(row)]
        found += [Repository(row.uuid, row.slug, row.full_name, row.updated_on) for row in taken]
        yield Rows(REPOSITORIES, taken)
        for misfit in page.misfits:
            yield Trouble(REPOSITORIES, ask.workspace, misfit.label, misfit.why)


WORKSPACE_LISTS = (PROJECTS, WORKSPACE_MEMBERS)
