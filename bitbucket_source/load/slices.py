"""A whole sync: the source, run slice after slice, each with its rows and its cursors in one load."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dlt
import pyarrow as pa

from bitbucket_source.load.arrow import arrow_schema
from bitbucket_source.load.resources import column_hints
from bitbucket_source.load.workarounds import prepare_destination
from bitbucket_source.session import Session
from bitbucket_source.source import resources_of
from bitbucket_source.sync.engine import SliceLimit
from bitbucket_source.sync.events import Trouble
from bitbucket_source.tables import SYNC_CURSORS, SYNC_RUNS, Table

SLICE = SliceLimit(seconds=180, requests=1000)
"""What a crash loses at most."""


@dataclass
class SyncResult:
    """What a sync did."""

    started_at: datetime
    ended_at: datetime | None = None
    rows: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    slices: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    stopped: str = ""

    @property
    def exit_code(self) -> int:
        """0 complete, 1 something selected was not read, 3 stopped early with everything saved."""
        if self.troubles:
            return 1
        return 3 if self.stopped else 0


def run_sync(
    pipeline: dlt.Pipeline,
    session: Session,
    tables: Sequence[Table],
    *,
    on_slice: Callable[[SyncResult], None] = lambda _: None,
) -> SyncResult:
    """Sync `tables` of the session's workspace into the pipeline's destination.

    Raises what makes reading impossible: CredentialsRefused, CredentialsError, the error of the repositories' list.
    """
    result = SyncResult(datetime.now(UTC))
    session.limit = SLICE
    prepare_destination(pipeline)
    finish_pending_loads(pipeline)
    while True:
        before = result.rows
        pipeline.run(_source(session, tables))
        result.slices += 1
        result.rows = _added(before, _rows_of_last_run(pipeline))
        result.requests = session.budget.requests
        on_slice(result)
        if session.agenda.is_done or session.agenda.stopped:
            break
    result.troubles = session.agenda.troubles
    result.notices = session.agenda.notices
    result.stopped = session.agenda.stopped
    result.ended_at = datetime.now(UTC)
    _write_run(pipeline, session, result)
    return result


def finish_pending_loads(pipeline: dlt.Pipeline) -> None:
    """Load what an earlier run extracted and did not load: until then dlt ignores anything new.

    Before looking at the destination: where that is empty, dlt's `sync_destination`, and `run`, which calls it, throw
    pending packages away.
    """
    if pipeline.has_pending_data:
        pipeline.normalize()
        pipeline.load()
    pipeline.sync_destination()


def _source(session: Session, tables: Sequence[Table]) -> Any:
    @dlt.source(name="bitbucket", section="bitbucket")
    def bitbucket() -> Any:
        return resources_of(session, tables)

    return bitbucket()


def _rows_of_last_run(pipeline: dlt.Pipeline) -> dict[str, int]:
    trace = pipeline.last_trace
    info = trace.last_normalize_info if trace else None
    counts = info.row_counts if info else {}
    bookkeeping = {SYNC_CURSORS.name, SYNC_RUNS.name}
    return {name: rows for name, rows in counts.items() if not name.startswith("_dlt") and name not in bookkeeping}


def _added(before: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: before.get(name, 0) + more.get(name, 0) for name in {**before, **more}}


def _write_run(pipeline: dlt.Pipeline, session: Session, result: SyncResult) -> None:
    row = {
        "run_id": str(uuid.uuid4()),
        "workspace_slug": session.settings.workspace,
        "started_at": result.started_at,
        "ended_at": result.ended_at,
        "exit_code": result.exit_code,
        "requests": result.requests,
        "requests_by_endpoint": json.dumps(dict(session.budget.by_endpoint.most_common())),
        "rows_by_table": json.dumps(result.rows),
        "seconds_waited": round(session.budget.seconds_waited),
    }
    pipeline.run(
        dlt.resource(
            [pa.Table.from_pylist([row], schema=arrow_schema(SYNC_RUNS))],
            name=SYNC_RUNS.name,
            write_disposition="append",
            columns=column_hints(SYNC_RUNS),
        )
    )
