"""The tables as one sync has them: as declared, and with the columns that its settings add.

Everywhere a table is known by its declaration; where columns count (the request, the rows, the hints, the fingerprint),
`Catalog.of` gives it with the added ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeAlias

from bitbucket_source.tables import DATA_TABLES, USERS
from bitbucket_source.tables.contract import DELETED_AT, SYNCED_AT, Column, Origin, Table, Type, whole

Wish: TypeAlias = tuple[str, str]
"""name of a table, and `path` or `path:type` of a column to add"""
_PATH = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")


class CatalogError(ValueError):
    """A table or column that cannot be added to. `str()` says which, why, and what can."""


@dataclass(frozen=True)
class Catalog:
    """What each table has in one sync: made by `catalog_of`."""

    extended: Mapping[Table, Table] = field(default_factory=dict)
    """tables that have more columns than declared, by their declaration"""

    def of(self, table: Table) -> Table:
        """The table with all its columns."""
        return self.extended.get(table, table)

    def added(self, table: Table) -> tuple[Column, ...]:
        """The columns that the table is not declared with."""
        return tuple(column for column in self.of(table).columns if column.name not in table.columns_by_name)

    def fingerprint(self, table: Table) -> str:
        """That of the declaration, and behind it one for each added column: `covers` compares two."""
        return "+".join([table.fingerprint, *sorted(map(_fingerprint, self.added(table)))])


PLAIN = Catalog()
"""The tables as declared."""


def covers(made: str, wanted: str) -> bool:
    """Whether rows that are complete under the fingerprint `made` have all that `wanted` asks for."""
    had, has_to_have = made.split("+"), wanted.split("+")
    return had[0] == has_to_have[0] and set(has_to_have) <= set(had)


def _fingerprint(column: Column) -> str:
    return hashlib.sha256(f"{column.name}:{column.type}:{column.path}".encode()).hexdigest()[:8]


def catalog_of(raw: Sequence[str], extra_columns: Mapping[str, Sequence[str]]) -> Catalog:
    """The tables with a column `raw` in those named, and with the columns wished for: `path`, or `path:type`.

    Raises CatalogError for a table that is none or has no object of its own, for a path that cannot be one or is read
    already, and for a type that is none.
    """
    wishes = [(name.strip(), wish) for name, wishes in extra_columns.items() for wish in wishes]
    return _catalog_of(tuple(dict.fromkeys(name.strip() for name in raw)), tuple(dict.fromkeys(wishes)))


@cache  # what is made of a table (its struct, its schema) is kept by the table: it has to be the same one every time
def _catalog_of(raw: tuple[str, ...], wishes: tuple[Wish, ...]) -> Catalog:
    extended: dict[Table, Table] = {}
    for name, wish in wishes:
        table = _table_with_objects(name, "extra_columns")
        extended[table] = _with(extended.get(table, table), _wished(extended.get(table, table), wish))
    for name in raw:
        table = _table_with_objects(name, "raw")
        if not table.endpoint:
            assert table.parent is not None
            raise CatalogError(
                f"raw: the rows of {name} stand inside the objects of {table.parent.name}: keep those instead."
            )
        if cut := next((each.name for each in table.columns if each.path.endswith("[origin]")), ""):
            raise CatalogError(f"raw: {name} leaves out what may be secret ({cut}): its objects are not kept whole.")
        extended[table] = _with(extended.get(table, table), whole())
    return Catalog(extended)


def _table_with_objects(name: str, setting: str) -> Table:
    able = {table.name: table for table in DATA_TABLES if _has_objects(table)}
    if name in able:
        return able[name]
    if any(table.name == name for table in DATA_TABLES):
        why = "are met inside other objects" if name == USERS.name else "are worked out from other tables"
        raise CatalogError(f"{setting}: the rows of {name} {why}: nothing can be added to them.")
    raise CatalogError(f"{setting}: no such table: {name or repr(name)}. There are: {', '.join(able)}.")


def _has_objects(table: Table) -> bool:
    return table is not USERS and bool(table.endpoint or (table.parent and table.within))


def _with(table: Table, column: Column) -> Table:
    if column.name in table.columns_by_name:
        raise CatalogError(
            f"{table.name} has a column {column.name} already ({table.columns_by_name[column.name].path})."
        )
    own = [each for each in table.columns if each not in (DELETED_AT, SYNCED_AT)]
    return replace(table, columns=(*own, column))


def _wished(table: Table, wish: str) -> Column:
    path, _, kind = (part.strip() for part in str(wish).partition(":"))
    where = f"extra_columns: {table.name} {path or repr(wish)}"
    if not _PATH.fullmatch(path):
        raise CatalogError(f"{where} is no path in an object of Bitbucket's: write it like links.self.href.")
    if kind and kind not in set(Type):
        raise CatalogError(f"{where}: {kind} is no type: it is one of {', '.join(Type)}; text where it is left out.")
    if why := next(_clashes(table, path, Type(kind or Type.TEXT)), ""):
        raise CatalogError(f"{where}: {why}.")
    return Column(path, Type(kind or Type.TEXT), "Added by the setting extra_columns.", path.replace(".", "_"))


def _clashes(table: Table, path: str, kind: Type) -> Iterator[str]:
    """Why a path cannot be read beside those that are."""
    for inner in DATA_TABLES:
        if (
            inner.parent is not None
            and inner.parent.name == table.name
            and inner.within
            and _overlap(path, inner.within)
        ):
            yield f"the items of {inner.within} are the rows of {inner.name}"
    for column in (each for each in table.columns if each.origin is Origin.OBJECT):
        read = column.path.split("[")[0]
        if path == read:
            yield f"it is the column {column.name} already"
        elif path.startswith(f"{read}."):
            yield f"all of {read} is the column {column.name} already"
        elif read.startswith(f"{path}."):
            yield f"parts of it are read already ({column.path}): name the part you want"
    yield from _clashes_with_accounts(table, path, kind)


def _clashes_with_accounts(table: Table, path: str, kind: Type) -> Iterator[str]:
    for account in table.accounts:
        for column in USERS.object_columns:
            told = f"{account}.{column.path}"
            if told.startswith(f"{path}."):
                yield f"parts of it are read already ({told}): name the part you want"
            elif told == path and kind is not column.type:
                yield f"it is of type {column.type}"


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
