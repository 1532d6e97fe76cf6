"""What is read before any repository: the workspace, its people, and which repositories there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import AccessDenied
from bitbucket_source.sync.agenda import Agenda
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.cursors import Cursors
from bitbucket_source.sync.events import Events, Notice, Rows
from bitbucket_source.sync.known import Known
from bitbucket_source.sync.repositories import (
    Repository,
    Selection,
    Workspace,
    WorkspaceLists,
    read_repositories,
)
from bitbucket_source.tables import PROJECTS, REPOSITORIES, USERS, WORKSPACE_MEMBERS, WORKSPACES, Table


@dataclass(frozen=True)
class Census:
    """Who looks, for which repositories, and how."""

    selection: Selection
    since: str = ""
    """how far back a first read goes; '' for everything"""
    named: bool = False
    """whether somebody named the tables: then one that cannot be read is a failure"""
    renews: bool = False
    """whether tables whose declaration has changed are read again in a phase of their own"""
    replaces: bool = False
    """whether these credentials stand in for all that looked before: what they do not see nobody does"""


def read_census(
    ask: Ask, census: Census, known: Known, cursors: Cursors, agenda: Agenda
) -> Iterator[tuple[str, Table, Events]]:
    """The lists of the workspace, each with where its cursor belongs; fills the agenda's workspace and repositories."""
    found: list[Repository] = []
    pages: list[Page[Any]] = []
    yield "", WORKSPACES, _workspace(ask, agenda)
    yield "", REPOSITORIES, read_repositories(ask, census.selection, found, pages)
    agenda.found(found)
    workspace = agenda.workspace or Workspace(_workspace_uuid(pages), ask.workspace)
    agenda.workspace = workspace
    lists = WorkspaceLists(ask, known, cursors, workspace, census.replaces)
    if REPOSITORIES in ask.wanted:
        yield workspace.uuid, REPOSITORIES, lists.repositories_gone(pages)
    if PROJECTS in ask.wanted:
        yield workspace.uuid, PROJECTS, lists.projects()
    if {WORKSPACE_MEMBERS, USERS} & ask.wanted:
        yield workspace.uuid, WORKSPACE_MEMBERS, lists.members()


def _workspace(ask: Ask, agenda: Agenda) -> Events:
    try:
        row = ask.one(WORKSPACES)
    except AccessDenied as error:
        yield Notice(f"workspaces: skipped: {error}")
        return
    agenda.workspace = Workspace(row.uuid, row.slug or ask.workspace)
    yield Rows(WORKSPACES, [row])


def _workspace_uuid(pages: list[Page[Any]]) -> str:
    """The workspace's identity, where only its repositories may be read."""
    return next((row.workspace.uuid for page in pages for row in page.rows if row.workspace is not None), "")
