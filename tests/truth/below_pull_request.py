"""A full read of what stands below one pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.truth.asking import Bitbucket, Json
from tests.truth.columns.values import Found, Unknown, moment_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CANNOT_BE_HAD = (400, 404, 555)
"""no common ancestor; the source is gone; the diff takes too long (FACTS 3)"""


def below_pull_request(
    bitbucket: Bitbucket, wanted: frozenset[str], pull_request: Json, place: dict[str, Any]
) -> Iterator[tuple[str, Found | Unknown]]:
    """Every row of the wanted tables that belongs to a pull request."""
    where = (place["repository_uuid"], pull_request["id"])
    if wanted & {"pull_request_activity", "pull_request_activity_reviewers"}:
        yield from _activity(bitbucket.activity(*where), place)
    for table, rows in _LISTS.items():
        if table in wanted:
            try:
                found = list(rows(bitbucket, pull_request, where))
            except requests.HTTPError as error:
                if error.response.status_code not in _CANNOT_BE_HAD or table not in _DEPEND_ON_SOURCE:
                    raise
                yield table, Unknown(where)
            else:
                yield from ((table, Found(row, place, position)) for position, row in enumerate(found))


def _activity(feed: Iterator[Json], place: dict[str, Any]) -> Iterator[tuple[str, Found]]:
    """The rows of the feed, each with an identity: Bitbucket gives them none."""
    seen: Counter[str] = Counter()
    for row in feed:
        (kind,) = row.keys() - {"pull_request"} or {""}
        event = row.get(kind) or {}
        identity = f"comment:{event['id']}" if kind == "comment" else f"{kind}:{_microseconds(event)}"
        seen[identity] += 1
        if seen[identity] > 1:
            identity += f":{seen[identity]}"
        here = {**place, "activity_id": identity, "kind": kind}
        yield "pull_request_activity", Found(event, here)
        for reviewer in event.get("reviewers") or ():
            yield "pull_request_activity_reviewers", Found({"user": reviewer}, here)


def _microseconds(event: Json) -> int:
    """Of its date, since 1970."""
    return (moment_of(event["date"]) - _EPOCH) // timedelta(microseconds=1)


def _newest_first(commits: Iterator[Json]) -> list[Json]:
    """By date, and by hash where two have the same."""
    by_hash = sorted(commits, key=lambda commit: str(commit["hash"]))
    return sorted(by_hash, key=lambda commit: moment_of(commit["date"]), reverse=True)


_LISTS: dict[str, Callable[[Bitbucket, Json, tuple[str, int]], Any]] = {
    "pull_request_comments": lambda bitbucket, _, where: bitbucket.comments(*where),
    "pull_request_commits": lambda bitbucket, _, where: _newest_first(bitbucket.pull_request_commits(*where)),
    "pull_request_files": lambda bitbucket, pull_request, _: bitbucket.files(pull_request),
    "pull_request_tasks": lambda bitbucket, _, where: bitbucket.tasks(*where),
}
_DEPEND_ON_SOURCE = {"pull_request_commits", "pull_request_files"}
