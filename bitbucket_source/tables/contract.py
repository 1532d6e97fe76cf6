"""What a table is: the vocabulary in which `bitbucket_source.tables` declares every table, once.

From a declaration come the `fields=` list of the request, the type the answer is decoded into, the Arrow schema,
dlt's hints, the dbt sources file and `docs/tables.md`. Nothing of it is written a second time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property


class Type(StrEnum):
    """The type of a column, by dlt's name for it."""

    TEXT = "text"
    BIGINT = "bigint"
    BOOL = "bool"
    TIMESTAMP = "timestamp"
    JSON = "json"


class Origin(StrEnum):
    """Where the value of a column comes from."""

    OBJECT = "object"
    """the object of the API that makes the row"""
    WHOLE = "whole"
    """all of that object, as it came"""
    PARENT = "parent"
    """the object in whose list the row's object was found"""
    PLACE = "place"
    """where it was read: the repository, the workspace; never part of the object"""
    MADE = "made"
    """worked out by the strategy that reads the table, which writes it onto the object"""
    POSITION = "position"
    """its place in the list it was read from, from 0"""
    OURS = "ours"
    """bookkeeping of this connector"""


@dataclass(frozen=True)
class Column:
    """One column: made by `text`, `prose`, `account`, `bigint`, `boolean`, `timestamp`, `json`, `or_empty`, `whole`,
    `place`, `made`, `of_parent`, `position`, `ours`.
    """

    path: str
    """dotted path in the API object; `links.clone[name=ssh].href` picks the list's item of that name, `parents[#]` is
    how many there are, `url[origin]` only a URL's protocol and host"""
    type: Type
    description: str
    name: str
    origin: Origin = Origin.OBJECT
    account: bool = False
    """part of the key, and null in the object where the account is gone: '' is stored then (`or_empty`)"""
    is_prose: bool = False
    """people wrote it: an e-mail address may stand in it"""


def _column(kind: Type, path: str, description: str, name: str | None, origin: Origin = Origin.OBJECT) -> Column:
    return Column(path, kind, description, name or path.replace(".", "_"), origin)


def text(path: str, description: str, *, name: str | None = None) -> Column:
    """A string of the API object."""
    return _column(Type.TEXT, path, description, name)


def prose(path: str, description: str, *, name: str | None = None) -> Column:
    """A string of the API object that people wrote: e-mail addresses in it are treated as the setting `emails` says.

    So is every other value of an answer whose key is called like the last part of the path.
    """
    return replace(text(path, description, name=name), is_prose=True)


def account(path: str, whose: str) -> Column:
    """The uuid of an account embedded in the object; with the path in `Table.accounts` it becomes a row of `users`."""
    return text(f"{path}.uuid", f"{whose} (users.uuid); null where the account is gone.")


def bigint(path: str, description: str, *, name: str | None = None) -> Column:
    """A whole number of the API object."""
    return _column(Type.BIGINT, path, description, name)


def boolean(path: str, description: str, *, name: str | None = None) -> Column:
    """A truth value of the API object."""
    return _column(Type.BOOL, path, description, name)


def timestamp(path: str, description: str, *, name: str | None = None) -> Column:
    """A moment of the API object, in UTC, cut (not rounded) to microseconds."""
    return _column(Type.TIMESTAMP, path, description, name)


def json(path: str, description: str, *, name: str | None = None) -> Column:
    """A list or an object of the API object, kept as JSON."""
    return _column(Type.JSON, path, description, name)


def or_empty(column: Column) -> Column:
    """A column of the key that may be null in the object, as where an account is gone: stored as '' then."""
    return replace(column, account=True)


def whole() -> Column:
    """The whole object as Bitbucket sent it, in the column `raw`."""
    return Column("", Type.JSON, "The whole object, as Bitbucket sent it.", "raw", Origin.WHOLE)


def place(name: str, description: str, kind: Type = Type.TEXT) -> Column:
    """A foreign key that says where the object was read."""
    return _column(kind, name, description, name, Origin.PLACE)


def made(kind: Type, name: str, description: str) -> Column:
    """A value that the strategy works out and writes onto the object, under the column's name."""
    return _column(kind, name, description, name, Origin.MADE)


def of_parent(column: Column, name: str) -> Column:
    """A value of the object in whose list the row was found, under another name."""
    return replace(column, name=name, origin=Origin.PARENT)


def position(description: str) -> Column:
    """The place of the object in the list it was read from, from 0."""
    return _column(Type.BIGINT, "position", description, None, Origin.POSITION)


def ours(kind: Type, name: str, description: str) -> Column:
    """A column that this connector fills."""
    return _column(kind, name, description, name, Origin.OURS)


