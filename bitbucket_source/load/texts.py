"""Texts of stored rows, changed where they are: no request can tell what a row would have been otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from bitbucket_source.load.database import Database, Values
from bitbucket_source.load.workspaces import Part
from bitbucket_source.personal.discretion import PROSE, SIGNATURES, Discretion
from bitbucket_source.tables import COMMIT_TRAILERS, Column, Origin, Table, Type
from bitbucket_source.tables.contract import whole

_ROWS_A_STATEMENT = 5000
_MARKS = ("%@%", "%email:%")
"""what a text has in it that holds an address, or the hash of one"""

Change: TypeAlias = tuple[Values, Any]
"""the key of a row, and the new value of one of its columns"""


@dataclass(frozen=True)
class Text:
    """A column that people's words may stand in."""

    column: Column

    @property
    def is_signature(self) -> bool:
        """Whether it holds `Name <address>`, as git has it."""
        return self.column.path.split(".")[-2:] in [[name, "raw"] for name in SIGNATURES]

    @property
    def marks(self) -> tuple[str, ...]:
        """Patterns one of which a value matches that may hold an address."""
        return ("%<%", *_MARKS) if self.is_signature else _MARKS

    def seen(self, value: Any, discretion: Discretion) -> Any:
        """A stored value, as it may be seen."""
        if self.column.type is Type.JSON:
            return _json_seen(value, self.column, discretion)
        return discretion.of_signature(value) if self.is_signature else discretion.of_text(value)


def _json_seen(value: Any, column: Column, discretion: Discretion) -> Any:
    parsed = json.loads(value) if isinstance(value, str) else value
    seen = discretion.of_answer(parsed, column.path.split(".")[-1])
    return value if seen == parsed else json.dumps(seen, ensure_ascii=False)


def texts_of(database: Database, table: Table) -> list[Text]:
    """The columns of a stored table that may hold what people wrote."""
    there = database.columns(table)
    declared = [column for column in table.columns if column.name in there and _is_text(table, column)]
    if "raw" in there and "raw" not in table.columns_by_name:
        # kept by an earlier sync
        declared.append(whole())
    return [Text(column) for column in declared]


def _is_text(table: Table, column: Column) -> bool:
    if column.origin in (Origin.PLACE, Origin.OURS) or column.name in table.key:
        return False
    is_prose = column.path.split(".")[-1] in PROSE or (table.name, column.name) == (COMMIT_TRAILERS.name, "value")
    return column.type is Type.JSON or (column.type is Type.TEXT and is_prose)


def change_texts(
    database: Database, table: Table, text: Text, part: Part, marks: Sequence[str], discretion: Discretion, at: datetime
) -> int:
    """Change one column of some rows to what may be seen, where it matches one of the marks; returns how many."""
    column = text.column.name
    like = " or ".join([f"lower(cast({column} as varchar)) like lower(%s)"] * len(marks))
    rows = database.rows(
        f"select {', '.join(table.key)}, {column} from {database.name(table)} where {part.condition} and ({like})",
        *part.values,
        *marks,
    )
    changed = [(tuple(key), seen) for *key, value in rows if (seen := text.seen(value, discretion)) != value]
    for start in range(0, len(changed), _ROWS_A_STATEMENT):
        _write(database, table, text.column, changed[start : start + _ROWS_A_STATEMENT], at)
    return len(changed)


def _write(database: Database, table: Table, column: Column, changed: Sequence[Change], at: datetime) -> None:
    if database.takes_lists:
        names = [f"k{index}" for index in range(len(table.key))]
        # a list of nothing but nulls has no type of its own
        lists = [*(f"unnest(%s) as {name}" for name in names), "unnest(cast(%s as text[])) as seen"]
        same = " and ".join(f"{key} = {name}" for key, name in zip(table.key, names, strict=True))
        # the lists come first: DuckDB counts the parameters of FROM before those of SET
        database.execute(
            f"with changes as (select {', '.join(lists)}) "
            f"update {database.name(table)} set {column.name} = {_cast('seen', column)}, synced_at = %s "
            f"from changes where {same}",
            *map(list, zip(*(key for key, _ in changed), strict=True)),
            [seen for _, seen in changed],
            at,
        )
        return
    same = " and ".join(f"{key} = %s" for key in table.key)
    update = f"update {database.name(table)} set {column.name} = {_cast('%s', column)}, synced_at = %s where {same}"
    with database.transaction():
        for key, seen in changed:
            database.execute(update, seen, at, *key)


def _cast(expression: str, column: Column) -> str:
    """An expression of type text as the type of the column: without one, text goes into what JSON is stored as."""
    return f"cast({expression} as json)" if column.type is Type.JSON else expression


def each_text(
    database: Database, tables: Sequence[Table], parts: Callable[[Table], Iterator[Part]]
) -> Iterator[tuple[Table, Text, Part]]:
    """The columns with texts of each stored table, part by part."""
    for table in tables:
        for text in texts_of(database, table) if database.columns(table) else ():
            for part in parts(table):
                yield table, text, part
