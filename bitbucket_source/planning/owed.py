"""What the cursors say is to be read of a repository: told without a request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from bitbucket_source.sync.commits import CommitsCursor
from bitbucket_source.sync.cursors import Cursors
from bitbucket_source.sync.deployments import DeploymentsCursor
from bitbucket_source.sync.families import FAMILIES
from bitbucket_source.sync.job import moment
from bitbucket_source.sync.pipelines import PipelinesCursor
from bitbucket_source.sync.pull_requests import PullRequestsCursor
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_STATUSES,
    COMMITS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUESTS,
    TAGS,
    Table,
)


class Kind(IntEnum):
    """How much of a repository is to be read; the first kinds cost most."""

    NEW = 0
    """some list was never read to its end, or is read again"""
    PUSHED = 1
    """everything was read, and something was pushed since"""
    KNOWN = 2
    """nothing tells of a change"""


@dataclass(frozen=True)
class Walk:
    """One walk over a list: from where, and for which tables."""

    cursor: Any
    tables: frozenset[Table]


Walks = Mapping[Table, Sequence[Walk]]


@dataclass(frozen=True)
class Owed:
    """What is to be read of a repository."""

    repository: Repository
    size: int
    """bytes on disk"""
    occasion: str
    """what a cursor of the refs remembers where nothing tells of a push"""
    since: str
    """how far back a first read goes; '' for everything"""
    ordinary: Walks
    renewal: Walks
    """what is read again because a declaration has changed"""

    @property
    def phases(self) -> tuple[Walks, Walks]:
        """The ordinary reading, and what is read again behind it."""
        return self.ordinary, self.renewal

    @property
    def kind(self) -> Kind:
        """How much of it is to be read."""
        walks = [walk for each in self.ordinary.values() for walk in each]
        if any(self.renewal.values()) or any(self.is_unfinished(walk.cursor) for walk in walks):
            return Kind.NEW
        return Kind.PUSHED if self.is_pushed else Kind.KNOWN

    @property
    def is_pushed(self) -> bool:
        """Whether something was pushed since the refs were read."""
        return any(self.is_stale(self.ordinary, table) for table in (BRANCHES, TAGS, COMMITS))

    def is_stale(self, phase: Walks, table: Table) -> bool:
        """Whether a phase reads the refs for a table, or the commits."""
        return any(
            self.is_unfinished(walk.cursor) or walk.cursor.occasion != self.occasion for walk in phase.get(table, ())
        )

    def lists_refs(self, phase: Walks, table: Table) -> bool:
        """Whether a phase is sure to list the branches or the tags."""
        return self.is_stale(phase, table) or self.is_stale(phase, COMMITS) or self.looks_for_heads(phase, table)

    def looks_for_heads(self, phase: Walks, table: Table = BRANCHES) -> bool:
        """Whether a phase looks up in the refs which commits are watched."""
        walks = phase.get(COMMIT_STATUSES, ()) if table is BRANCHES else ()
        return any(walk.cursor is None or walk.cursor.watched.occasion != self.occasion for walk in walks)

    @property
    def follows_destinations(self) -> bool:
        """Whether what open pull requests bring is looked at again where their destination was pushed to."""
        of_files = any(PULL_REQUEST_FILES in walk.tables for walk in self.ordinary.get(PULL_REQUESTS, ()))
        return of_files or bool(self.ordinary.get(PULL_REQUEST_COMMITS))

    def is_unfinished(self, cursor: Any) -> bool:
        """Whether a walk is not through with what is older than its newest row."""
        match cursor:
            case None:
                return True
            case PipelinesCursor() | PullRequestsCursor():
                return cursor.behind or self.reaches_further_back(cursor)
            case CommitsCursor():
                return bool(cursor.targets) or self.reaches_further_back(cursor)
            case DeploymentsCursor():
                return cursor.behind or self.reaches_further_back(cursor)
        return False

    def reaches_further_back(self, cursor: Any) -> bool:
        """Whether the sync is to read what an earlier one left out because it was too old."""
        return self._is_before(cursor.since)

    def goes_on_filling(self, cursor: PipelinesCursor | PullRequestsCursor) -> bool:
        """Whether an earlier sync has read some of that; one that did not go as far back counts for nothing."""
        return bool(cursor.filled) and not self._is_before(cursor.filled_since)

    def _is_before(self, since: str) -> bool:
        return bool(since) and (not self.since or moment(self.since) < moment(since))


def owed_of(
    repository: Repository,
    size: int,
    cursors: Cursors,
    selected: frozenset[Table],
    *,
    lacking: Collection[Table],
    since: str,
) -> Owed:
    """What the cursors of a repository say; `lacking` are the lists that cannot be read for want of a scope."""
    ordinary: dict[Table, list[Walk]] = {}
    renewal: dict[Table, list[Walk]] = {}
    signs: dict[str, str] = {}
    uuid = repository.uuid
    for family in FAMILIES:
        readers = family.readers(selected)
        outdated = [replace(reader, renewal=True) for reader in readers if cursors.is_outdated(uuid, reader)]
        as_made = [cursors.as_made(uuid, reader) for reader in readers]
        groups = cursors.grouped(uuid, as_made, family.cursor_type)
        if "sign" in family.cursor_type.__struct_fields__:
            signs[family.source.name] = max(["", *(_sign(cursor) for cursor, _ in groups)])
        if family.source in lacking:
            continue
        ordinary[family.source] = _walks(groups)
        renewal[family.source] = _walks(cursors.grouped(uuid, outdated, family.cursor_type))
    occasion = "|".join([repository.updated_on, *(signs[name] for name in sorted(signs))])
    return Owed(repository, size, occasion, since, ordinary, renewal)


def _sign(cursor: Any) -> str:
    return cursor.sign if cursor is not None else ""


def _walks(groups: Sequence[tuple[Any, Sequence[Any]]]) -> list[Walk]:
    return [Walk(cursor, frozenset(reader.table for reader in group)) for cursor, group in groups if group]
