"""Commits: told apart by what the refs reach, never by their dates.

A commit with an old date can be pushed at any time. New is what the heads of now reach and those of the last sync do
not; dropped is what those of the last sync reached and the heads of now do not.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Doubt, Event, Events, Gone, Notice, Reached, Rows, Trouble
from bitbucket_source.sync.job import HOLES, Job, moment
from bitbucket_source.sync.trailers import trailer_rows
from bitbucket_source.tables import BRANCHES, COMMIT_PARENTS, COMMIT_TRAILERS, COMMITS, TAGS

HASHES_IN_A_URL = 40
"""More are posted as a form: a URL may have 4,094 characters (FACTS 2)."""
HEADS_AT_ONCE = 100
"""More are asked for in several listings, each without what the ones before it reach (FACTS 12)."""
OLDER_IN_A_ROW = 100
"""Commits older than `since` that end a first read: dates in a history are not in order, so this is approximate."""

Parents = Mapping[str, tuple[str, ...]]


class CommitsCursor(msgspec.Struct, frozen=True):
    """All that `heads` reach has been read.

    Where a listing was cut short, `targets` are the heads it is on the way to, and `frontier` the parents named by the
    commits read so far that were not read themselves: what is missing hangs below them.
    """

    heads: tuple[str, ...] = ()
    occasion: str = ""
    targets: tuple[str, ...] = ()
    frontier: tuple[str, ...] = ()
    branches: int = 0
    tags: int = 0
    since: str = ""
    """how far back the first read went; '' for everything"""
    below: tuple[str, ...] = ()
    """where it ended: the parents that were named and not read"""
    empty: bool = False
    """there were branches or tags before and then none: believed when the next sync sees it too"""
    lost: tuple[str, ...] = ()
    """heads whose history was gone before all of it was read: what was read of it is stored, and hangs on no head"""


class _Walk:
    """What one reading of a repository's commits has met."""

    def __init__(self, before: _Walk | None = None) -> None:
        self.parents: dict[str, tuple[str, ...]] = dict(before.parents) if before else {}
        """of the commits read"""
        self.below: tuple[str, ...] = ()
        """parents of commits so old that the walk ended at them"""
        self.unresolved: set[str] = set()
        """heads to be read that Bitbucket could not resolve"""
        self.left: set[str] = set()
        """heads and parents that neither came nor are stored, although the list has ended"""
        self.has_come = False
        """whether any commit came"""


def read_commits(ask: Ask, job: Job, cursor: CommitsCursor | None) -> Events:
    """The commits that the refs reach now and the heads of the cursor do not, and which were dropped."""
    job.done.add(HOLES)
    if (yield from _read(ask, job, cursor)):
        job.done.discard(HOLES)


def _read(ask: Ask, job: Job, cursor: CommitsCursor | None) -> Generator[Event, None, bool]:
    """The same; returns whether all of them came."""
    before = cursor or CommitsCursor(since=job.since)
    walk = _Walk()
    if job.reaches_further_back(before.since):
        before = msgspec.structs.replace(
            before,
            since=job.since,
            below=(),
            targets=_union(before.targets, before.heads),
            frontier=_union(before.frontier, before.below),
            heads=(),
            occasion="",
        )
    if before.targets:
        yield from _listing(ask, job, walk, before, before.frontier, before.targets)
        if walk.left and walk.has_come:
            yield _cut_short(job, walk)
            return False
        # what is gone from the middle of a history took its heads with it: the heads of now decide
        settled = before.heads if walk.unresolved else _union(before.heads, before.targets)
        lost = _union(before.lost, before.targets) if walk.unresolved else before.lost
        below = _union(before.below, walk.below)
        before = msgspec.structs.replace(
            before, heads=settled, occasion="", targets=(), frontier=(), below=below, lost=lost
        )
        yield Reached(before)
    if before.occasion == job.occasion and not job.forced:
        return True
    heads = tuple(job.refs.heads())
    walk = _Walk(walk)
    yield from _listing(ask, job, walk, before, tuple(sorted(set(heads) - set(before.heads))), heads)
    if walk.left:
        yield _cut_short(job, walk)
        return False
    read = tuple(sha for sha in heads if sha not in walk.unresolved)
    branches, tags = job.refs.count(BRANCHES), job.refs.count(TAGS)
    if not before.empty and ((before.branches and not branches) or (before.tags and not tags)):
        yield Doubt(
            f"commits of {job.repository.full_name}: all branches or all tags are gone; "
            "believed if the next sync sees it too"
        )
        yield Reached(msgspec.structs.replace(before, heads=_union(before.heads, read), occasion="", empty=True))
        return not walk.unresolved
    if job.refs.are_legible:
        yield from _dropped(ask, job, walk, before, heads)
    else:
        # what hangs on a head that nobody can read is not dropped: the next reading of the refs may tell
        read = _union(before.heads, read)
    # a head that did not resolve is asked for again
    occasion, below = "" if walk.unresolved else job.occasion, _union(before.below, walk.below)
    yield Reached(CommitsCursor(read, occasion, branches=branches, tags=tags, since=before.since, below=below))
    return not walk.unresolved


