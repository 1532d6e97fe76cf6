"""What hangs below pull requests: which of it is to be read, and reading it.

What is owed stands in the cursor (`sync/below.py`) until it was read; each list is a safe point. One pull request's
trouble is its own, and owed again the next time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from bitbucket_source.api.errors import BitbucketError, CredentialsRefused, ScopeMissing
from bitbucket_source.sync.activity import activity_gone, activity_of
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.below import PARTS, Below, Feed
from bitbucket_source.sync.events import Notice, Trouble
from bitbucket_source.sync.feed import Walk, walk_feed
from bitbucket_source.sync.job import Job, earlier, moment
from bitbucket_source.sync.pull_request_lists import Parent, Reading, Unavailable, commits_of, files_of, remarks_of
from bitbucket_source.sync.tally import Tally
from bitbucket_source.tables import (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_ACTIVITY_REVIEWERS,
    PULL_REQUEST_COMMENTS,
    PULL_REQUESTS,
)

_BASIS = (
    "state",
    "source_repository_uuid",
    "source_commit_hash",
    "destination_branch_name",
    "destination_commit_hash",
)
"""columns of a pull request on which its commits and files depend"""


class Children:
    """The tables below the pull requests of a repository, in one job."""

    def __init__(self, ask: Ask, job: Job) -> None:
        self._ask = ask
        self._job = job
        self._tally = Tally(job)
        self._parents: dict[int, Parent] = {}
        self._tried: set[tuple[str, int]] = set()
        self._given_up: set[str] = set()
        self._fed: set[int] = set()
        wanted = {part for part, table in PARTS.items() if table in ask.wanted}
        self._parts = wanted | ({"a"} if PULL_REQUEST_ACTIVITY_REVIEWERS in ask.wanted else set())

    def first(self, since: str) -> Below:
        """What is owed before anything was read."""
        return Below(feed=Feed(since, everything=True) if self._parts & {"a", "c"} else None)

    def going_on(self, below: Below) -> Below:
        """What is owed of the tables that are read now: others may have been when it was written down."""
        return below.of_parts(self._parts)

    def owed(self, below: Below, rows: Sequence[Any], moved: Collection[int], bound: str) -> Below:
        """What is owed when pull requests were read, some of which have moved since `bound`.

        Asked before the rows are stored: what they were then is compared with what they are.
        """
        if not self._parts:
            return below
        self._tally.add_pull_requests(rows)
        self._parents.update((row.id, _parent(row)) for row in rows)
        stirred = [row for row in rows if row.id in moved]
        if depending := "".join(part for part in "mf" if part in self._parts):
            below = below.with_owed(depending, self._on_another_basis(stirred))
        numbers = [row.id for row in stirred]
        if "t" in self._parts:
            below = below.with_owed("t", numbers)
        if below.feed is not None and below.feed.everything:
            return below
        if "c" in self._parts:
            below = below.with_owed("c", numbers)
        return below.with_feed(_going_to(below.feed, numbers, bound)) if "a" in self._parts and numbers else below

    def read_sets(self, below: Below) -> Walk:
        """What is owed of single pull requests, but for what is better read behind the feed."""
        return self._read_lists(below, "mft")

    def _read_lists(self, below: Below, parts: str) -> Walk:
        for part, number in self._due(below, parts):
            self._tried.add((part, number))
            below = yield from self._read(below, part, number)
            yield below
        return below

    def read_everything(self, below: Below) -> Walk:
        """The feed, and all that is owed of single pull requests."""
        if below.feed is not None:
            below = yield from self._read_feed(below, below.feed)
            yield below
        return (yield from self._read_lists(below, "acmft"))

    def _on_another_basis(self, rows: Sequence[Any]) -> Iterator[int]:
        """The pull requests whose commits and files depend on something else than when they were read."""
        ids = [row.id for row in rows]
        # where pull_requests is read by a walk of its own, its rows may be newer than what hangs below them
        if PULL_REQUESTS not in self._ask.wanted or not ids:
            yield from ids
            return
        stored = self._job.known.stored(PULL_REQUESTS, ("id", *_BASIS), self._job.repository.place, id=ids)
        before = {number: basis for number, *basis in stored}
        for row in rows:
            if before.get(row.id) != _basis(row):
                yield row.id

    def _read_feed(self, below: Below, feed: Feed) -> Walk:
        job, tally = self._job, self._tally
        try:
            below = yield from walk_feed(self._ask, job, below, tally)
        except CredentialsRefused:
            raise
        except BitbucketError as error:
            yield Trouble(PULL_REQUEST_ACTIVITY, job.repository.full_name, "", str(error))
            return below
        self._fed.update(feed.moved)
        numbers = None if feed.everything else feed.moved
        tally.add_stored(numbers)
        below = below.with_feed(None)
        if "a" in self._parts:
            asked = tally.numbers if numbers is None else numbers
            below = below.with_owed("a", tally.lacking_activity(asked, since_opened=feed.everything))
        if "c" in self._parts and feed.everything:
            below = below.with_owed("c", tally.lacking_comments())
        return below

    def _due(self, below: Below, parts: str) -> Iterator[tuple[str, int]]:
        for number, owed in below.owed.items():
            for part in owed.lower():
                if part in parts and (part, number) not in self._tried and part not in self._given_up:
                    yield part, number

    def _read(self, below: Below, part: str, number: int) -> Walk:
        """One list of a pull request; what could not be read stays owed."""
        if part == "c" and not self._may_have_comments(number):
            return below.without(part, number)
        table, where = PARTS[part], self._job.repository.full_name
        believed_empty = part.upper() in below.owed[number]
        try:
            settled = yield from self._reading(part, number, believed_empty)
        except CredentialsRefused:
            raise
        except Unavailable as why:
            yield Notice(f"{table.name} of {where}, pull request {number}: not available any more: {why}")
            settled = True
        except BitbucketError as error:
            if isinstance(error, ScopeMissing):
                self._given_up.add(part)
            yield Trouble(table, where, f"pull request {number}", str(error))
            return below
        return below.without(part, number) if settled else below.doubting(part, number)

    def _reading(self, part: str, number: int, believed_empty: bool) -> Reading:
        ask, job = self._ask, self._job
        parent = self._parents.get(number, Parent(number))
        parent = Parent(number, parent.diffstat, parent.is_orphan, believed_empty)
        match part:
            case "a":
                return _activity(ask, job, number)
            case "m":
                return commits_of(ask, job, parent)
            case "f":
                return files_of(ask, job, parent)
        return remarks_of(ask, job, PARTS[part], parent)

    def _may_have_comments(self, number: int) -> bool:
        """Whether a pull request has comments, or had some that may have changed."""
        if number not in self._fed or self._tally.has_comments(number):
            return True
        return bool(self._job.known.keys(PULL_REQUEST_COMMENTS, self._job.place_of(number)))


def owed_in_silence(job: Job, rows: Sequence[Any]) -> dict[int, str]:
    """What is to be read below pull requests that have changed although nothing told of it."""
    columns = ("id", "comment_count", "task_count", *_BASIS)
    ids = [row.id for row in rows]
    stored = job.known.stored(PULL_REQUESTS, columns, job.repository.place, id=ids) if ids else []
    before = {number: (comments, tasks, basis) for number, comments, tasks, *basis in stored}
    owed = {}
    for row in rows:
        comments, tasks, basis = before.get(row.id, (None, None, None))
        parts = "amf" if basis != _basis(row) else ""
        parts += ("c" if comments != row.comment_count else "") + ("t" if tasks != row.task_count else "")
        owed[row.id] = parts
    return {number: parts for number, parts in owed.items() if parts}


def _activity(ask: Ask, job: Job, number: int) -> Reading:
    found = yield from activity_of(ask, job, number)
    yield from activity_gone(job, number, found)
    return True


def _going_to(feed: Feed | None, moved: Sequence[int], bound: str) -> Feed:
    """A walk over the feed that also meets what has happened since `bound`."""
    down_to = earlier(bound)
    if feed is None:
        return Feed(down_to, moved=tuple(moved))
    both = tuple(sorted({*feed.moved, *moved}))
    return Feed(min(feed.down_to, down_to, key=moment), feed.next, feed.top, both)


def _parent(row: Any) -> Parent:
    links, source = row.links, row.source
    link = links.diffstat.href if links is not None and links.diffstat is not None else None
    is_orphan = source is None or source.repository is None or source.commit is None
    return Parent(row.id, link, is_orphan)


def _basis(row: Any) -> list[Any]:
    """The values of _BASIS in a pull request that was read."""
    source, destination = row.source, row.destination
    return [
        row.state,
        source and source.repository and source.repository.uuid,
        source and source.commit and source.commit.hash,
        destination and destination.branch and destination.branch.name,
        destination and destination.commit and destination.commit.hash,
    ]
