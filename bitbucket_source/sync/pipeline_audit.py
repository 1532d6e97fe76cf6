"""The audit of pipelines and their steps: a run that ran again among the older ones is found in turn."""

from __future__ import annotations

from collections.abc import Generator

from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Amend, Event, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.pipelines import STEP_TABLES, is_unfinished, told_to_look, with_work
from bitbucket_source.sync.step_tests import steps_and_tests_of
from bitbucket_source.tables import DEPLOYMENTS, PIPELINE_STEPS, PIPELINES


def verified_pipelines(ask: Ask, job: Job, at: str) -> Generator[Event, None, str]:
    """A page of runs, oldest first, and the steps of those that have changed."""
    start = int(at or 0)
    place = job.repository.place
    try:
        page = next(ask.numbered_pages(PIPELINES, place, {"sort": "created_on"}, start=start))
    except NotFound:
        return ""
    rows = list({row.uuid: row for row in page.rows}.values())
    rows = job.in_range(PIPELINES, rows, lambda row: row.created_on, job.since)
    changed = job.known.different(PIPELINES, rows, place)
    yield Rows(PIPELINES, rows, place)
    owed: list[str] = []
    tests: list[str] = []
    for row in changed if STEP_TABLES & ask.wanted else ():
        try:
            tests += (yield from steps_and_tests_of(ask, job, row.uuid)).steps
        except BitbucketError as error:
            yield Trouble(PIPELINE_STEPS, job.repository.full_name, f"pipeline {row.uuid}", str(error))
            owed.append(row.uuid)
    if changed:
        yield Amend(DEPLOYMENTS, told_to_look)
    reopened = [row.uuid for row in changed if is_unfinished(row)]
    if reopened or owed or tests:
        # the ordinary reading takes it from there
        yield Amend(PIPELINES, lambda cursor: with_work(cursor, reopened, owed, tests))
    return str(start + page.length) if page.length >= PIPELINES.pagelen else ""


def verified_steps(ask: Ask, job: Job, at: str) -> Generator[Event, None, str]:
    """The steps of the next run, by uuid."""
    later = sorted(uuid for _, uuid in job.known.keys(PIPELINES, job.repository.place) if uuid > at)
    if not later:
        return ""
    tests = (yield from steps_and_tests_of(ask, job, later[0])).steps
    if tests:
        yield Amend(PIPELINES, lambda cursor: with_work(cursor, (), (), tests))
    return later[0] if len(later) > 1 else ""