def _listing(
    ask: Ask, job: Job, walk: _Walk, before: CommitsCursor, include: tuple[str, ...], targets: tuple[str, ...]
) -> Events:
    """List what `include` reaches and the heads of `before` do not; every page is a safe point."""
    if not include:
        return
    everything = not before.heads and include == targets
    place = job.repository.place
    pages = ask.pages(COMMITS, place) if everything else _pages(ask, job, walk, include, before)
    # where nothing is stored nothing was dropped: the graph need not be kept in memory
    keep = len(include) > HEADS_AT_ONCE or bool(before.heads or job.known.keys(COMMITS, place) or _left_behind(job))
    missing = set(include)
    older = 0
    is_legible = True
    for page in pages:
        walk.has_come = walk.has_come or bool(page.length)
        is_legible = is_legible and not page.misfits
        yield Rows(COMMITS, page.rows, place)
        if COMMIT_TRAILERS in ask.wanted:
            yield Rows(COMMIT_TRAILERS, trailer_rows(page.rows), place)
        for misfit in page.misfits:
            yield Trouble(COMMITS, job.repository.full_name, misfit.label, misfit.why)
        # children come before their parents: what was read is not named again
        for row in page.rows:
            parents = tuple([parent.hash for parent in row.parents or ()])
            missing.discard(row.hash)
            missing.update([parent for parent in parents if parent not in walk.parents])
            if keep:
                walk.parents[row.hash] = parents
            job.meet_commit(row, parents)
        frontier = tuple(sorted(missing - walk.unresolved - set(before.heads)))
        yield Reached(msgspec.structs.replace(before, targets=targets, frontier=frontier))
        if before.since and not before.heads:
            older = _older_in_a_row(page.rows, before.since, older)
            if older >= OLDER_IN_A_ROW:
                walk.below = frontier
                return
    # of what was not read, below `since` or because it is illegible, nothing can be expected
    left = missing - walk.unresolved - set(before.heads)
    if left and is_legible and not before.since and COMMITS in ask.wanted:
        walk.left = left - {sha for _, sha in job.known.keys(COMMITS, place, hash=left)} - walk.parents.keys()


def _cut_short(job: Job, walk: _Walk) -> Notice:
    """The list ended too early: the cursor stays where it can go on from, until a sync gets nothing there."""
    return Doubt(
        f"commits of {job.repository.full_name}: the list has ended, and {len(walk.left)} commits that are heads or "
        "parents did not come; believed if the next sync sees it too"
    )


def _older_in_a_row(rows: Iterable[Any], since: str, older: int) -> int:
    """How many commits in a row, the last of which ends these rows, are older than a moment."""
    for row in rows:
        older = older + 1 if row.date is not None and moment(row.date) < moment(since) else 0
    return older


def _pages(ask: Ask, job: Job, walk: _Walk, heads: Iterable[str], before: CommitsCursor) -> Iterator[Page[Any]]:
    """The commits that `heads` reach and those of `before` do not, some heads at a time."""
    include = sorted(heads)
    done: list[str] = []
    for start in range(0, len(include), HEADS_AT_ONCE):
        some = include[start : start + HEADS_AT_ONCE]
        yield from _resolvable_pages(ask, job, walk, set(some), set(before.heads) | set(done))
        done += [sha for sha in some if sha not in walk.unresolved]


