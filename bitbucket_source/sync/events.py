"""What a strategy says while it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.tables import Table


@dataclass(frozen=True)
class Rows:
    """Objects were read that belong to a table, at a place (`repository_uuid` and the like)."""

    table: Table
    objects: Sequence[Any]
    place: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reached:
    """Everything up to `cursor` has been said: a safe point to stop and to go on from."""

    cursor: msgspec.Struct


@dataclass(frozen=True)
class Trouble:
    """Something could not be read; the rest goes on. `item` is the object, or '' for a whole list."""

    table: Table
    repository: str
    item: str
    message: str


@dataclass(frozen=True)
class NextLoad:
    """The rest belongs into another load: it holds an object that this load holds already, in another state.

    Of two rows with one key in a load, the destination keeps either.
    """


Event: TypeAlias = Rows | Reached | Trouble | NextLoad
Events: TypeAlias = Iterator[Event]
