"""A full read of one repository: its lists, one family after the other, and what stands in them.

Each function says the rows of the wanted tables as it finds them; it reads no list whose rows nobody wants.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any, TypeAlias

import requests

from tests.truth.asking import Bitbucket, Json
from tests.truth.below_pull_request import below_pull_request
from tests.truth.columns.values import Asked, Found, Unknown, moment_of
from tests.truth.trailers import trailers

Finding: TypeAlias = tuple[str, Found | Unknown | Asked]
Place: TypeAlias = dict[str, Any]


def below_repository(bitbucket: Bitbucket, wanted: Collection[str], repository_uuid: str) -> Iterator[Finding]:
    """Every row of the wanted tables that belongs to a repository."""
    place = {"repository_uuid": repository_uuid}
    for family in (_git, _pull_requests, _pipelines, _deployments, _checks, _settings):
        yield from family(bitbucket, frozenset(wanted), place)


_GIT = {"branches", "tags", "commits", "commit_parents", "commit_trailers"}


def _git(bitbucket: Bitbucket, wanted: frozenset[str], place: Place) -> Iterator[Finding]:
    if not wanted & _GIT:
        return
    uuid = place["repository_uuid"]
    branches, tags = list(bitbucket.branches(uuid)), list(bitbucket.tags(uuid))
    yield from (("branches", Found(branch, place)) for branch in branches)
    yield from (("tags", Found(tag, place)) for tag in tags)
    for commit in bitbucket.commits(uuid) if branches or tags else ():
        yield "commits", Found(commit, place)
        here = {**place, "hash": commit["hash"]}
        yield from _numbered("commit_parents", commit["parents"], here)
        yield from _numbered("commit_trailers", trailers(commit["message"]), here)


def _pull_requests(bitbucket: Bitbucket, wanted: frozenset[str], place: Place) -> Iterator[Finding]:
    for pull_request in bitbucket.pull_requests(place["repository_uuid"]):
        here = {**place, "pull_request_id": pull_request["id"]}
        yield "pull_requests", Found(pull_request, place)
        yield from (("pull_request_participants", Found(each, here)) for each in pull_request["participants"])
        yield from below_pull_request(bitbucket, wanted, pull_request, here)


def _pipelines(bitbucket: Bitbucket, wanted: frozenset[str], place: Place) -> Iterator[Finding]:
    uuid = place["repository_uuid"]
    if wanted & {"pipelines", "pipeline_steps", "pipeline_test_reports", "pipeline_test_cases"}:
        for pipeline in _or_none(bitbucket.pipelines(uuid)):
            yield "pipelines", Found(pipeline, place)
            here = {**place, "pipeline_uuid": pipeline["uuid"]}
            for position, step in enumerate(bitbucket.steps(uuid, pipeline["uuid"])):
                yield "pipeline_steps", Found(step, here, position)
                yield from _tests(bitbucket, wanted, {**here, "step_uuid": step["uuid"]})


def _tests(bitbucket: Bitbucket, wanted: frozenset[str], place: Place) -> Iterator[Finding]:
    if not wanted & {"pipeline_test_reports", "pipeline_test_cases"}:
        return
    step = (place["repository_uuid"], place["pipeline_uuid"], place["step_uuid"])
    for report in _or_none(bitbucket.test_report(*step)):
        yield "pipeline_test_reports", Found(report, place)
        for case in bitbucket.test_cases(*step) if "pipeline_test_cases" in wanted else ():
            yield "pipeline_test_cases", Found(case, place)


def _deployments(bitbucket: Bitbucket, wanted: frozenset[str], place: Place) -> Iterator[Finding]:
    for table in sorted(wanted & {"environments", "deployments"}):
        for row in _or_none(bitbucket.listed(place["repository_uuid"], table)):
            yield table, Found(row, place)


_OF_COMMITS = {"commit_statuses", "reports", "report_annotations"}


def _checks(bitbucket: Bitbucket, wanted: frozenset[str], place: Place) -> Iterator[Finding]:
    """Of the heads of the branches, if they are new: no sync reads them of every commit for ever."""
    uuid = place["repository_uuid"]
    branches = list(bitbucket.branches(uuid)) if wanted & _OF_COMMITS else []
    oldest = bitbucket.now - timedelta(days=29)
    new = (branch["target"]["hash"] for branch in branches if moment_of(branch["target"]["date"]) > oldest)
    for commit in dict.fromkeys(new):
        here = {**place, "commit_hash": commit}
        yield from ((table, Asked((uuid, commit))) for table in _OF_COMMITS)
        if "commit_statuses" in wanted:
            yield from (("commit_statuses", Found(row, here)) for row in bitbucket.of_commit(uuid, commit, "statuses"))
        for report in (
            bitbucket.of_commit(uuid, commit, "reports") if wanted & _OF_COMMITS - {"commit_statuses"} else ()
        ):
            yield "reports", Found(report, here)
            in_report = {**here, "report_uuid": report["uuid"]}
            for row in bitbucket.annotations(uuid, commit, report["uuid"]) if "report_annotations" in wanted else ():
                yield "report_annotations", Found(row, in_report)


_SETTINGS = {
    "default_reviewers": "default-reviewers",
    "branch_restrictions": "branch-restrictions",
    "pipeline_schedules": "pipelines_config/schedules",
    "webhooks": "hooks",
    "downloads": "downloads",
}


def _settings(bitbucket: Bitbucket, wanted: frozenset[str], place: Place) -> Iterator[Finding]:
    uuid = place["repository_uuid"]
    for table, path in _SETTINGS.items():
        for row in _or_none(bitbucket.listed(uuid, path)) if table in wanted else ():
            yield table, Found(row, place)
    for granted_to in ("users", "groups") if "repository_permissions" in wanted else ():
        for row in bitbucket.listed(uuid, f"permissions-config/{granted_to}"):
            yield "repository_permissions", Found(row, {**place, "granted_to": granted_to})


def _numbered(table: str, found: Iterable[Json], place: Place) -> Iterator[Finding]:
    return ((table, Found(each, place, position)) for position, each in enumerate(found))


def _or_none(rows: Iterable[Json]) -> list[Json]:
    """All rows; none where Bitbucket says 404, because nobody has switched on what the list is of (FACTS 5)."""
    try:
        return list(rows)
    except requests.HTTPError as error:
        if error.response.status_code == 404:
            return []
        raise
