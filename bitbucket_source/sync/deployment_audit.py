"""The audit of deployments and environments: what no signal tells of is read again in turn."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec

from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.deployment_rows import changed_of, deployment_rows, deployments_gone
from bitbucket_source.sync.deployments import NEWEST_FIRST, is_before, is_last, is_running
from bitbucket_source.sync.environments import environments_of
from bitbucket_source.sync.events import Amend, Event, Gone, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.tables import DEPLOYMENTS, ENVIRONMENTS


def verified_deployments(ask: Ask, job: Job, at: str) -> Generator[Event, None, str]:
    """The next hundred deployments from a place in the list on; returns the next place, '' where the list ended."""
    start, place = int(at or 0), job.repository.place
    try:
        page = next(ask.numbered_pages(DEPLOYMENTS, place, NEWEST_FIRST, start=start))
    except NotFound:
        # nothing was ever deployed, or everything is gone: the ordinary reading tells which
        return ""
    rows = list({row.uuid: row for row in page.rows if not is_before(row, job.since)}.values())
    changed = changed_of(job, rows)
    yield from deployment_rows(job, rows, changed, first=False)
    for misfit in page.misfits:
        yield Trouble(DEPLOYMENTS, job.repository.full_name, misfit.label, misfit.why)
    running = [row.uuid for row in changed if is_running(row)]
    if running:
        # the ordinary reading takes it from there
        yield Amend(DEPLOYMENTS, lambda cursor: _with_open(cursor, running))
    if not start and is_last(page, page.length) and page.length:
        for event in missing_rows(ask, job.known, DEPLOYMENTS, place, [page]):
            if isinstance(event, Gone):
                yield from deployments_gone(event.keys)
    return str(start + page.length) if page.length >= DEPLOYMENTS.pagelen else ""


def verified_environments(ask: Ask, job: Job, _at: str) -> Generator[Event, None, str]:
    """The environments of a repository, whole, and what is gone with those that are no longer there."""
    if (yield from environments_of(ask, job, believed_empty=False)):
        # the ordinary reading looks once more, and believes it
        yield Amend(ENVIRONMENTS, lambda cursor: msgspec.structs.replace(cursor, empty=True))
    return ""


def _with_open(cursor: Any, running: list[str]) -> Any:
    return msgspec.structs.replace(cursor, open=tuple(sorted({*cursor.open, *running})))
