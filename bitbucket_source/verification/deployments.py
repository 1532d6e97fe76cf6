"""The deployments of a repository, counted, or compared with the warehouse row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.attempts import deployment_attempts, started_on
from bitbucket_source.sync.deployments import NEWEST_FIRST, DeploymentsCursor, is_before
from bitbucket_source.sync.events import Rows, Trouble
from bitbucket_source.sync.job import moment
from bitbucket_source.sync.known import Key
from bitbucket_source.tables import DEPLOYMENT_ATTEMPTS, DEPLOYMENTS, PIPELINES, USERS, Table
from bitbucket_source.verification.comparing import Since, source_of
from bitbucket_source.verification.findings import Columns
from bitbucket_source.verification.look import Look


def count_deployments(look: Look) -> None:
    """Whether as many deployments are stored as the list says it has; else the list itself is read."""
    groups = look.groups(DEPLOYMENTS, DeploymentsCursor)
    if not groups:
        return
    stored = look.stored.keys(DEPLOYMENTS, look.place)
    try:
        size = look.ask.glance(DEPLOYMENTS, look.place).size
    except NotFound:
        size = 0
    if size == len(stored):
        look.findings.looked(DEPLOYMENTS, "counted against the list's size")
        look.findings.count_by_size(DEPLOYMENTS, size)
    else:
        look.findings.looked(DEPLOYMENTS, "lists read where a count differed")
        compare_deployments(look)


def compare_deployments(look: Look, *, start: int = 0, pages: int | None = None) -> int:
    """The deployments from a place in the list on, newest start first, all or so many pages; returns how many."""
    groups = look.groups(DEPLOYMENTS, DeploymentsCursor)
    listed: set[Key] = set()
    for page in _pages(look, start) if groups else ():
        for misfit in page.misfits:
            look.fail(Trouble(DEPLOYMENTS, look.name, misfit.label, misfit.why))
        listed |= _compare(look, groups, page.rows)
        pages = None if pages is None else pages - 1
        if pages == 0:
            return len(listed)
    gone, there = look.gone(DEPLOYMENTS, look.stored.keys(DEPLOYMENTS, look.place) - listed)
    _compare(look, groups, there)
    look.comparison.too_many(DEPLOYMENTS, gone, look.place, lambda _: False)
    return len(listed)


def _pages(look: Look, start: int) -> Iterator[Page[Any]]:
    try:
        yield from look.ask.numbered_pages(DEPLOYMENTS, look.place, NEWEST_FIRST, start=start)
    except NotFound:
        # a repository that never had deployments may answer so (FACTS 5)
        if look.stored.keys(DEPLOYMENTS, look.place):
            raise


def _compare(look: Look, groups: Sequence[tuple[DeploymentsCursor, frozenset[Table]]], rows: Sequence[Any]) -> set[Key]:
    keys: set[Key] = set()
    for cursor, tables in groups:
        since = _since(look, cursor)
        inside = list({row.uuid: row for row in rows if not is_before(row, cursor.since)}.values())
        by_uuid = {row.uuid: row for row in inside}
        keys |= look.comparison.objects(DEPLOYMENTS, inside, look.place, tables & {DEPLOYMENTS, USERS}, since)
        look.comparison.rows(
            Rows(DEPLOYMENT_ATTEMPTS, deployment_attempts(inside), look.place),
            tables & {DEPLOYMENT_ATTEMPTS},
            lambda key: source_of(DEPLOYMENTS, look.place, key[1]),
            lambda key, by_uuid=by_uuid, since=since: since(by_uuid[key[1]], {}),  # type: ignore[misc]
        )
    return keys


def _since(look: Look, cursor: DeploymentsCursor) -> Since:
    """One that was running when last read, started or was changed since, or is of a new run."""

    def since(row: Any, columns: Columns | None) -> bool:
        started = started_on(row)
        if row.uuid in cursor.open or (started and (not cursor.last or moment(started) > moment(cursor.last))):
            return True
        if columns is None:
            run = row.release and row.release.pipeline and row.release.pipeline.uuid
            return not started and bool(run) and not look.stored.keys(PIPELINES, look.place, uuid=[run])
        before, now = columns.get("last_update_time", (None, None))
        return now is not None and before is not None and now > before

    return since
