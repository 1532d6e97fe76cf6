"""Loads that an earlier run left unfinished: dlt loads nothing new before them."""

from __future__ import annotations

from collections.abc import Iterator

import dlt
from dlt.common.storages.load_package import commit_load_package_state
from dlt.destinations.exceptions import DestinationConnectionError
from dlt.load.exceptions import LoadClientJobException
from dlt.normalize.exceptions import NormalizeJobFailed
from dlt.pipeline.exceptions import PipelineStepFailed

from bitbucket_source.load.database import Database
from bitbucket_source.load.workarounds import forget_what_was_normalized, sync_with_destination
from bitbucket_source.tables import SYNC_CURSORS

_CONTINUES = "bitbucket_continues"
"""in the state of a load: the newest load that was complete when it was read, '' where there was none"""


def finish_pending_loads(pipeline: dlt.Pipeline) -> str:
    """Load what an earlier run extracted and did not load; returns what people should know of it, '' for nothing.

    Before looking at the destination: where that is empty, dlt's `sync_destination`, and `run`, which calls it, throw
    pending packages away. What fails for good is given up: its cursors were never stored, so that it is read again.
    So is what continues a load that the destination does not have, as where a backup was put back: its cursors say that
    everything before them was read.
    """
    notice = ""
    if pipeline.has_pending_data:
        forget_what_was_normalized(pipeline)
        try:
            pipeline.normalize()
            if _continues_what_is_stored(pipeline):
                pipeline.load()
            else:
                pipeline.abort_packages()
                notice = (
                    "a load that an earlier sync left behind does not continue what is stored; it is given up, and its "
                    "rows read again"
                )
        except PipelineStepFailed as failure:
            if not _is_final(failure):
                raise
            pipeline.abort_packages()
            notice = (
                "a load that an earlier sync left behind cannot be finished; it is given up, and its rows read again"
            )
    sync_with_destination(pipeline)
    return notice


def remember_what_is_continued(database: Database) -> None:
    """Write into the state of the load being made which load was the newest complete one when its reading began."""
    newest: list[tuple[str]] = []
    if database.columns(SYNC_CURSORS):
        newest += database.rows(
            f"select load_id from {database.loads} where status = 0 order by inserted_at desc, load_id desc limit 1"
        )
    dlt.current.load_package_state()["state"][_CONTINUES] = next((load_id for (load_id,) in newest), "")  # type: ignore[literal-required] # dlt's type names its own keys only
    commit_load_package_state()


def _continues_what_is_stored(pipeline: dlt.Pipeline) -> bool:
    states = [dict(pipeline.get_load_package_state(load_id)) for load_id in pipeline.list_normalized_load_packages()]
    needed = {str(state[_CONTINUES]) for state in states if state.get(_CONTINUES)}
    database = Database(pipeline)
    try:
        return all(_is_complete(database, load_id) for load_id in needed)
    finally:
        database.close()


def _is_complete(database: Database, load_id: str) -> bool:
    if not database.columns(SYNC_CURSORS):
        return False
    return bool(database.rows(f"select 1 from {database.loads} where load_id = %s and status = 0", load_id))


def _is_final(failure: BaseException) -> bool:
    """Whether a file of the load itself could not be loaded, in several tries, while the destination answered."""
    causes = list(_causes(failure))
    if any(isinstance(cause, DestinationConnectionError) for cause in causes):
        return False
    return any(isinstance(cause, LoadClientJobException | NormalizeJobFailed) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
