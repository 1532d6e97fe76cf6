"""How they were merged, and who said what to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from bitbucket_emulator.world.model import PullRequest, Repository, World

from .figure import HOUR, Figure


def merged(repository: Repository) -> Iterator[PullRequest]:
    return (each for each in repository.pull_requests.values() if each.state == "MERGED")


def _merged_at(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[int], int]]:
    for request in merged(repository):
        yield (request.id,), next(e.date for e in request.events if e.update is not None and e.update.state == "MERGED")


def _merge_kind(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[int], str]]:
    for landing in repository.contents.chronicle.landings:
        yield (landing.pull_request,), landing.strategy.removesuffix("_commit")


def _self_merged(world: World, repository: Repository, _: int) -> Iterator[tuple[tuple[int], bool | None]]:
    for each in merged(repository):
        is_told = not any(user is None or world.users[user].deleted for user in (each.author, each.closed_by))
        yield (each.id,), each.closed_by == each.author if is_told else None


def _reviews(world: World, repository: Repository) -> dict[int, list[tuple[int, str, str]]]:
    """By pull request: (moment, who, kind) of what others than the author and bots said, and did not take back.

    A bot is what Bitbucket shows as one: the company's build bot has a person's account, and only the seed of bots
    could name it. Where author and reviewer are gone, nobody can tell one from the other.
    """
    found: defaultdict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for act in repository.contents.chronicle.reviews:
        request, who = repository.pull_requests[act.pull_request], world.users[act.user]
        are_gone = who.deleted and world.users[request.author].deleted
        if act.taken_back or act.user == request.author or are_gone or who.kind == "app_user":
            continue
        if request.closed_on is None or act.at <= request.closed_on:
            found[request.id].append((act.at, act.user, act.kind))
    return {number: sorted(said) for number, said in found.items()}


def _response_hours(world: World, repository: Repository, _: int) -> Iterator[tuple[tuple[int, str], float]]:
    for number, said in _reviews(world, repository).items():
        request = repository.pull_requests[number]
        ready = _ready(request)
        asked: dict[str, int] = {}
        for event in request.events:
            for user in event.update.reviewers if event.update else ():
                asked.setdefault(user, event.date)
        for user in {user for _, user, _ in said if not world.users[user].deleted}:
            first = min(at for at, who, _ in said if who == user)
            waited_from = first if ready is None else max(asked.get(user, ready), ready)
            yield (number, user), max(0, first - waited_from) / HOUR


def _ready(request: PullRequest) -> int | None:
    """When it was no draft for the first time after it had been one; else when it was opened."""
    updates = [(event.date, event.update.draft) for event in request.events if event.update is not None]
    if not any(draft for _, draft in updates):
        return request.created_on
    was_draft = False
    for at, draft in updates:
        if was_draft and not draft:
            return at
        was_draft = was_draft or draft
    return request.closed_on if request.state == "MERGED" else None


def _review_depth(world: World, repository: Repository, _: int) -> Iterator[tuple[tuple[int], int]]:
    for number, said in _reviews(world, repository).items():
        if repository.pull_requests[number].state == "MERGED":
            yield (number,), sum(kind == "comment" for *_, kind in said)


def _pushes_after_review(world: World, repository: Repository, _: int) -> Iterator[tuple[tuple[int], int]]:
    reviews = _reviews(world, repository)
    for request in merged(repository):
        first = reviews[request.id][0][0] if request.id in reviews else None
        updates = [(event.date, event.update) for event in request.events if event.update is not None]
        pushed = [
            after.source_hash
            for (_, before), (at, after) in pairwise(updates)
            if first is not None and after.state == "OPEN" and at > first and after.source_hash != before.source_hash
        ]
        yield (request.id,), sum(len(repository.commits[head].parents) < 2 for head in pushed)


_PULL_REQUESTS = "select repository_uuid, pull_request_id, {} from fct_pull_requests where state = 'MERGED'"
OF_PULL_REQUESTS = (
    Figure("merged_at", _PULL_REQUESTS.format("epoch_us(merged_at)"), _merged_at),
    Figure("merge_kind", _PULL_REQUESTS.format("merge_kind"), _merge_kind),
    Figure("self_merged", _PULL_REQUESTS.format("is_self_merged"), _self_merged),
    Figure(
        "response hours",
        "select repository_uuid, pull_request_id, reviewer_uuid, response_hours from fct_pull_request_reviews"
        " where has_responded and not is_bot_reviewer",
        _response_hours,
    ),
    Figure("review depth", _PULL_REQUESTS.format("review_comment_count") + " and was_reviewed", _review_depth),
    Figure("pushes after review", _PULL_REQUESTS.format("push_after_review_count"), _pushes_after_review),
)