def _resolvable_pages(ask: Ask, job: Job, walk: _Walk, include: set[str], exclude: set[str]) -> Iterator[Page[Any]]:
    """The listing without the hashes that no longer resolve.

    A 404 names unresolvable hashes, though not always all of them (FACTS 2): they are left out and the rest is asked
    again, until it resolves. An old head that does not resolve is replaced by its parents, so that the answer does not
    become longer than it must be.
    """
    exclude = exclude - include
    graph: Parents | None = None
    while include:
        try:
            yield from commits_reached(ask, job, include, exclude)
            return
        except NotFound as error:
            unknown = set(error.unresolved) & (include | exclude)
            if not unknown:
                raise
            walk.unresolved |= unknown & include
            include = include - unknown
            if graph is None:
                graph = job.known.parents(job.repository.uuid)
            ancestors = {parent for sha in unknown & exclude for parent in graph.get(sha, ())}
            exclude = (exclude - unknown) | (ancestors - include)


def commits_reached(ask: Ask, job: Job, include: Iterable[str], exclude: Iterable[str] = ()) -> Iterator[Page[Any]]:
    """The commits that some hashes reach and others do not. Raises NotFound where one does not resolve."""
    hashes = [*(("include", sha) for sha in sorted(include)), *(("exclude", sha) for sha in sorted(exclude))]
    if len(hashes) > HASHES_IN_A_URL:
        return ask.pages(COMMITS, job.repository.place, form=hashes)
    asked = {"include": sorted(include), "exclude": sorted(exclude)}
    return ask.pages(COMMITS, job.repository.place, asked)


def _dropped(ask: Ask, job: Job, walk: _Walk, before: CommitsCursor, heads: tuple[str, ...]) -> Events:
    """The stored commits that no ref reaches any more.

    Where the stored graph is whole, it tells them without a request.
    """
    named = {parent for parents in walk.parents.values() for parent in parents}
    suspicious = {*before.heads, *before.lost} - set(heads) - named
    left_behind = _left_behind(job) - walk.parents.keys()
    if before.heads and not suspicious and not left_behind:
        return
    stored = {sha for _, sha in job.known.keys(COMMITS, job.repository.place)} | left_behind
    if not stored:
        return
    graph = {**job.known.parents(job.repository.uuid), **walk.parents}
    reached, is_whole = _reached(graph, heads)
    if is_whole and COMMIT_PARENTS in ask.wanted:
        gone = stored - reached - set(heads)
    else:
        asked = _Walk()
        pages = _resolvable_pages(ask, job, asked, suspicious, set(heads))
        gone = stored & {row.hash for page in pages for row in page.rows}
        if COMMIT_PARENTS in ask.wanted:
            # of those that no longer resolve the graph tells, as far as it goes: a commit comes before its parents,
            # so that it ends at commits below which nothing is stored
            lost, _ = _reached(graph, asked.unresolved)
            gone |= (stored & lost | left_behind) - reached - set(heads)
    keys = [(job.repository.uuid, sha) for sha in gone]
    if keys:
        yield Gone(COMMITS, keys)
        yield Gone(COMMIT_PARENTS, keys)
        yield Gone(COMMIT_TRAILERS, keys)


def _left_behind(job: Job) -> set[str]:
    """The commits of which a load that never was completed has stored anything."""
    tables = (COMMITS, COMMIT_PARENTS, COMMIT_TRAILERS)
    return {key[1] for table in tables for key in job.known.left_behind(table, job.repository.place)}


def _union(*heads: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({sha for group in heads for sha in group}))


def _reached(graph: Parents, heads: Iterable[str]) -> tuple[set[str], bool]:
    """The commits that heads reach, and whether the graph knew all of them."""
    reached: set[str] = set()
    ahead = [sha for sha in heads if sha in graph]
    whole = True
    while ahead:
        sha = ahead.pop()
        if sha in reached:
            continue
        reached.add(sha)
        parents = graph.get(sha)
        if parents is None:
            whole = False
            continue
        ahead += parents
    return reached, whole
