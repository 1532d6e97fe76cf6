"""What is still to be read below the pull requests of a repository: it stands in their cursor, never in a memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from bitbucket_source.tables import (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_FILES,
    PULL_REQUEST_TASKS,
    Table,
)

PARTS: Mapping[str, Table] = {
    "a": PULL_REQUEST_ACTIVITY,
    "c": PULL_REQUEST_COMMENTS,
    "f": PULL_REQUEST_FILES,
    "t": PULL_REQUEST_TASKS,
}
"""By what a cursor calls it; as a capital, where the list was empty although rows are stored: believed when the next
sync sees it too"""


class Feed(msgspec.Struct, frozen=True):
    """A walk over the activity of all pull requests of a repository, newest first, that is not done yet."""

    down_to: str
    """it ends where something older comes"""
    next: str = ""
    """link of the page to go on with; '' where it has not begun"""
    top: str = ""
    """date of the newest event it met"""
    moved: tuple[int, ...] = ()
    """the pull requests whose activity is compared with what is known otherwise, when the walk is done"""
    everything: bool = False
    """whether it is the first walk: all pull requests are compared, and their comments are taken from it"""


class Below(msgspec.Struct, frozen=True):
    """What is still to be read below pull requests."""

    owed: dict[int, str] = {}
    """by the number of the pull request: which of PARTS"""
    feed: Feed | None = None
    first: bool = False
    """whether the first walk over the list goes on: stored pull requests do not say what was read below them"""

    def with_owed(self, parts: str, numbers: Iterable[int]) -> Below:
        """The same, with more of some pull requests."""
        owed = dict(self.owed)
        for number in numbers:
            had = owed.get(number, "")
            owed[number] = had + "".join(part for part in parts if part not in had.lower())
        return msgspec.structs.replace(self, owed={number: had for number, had in owed.items() if had})

    def of_parts(self, parts: Collection[str]) -> Below:
        """The same, without parts that nobody reads."""
        kept = {number: "".join(each for each in had if each.lower() in parts) for number, had in self.owed.items()}
        feed = self.feed if {"a", "c"} & set(parts) else None
        return msgspec.structs.replace(self, owed={number: had for number, had in kept.items() if had}, feed=feed)

    def without(self, part: str, number: int) -> Below:
        """The same, with one part of a pull request read."""
        left = "".join(each for each in self.owed.get(number, "") if each.lower() != part)
        return self._put(number, left)

    def doubting(self, table: Table, number: int) -> Below:
        """The same, with one list of a pull request owed because it was found empty for the first time."""
        part = next(part for part, of_part in PARTS.items() if of_part is table)
        owed = self.with_owed(part, [number])
        return owed._put(number, owed.owed[number].replace(part, part.upper()))

    def with_feed(self, feed: Feed | None) -> Below:
        """The same, with the walk over the feed somewhere else."""
        return msgspec.structs.replace(self, feed=feed)

    def _put(self, number: int, parts: str) -> Below:
        owed = {each: parts if each == number else had for each, had in self.owed.items()}
        return msgspec.structs.replace(self, owed={each: had for each, had in owed.items() if had})
