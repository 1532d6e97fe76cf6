"""What belongs to the workspace itself: short lists, always compared whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import AccessDenied, BitbucketError, CredentialsRefused, ScopeMissing
from bitbucket_source.load.stored import StoredRows
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.cursors import Cursors
from bitbucket_source.sync.events import Gone, Rows, Trouble
from bitbucket_source.sync.repositories import (
    ListedByEach,
    Repository,
    Selection,
    Sights,
    Workspace,
    read_repositories,
    who_saw,
)
from bitbucket_source.tables import PROJECTS, REPOSITORIES, USERS, WORKSPACE_MEMBERS, WORKSPACES, Table
from bitbucket_source.verification.comparing import Comparison
from bitbucket_source.verification.findings import Columns, Findings

_WHOLE = "compared whole"


@dataclass
class WorkspaceCheck:
    """Compares the lists of a workspace."""

    ask: Ask
    selection: Selection
    stored: StoredRows
    cursors: Cursors
    comparison: Comparison
    findings: Findings
    named: bool = False
    """whether somebody named the tables: then one that cannot be read is a failure"""

    def run(self) -> list[Repository]:
        """Compare them; returns the selected repositories. Raises the error of the list of repositories."""
        row = self._workspace()
        found: list[Repository] = []
        pages: list[Page[Any]] = []
        for event in read_repositories(self.ask, self.selection, found, pages):
            match event:
                case Rows():
                    self.comparison.objects(
                        REPOSITORIES, event.objects, {}, self._with_users(REPOSITORIES), self._since
                    )
                case Trouble():
                    self.findings.fail(f"repositories ({event.item}): {event.message}")
        for lost in self.ask.lists.client.pool.lost.values():
            self.findings.fail(lost)
        workspace = self._identity(row, pages)
        if REPOSITORIES in self.ask.wanted:
            self._attempt(REPOSITORIES, lambda: self._repositories_gone(workspace, pages))
        for table in (PROJECTS, WORKSPACE_MEMBERS):
            if table in self.ask.wanted:
                self._attempt(table, lambda table=table: self._people(table, workspace))  # type: ignore[misc]
        return found

    def _workspace(self) -> Any | None:
        try:
            row = self.ask.one(WORKSPACES)
        except AccessDenied as error:
            self.findings.tell(f"workspaces: not compared: {error}")
            return None
        if WORKSPACES in self.ask.wanted:
            self.findings.looked(WORKSPACES, _WHOLE)
        self.comparison.objects(WORKSPACES, [row], {}, frozenset({WORKSPACES}) & self.ask.wanted)
        return row

    def _identity(self, row: Any | None, pages: list[Page[Any]]) -> Workspace:
        named = (each.workspace.uuid for page in pages for each in page.rows if each.workspace is not None)
        return Workspace(row.uuid if row else next(named, ""), (row and row.slug) or self.ask.workspace)

    def _people(self, table: Table, workspace: Workspace) -> None:
        place, tables = workspace.place, self._with_users(table)
        listed = ListedByEach.read(self.ask, table, place) if table is PROJECTS else None
        pages = list(self.ask.pages(table, place)) if listed is None else listed.pages
        for page in pages:
            self.comparison.objects(table, page.rows, place, tables, self._since)
            for misfit in page.misfits:
                self.findings.fail(f"{table.name} ({misfit.label}): {misfit.why}")
        if not any(page.length for page in pages) and self.stored.keys(table, {"workspace_uuid": workspace.uuid}):
            self.findings.fail(f"{table.name}: the list is empty, although rows are stored: ask again later")
            return
        for event in missing_rows(self.ask, self.stored, table, place, pages):
            match event:
                case Gone():
                    sights = {} if listed is None else listed.sights
                    keys = [key for key in event.keys if not self._others_who_saw(table, key[0], sights)]
                    self.comparison.too_many(table, keys, place, lambda _: False)
                case Rows():
                    self.comparison.objects(table, event.objects, place, tables, self._since)
        self.findings.looked(table, _WHOLE)

    def _repositories_gone(self, workspace: Workspace, pages: list[Page[Any]]) -> None:
        place = {"workspace_uuid": workspace.uuid}
        if not any(page.length for page in pages) and self.stored.keys(REPOSITORIES, place):
            self.findings.fail("repositories: the list is empty, although rows are stored: ask again later")
            return
        for event in missing_rows(self.ask, self.stored, REPOSITORIES, place, pages, by_keyset=True):
            match event:
                case Gone():
                    keys = [key for key in event.keys if self._is_ours(key[0])]
                    self.comparison.too_many(REPOSITORIES, keys, {}, lambda _: False)
                case Rows():
                    self.comparison.objects(
                        REPOSITORIES, event.objects, {}, self._with_users(REPOSITORIES), self._since
                    )
        self.findings.looked(REPOSITORIES, _WHOLE)

    def _is_ours(self, uuid: str) -> bool:
        """Whether a repository that the list lacks is selected, and no other credentials see it."""
        others = self._others_who_saw(REPOSITORIES, uuid, self.ask.lists.client.pool.sights)
        for slug, key in self.stored.values(REPOSITORIES, ("slug", "project_key"), uuid=[uuid]):
            row = SimpleNamespace(slug=slug, project=SimpleNamespace(key=key))
            if not self.selection.takes(row):
                return False
            if others:
                self.findings.tell(f"repository {slug}: not compared: these credentials do not see it, others did")
        return not others

    def _others_who_saw(self, table: Table, uuid: str, sights: Sights) -> set[str]:
        """The credentials that saw a repository or a project once, and have not looked now."""
        return who_saw(self.cursors, table, uuid) - sights.keys()

    def _since(self, row: Any, columns: Columns | None) -> bool:
        """New, or with a later updated_on: only repositories and projects have one."""
        if columns is None:
            return not any(uuid == row.uuid for uuid, _ in self.cursors.stored) if hasattr(row, "slug") else False
        before, now = columns.get("updated_on", (None, None))
        return before is not None and now is not None and now > before

    def _with_users(self, table: Table) -> frozenset[Table]:
        return self.ask.wanted & {table, USERS}

    def _attempt(self, table: Table, compare: Callable[[], None]) -> None:
        attempt(self.findings, table, self.ask.workspace, compare, is_failure=self.named)


def attempt(
    findings: Findings, table: Table, where: str, compare: Callable[[], Any], *, is_failure: bool = True
) -> None:
    """Let the trouble of one list be its own. A scope that the credentials lack is a notice unless `is_failure`."""
    try:
        compare()
    except CredentialsRefused:
        raise
    except ScopeMissing as error:
        if is_failure:
            findings.fail(f"{table.name}: {error}")
        else:
            findings.tell(f"{table.name}: not compared: {error}")
    except BitbucketError as error:
        findings.fail(f"{table.name} of {where}: {error}")
