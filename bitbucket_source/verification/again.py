"""Reading single objects again, each list in the way that takes the fewest requests."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.commits import commits_reached
from bitbucket_source.sync.job import Job
from bitbucket_source.tables import (
    COMMITS,
    DEPLOYMENTS,
    PIPELINES,
    PULL_REQUESTS,
    REPOSITORIES,
    WORKSPACES,
    Table,
)
from bitbucket_source.verification.comparing import identities_of


def read_again(ask: Ask, job: Job | None, table: Table, place: Place, identities: Collection[Any]) -> list[Any]:
    """The objects of a list that have these identities, as far as Bitbucket has them. Steps: all of their run.

    Raises BitbucketError where they cannot be read.
    """
    if table is WORKSPACES:
        found = [ask.one(table)]
    elif table is PULL_REQUESTS:
        found = list(_rows(_pull_requests(ask, place, sorted(identities))))
    elif table is COMMITS and job is not None:
        found = list(_commits(ask, job, set(identities)))
    elif table in {PIPELINES, REPOSITORIES, DEPLOYMENTS}:
        found = list(_one_by_one(ask, table, place, identities))
    else:
        # short lists: of refs, people, and the steps of a run
        found = list(_rows(ask.pages(table, place)))
        if "{pipeline_uuid}" in table.endpoint:
            return found
    wanted = set(identities)
    return [row for row, identity in zip(found, identities_of(table, found), strict=True) if identity in wanted]


def _pull_requests(ask: Ask, place: Place, ids: list[int]) -> Iterator[Page[Any]]:
    for start in range(0, len(ids), PULL_REQUESTS.pagelen):
        some = ids[start : start + PULL_REQUESTS.pagelen]
        yield from ask.pages(PULL_REQUESTS, place, {"q": " OR ".join(f"id={each}" for each in some)})


def _one_by_one(ask: Ask, table: Table, place: Place, identities: Collection[Any]) -> Iterator[Any]:
    for identity in sorted(identities):
        try:
            yield ask.item(table, place, str(identity))
        except NotFound:
            continue


def _commits(ask: Ask, job: Job, wanted: set[str]) -> Iterator[Any]:
    """A page of the history begins with the commit that is asked for: others of them often stand in it too."""
    while wanted:
        sha = min(wanted)
        wanted.discard(sha)
        try:
            page = next(commits_reached(ask, job, {sha}))
        except NotFound:
            continue
        yield from (row for row in page.rows if row.hash in {*wanted, sha})
        wanted -= {row.hash for row in page.rows}


def _rows(pages: Iterator[Page[Any]]) -> Iterator[Any]:
    return (row for page in pages for row in page.rows)
