"""Every table there is, in the order in which people look for them."""

from bitbucket_source.tables.attempts import DEPLOYMENT_ATTEMPTS, DEPLOYMENT_COMMITS, PIPELINE_STEP_ATTEMPTS
from bitbucket_source.tables.bookkeeping import SYNC_CURSORS, SYNC_ERRORS, SYNC_RUNS
from bitbucket_source.tables.contract import Column, Origin, Table, Type
from bitbucket_source.tables.deployments import DEPLOYMENTS, ENVIRONMENTS
from bitbucket_source.tables.git import BRANCHES, COMMIT_PARENTS, COMMITS, TAGS
from bitbucket_source.tables.people import PROJECTS, USERS, WORKSPACE_MEMBERS, WORKSPACES
from bitbucket_source.tables.pipelines import PIPELINE_STEPS, PIPELINES
from bitbucket_source.tables.pull_requests import PULL_REQUEST_PARTICIPANTS, PULL_REQUESTS
from bitbucket_source.tables.repositories import REPOSITORIES
from bitbucket_source.tables.reviews import (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_ACTIVITY_REVIEWERS,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUEST_TASKS,
)
from bitbucket_source.tables.trailers import COMMIT_TRAILERS

DATA_TABLES: tuple[Table, ...] = (
    WORKSPACES,
    PROJECTS,
    WORKSPACE_MEMBERS,
    USERS,
    REPOSITORIES,
    BRANCHES,
    TAGS,
    COMMITS,
    COMMIT_PARENTS,
    COMMIT_TRAILERS,
    PULL_REQUESTS,
    PULL_REQUEST_PARTICIPANTS,
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_ACTIVITY_REVIEWERS,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUEST_TASKS,
    PIPELINES,
    PIPELINE_STEPS,
    PIPELINE_STEP_ATTEMPTS,
    ENVIRONMENTS,
    DEPLOYMENTS,
    DEPLOYMENT_ATTEMPTS,
    DEPLOYMENT_COMMITS,
)
BOOKKEEPING_TABLES: tuple[Table, ...] = (SYNC_CURSORS, SYNC_RUNS, SYNC_ERRORS)
TABLES: dict[str, Table] = {table.name: table for table in (*DATA_TABLES, *BOOKKEEPING_TABLES)}

__all__ = [
    "BOOKKEEPING_TABLES",
    "BRANCHES",
    "COMMITS",
    "COMMIT_PARENTS",
    "COMMIT_TRAILERS",
    "DATA_TABLES",
    "DEPLOYMENTS",
    "DEPLOYMENT_ATTEMPTS",
    "DEPLOYMENT_COMMITS",
    "ENVIRONMENTS",
    "PIPELINES",
    "PIPELINE_STEPS",
    "PIPELINE_STEP_ATTEMPTS",
    "PROJECTS",
    "PULL_REQUESTS",
    "PULL_REQUEST_ACTIVITY",
    "PULL_REQUEST_ACTIVITY_REVIEWERS",
    "PULL_REQUEST_COMMENTS",
    "PULL_REQUEST_COMMITS",
    "PULL_REQUEST_FILES",
    "PULL_REQUEST_PARTICIPANTS",
    "PULL_REQUEST_TASKS",
    "REPOSITORIES",
    "SYNC_CURSORS",
    "SYNC_ERRORS",
    "SYNC_RUNS",
    "TABLES",
    "TAGS",
    "USERS",
    "WORKSPACES",
    "WORKSPACE_MEMBERS",
    "Column",
    "Origin",
    "Table",
    "Type",
]
