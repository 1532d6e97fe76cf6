"""Who wrote the commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.model import Repository, World

from .figure import HOUR, Figure


def _absence_factors(world: World, repository: Repository, as_of: int) -> Iterator[tuple[tuple[int], int]]:
    commits = [commit for commit in graph.log(repository) if len(commit.parents) < 2]
    for days in (90, 365):
        recent = [commit.author_raw for commit in commits if 0 <= as_of - commit.date < days * 24 * HOUR]
        counts = Counter(who for raw in recent if not world.is_bot(who := _who(world, raw)))
        ranked, so_far = counts.most_common(), 0
        for place, (_, count) in enumerate(ranked, start=1):
            so_far += count
            if 2 * so_far >= counts.total():
                yield (days,), place
                break


def _who(world: World, author_raw: str) -> str:
    account = world.account(author_raw)
    return account.uuid if account is not None else author_raw.rpartition("<")[2].rstrip(">").lower()


OF_PEOPLE = (
    Figure(
        "absence factor", "select repository_uuid, window_days, absence_factor from metrics_ownership", _absence_factors
    ),
)
