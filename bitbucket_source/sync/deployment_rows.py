"""What is said of deployments that were read, and the work that they make for other lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from bitbucket_source.sync.attempts import SUCCESSFUL, deployment_attempts
from bitbucket_source.sync.events import Amend, Event, Gone, Rows
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.known import Key
from bitbucket_source.sync.pipelines import STEP_TABLES, PipelinesCursor, with_work
from bitbucket_source.tables import (
    DEPLOYMENT_ATTEMPTS,
    DEPLOYMENT_COMMITS,
    DEPLOYMENTS,
    ENVIRONMENTS,
    PIPELINES,
)


def changed_of(job: Job, deployments: Sequence[Any]) -> list[Any]:
    """Those of the deployments that are new or not stored just so."""
    place = job.repository.place
    if DEPLOYMENTS in job.reads:
        return job.known.different(DEPLOYMENTS, deployments, place)
    attempts = job.known.different(DEPLOYMENT_ATTEMPTS, deployment_attempts(deployments), place)
    uuids = {attempt.deployment_uuid for attempt in attempts}
    return [each for each in deployments if each.uuid in uuids]


def deployment_rows(job: Job, deployments: Sequence[Any], changed: Sequence[Any], *, first: bool) -> Iterator[Event]:
    """The rows of deployments, and what those that changed make to be read; on a `first` reading nothing is news.

    All rows are said, because an account may have changed where the row has not.
    """
    place = job.repository.place
    attempts = deployment_attempts(deployments)
    job.attempts += attempts
    yield Rows(DEPLOYMENTS, deployments, place)
    yield Rows(DEPLOYMENT_ATTEMPTS, attempts, place)
    if not changed:
        return
    carried = tuple(
        (attempt.deployment_uuid, attempt.started_on)
        for attempt in deployment_attempts(changed)
        if attempt.status == SUCCESSFUL
    )
    if carried:
        yield Amend(DEPLOYMENT_COMMITS, lambda cursor: _with_owed(cursor, carried))
    if first:
        stored = {uuid for _, uuid in job.known.keys(DEPLOYMENTS, place, uuid=[each.uuid for each in changed])}
        changed = [each for each in changed if each.uuid in stored]
    yield from _their_runs(job, changed)
    yield from _their_environments(job, changed)


def deployments_gone(keys: Iterable[Key]) -> Iterator[Event]:
    """Bitbucket no longer has deployments: what they carried is gone with them; that they were attempted stays true."""
    gone = list(keys)
    if gone:
        yield Gone(DEPLOYMENTS, gone)
        yield Gone(DEPLOYMENT_COMMITS, gone)


def _their_runs(job: Job, deployments: Iterable[Any]) -> Iterator[Event]:
    """A deployment changes with the run that makes it: one that was not read just now is read again."""
    named = {each.release.pipeline.uuid for each in deployments if each.release and each.release.pipeline}
    unread = sorted(uuid for uuid in named if uuid and uuid not in job.runs)
    if not unread:
        return
    stored = {uuid for _, uuid in job.known.keys(PIPELINES, job.repository.place, uuid=unread)}
    with_steps = bool(STEP_TABLES & job.reads)

    def change(cursor: PipelinesCursor) -> PipelinesCursor:
        # what was left out because it was too old stays so
        runs = [uuid for uuid in unread if uuid in stored or not cursor.since]
        return with_work(cursor, runs, runs if with_steps else ())

    yield Amend(PIPELINES, change)


def _their_environments(job: Job, deployments: Iterable[Any]) -> Iterator[Event]:
    named = {each.environment.uuid for each in deployments if each.environment and each.environment.uuid}
    if not named or ENVIRONMENTS not in job.reads:
        return
    stored = {uuid for _, uuid in job.known.keys(ENVIRONMENTS, job.repository.place, uuid=named)}
    if named - stored:
        yield environments_to_read()


def environments_to_read() -> Amend:
    """Something tells that the environments have changed."""
    return Amend(ENVIRONMENTS, lambda cursor: msgspec.structs.replace(cursor, look=True))


def _with_owed(cursor: Any, attempts: tuple[tuple[str, str], ...]) -> Any:
    return msgspec.structs.replace(cursor, owed=tuple(dict.fromkeys([*cursor.owed, *attempts])))
