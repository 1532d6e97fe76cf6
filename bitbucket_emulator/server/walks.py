"""Walks through commits that go on from page to page, under the 32 hex digits of `ctx` (FACTS 1)."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from bitbucket_emulator.server import errors
from bitbucket_emulator.world import graph
from bitbucket_emulator.world.model import Commit, Repository

_KEPT = 200


@dataclass(slots=True)
class Walk:
    """The commits between fixed heads, read from the graph only as far as somebody asked.

    The heads are those of the first page: what is pushed in between does not shift later pages. Where one was pruned
    in between, no page is given any more: where the graph has lost its commits it looks as if history ended there.
    """

    home: Repository
    heads: list[str]
    source: Iterator[Commit]
    seen: list[Commit] = field(default_factory=list)

    def part(self, start: int, count: int) -> list[Commit]:
        """`count` commits from `start` on, fewer at the end. Raises ApiError: 404 where a head is gone."""
        missing = start + count - len(self.seen)
        self._read(min(max(missing, 0), sys.maxsize))
        return self.seen[start : start + count]

    def all(self) -> list[Commit]:
        """Every commit. Raises ApiError: 404 where a head is gone."""
        self._read(None)
        return self.seen

    def _read(self, count: int | None) -> None:
        gone = [head for head in self.heads if head not in self.home.commits]
        if gone:
            raise errors.no_commit(gone[:1])
        self.seen.extend(islice(self.source, count))


class Walks:
    """The walks of late; the oldest are forgotten."""

    def __init__(self) -> None:
        self._walks: OrderedDict[tuple[str, str], Walk] = OrderedDict()

    def start(
        self, name: str, repository: Repository, include: list[str], exclude: list[str], path: str | None
    ) -> Walk:
        """A walk from the first commit, the one of before where the heads are the same; raises graph.UnknownCommit."""
        walk = self._walks.get((repository.uuid, name)) or Walk(
            repository, [*include, *exclude], graph.log(repository, include, exclude, path)
        )
        self._walks[repository.uuid, name] = walk
        self._walks.move_to_end((repository.uuid, name))
        if len(self._walks) > _KEPT:
            self._walks.popitem(last=False)
        return walk

    def get(self, name: str, repository: Repository) -> Walk | None:
        """The walk of this name in the repository, None where it was never started or is forgotten."""
        return self._walks.get((repository.uuid, name))
