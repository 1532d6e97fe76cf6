"""How far the lists of a repository have been read: told from the cursors alone, for people.

Cursors of all lists say what is left under the same names (`behind`, `owed`, `frontier` and the like), so that a new
list needs nothing here, unless its words differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from bitbucket_source.sync.below import PARTS, Below
from bitbucket_source.sync.cursors import Cursors, Reader
from bitbucket_source.sync.families import FAMILIES, Family
from bitbucket_source.sync.step_tests import TEST_TABLES
from bitbucket_source.tables import COMMIT_STATUSES, DEPLOYMENT_COMMITS, PULL_REQUEST_COMMITS, Table

_OWED = {COMMIT_STATUSES: "commit", PULL_REQUEST_COMMITS: "pull request", DEPLOYMENT_COMMITS: "attempt"}
"""whose lists are owed, where it is not the table's own objects'"""
_OWED_BY = {PULL_REQUEST_COMMITS: "comes with {}", DEPLOYMENT_COMMITS: "{} carried"}
_BEGINNING = "1970-01-01T00:00:00+00:00"
"""in a cursor: nothing was there to read up to"""


class State(StrEnum):
    """How far something has been read."""

    NOT_BEGUN = "not_begun"
    IN_THE_MIDDLE = "in_the_middle"
    COMPLETE = "complete"
    UNREADABLE = "unreadable"
    """its cursor is damaged, or of a newer version: the next sync reads it from its beginning"""


@dataclass(frozen=True)
class Standing:
    """How far a table has been read from a list of a repository."""

    name: str
    """as in `sync_cursors.table_name`"""
    table: str
    list: str
    """the table whose list it takes rows from: its own, or the one it rides on"""
    state: State
    left: tuple[str, ...] = ()
    """what is still to be read, in words"""
    up_to: str | None = None
    """the moment up to which changes were read, where the list is read by time"""
    since: str | None = None
    """how far back the first read went, where it was told to leave out what is older"""
    to_be_read_again: bool = False
    """whether the table's columns have changed, so that it waits to be read again behind the ordinary work"""


def standings(cursors: Cursors, repository_uuid: str, tables: frozenset[Table]) -> tuple[Standing, ...]:
    """How far each of the tables has been read from each list of a repository."""
    return tuple(
        _standing(cursors, repository_uuid, family, reader) for family in FAMILIES for reader in family.readers(tables)
    )


def _standing(cursors: Cursors, uuid: str, family: Family, reader: Reader) -> Standing:
    standing = Standing(reader.cursor_name, reader.table.name, reader.source.name, State.NOT_BEGUN)
    if (uuid, reader.cursor_name) not in cursors.stored:
        return standing
    cursor = cursors.get(uuid, cursors.as_made(uuid, reader), family.cursor_type)
    if cursor is None:
        return replace(standing, state=State.UNREADABLE)
    told = msgspec.structs.asdict(cursor)
    left = list(_left(told, reader))
    is_outdated = cursors.is_outdated(uuid, reader)
    if is_outdated and cursors.get(uuid, replace(reader, renewal=True), family.cursor_type) is not None:
        left.append("the rest of reading it again")
    return replace(
        standing,
        state=State.IN_THE_MIDDLE if left else State.COMPLETE,
        left=tuple(left),
        up_to=None if told.get("updated_on") == _BEGINNING else told.get("updated_on"),
        since=told.get("since") or None,
        to_be_read_again=is_outdated,
    )


def _left(told: Mapping[str, Any], reader: Reader) -> Iterator[str]:
    """What the fields of a cursor say is still to be read for a table."""
    if told.get("targets"):
        yield f"the history below {_counted(len(told['frontier']), 'commit')}"
    elif told.get("empty") is True or told.get("doubted"):
        yield "a second look at a list that was empty"
    elif told.get("look"):
        yield "a look at what is said to have changed"
    elif not told.get("occasion", "-"):
        yield "another look at the branches and tags"
    if told.get("behind") or told.get("next_id"):
        yield "more of the list"
    if told.get("filled"):
        yield "what is older than the first read went"
    yield from _left_of_objects(told, reader)


def _left_of_objects(told: Mapping[str, Any], reader: Reader) -> Iterator[str]:
    """What is still to be read for single objects of the list."""
    if owed := told.get("owed"):
        yield f"what {_OWED_BY.get(reader.source, 'hangs on {}').format(_counted(len(owed), _noun(reader.source)))}"
    if below := told.get("below"):
        yield from _left_below(below, reader.table)
    if (tests := told.get("tests")) and tests.steps and reader.table in TEST_TABLES:
        yield f"the tests of {_counted(len(tests.steps), 'step')}"


def _left_below(below: Below, table: Table) -> Iterator[str]:
    """What is still to be read below pull requests."""
    part = next((part for part, each in PARTS.items() if each in (table, table.parent)), None)
    if part is None:
        return
    if below.feed is not None and (part == "a" or (part == "c" and below.feed.everything)):
        yield "the feed of what happened"
    if count := sum(part in parts.lower() for parts in below.owed.values()):
        yield f"that of {_counted(count, 'pull request')}"


def _noun(source: Table) -> str:
    return _OWED.get(source) or source.name.removesuffix("s").replace("_", " ")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
