"""The steps of one pipeline run."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.attempts import step_attempts
from bitbucket_source.sync.events import Doubt, Event, Gone, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.tables import (
    PIPELINE_STEP_ATTEMPTS,
    PIPELINE_STEPS,
    PIPELINE_TEST_CASES,
    PIPELINE_TEST_REPORTS,
    PIPELINES,
)


def steps_of(
    ask: Ask, job: Job, pipeline_uuid: str, *, believed_empty: bool, into: list[Any] | None = None
) -> Generator[Event, None, bool]:
    """The steps of a run, whole. Returns False where there are none although some are stored, and it is not believed.

    They are added to `into`, too.
    Raises BitbucketError where they cannot be read. A 404 means that there are none only where the run is gone too.
    """
    place = {**job.repository.place, "pipeline_uuid": pipeline_uuid}
    try:
        pages = list(ask.pages(PIPELINE_STEPS, place))
    except NotFound:
        if not _is_gone(ask, job, pipeline_uuid):
            raise
        yield from run_gone(job, pipeline_uuid)
        return True
    for page in pages:
        if into is not None:
            into += page.rows
        yield Rows(PIPELINE_STEPS, page.rows, place)
        yield Rows(PIPELINE_STEP_ATTEMPTS, step_attempts(page.rows), place)
        for misfit in page.misfits:
            yield Trouble(PIPELINE_STEPS, job.repository.full_name, misfit.label, misfit.why)
    if not believed_empty and not any(page.length for page in pages) and job.known.keys(PIPELINE_STEPS, place):
        yield Doubt(
            f"pipeline_steps of {job.repository.full_name}, pipeline {pipeline_uuid}: none, although some are stored; "
            "believed if the next sync sees it too"
        )
        return False
    yield from missing_rows(ask, job.known, PIPELINE_STEPS, place, pages)
    return True


def _is_gone(ask: Ask, job: Job, uuid: str) -> bool:
    try:
        ask.item(PIPELINES, job.repository.place, uuid)
    except NotFound:
        return True
    except BitbucketError:
        return False
    return False


def run_gone(job: Job, uuid: str) -> Iterable[Event]:
    """Bitbucket no longer has a run: its steps and their tests are gone with it."""
    for table in (PIPELINES, PIPELINE_STEPS, PIPELINE_TEST_REPORTS, PIPELINE_TEST_CASES):
        yield Gone(table, [(job.repository.uuid, uuid)])
