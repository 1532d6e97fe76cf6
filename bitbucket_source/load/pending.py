"""Loads that an earlier run left unfinished: dlt loads nothing new before them."""

from __future__ import annotations

from collections.abc import Iterator

import dlt
from dlt.destinations.exceptions import DestinationConnectionError
from dlt.load.exceptions import LoadClientJobException
from dlt.normalize.exceptions import NormalizeJobFailed
from dlt.pipeline.exceptions import PipelineStepFailed


def finish_pending_loads(pipeline: dlt.Pipeline) -> str:
    """Load what an earlier run extracted and did not load; returns what people should know of it, '' for nothing.

    Before looking at the destination: where that is empty, dlt's `sync_destination`, and `run`, which calls it, throw
    pending packages away. What fails for good is given up: its cursors were never stored, so that it is read again.
    """
    notice = ""
    if pipeline.has_pending_data:
        try:
            pipeline.normalize()
            pipeline.load()
        except PipelineStepFailed as failure:
            if not _is_final(failure):
                raise
            pipeline.abort_packages()
            notice = (
                "a load that an earlier sync left behind cannot be finished; it is given up, and its rows read again"
            )
    pipeline.sync_destination()
    return notice


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
