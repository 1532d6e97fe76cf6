"""What the generator of an emulated company knows of it, worked out from its own records and never from an answer.

Times are hours; moments are microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.model import Deployment, PullRequest, Repository, World

HOUR = 3_600_000_000


@dataclass(frozen=True)
class Phases:
    """How long a merged pull request took, in hours."""

    coding: float
    draft: float
    pickup: float
    review: float
    merge_wait: float
    cycle: float


def phases(world: World, pull_request: PullRequest) -> Phases:
    """The five phases of a merged pull request and its cycle."""
    opened, ended = pull_request.created_on, _closed(pull_request)
    first_commit = _first_commit(world, pull_request)
    reviews = _reviews(world, pull_request, ended)
    drafts = list(_drafts(pull_request, ended))

    def awake(start: int, end: int) -> float:
        asleep = sum(max(0, min(end, until) - max(start, since)) for since, until in drafts)
        return (end - start - asleep) / HOUR

    began = min(first_commit, opened)
    if not reviews:
        spans = (awake(opened, ended), 0.0, 0.0)
    else:
        first = reviews[0][0]
        pushed = _last_push(pull_request)
        approved = min((at for at, kind in reviews if kind == "approval" and at >= pushed), default=ended)
        spans = (awake(opened, first), awake(first, approved), awake(approved, ended))
    draft = sum(until - since for since, until in drafts) / HOUR
    return Phases((opened - began) / HOUR, draft, *spans, (ended - began) / HOUR)


def _closed(pull_request: PullRequest) -> int:
    return next(e.date for e in pull_request.events if e.update is not None and e.update.state == pull_request.state)


def _first_commit(world: World, pull_request: PullRequest) -> int:
    own = [c for c in graph.pull_request_commits(world, pull_request) if len(c.parents) < 2]
    landed = pull_request.merge_commit
    return min(
        (c.date for c in own if c.hash != landed or c.hash == pull_request.source_hash),
        default=pull_request.created_on,
    )


def _reviews(world: World, pull_request: PullRequest, ended: int) -> list[tuple[int, str]]:
    said = [(c.created_on, "comment", c.user) for c in pull_request.comments.values() if not (c.deleted or c.pending)]
    said += [(e.date, e.kind, e.user) for e in pull_request.events if e.kind in ("approval", "changes_requested")]
    return sorted(
        (at, kind)
        for at, kind, user in said
        if user != pull_request.author and world.users[user].kind != "app_user" and at <= ended
    )


def _drafts(pull_request: PullRequest, ended: int) -> Iterator[tuple[int, int]]:
    updates = [event for event in pull_request.events if event.update is not None]
    starts = [pull_request.created_on, *(event.date for event in updates[1:])]
    for start, end, event in zip(starts, [*starts[1:], ended], updates, strict=True):
        assert event.update is not None
        if event.update.draft:
            yield start, end


def _last_push(pull_request: PullRequest) -> int:
    updates = [(event.date, event.update) for event in pull_request.events if event.update is not None]
    pairs = pairwise(updates)
    return max((date for (_, b), (date, u) in pairs if u.state == "OPEN" and u.source_hash != b.source_hash), default=0)


def change_sets(repository: Repository) -> dict[tuple[str, int], set[str]]:
    """(deployment, start) of each successful one but an environment's first -> the commits it brought there."""
    found = {}
    for environment in repository.environments:
        successes = _successes(repository, environment)
        for before, after in pairwise(successes):
            assert after.started_on is not None
            there = graph.reachable(repository, [before.commit])
            found[after.uuid, after.started_on] = graph.reachable(repository, [after.commit]) - there
    return found


def deployed(repository: Repository, commit: str) -> int | None:
    """When the earliest successful production deployment that brought a commit ended."""
    sets = change_sets(repository)
    production = {uuid for uuid, stage in repository.environments.items() if stage.type == "Production"}
    return min(
        (
            d.completed_on
            for d in repository.deployments.values()
            if d.environment in production
            and d.started_on is not None
            and d.completed_on is not None
            and commit in sets.get((d.uuid, d.started_on), ())
        ),
        default=None,
    )


def _successes(repository: Repository, environment: str) -> list[Deployment]:
    found = [d for d in repository.deployments.values() if d.environment == environment and d.status == "SUCCESSFUL"]
    return sorted(found, key=lambda d: d.started_on or 0)
