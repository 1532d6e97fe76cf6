"""`sync_runs` has a row for each verification too: the next sync counts its requests as spent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from bitbucket_source.load.bookkeeping import Bookkeeping
from bitbucket_source.load.database import Database
from bitbucket_source.load.selection import selection_of
from bitbucket_source.session import Session
from bitbucket_source.tables import SYNC_RUNS, Table

if TYPE_CHECKING:
    import dlt


def write_down(
    pipeline: dlt.Pipeline,
    session: Session,
    tables: Sequence[Table],
    *,
    command: str,
    started_at: datetime,
    requests: int,
    exit_code: int,
    stopped: str,
) -> None:
    """Write the row of a verification or repair; none into books that an older version made and no sync extended."""
    with closing(Database(pipeline)) as database:
        if not set(SYNC_RUNS.columns_by_name) <= set(database.columns(SYNC_RUNS)):
            return
        budget = session.budget
        books = Bookkeeping(database, session.settings.workspace, session.credentials.identity, started_at, command)
        books.begin(selection_of(session.settings, tables))
        is_all = requests == budget.requests
        by_endpoint = json.dumps(dict(budget.by_endpoint.most_common())) if is_all else None
        by_quota = json.dumps(dict(budget.by_quota)) if is_all else None
        books.end(
            {
                "exit_code": exit_code,
                "covers_all": False,
                "stopped": stopped,
                "requests": requests,
                "requests_by_endpoint": by_endpoint,
                "requests_by_quota": by_quota,
                "seconds_waited": round(budget.seconds_waited),
            },
            {},
        )
