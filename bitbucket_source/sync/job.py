"""One repository being read in one slice, and what its lists share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bitbucket_source.api.decode import Page
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.known import Known
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.sync.sides import Sides, in_utc
from bitbucket_source.tables import BRANCHES, PULL_REQUEST_COMMITS, TAGS, Table

Row = TypeVar("Row")
_WENT_BACK = "went back"
"""in what is done of a repository"""
HOLES = "holes"
"""the same, while commits of it are being read, and where that came to no end: others of the graph may be lacking"""


class Refs:
    """The refs of one repository, listed at most once a job, however many tables need them."""

    def __init__(self, ask: Ask, repository: Repository) -> None:
        self._ask = ask
        self._repository = repository
        self._pages: dict[Table, list[Page[Any]]] = {}

    def pages(self, table: Table) -> list[Page[Any]]:
        """The pages of the branches or the tags."""
        if table not in self._pages:
            self._pages[table] = list(self._ask.pages(table, self._repository.place))
        return self._pages[table]

    def listed(self, table: Table) -> list[Page[Any]] | None:
        """The same, where they were listed in this job."""
        return self._pages.get(table)

    def count(self, table: Table) -> int:
        """How many branches or tags there are."""
        return sum(page.length for page in self.pages(table))

    @property
    def are_legible(self) -> bool:
        """Whether every branch and tag could be read: then the heads are all there are."""
        return not any(page.misfits for table in (BRANCHES, TAGS) for page in self.pages(table))

    def heads(self) -> list[str]:
        """The hashes that branches and tags point at, each once."""
        found = (row.target for table in (BRANCHES, TAGS) for page in self.pages(table) for row in page.rows)
        return sorted({target.hash for target in found if target is not None and target.hash})


@dataclass
class PullRequestsRead:
    """The pull requests that one walk over their list has read."""

    start: str
    """updated_on of the cursor it started from"""
    since: str
    """how far back they are read; '' for everything"""
    sides: dict[int, tuple[str, Sides]] = field(default_factory=dict)
    """updated_on and sides by number: a slice may read 50,000 pull requests, and whole they would fill the memory"""
    unturned: set[int] = field(default_factory=set)
    """those whose source, destination and state are stored just so"""

    def add(self, rows: Iterable[Any], turned: Collection[int]) -> None:
        """More were read, some of which have another source, destination or state than is stored."""
        self.sides.update((row.id, (in_utc(moment(row.updated_on)), Sides.of(row))) for row in rows)
        self.unturned.update(row.id for row in rows)
        self.unturned.difference_update(turned)


@dataclass
class Job:
    """One repository being read in one slice, and what its lists share."""

    repository: Repository
    refs: Refs
    known: Known
    signs: dict[Table, str] = field(default_factory=dict)
    """the last sign of a push that a list gave: it stands in that list's cursor, so that it outlives a crash"""
    since: str = ""
    """how far back a first read goes, as a UTC timestamp; '' for everything"""
    forced: bool = False
    """whether refs are read although nothing tells of a push"""
    has_found_refs: bool = False
    """whether that found others than are stored"""
    done: set[Hashable] = field(default_factory=set)
    """what this sync has read of the repository, by what a strategy calls it: another slice need not read it again"""

    reads: frozenset[Table] = frozenset()
    """the tables that this sync reads"""
    walked: set[Table] = field(default_factory=set)
    """the lists that were walked, by their table"""
    amended: set[Table] = field(default_factory=set)
    """those of them that another list has made work for since"""
    turn: int = 0
    """the highest `turn` of the cursors of the pipeline runs"""
    runs: set[str] = field(default_factory=set)
    """uuids of the pipeline runs that were read"""
    attempts: list[Any] = field(default_factory=list)
    """rows of deployment_attempts that were read"""
    graph: dict[str, tuple[str, ...]] | None = None
    """the parents of the commits that were read; None where nobody needs them"""

    commits: dict[str, dict[str, Any]] | None = None
    """what pull requests tell of the commits that were read, by hash; None where nobody needs them"""
    pull_requests: PullRequestsRead | None = None
    """None where their list was not read, or nobody needs to know"""

    @property
    def occasion(self) -> str:
        """What makes the refs be read: it changes with each push that anything tells of.

        `updated_on` moves late, and sometimes without a push; the value read before the refs counts.
        """
        return "|".join([self.repository.updated_on, *(self.signs[table] for table in sorted(self.signs, key=_name))])

    def walk_pull_requests(self, start: str, since: str) -> None:
        """Keep what a walk from `start` on reads, and of the commits that are read, where their commits are wanted."""
        if PULL_REQUEST_COMMITS in self.reads:
            self.pull_requests = PullRequestsRead(start, since)
            self.graph = {} if self.graph is None else self.graph
            self.commits = {}

    def meet_commit(self, row: Any, parents: tuple[str, ...]) -> None:
        """Keep of a commit that was read what other lists need of it."""
        if self.graph is not None:
            self.graph[row.hash] = parents
        if self.commits is not None:
            told = {"hash": row.hash, "date": row.date, "author": row.author, "parents": [{}] * len(parents)}
            self.commits[row.hash] = told

    @property
    def has_holes(self) -> bool:
        """Whether commits that the refs reach may be lacking above others that are stored: the graph tells nothing."""
        return HOLES in self.done

    def place_of(self, pull_request: int) -> dict[str, str | int]:
        """The foreign keys of what belongs to one of its pull requests."""
        return {**self.repository.place, "pull_request_id": pull_request}

    def goes_back(self) -> bool:
        """Whether a list has made work for one that was walked before it: that is for another slice, once a sync."""
        goes_back = bool(self.amended) and _WENT_BACK not in self.done
        if goes_back:
            self.done.add(_WENT_BACK)
        return goes_back

    def reaches_further_back(self, since: str) -> bool:
        """Whether this sync is to go further back than one that read everything since then; '' is everything."""
        return bool(since) and (not self.since or moment(self.since) < moment(since))

    def in_range(
        self, table: Table, rows: Sequence[Row], time_of: Callable[[Row], str | None], since: str
    ) -> list[Row]:
        """Those of the rows that are not older than `since`, '' for any age, and those that are stored nevertheless."""
        told = [(row, time_of(row)) for row in rows] if since else []
        identity = table.key[-1]
        old = {getattr(row, identity) for row, time in told if time and moment(time) < moment(since)}
        if not old:
            return list(rows)
        out = old - {key[-1] for key in self.known.keys(table, self.repository.place, **{identity: old})}
        return [row for row in rows if getattr(row, identity) not in out]

    def telling_of_a_push(self, rows: Sequence[Row], hashes_of: Callable[[Row], Iterable[str | None]]) -> list[Row]:
        """Those of the rows that name a commit which is not stored: one look for all of them."""
        named = [{sha for sha in hashes_of(row) if sha} for row in rows]
        lacking = self.known.lacking_commits(self.repository.uuid, set().union(*named)) if any(named) else set()
        return [row for row, hashes in zip(rows, named, strict=True) if hashes & lacking]


OVERLAP = timedelta(minutes=5)
"""How far before a moment that was reached the next look starts: a row can become visible late, and reading it again
costs no request."""


def earlier(timestamp: str) -> str:
    """A timestamp that many minutes before."""
    return (moment(timestamp) - OVERLAP).isoformat()


def moment(timestamp: str) -> datetime:
    """A timestamp of Bitbucket's, comparable with others."""
    parsed = datetime.fromisoformat(timestamp)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _name(table: Table) -> str:
    return table.name
