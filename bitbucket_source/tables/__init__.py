"""Every table there is, in the order in which people look for them.

A table is declared in the module of its family and collected from there. One that code names is exported here too.
"""

from collections.abc import Iterator
from types import ModuleType

from bitbucket_source.tables import (
    access,
    bookkeeping,
    checks,
    deployments,
    git,
    people,
    pipelines,
    pull_requests,
    repositories,
    reviews,
    settings,
)
from bitbucket_source.tables.access import BRANCH_RESTRICTIONS as BRANCH_RESTRICTIONS
from bitbucket_source.tables.access import DEFAULT_REVIEWERS as DEFAULT_REVIEWERS
from bitbucket_source.tables.bookkeeping import SYNC_CURSORS as SYNC_CURSORS
from bitbucket_source.tables.bookkeeping import SYNC_ERRORS as SYNC_ERRORS
from bitbucket_source.tables.bookkeeping import SYNC_FORGOTTEN as SYNC_FORGOTTEN
from bitbucket_source.tables.bookkeeping import SYNC_RUNS as SYNC_RUNS
from bitbucket_source.tables.checks import COMMIT_STATUSES as COMMIT_STATUSES
from bitbucket_source.tables.checks import REPORT_ANNOTATIONS as REPORT_ANNOTATIONS
from bitbucket_source.tables.checks import REPORTS as REPORTS
from bitbucket_source.tables.contract import Column as Column
from bitbucket_source.tables.contract import Origin as Origin
from bitbucket_source.tables.contract import Table as Table
from bitbucket_source.tables.contract import Type as Type
from bitbucket_source.tables.deployments import DEPLOYMENT_ATTEMPTS as DEPLOYMENT_ATTEMPTS
from bitbucket_source.tables.deployments import DEPLOYMENT_COMMITS as DEPLOYMENT_COMMITS
from bitbucket_source.tables.deployments import DEPLOYMENTS as DEPLOYMENTS
from bitbucket_source.tables.deployments import ENVIRONMENTS as ENVIRONMENTS
from bitbucket_source.tables.git import BRANCHES as BRANCHES
from bitbucket_source.tables.git import COMMIT_PARENTS as COMMIT_PARENTS
from bitbucket_source.tables.git import COMMIT_TRAILERS as COMMIT_TRAILERS
from bitbucket_source.tables.git import COMMITS as COMMITS
from bitbucket_source.tables.git import TAGS as TAGS
from bitbucket_source.tables.people import PROJECTS as PROJECTS
from bitbucket_source.tables.people import USERS as USERS
from bitbucket_source.tables.people import WORKSPACE_MEMBERS as WORKSPACE_MEMBERS
from bitbucket_source.tables.people import WORKSPACES as WORKSPACES
from bitbucket_source.tables.pipelines import PIPELINE_SCHEDULES as PIPELINE_SCHEDULES
from bitbucket_source.tables.pipelines import PIPELINE_STEP_ATTEMPTS as PIPELINE_STEP_ATTEMPTS
from bitbucket_source.tables.pipelines import PIPELINE_STEPS as PIPELINE_STEPS
from bitbucket_source.tables.pipelines import PIPELINE_TEST_CASES as PIPELINE_TEST_CASES
from bitbucket_source.tables.pipelines import PIPELINE_TEST_REPORTS as PIPELINE_TEST_REPORTS
from bitbucket_source.tables.pipelines import PIPELINES as PIPELINES
from bitbucket_source.tables.pull_requests import PULL_REQUEST_PARTICIPANTS as PULL_REQUEST_PARTICIPANTS
from bitbucket_source.tables.pull_requests import PULL_REQUESTS as PULL_REQUESTS
from bitbucket_source.tables.repositories import REPOSITORIES as REPOSITORIES
from bitbucket_source.tables.reviews import PULL_REQUEST_ACTIVITY as PULL_REQUEST_ACTIVITY
from bitbucket_source.tables.reviews import PULL_REQUEST_ACTIVITY_REVIEWERS as PULL_REQUEST_ACTIVITY_REVIEWERS
from bitbucket_source.tables.reviews import PULL_REQUEST_COMMENTS as PULL_REQUEST_COMMENTS
from bitbucket_source.tables.reviews import PULL_REQUEST_COMMITS as PULL_REQUEST_COMMITS
from bitbucket_source.tables.reviews import PULL_REQUEST_FILES as PULL_REQUEST_FILES
from bitbucket_source.tables.reviews import PULL_REQUEST_TASKS as PULL_REQUEST_TASKS
from bitbucket_source.tables.settings import WEBHOOKS as WEBHOOKS

_FAMILIES = (
    people,
    repositories,
    git,
    pull_requests,
    reviews,
    pipelines,
    deployments,
    checks,
    access,
    settings,
)


def _declared_in(module: ModuleType) -> Iterator[Table]:
    """The tables that a module names, in its order: those it declares, and parents that it imports."""
    return (value for value in vars(module).values() if isinstance(value, Table))


DATA_TABLES: tuple[Table, ...] = tuple(dict.fromkeys(table for family in _FAMILIES for table in _declared_in(family)))
BOOKKEEPING_TABLES: tuple[Table, ...] = tuple(_declared_in(bookkeeping))
TABLES: dict[str, Table] = {table.name: table for table in (*DATA_TABLES, *BOOKKEEPING_TABLES)}
