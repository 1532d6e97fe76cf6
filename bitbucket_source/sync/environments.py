"""Environments: listed whole when a deployment tells that there are others than those stored."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.deployment_rows import deployments_gone
from bitbucket_source.sync.events import Doubt, Event, Events, Gone, Reached, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.known import Key
from bitbucket_source.tables import DEPLOYMENTS, ENVIRONMENTS


class EnvironmentsCursor(msgspec.Struct, frozen=True):
    """The environments were listed."""

    look: bool = False
    """whether something has told since that they have changed"""
    empty: bool = False
    """the list was empty although environments are stored: believed when the next sync sees it too"""


def read_environments(ask: Ask, job: Job, cursor: EnvironmentsCursor | None) -> Events:
    """The environments, whole, if they were never read or something tells that they have changed."""
    this = (ENVIRONMENTS, ask.wanted)
    if (cursor is not None and cursor == EnvironmentsCursor()) or this in job.done:
        return
    is_doubtful = yield from environments_of(ask, job, believed_empty=cursor is not None and cursor.empty)
    job.done.add(this)
    yield Reached(EnvironmentsCursor(empty=is_doubtful))


def environments_of(ask: Ask, job: Job, *, believed_empty: bool) -> Generator[Event, None, bool]:
    """The environments of a repository, whole, and what is gone with those that are no longer there.

    Returns whether there are none although some are stored, and it is not believed yet.
    """
    place = job.repository.place
    pages = list(_pages(ask, job))
    for page in pages:
        yield Rows(ENVIRONMENTS, page.rows, place)
        for misfit in page.misfits:
            yield Trouble(ENVIRONMENTS, job.repository.full_name, misfit.label, misfit.why)
    if not believed_empty and not any(page.length for page in pages) and job.known.keys(ENVIRONMENTS, place):
        yield Doubt(
            f"environments of {job.repository.full_name}: the list is empty, although rows are stored; "
            "believed if the next sync sees it too"
        )
        return True
    for event in missing_rows(ask, job.known, ENVIRONMENTS, place, pages):
        if isinstance(event, Gone):
            # before the mark that makes it unrepeatable
            for _, uuid in sorted(event.keys):
                yield from deployments_gone(_deployments_gone_with(ask, job, uuid))
        yield event
    return False


def _pages(ask: Ask, job: Job) -> Iterator[Page[Any]]:
    has_come = False
    try:
        # by numbers: of another list of the same service the links lose parameters (FACTS 1)
        for page in ask.numbered_pages(ENVIRONMENTS, job.repository.place):
            has_come = True
            yield page
    except NotFound:
        # a repository that never had pipelines may answer so (FACTS 5)
        if has_come or job.known.keys(ENVIRONMENTS, job.repository.place):
            raise


def _deployments_gone_with(ask: Ask, job: Job, environment_uuid: str) -> Iterable[Key]:
    """The keys of the stored deployments of an environment that Bitbucket no longer lists.

    One page proves it. Where there are more, or there is no such list, the deployments' own reading has to tell.
    """
    place = job.repository.place
    stored = {uuid for (uuid,) in job.known.stored(DEPLOYMENTS, ("uuid",), place, environment_uuid=[environment_uuid])}
    if not stored:
        return []
    try:
        pages = list(ask.numbered_pages(DEPLOYMENTS, place, {"environment": environment_uuid}))
    except NotFound:
        return []
    if len(pages) > 1 or any(page.misfits for page in pages):
        return []
    return [(job.repository.uuid, uuid) for uuid in sorted(stored - {row.uuid for row in pages[0].rows})]
