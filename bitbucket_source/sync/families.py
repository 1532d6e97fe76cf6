"""Which lists are read for a repository, by which strategy, and which tables take rows from each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.sync.ask import Ask, nested_tables
from bitbucket_source.sync.checks import ChecksCursor, read_checks
from bitbucket_source.sync.commits import CommitsCursor, read_commits
from bitbucket_source.sync.cursors import Cursors, Reader
from bitbucket_source.sync.deployment_commits import CarriedCursor, derive_deployment_commits
from bitbucket_source.sync.deployments import DeploymentsCursor, read_deployments
from bitbucket_source.sync.environments import EnvironmentsCursor, read_environments
from bitbucket_source.sync.events import Events
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.pipelines import PipelinesCursor, read_pipelines
from bitbucket_source.sync.pull_request_commits import PullRequestCommitsCursor, read_pull_request_commits
from bitbucket_source.sync.pull_requests import PullRequestsCursor, read_pull_requests
from bitbucket_source.sync.refs import RefsCursor, read_refs
from bitbucket_source.sync.whole_lists import WHOLE_LISTS, WholeListCursor, read_whole_list
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_STATUSES,
    COMMIT_TRAILERS,
    COMMITS,
    DEPLOYMENT_ATTEMPTS,
    DEPLOYMENT_COMMITS,
    DEPLOYMENTS,
    ENVIRONMENTS,
    PIPELINE_STEP_ATTEMPTS,
    PIPELINE_STEPS,
    PIPELINE_TEST_CASES,
    PIPELINE_TEST_REPORTS,
    PIPELINES,
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUEST_TASKS,
    PULL_REQUESTS,
    REPORT_ANNOTATIONS,
    REPORTS,
    TAGS,
    USERS,
    Table,
)

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
        tables += [nested for each in (self.source, *self.children) for nested in nested_tables(each, selected)]
        if tables and USERS in selected and self._names_accounts(selected):
            tables.append(USERS)
        return [Reader(table, self.source) for table in tables]

    def _names_accounts(self, selected: frozenset[Table]) -> bool:
        return any(table.accounts for table in (self.source, *nested_tables(self.source, selected)))


_BELOW_PIPELINES = (PIPELINE_STEPS, PIPELINE_STEP_ATTEMPTS, PIPELINE_TEST_REPORTS, PIPELINE_TEST_CASES)

FAMILIES: tuple[Family, ...] = (
    Family(
        PULL_REQUESTS,
        PullRequestsCursor,
        read_pull_requests,
        children=(
            PULL_REQUEST_ACTIVITY,
            PULL_REQUEST_COMMENTS,
            PULL_REQUEST_FILES,
            PULL_REQUEST_TASKS,
        ),
    ),
    Family(PIPELINES, PipelinesCursor, read_pipelines, children=_BELOW_PIPELINES),
    # behind the pipelines, which tell where somebody may have deployed
    Family(DEPLOYMENTS, DeploymentsCursor, read_deployments, children=(DEPLOYMENT_ATTEMPTS,)),
    Family(ENVIRONMENTS, EnvironmentsCursor, read_environments),
    # behind the lists that may tell of a push
    Family(BRANCHES, RefsCursor, partial(read_refs, BRANCHES)),
    Family(TAGS, RefsCursor, partial(read_refs, TAGS)),
    Family(COMMITS, CommitsCursor, read_commits, children=(COMMIT_TRAILERS,)),
    Family(PULL_REQUEST_COMMITS, PullRequestCommitsCursor, read_pull_request_commits),
    Family(DEPLOYMENT_COMMITS, CarriedCursor, derive_deployment_commits),
    Family(COMMIT_STATUSES, ChecksCursor, read_checks, children=(REPORTS, REPORT_ANNOTATIONS)),
    *(Family(table, WholeListCursor, partial(read_whole_list, table)) for table in WHOLE_LISTS),
)


def is_outdated(cursors: Cursors, repository_uuid: str, selected: frozenset[Table]) -> bool:
    """Whether a cursor of the repository was made under another declaration than that of now."""
    readers = (reader for family in FAMILIES for reader in family.readers(selected))
    return any(cursors.is_outdated(repository_uuid, reader) for reader in readers)
