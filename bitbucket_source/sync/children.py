"""What hangs below pull requests: which of it is to be read, and reading it.

What is owed stands in the cursor (`sync/below.py`) until it was read; each list is a safe point. One pull request's
trouble is its own, and owed again the next time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from bitbucket_source.api.errors import BitbucketError, CredentialsRefused
from bitbucket_source.sync.activity import activity_of
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.below import PARTS, Below, Feed
from bitbucket_source.sync.events import Trouble
from bitbucket_source.sync.feed import Walk, walk_feed
from bitbucket_source.sync.job import Job, earlier, moment
from bitbucket_source.sync.pull_request_lists import Outcome, Parent, Reading, attempted, files_of, remarks_of
from bitbucket_source.sync.pull_request_sets import stored_sides
from bitbucket_source.sync.sides import Sides
from bitbucket_source.sync.tally import Tally
from bitbucket_source.tables import (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_ACTIVITY_REVIEWERS,
    PULL_REQUEST_COMMENTS,
    PULL_REQUESTS,
)


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
        return Below(feed=Feed(since, everything=True) if self._parts & {"a", "c"} else None, first=True)

    def going_on(self, below: Below) -> Below:
        """What is owed of the tables that are read now: others may have been when it was written down."""
        return below.of_parts(self._parts)

    def owed(self, below: Below, rows: Sequence[Any], moved: Collection[int], bound: str) -> Below:
        """What is owed when pull requests were read, some of which have moved since `bound`.

        Asked before the rows are stored: what they were then is compared with what they are.
        """
        if self._parts:
            self._tally.add_pull_requests(rows)
            self._parents.update((row.id, _parent(row)) for row in rows)
        stirred = [row for row in rows if row.id in moved]
        turned = [row.id for row in stirred] if below.first else self._turned(stirred)
        if self._job.pull_requests is not None and PULL_REQUESTS in self._ask.wanted:
            self._job.pull_requests.add(rows, turned)
        if "f" in self._parts:
            below = below.with_owed("f", turned)
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
        return self._read_lists(below, "ft")

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
        return (yield from self._read_lists(below, "acft"))

    def _turned(self, rows: Sequence[Any]) -> list[int]:
        """The pull requests whose files and commits depend on something else than when they were read."""
        ids = [row.id for row in rows]
        # where pull_requests is read by a walk of its own, its rows may be newer than what hangs below them
        if PULL_REQUESTS not in self._ask.wanted or not ids:
            return ids
        stored = stored_sides(self._job, ids)
        return [row.id for row in rows if row.id not in stored or stored[row.id][1].values != Sides.of(row).values]

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
        believed_empty = part.upper() in below.owed[number]
        outcome = yield from attempted(self._job, PARTS[part], number, self._reading(part, number, believed_empty))
        match outcome:
            case Outcome.SETTLED:
                return below.without(part, number)
            case Outcome.DOUBTED:
                return below.doubting(PARTS[part], number)
            case Outcome.REFUSED:
                self._given_up.add(part)
        return below

    def _reading(self, part: str, number: int, believed_empty: bool) -> Reading:
        ask, job = self._ask, self._job
        parent = replace(self._parents.get(number) or self._stored_parent(number), believed_empty=believed_empty)
        match part:
            case "a":
                return activity_whole(ask, job, number)
            case "f":
                return files_of(ask, job, parent)
        return remarks_of(ask, job, PARTS[part], parent)

    def _stored_parent(self, number: int) -> Parent:
        """A pull request that was not read in this job."""
        sides = stored_sides(self._job, [number]).get(number)
        return Parent(number, is_orphan=sides is not None and sides[1].is_orphan)

    def _may_have_comments(self, number: int) -> bool:
        """Whether a pull request has comments, or had some that may have changed."""
        if number not in self._fed or self._tally.has_comments(number):
            return True
        return bool(self._job.known.keys(PULL_REQUEST_COMMENTS, self._job.place_of(number)))


def owed_in_silence(job: Job, rows: Sequence[Any]) -> tuple[dict[int, str], list[int]]:
    """What is to be read below pull requests that have changed although nothing told of it.

    By number the PARTS, and the numbers of those whose commits are.
    """
    ids = [row.id for row in rows]
    columns = ("id", "comment_count", "task_count")
    counts = {number: (comments, tasks) for number, comments, tasks in _stored(job, columns, ids)}
    sides = stored_sides(job, ids) if ids else {}
    owed, turned = {}, []
    for row in rows:
        comments, tasks = counts.get(row.id, (None, None))
        is_turned = row.id not in sides or sides[row.id][1].values != Sides.of(row).values
        turned += [row.id] if is_turned else []
        parts = "af" if is_turned else ""
        parts += ("c" if comments != row.comment_count else "") + ("t" if tasks != row.task_count else "")
        owed[row.id] = parts
    return {number: parts for number, parts in owed.items() if parts}, turned


def _stored(job: Job, columns: Sequence[str], ids: Sequence[int]) -> list[Any]:
    return job.known.stored(PULL_REQUESTS, columns, job.repository.place, id=ids) if ids else []


def activity_whole(ask: Ask, job: Job, number: int) -> Reading:
    """The activity of one pull request, and what is stored of it and is gone."""
    yield from activity_of(ask, job, number)
    return Outcome.SETTLED


def _going_to(feed: Feed | None, moved: Sequence[int], bound: str) -> Feed:
    """A walk over the feed that also meets what has happened since `bound`."""
    down_to = earlier(bound)
    if feed is None:
        return Feed(down_to, moved=tuple(moved))
    both = tuple(sorted({*feed.moved, *moved}))
    return Feed(min(feed.down_to, down_to, key=moment), feed.next, feed.top, both)


def _parent(row: Any) -> Parent:
    links = row.links
    link = links.diffstat.href if links is not None and links.diffstat is not None else None
    return Parent(row.id, link, Sides.of(row).is_orphan)
