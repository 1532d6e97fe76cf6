"""What one commit reaches in a graph and another does not."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

Parents = Mapping[str, tuple[str, ...]]
"""The parents of each commit"""


@dataclass(frozen=True)
class Reached:
    """What `Graph.without` found."""

    commits: frozenset[str]
    missing: frozenset[str]
    """those of them that the graph does not hold, where it ends: what is behind them is not known"""


@dataclass
class Graph:
    """A graph of commits, prepared for many questions. It may end somewhere: then nothing below is in it."""

    parents: Parents
    _heights: dict[str, int] = field(default_factory=dict)
    """of a commit, how long the longest way down from it is: always more than its parents'"""

    def __contains__(self, commit: str) -> bool:
        """Whether it holds a commit."""
        return commit in self.parents

    def without(self, commit: str, other: str) -> Reached:
        """The commits that `commit` reaches, itself included, and `other` does not.

        Both are followed downwards from the highest, as far as anything is left that only `commit` reaches: the cost is
        what lies between them, not the whole history.
        """
        found: set[str] = set()
        missing: set[str] = set()
        of_other = {commit: False, other: True} if commit != other else {commit: True}
        ahead = [(-self._height(sha), sha) for sha in of_other]
        heapq.heapify(ahead)
        left = sum(not known for known in of_other.values())
        while left:
            _, sha = heapq.heappop(ahead)
            is_others = of_other[sha]
            if not is_others:
                left -= 1
                (found if sha in self.parents else missing).add(sha)
            for parent in self.parents.get(sha, ()):
                if parent not in of_other:
                    of_other[parent] = is_others
                    left += not is_others
                    heapq.heappush(ahead, (-self._height(parent), parent))
                elif is_others and not of_other[parent]:
                    of_other[parent] = True
                    left -= 1
        return Reached(frozenset(found), frozenset(missing))

    def _height(self, commit: str) -> int:
        """Worked out once for each commit below, without recursion: histories are long."""
        heights = self._heights
        to_do = [commit] if commit not in heights else []
        while to_do:
            sha = to_do[-1]
            below = self.parents.get(sha, ())
            if unknown := [parent for parent in below if parent not in heights]:
                to_do += unknown
                continue
            heights[sha] = 1 + max((heights[parent] for parent in below), default=0)
            to_do.pop()
        return heights[commit]
