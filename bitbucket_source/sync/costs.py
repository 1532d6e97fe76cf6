"""What the strategies cost, in requests: one line for each way of walking a list.

The plan adds them up; `tests/source/test_planning.py` holds them against what a sync spends.
"""

from __future__ import annotations

from bitbucket_source.tables import PIPELINES, PULL_REQUESTS, Table


def pages_by_next(table: Table, rows: int) -> int:
    """A list that is followed page by page; an empty one has a page too."""
    return max(1, _rounded_up(rows, table.pagelen))


def pages_of_pull_requests(rows: int) -> int:
    """A walk by updated_on: each page but the first begins with the last row of the one before."""
    return max(1, _rounded_up(rows - 1, PULL_REQUESTS.pagelen - 1))


def pages_of_runs(rows: int, start: int = 0) -> int:
    """A walk by page numbers from the page of row `start` on: behind a full page, another one is looked at."""
    return max(0, rows // PIPELINES.pagelen - start // PIPELINES.pagelen) + 1


def _rounded_up(rows: int, length: int) -> int:
    return -(-rows // length)
