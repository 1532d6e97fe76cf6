"""Which commits a pull request brings, worked out from the graph of commits that is stored, without a request.

They are what its source reaches and its destination does not. Where the graph does not hold the source (a fork, a
branch that was gone before anybody looked) only Bitbucket can tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec

from bitbucket_source.decoders import decoder_of
from bitbucket_source.sync.ancestry import Graph
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.sides import SIDES, Sides, in_utc
from bitbucket_source.tables import BRANCHES, COMMIT_PARENTS, COMMITS, PULL_REQUEST_COMMITS, PULL_REQUESTS, Table

NEEDED: frozenset[Table] = frozenset({BRANCHES, COMMITS, COMMIT_PARENTS})
"""the tables that the graph is made of"""
_SHORT = 12
"""digits of a hash in a pull request (FACTS 3)"""


def stored_sides(job: Job, numbers: Iterable[int] | None) -> dict[int, tuple[str, Sides]]:
    """updated_on and sides of the stored pull requests of these numbers, or of all, by number."""
    columns = ("id", "updated_on", *SIDES, "merge_commit_hash")
    among = {} if numbers is None else {"id": list(numbers)}
    rows = job.known.stored(PULL_REQUESTS, columns, job.repository.place, **among)
    return {number: (in_utc(updated_on), Sides(*sides)) for number, updated_on, *sides in rows}


class CommitSets:
    """The commits of pull requests of one repository, as far as its graph tells."""

    def __init__(self, ask: Ask, job: Job) -> None:
        self._ask = ask
        self._job = job
        # what holds more than the graph does has to be asked for
        self.is_there = job.reads >= NEEDED and not job.has_holes and not ask.catalog.added(PULL_REQUEST_COMMITS)

    def heads_of(self, branches: Iterable[str]) -> dict[str, str]:
        """The commits that branches point at, by name: as listed in this job, else as stored."""
        wanted = set(branches)
        if (pages := self._job.refs.listed(BRANCHES)) is not None:
            rows = [row for page in pages for row in page.rows if row.name in wanted]
            return {row.name: row.target.hash for row in rows if row.target is not None and row.target.hash}
        place = self._job.repository.place
        stored = self._job.known.stored(BRANCHES, ("name", "target_hash"), place, name=wanted) if wanted else ()
        return {name: sha for name, sha in stored if sha}

    def of(self, sides: Sides) -> frozenset[str] | None:
        """The hashes of a pull request's commits; None where the graph does not tell them for sure."""
        if not self.is_there or sides.source_repository != self._job.repository.uuid:
            return None
        source, destination = self._whole(sides.source), self._destination(sides)
        if source is None or destination is None:
            return None
        reached = self._graph.without(source, destination)
        if reached.missing or not (reached.commits or sides.state == "OPEN"):
            return None
        return reached.commits

    def not_reached(self, hashes: Iterable[str], old_head: str | None, sides: Sides) -> frozenset[str] | None:
        """Those of the commits of an open pull request that its destination does not reach now.

        None where it no longer reaches all that it did when it pointed at `old_head`: then there may be others, too.
        """
        head = self._destination(sides)
        if not self.is_there or old_head is None or head is None:
            return None
        went_on = self._graph.without(old_head, head)
        if went_on.commits or went_on.missing:
            return None
        return frozenset(sha for sha in hashes if sha not in self._graph or self._graph.without(sha, head).commits)

    def rows(self, hashes: Iterable[str]) -> list[Any] | None:
        """The commits as rows; None where one of them is not known with its date and author."""
        wanted = list(hashes)
        told = dict(self._job.commits or {})
        missing = [sha for sha in wanted if sha not in told]
        columns = ("hash", "date", "author_raw", "author_user_uuid")
        place = self._job.repository.place
        for sha, date, author, user in self._job.known.stored(COMMITS, columns, place, hash=missing) if missing else ():
            parents: list[dict[str, str]] = [{}] * len(self._graph.parents.get(sha, ()))
            told[sha] = {
                "hash": sha,
                "date": date and date.isoformat(),
                "author": {"raw": author, "user": user and {"uuid": user}},
                "parents": parents,
            }
        if any(sha not in told for sha in wanted):
            return None
        decoder = decoder_of(self._ask.row_type_of(PULL_REQUEST_COMMITS))
        return [decoder.decode(msgspec.json.encode(told[sha])) for sha in wanted]

    @cached_property
    def _graph(self) -> Graph:
        return Graph({**self._job.known.parents(self._job.repository.uuid), **(self._job.graph or {})})

    @cached_property
    def _by_beginning(self) -> dict[str, str]:
        return {sha[:_SHORT]: sha for sha in self._graph.parents}

    def _whole(self, short: str | None) -> str | None:
        return self._by_beginning.get(short[:_SHORT]) if short else None

    def _destination(self, sides: Sides) -> str | None:
        """The commit of the destination that counts: of an open pull request that of now, else that of its end."""
        if sides.state == "OPEN":
            return self.heads_of([sides.branch]).get(sides.branch) if sides.branch else None
        destination = self._whole(sides.destination)
        if sides.state != "MERGED" or destination is None:
            return destination
        merge, source = self._whole(sides.merge_commit), self._whole(sides.source)
        if merge is None:
            return None
        is_first_parent = destination in self._graph.parents[merge][:1]
        is_forwarded = merge == source and not self._graph.without(destination, merge).commits
        return destination if is_first_parent or is_forwarded else None
