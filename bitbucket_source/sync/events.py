"""What a strategy says while it reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.tables import Table
from bitbucket_source.texts import storable


@dataclass(frozen=True)
class Rows:
    """Objects were read that belong to a table, at a place (`repository_uuid` and the like)."""

    table: Table
    objects: Sequence[Any]
    place: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reached:
    """Everything up to `cursor` has been said: a safe point to stop and to go on from.

    `repository_uuid` where it belongs to another repository than the one being read.
    """

    cursor: msgspec.Struct
    repository_uuid: str | None = None


@dataclass(frozen=True)
class Trouble:
    """Something could not be read; the rest goes on. `item` is the object, or '' for a whole list."""

    table: Table
    repository: str
    item: str
    message: str

    def __post_init__(self) -> None:
        # both are made of what Bitbucket answered
        object.__setattr__(self, "item", storable(self.item))
        object.__setattr__(self, "message", storable(self.message))


@dataclass(frozen=True)
class Gone:
    """Bitbucket no longer has the rows whose key begins with one of `keys`: that is proven.

    All keys have the same length; a shorter one than the table's stands for all rows that begin so.
    """

    table: Table
    keys: Collection[tuple[Any, ...]]


@dataclass(frozen=True)
class Notice:
    """Something people should know, though nothing failed."""

    text: str


@dataclass(frozen=True)
class Doubt(Notice):
    """The same, of something that is believed when the next sync sees it too."""


@dataclass(frozen=True)
class Amend:
    """What the audit found makes work for the ordinary reading: a list's cursors are changed so that it sees it."""

    source: Table
    change: Callable[[Any], Any]


@dataclass(frozen=True)
class NextLoad:
    """The rest belongs into another load: it holds an object that this load holds already, in another state.

    Of two rows with one key in a load, the destination keeps either.
    """


Event: TypeAlias = Rows | Reached | Gone | Trouble | Notice | Amend | NextLoad
Events: TypeAlias = Iterator[Event]
