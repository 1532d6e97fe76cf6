"""What the strategies cost, in requests: one line for each way of walking a list.

The plan adds them up; `tests/source/test_planning.py` holds them against what a sync spends.
"""

from __future__ import annotations

from collections.abc import Sequence

from bitbucket_source.sync.whole_lists import WHOLE_LISTS
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_STATUSES,
    DEPLOYMENTS,
    PIPELINE_TEST_CASES,
    PIPELINES,
    PULL_REQUESTS,
    REPORT_ANNOTATIONS,
    REPORTS,
    Table,
)


def pages_by_next(table: Table, rows: int) -> int:
    """A list that is followed page by page; an empty one has a page too."""
    return max(1, _rounded_up(rows, table.pagelen))


def pages_of_pull_requests(rows: int) -> int:
    """A walk by updated_on: each page but the first begins with the last row of the one before."""
    return max(1, _rounded_up(rows - 1, PULL_REQUESTS.pagelen - 1))


def pages_of_runs(rows: int, start: int = 0) -> int:
    """A walk by page numbers from the page of row `start` on: behind a full page, another one is looked at."""
    return max(0, rows // PIPELINES.pagelen - start // PIPELINES.pagelen) + 1


def pages_of_deployments(rows: int) -> int:
    """A first walk by page numbers; behind one of several pages the top is looked at again.

    Later it is one page a sync where something was deployed lately or a pipeline has changed, and none elsewhere.
    """
    return rows // DEPLOYMENTS.pagelen + 1 + (rows > DEPLOYMENTS.pagelen)


def whole_lists(table: Table, rows: int) -> int:
    """The lists of a repository that hold a table, read whole on every sync; `rows` in all of them together."""
    return len(WHOLE_LISTS[table]) - 1 + pages_by_next(table, rows)


def heads(branches: int, open_pull_requests: int) -> int:
    """Looking up which commits are watched, where the refs have moved; the branches cost nothing beside `branches`."""
    return pages_by_next(BRANCHES, branches) + pages_by_next(PULL_REQUESTS, open_pull_requests)


def checks(commits: int, selected: frozenset[Table], reports: int = 0) -> int:
    """What is said of so many watched commits, of which `reports` reports are read with at most 100 findings each."""
    lists = (COMMIT_STATUSES in selected) + bool({REPORTS, REPORT_ANNOTATIONS} & selected)
    return commits * lists + (reports if REPORT_ANNOTATIONS in selected else 0)


def reports_of_steps(steps: int, selected: frozenset[Table], tests: Sequence[int] = ()) -> int:
    """The reports of so many steps that have finished; `tests` is how many tests each report has that holds some."""
    cases = sum(pages_by_next(PIPELINE_TEST_CASES, each) for each in tests)
    return steps + (cases if PIPELINE_TEST_CASES in selected else 0)


def _rounded_up(rows: int, length: int) -> int:
    return -(-rows // length)
