"""What one commit reaches and another does not, in graphs of every shape."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from bitbucket_source.sync.ancestry import Graph, Parents


def ancestors(parents: Parents, commit: str) -> set[str]:
    """By the definition, without any cleverness: the commit, and what its parents reach."""
    reached: set[str] = set()
    ahead = [commit]
    while ahead:
        sha = ahead.pop()
        if sha not in reached:
            reached.add(sha)
            ahead += parents.get(sha, ())
    return reached


def history(seed: int) -> dict[str, tuple[str, ...]]:
    """Branches, merges, several roots."""
    random = Random(seed)
    made: list[str] = []
    parents: dict[str, tuple[str, ...]] = {}
    for number in range(random.randrange(1, 60)):
        count = min(len(made), random.choice((0, 1, 1, 1, 1, 1, 2, 2, 3)))
        near = made[-random.choice((2, 5, 60)) :]
        parents[f"c{number}"] = tuple(dict.fromkeys(random.choices(near, k=count))) if count else ()
        made.append(f"c{number}")
    return parents


@pytest.mark.parametrize("seed", range(60))
def test_it_is_the_difference_of_what_both_reach(seed: int) -> None:
    parents = history(seed)
    random = Random(-seed)
    graph = Graph(parents)
    for _ in range(40):
        one, other = random.choices(list(parents), k=2)
        found = graph.without(one, other)
        assert found.commits == ancestors(parents, one) - ancestors(parents, other)
        assert not found.missing


@pytest.mark.parametrize("seed", range(60))
def test_what_is_carried_beyond_the_end_of_the_graph_is_told(seed: int) -> None:
    parents = history(seed)
    random = Random(-seed)
    below = ancestors(parents, random.choice(list(parents)))
    known = {sha: of for sha, of in parents.items() if sha not in below}
    graph = Graph(known)
    for _ in range(40 if known else 0):
        one, other = random.choices(list(known), k=2)
        found = graph.without(one, other)
        carried = ancestors(parents, one) - ancestors(parents, other)
        assert found.commits == carried - below
        assert found.missing or not carried & below


def test_it_looks_no_further_than_it_has_to() -> None:
    class Counted(dict[str, tuple[str, ...]]):
        def __init__(self, parents: Parents) -> None:
            super().__init__(parents)
            self.looked_at: set[str] = set()

        def get(self, sha: str, default: Any = None) -> Any:
            self.looked_at.add(sha)
            return super().get(sha, default)

    line = Counted({f"c{number}": (f"c{number - 1}",) if number else () for number in range(5000)})
    graph = Graph(line)
    graph.without("c4990", "c4980")
    line.looked_at.clear()
    assert len(graph.without("c4999", "c4995").commits) == 4
    assert len(line.looked_at) < 20