OF_REPOSITORY = place("repository_uuid", "The repository (repositories.uuid).")
DELETED_AT = ours(
    Type.TIMESTAMP,
    "deleted_at",
    "Start of the sync that no longer found the row in Bitbucket; null while it is there.",
)
SYNCED_AT = ours(Type.TIMESTAMP, "synced_at", "Start of the slice of a sync that wrote the row last.")


@dataclass(frozen=True, eq=False)  # each table is declared once: it is itself, and cheap to hash
class Table:
    """One table of the warehouse and the list of the API it mirrors."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    # how it is asked for
    endpoint: str = ""
    """path below the base URL, with {workspace}, {repository_uuid} to fill in; '' where no request is made"""
    scope: str = ""
    """the OAuth scope it takes to read it, by its legacy name (FACTS 8); of several the one that fewest people have"""
    pagelen: int = 100
    """the longest page Bitbucket gives (FACTS 1); 0 where the endpoint has no pages"""
    askable: bool = True
    """one object can be asked for by the last column of the key, behind the list's path"""
    asked_whole: bool = False
    """objects are asked for with all their keys, because nobody knows how those are called"""
    always_asked: bool = False
    """asked for with the parent's list even where it is not selected: the walk over the list needs it"""
    also_asked: tuple[str, ...] = ()
    """paths that the strategy needs and no column holds"""

    # how the list is walked
    listed_whole: bool = False
    """a short list of a repository whose changes nothing tells of: every sync reads all of it (sync/whole_lists.py)"""
    lists: tuple[Mapping[str, str], ...] = ({},)
    """of `listed_whole`: what each of a repository's lists fills into the endpoint, where there are several"""
    not_found_is_empty: bool = False
    """of `listed_whole`: a repository that never had any answers 404"""
    cursor: str = ""
    """the column that orders the list in time; an object without it cannot be placed and is reported"""

    # what else its objects hold, or hold it
    parent: Table | None = None
    """the table whose objects it is listed for, or stands in (`within`), or from whose rows it is worked out"""
    within: str = ""
    """path of the list in the objects of `parent` in which the rows stand"""
    accounts: tuple[str, ...] = ()
    """paths of the accounts in the object: each becomes a row of `users`

    That of a JSON column is a list of accounts; '' where the object itself is one.
    """

    # what docs/tables.md says of it
    new_when: str = ""
    """what makes a row be read (again); said of itself where it is `listed_whole`"""
    costs: str = ""
    """what that costs, in requests"""
    blind_to: str = ""
    """which changes have no signal and are seen only by the audit"""

    # what is stored
    default: bool = True
    """loaded where nobody names tables: what most people want for the requests it takes"""
    keeps_known: bool = False
    """not every answer tells everything about an object: what one leaves out stays as it was"""
    keeps_history: bool = False
    """rows stay as they were seen, because Bitbucket overwrites the object (FACTS 5): there is no deleted_at"""
    bookkeeping: bool = False
    """what this connector remembers of itself"""
    columns_by_name: dict[str, Column] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Add what every table has, and refuse a declaration that contradicts itself."""
        if self.listed_whole:
            object.__setattr__(self, "new_when", "listed whole on every sync")
        if not self.bookkeeping:
            ours_of_all = (SYNCED_AT,) if self.keeps_history else (DELETED_AT, SYNCED_AT)
            object.__setattr__(self, "columns", (*self.columns, *ours_of_all))
        by_name = {column.name: column for column in self.columns}
        if len(by_name) != len(self.columns):
            raise ValueError(f"{self.name}: a column name is declared twice")
        if missing := set(self.key) - set(by_name):
            raise ValueError(f"{self.name}: key columns not declared: {sorted(missing)}")
        object.__setattr__(self, "columns_by_name", by_name)

    @property
    def is_per_repository(self) -> bool:
        """Whether rows belong to a repository: its uuid is then the key's first column."""
        return self.key[0] == "repository_uuid"

    @property
    def keeps_whole(self) -> bool:
        """Whether the whole object is kept: then all of it is asked for."""
        return any(column.origin is Origin.WHOLE for column in self.columns)

    @property
    def is_derived(self) -> bool:
        """Whether a strategy makes the rows from others: they are in no answer of Bitbucket's as they are here."""
        return self.parent is not None and not self.endpoint and not self.within

    @property
    def object_columns(self) -> Iterator[Column]:
        """The columns read from the API object itself."""
        return (column for column in self.columns if column.origin is Origin.OBJECT)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that change with a column's name, type or path, and not with its description."""
        facts = ";".join(f"{c.name}:{c.type}:{c.origin}:{c.path}" for c in self.columns)
        return hashlib.sha256(f"{self.key}|{facts}".encode()).hexdigest()[:16]
