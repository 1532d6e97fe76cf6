"""What is true of a repository, worked out from its chronicle and its commits: for whoever checks figures.

Nothing of it comes from rows as the API shows them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bitbucket_emulator.world import graph

if TYPE_CHECKING:
    from bitbucket_emulator.world.model import Repository, World
    from bitbucket_emulator.world.model.chronicle import Attempt, Chronicle


@dataclass(frozen=True)
class Delivery:
    """An attempt to deploy, and what it carried: None where it failed, or where nothing was there before."""

    attempt: Attempt
    previous: Attempt | None
    """the successful attempt that started last before it, in the same environment"""
    carried: frozenset[str] | None
    """hashes of the commits that it brought"""


@dataclass(frozen=True)
class FirstReview:
    """The first comment or verdict, of somebody who is neither author nor a bot, that was not taken back."""

    pull_request: int
    user: str  # uuid
    at: int
    kind: str


@dataclass(frozen=True)
class Truth:
    """What is true of one repository."""

    chronicle: Chronicle
    deliveries: list[Delivery]
    """by start"""
    origins: dict[str, int]
    """commit -> number of the pull request through which it came first upon the branch it was merged into"""
    first_reviews: dict[int, FirstReview]
    """by pull request; none where nobody looked before it was closed"""

    def as_json(self) -> dict[str, Any]:
        """The same in plain JSON; times in microseconds since 1970."""
        return {
            **asdict(self.chronicle),
            "deliveries": [
                {
                    **asdict(each.attempt),
                    "previous": None if each.previous is None else asdict(each.previous),
                    "carried": None if each.carried is None else sorted(each.carried),
                }
                for each in self.deliveries
            ],
            "origins": self.origins,
            "first_reviews": [asdict(each) for each in self.first_reviews.values()],
        }


def truth_of(world: World, repository: Repository) -> Truth:
    """The truth about a repository as its history stands now; makes its contents where nobody looked before.

    Raises graph.UnknownCommit where commits that were deployed have been forgotten (`prune`).
    """
    chronicle = repository.contents.chronicle
    return Truth(
        chronicle,
        _deliveries(repository, chronicle),
        _origins(chronicle),
        _first_reviews(world, repository, chronicle),
    )


def _deliveries(repository: Repository, chronicle: Chronicle) -> list[Delivery]:
    deliveries = []
    running: defaultdict[str, Attempt | None] = defaultdict(lambda: None)  # environment -> last success
    for attempt in sorted(chronicle.attempts, key=lambda each: each.started_on):
        if attempt.environment is None:
            continue
        previous, carried = running[attempt.environment], None
        if attempt.result == "SUCCESSFUL":
            running[attempt.environment] = attempt
            if previous is not None:
                brought = graph.log(repository, [attempt.commit], [previous.commit])
                carried = frozenset(commit.hash for commit in brought)
        deliveries.append(Delivery(attempt, previous, carried))
    return deliveries


def _origins(chronicle: Chronicle) -> dict[str, int]:
    origins: dict[str, int] = {}
    for landing in chronicle.landings:
        for commit in (*landing.own, *landing.landed):
            origins.setdefault(commit, landing.pull_request)
    return origins


def _first_reviews(world: World, repository: Repository, chronicle: Chronicle) -> dict[int, FirstReview]:
    found: dict[int, FirstReview] = {}
    for act in sorted(chronicle.reviews, key=lambda each: each.at):
        request = repository.pull_requests[act.pull_request]
        closed = request.closed_on is not None and act.at > request.closed_on
        is_review = not (act.taken_back or closed or act.user == request.author or world.is_bot(act.user))
        if is_review and act.pull_request not in found:
            found[act.pull_request] = FirstReview(act.pull_request, act.user, act.at, act.kind)
    return found
