"""What each successful deployment carried: derived from the attempts and the commit graph, without a request.

It is owed for each attempt that succeeded, and for the one behind it in its environment where that was derived
already: an attempt may be seen later than one that came after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.sync.ancestry import Graph
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.attempts import SUCCESSFUL
from bitbucket_source.sync.events import Events, Gone, Notice, Reached, Rows
from bitbucket_source.sync.job import Job, moment
from bitbucket_source.tables import (
    COMMIT_PARENTS,
    COMMITS,
    DEPLOYMENT_ATTEMPTS,
    DEPLOYMENT_COMMITS,
    DEPLOYMENTS,
    Table,
)
from bitbucket_source.tables.rowtype import row_type

NEEDED: tuple[Table, ...] = (DEPLOYMENT_ATTEMPTS, COMMITS, COMMIT_PARENTS)
"""The tables that it is derived from."""


class CarriedCursor(msgspec.Struct, frozen=True):
    """All that the attempts carried has been derived, but for some."""

    owed: tuple[tuple[str, str], ...] = ()
    """attempts not derived yet: uuid of the deployment, and when it started"""
    waiting: tuple[tuple[str, str], ...] = ()
    """attempts that could not be, because commits are not stored"""
    missing: tuple[str, ...] = ()
    """the commits that those wait for"""


_Attempt: TypeAlias = tuple[str, datetime]
"""uuid of the deployment, and when the attempt started"""


@dataclass(frozen=True)
class _Success:
    """An attempt that succeeded."""

    deployment_uuid: str
    started_on: datetime
    environment_uuid: str
    commit_hash: str

    @property
    def key(self) -> _Attempt:
        return self.deployment_uuid, self.started_on


def derive_deployment_commits(_ask: Ask, job: Job, cursor: CarriedCursor | None) -> Events:
    """What the attempts carried that were not derived yet: all, where there is no cursor."""
    if lacking := [table.name for table in NEEDED if table not in job.reads]:
        yield Notice(f"{DEPLOYMENT_COMMITS.name}: skipped: it is derived from {', '.join(lacking)}: select them too")
        return
    # while commits are lacking it stays owed
    if job.has_holes or (cursor is not None and not cursor.owed and not _have_come(job, cursor.missing)):
        return
    owed = None if cursor is None else {(uuid, moment(at)) for uuid, at in (*cursor.owed, *cursor.waiting)}
    if owed is not None:
        # a load that never was completed may have stored an attempt without what it carried
        left_behind = job.known.left_behind(DEPLOYMENT_ATTEMPTS, job.repository.place)
        owed |= {(uuid, _in_utc(at)) for _, uuid, at, _ in left_behind}
    pairs = [
        (before, success)
        for successes in _successes(job)
        for before, success in pairwise(successes)
        if owed is None or before.key in owed or success.key in owed
    ]
    stored = _stored(job, None if owed is None else {success.deployment_uuid for _, success in pairs})
    waiting: list[_Success] = []
    missing: set[str] = set()
    if pairs:
        there = _alive(job, {success.deployment_uuid for _, success in pairs})
        graph = Graph({**job.known.parents(job.repository.uuid), **(job.graph or {})})
        for before, success in pairs:
            was = stored.pop(success.key, set())
            if success.deployment_uuid not in there:
                continue
            unknown = {before.commit_hash, success.commit_hash} - graph.parents.keys()
            reached = None if unknown else graph.without(success.commit_hash, before.commit_hash)
            if reached is None or reached.missing:
                waiting.append(success)
                missing |= unknown if reached is None else reached.missing
            else:
                yield Rows(DEPLOYMENT_COMMITS, _rows(success, before, reached.commits), job.repository.place)
                yield from _gone(job, success.key, was - reached.commits)
    if owed is None:
        for attempt, hashes in stored.items():
            yield from _gone(job, attempt, hashes)
    yield Reached(
        CarriedCursor(
            waiting=tuple(sorted((each.deployment_uuid, each.started_on.isoformat()) for each in waiting)),
            missing=tuple(sorted(missing)),
        )
    )


def _have_come(job: Job, missing: Collection[str]) -> bool:
    """Whether a commit is stored or was read now that was missing."""
    if not missing:
        return False
    read_now = job.graph or {}
    return any(sha in read_now for sha in missing) or bool(
        job.known.keys(COMMITS, job.repository.place, hash=list(missing))
    )


def _successes(job: Job) -> list[list[_Success]]:
    """The attempts that succeeded, stored or read now, of each environment from the first to the last."""
    names = ("deployment_uuid", "started_on", "status", "environment_uuid", "commit_hash")
    rows = job.known.stored(DEPLOYMENT_ATTEMPTS, names, job.repository.place)
    rows += [tuple(getattr(each, name) for name in names) for each in job.attempts]
    by_environment: defaultdict[str, dict[_Attempt, _Success]] = defaultdict(dict)
    for deployment, started_on, status, environment, commit in rows:
        if status == SUCCESSFUL and environment and commit:
            success = _Success(deployment, _in_utc(started_on), environment, commit)
            by_environment[environment][success.key] = success
    return [
        sorted(found.values(), key=lambda each: (each.started_on, each.deployment_uuid))
        for found in by_environment.values()
    ]


def _in_utc(written: Any) -> datetime:
    found = moment(written) if isinstance(written, str) else written
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _alive(job: Job, deployments: Collection[str]) -> set[str]:
    """Those of the deployments that are not marked as deleted."""
    if DEPLOYMENTS not in job.reads:
        return set(deployments)
    stored = job.known.keys(DEPLOYMENTS, job.repository.place, uuid=list(deployments))
    return {uuid for _, uuid in stored} | {attempt.deployment_uuid for attempt in job.attempts}


def _stored(job: Job, deployments: Collection[str] | None) -> dict[_Attempt, set[str]]:
    """What is stored of the attempts of some deployments, or of all."""
    among = {} if deployments is None else {"deployment_uuid": list(deployments)}
    found: defaultdict[_Attempt, set[str]] = defaultdict(set)
    for _, deployment, started_on, sha in job.known.keys(DEPLOYMENT_COMMITS, job.repository.place, **among):
        found[deployment, _in_utc(started_on)].add(sha)
    return found


def _rows(success: _Success, before: _Success, commits: Collection[str]) -> list[Any]:
    row = row_type(DEPLOYMENT_COMMITS)
    return [
        row(
            deployment_uuid=success.deployment_uuid,
            started_on=success.started_on.isoformat(),
            hash=sha,
            environment_uuid=success.environment_uuid,
            previous_deployment_uuid=before.deployment_uuid,
            previous_started_on=before.started_on.isoformat(),
        )
        for sha in sorted(commits)
    ]


def _gone(job: Job, attempt: _Attempt, hashes: Collection[str]) -> Iterator[Gone]:
    """An attempt is said to have carried what it has not: another was found before it."""
    if hashes:
        yield Gone(DEPLOYMENT_COMMITS, [(job.repository.uuid, *attempt, sha) for sha in sorted(hashes)])
