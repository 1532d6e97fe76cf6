"""How a column follows from Bitbucket's JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.truth.asking import Json


@dataclass(frozen=True)
class Found:
    """An object of the API, and where it was found."""

    object: Json
    place: Mapping[str, Any] = field(default_factory=dict)
    position: int = 0


@dataclass(frozen=True)
class Unknown:
    """Rows that nobody can read now: those of a table whose key begins so."""

    key: tuple[Any, ...]


@dataclass(frozen=True)
class Asked:
    """Rows that were read, of a table that is not read whole: those whose key begins so."""

    key: tuple[Any, ...]


Value = Callable[[Found], Any]


def value(path: str) -> Value:
    """What stands at a dotted path, as it is; null where something on the way is null or absent."""

    def read(found: Found) -> Any:
        current: Any = found.object
        for step in path.split("."):
            current = None if current is None else current.get(step)
        return current

    return read


def text(path: str) -> Value:
    """A text; NUL is U+FFFD, because most databases refuse it."""
    whole = value(path)

    def read(found: Found) -> Any:
        read_text = whole(found)
        return None if read_text is None else read_text.replace("\0", "\N{REPLACEMENT CHARACTER}")

    return read


def moment(path: str) -> Value:
    """A point in time."""
    whole = value(path)

    def read(found: Found) -> datetime | None:
        written = whole(found)
        return None if written is None else moment_of(written)

    return read


def moment_of(written: str) -> datetime:
    """A timestamp in any of Bitbucket's forms (FACTS 10), in UTC, its seconds cut after six digits."""
    match = re.fullmatch(r"(.{10}T.{8})(?:\.(\d+))?(?:Z|([+-])(\d\d):?(\d\d))?", written)
    assert match, f"no timestamp: {written}"
    seconds, fraction, sign, hours, minutes = match.groups()
    local = datetime.strptime(seconds, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    return local - offset + timedelta(microseconds=int((fraction or "").ljust(6, "0")[:6]))


def place(name: str) -> Value:
    """What is known from where the object was found."""
    return lambda found: found.place[name]


def position(found: Found) -> int:
    """Where in its list the object stood, from 0."""
    return found.position


def clone_url(protocol: str) -> Value:
    """The address to clone from by this protocol."""

    def read(found: Found) -> Any:
        return next((link["href"] for link in found.object["links"]["clone"] if link["name"] == protocol), None)

    return read


def account_in_key(path: str) -> Value:
    """The account at a path; '' where it is gone, because a key holds no null."""
    uuid = value(f"{path}.uuid")
    return lambda found: uuid(found) or ""


def nothing(_found: Found) -> None:
    """What no object of the API tells."""


def first_of(*values: Value) -> Value:
    """The first of several that is not null."""
    return lambda found: next((told for each in values if (told := each(found)) is not None), None)


def length(path: str) -> Value:
    """How many stand in the list at a path."""
    whole = value(path)

    def read(found: Found) -> int | None:
        items = whole(found)
        return None if items is None else len(items)

    return read


Columns = dict[str, Value]


@dataclass(frozen=True)
class Shape:
    """A table: the names of its key, and how each of its columns follows; but `deleted_at` and `synced_at`."""

    key: tuple[str, ...]
    columns: Columns
