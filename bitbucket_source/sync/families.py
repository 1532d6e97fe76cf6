"""Which lists are read for a repository, by which strategy, and which tables take rows from each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.sync.ask import Ask, nested_tables
from bitbucket_source.sync.cursors import Reader
from bitbucket_source.sync.events import Events
from bitbucket_source.sync.git import CommitsCursor, Refs, RefsCursor, read_commits, read_refs
from bitbucket_source.sync.pipelines import PipelinesCursor, read_pipelines
from bitbucket_source.sync.pull_requests import PullRequestsCursor, read_pull_requests
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.tables import BRANCHES, COMMITS, PIPELINE_STEPS, PIPELINES, PULL_REQUESTS, TAGS, USERS, Table


@dataclass(frozen=True)
class Job:
    """One repository being read in one slice, and what its lists share."""

    repository: Repository
    refs: Refs


Strategy: TypeAlias = Callable[[Ask, Job, Any], Events]


@dataclass(frozen=True)
class Family:
    """A list of a repository and how it is walked."""

    source: Table
    cursor_type: type[msgspec.Struct]
    strategy: Strategy
    children: tuple[Table, ...] = ()
    """tables read by requests of their own, for the objects of the list"""

    def readers(self, selected: frozenset[Table]) -> list[Reader]:
        """The selected tables that take rows from the list, each with a cursor of its own.

        `users` alone is no reason to read a list.
        """
        tables = [table for table in (self.source, *self.children) if table in selected]
        tables += nested_tables(self.source, selected)
        if tables and USERS in selected and self._names_accounts(selected):
            tables.append(USERS)
        return [Reader(table, self.source) for table in tables]

    def _names_accounts(self, selected: frozenset[Table]) -> bool:
        return any(table.accounts for table in (self.source, *nested_tables(self.source, selected)))


FAMILIES: tuple[Family, ...] = (
    Family(PULL_REQUESTS, PullRequestsCursor, lambda ask, job, cursor: read_pull_requests(ask, job.repository, cursor)),
    Family(
        PIPELINES,
        PipelinesCursor,
        lambda ask, job, cursor: read_pipelines(ask, job.repository, cursor),
        children=(PIPELINE_STEPS,),
    ),
    Family(BRANCHES, RefsCursor, lambda _, job, cursor: read_refs(BRANCHES, job.refs, job.repository, cursor)),
    Family(TAGS, RefsCursor, lambda _, job, cursor: read_refs(TAGS, job.refs, job.repository, cursor)),
    Family(COMMITS, CommitsCursor, lambda ask, job, cursor: read_commits(ask, job.refs, job.repository, cursor)),
)
