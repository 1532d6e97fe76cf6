"""Objects of the API -> an Arrow table with the declared schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bitbucket_source.tables.contract import Column, Origin, Table, Type
from bitbucket_source.tables.rowtype import values_at

_MICROSECONDS = pa.timestamp("us", tz="UTC")
_NUL_IN_JSON = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""the escape of NUL, behind any number of escaped backslashes"""
_ARROW_TYPES: dict[Type, pa.DataType] = {
    Type.TEXT: pa.string(),
    Type.BIGINT: pa.int64(),
    Type.BOOL: pa.bool_(),
    Type.TIMESTAMP: _MICROSECONDS,
    Type.JSON: pa.string(),
}


@dataclass(frozen=True)
class Batch:
    """Objects that were read at one place, all of one table."""

    objects: Sequence[Any]
    place: Mapping[str, str | int] = field(default_factory=dict)
    parents: Sequence[Any] = ()
    """the object in whose list each was found, for a nested table"""
    positions: Sequence[int] = ()
    """where in that list, from 0"""


def nested_batch(parents: Batch, within: str) -> Batch:
    """The items of the list at path `within` in each of the objects."""
    owners: list[Any] = []
    items: list[Any] = []
    positions: list[int] = []
    for owner, found in zip(parents.objects, values_at(within, parents.objects), strict=True):
        present = [item for item in found or () if item is not None]
        items += present
        owners += [owner] * len(present)
        positions += range(len(present))
    return Batch(items, parents.place, owners, positions)


@cache
def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table; key columns are not nullable."""
    return pa.schema(
        [pa.field(column.name, _ARROW_TYPES[column.type], column.name not in table.key) for column in table.columns]
    )


def arrow_table(table: Table, batches: Sequence[Batch], ours: Mapping[str, Any]) -> pa.Table:
    """The batches as one Arrow table.

    `ours` fills the connector's own columns with one value for all rows; those it does not name are null.
    """
    # one list of all objects: taking them apart batch by batch costs a third more
    objects = [item for batch in batches for item in batch.objects]
    arrays = [_array(table, column, batches, objects, ours) for column in table.columns]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table))


@dataclass(frozen=True)
class Unfit:
    """An object that was decoded but cannot become a row: where it was read, and why."""

    place: Mapping[str, str | int]
    object: Any
    why: str


def identity_of(table: Table, item: Any) -> str:
    """What an object of a table is called in a message: the last part of its key, as in `id 7`."""
    column = table.columns_by_name[table.key[-1]]
    return f"{column.path} {values_at(column.path, [item])[0]}" if column.origin in (Origin.OBJECT, Origin.MADE) else ""


def arrow_table_of_fit(table: Table, batches: Sequence[Batch], ours: Mapping[str, Any]) -> tuple[pa.Table, list[Unfit]]:
    """`arrow_table`, without the objects that have a value no column of the declared type can hold."""
    try:
        return arrow_table(table, batches, ours), []
    except (ValueError, OverflowError):
        pass
    fit: list[Batch] = []
    unfit: list[Unfit] = []
    for single in (single for batch in batches for single in _singles(batch)):
        try:
            arrow_table(table, [single], ours)
        except (ValueError, OverflowError) as error:
            unfit.append(Unfit(single.place, single.objects[0], str(error)))
        else:
            fit.append(single)
    return arrow_table(table, fit, ours), unfit


def _singles(batch: Batch) -> Iterator[Batch]:
    for index, item in enumerate(batch.objects):
        parents = batch.parents[index : index + 1]
        yield Batch([item], batch.place, parents, [batch.positions[index] if batch.positions else index])


def _array(
    table: Table, column: Column, batches: Sequence[Batch], objects: Sequence[Any], ours: Mapping[str, Any]
) -> pa.Array[Any]:
    """A column of the rows that all `objects` of the batches make."""
    values: list[Any]
    match column.origin:
        case Origin.OURS:
            return pa.array([ours.get(column.name)] * len(objects), _ARROW_TYPES[column.type])
        case Origin.PLACE:
            values = [batch.place[column.name] for batch in batches for _ in batch.objects]
        case Origin.POSITION:
            values = [position for batch in batches for position in (batch.positions or range(len(batch.objects)))]
        case Origin.PARENT:
            values = values_at(column.path, [parent for batch in batches for parent in batch.parents])
        case Origin.WHOLE:
            values = [getattr(item, "whole", None) for item in objects]
        case Origin.OBJECT | Origin.MADE:
            values = values_at(column.path, objects)
    if column.account and column.name in table.key:
        values = ["" if value is None else value for value in values]
    make = _ARRAYS[column.type]
    return make(values)


def _texts(values: Iterable[Any]) -> pa.Array[Any]:
    texts = pa.array(values, pa.string())
    # no destination but DuckDB stores NUL; looked for first, because replacing copies all
    characters = texts.buffers()[-1]
    if characters is None or b"\x00" not in characters.to_pybytes():
        return texts
    return pc.replace_substring(texts, "\x00", "\ufffd")


def _json_texts(values: Iterable[Any]) -> pa.Array[Any]:
    texts = [None if value is None else _json_text(bytes(value)) for value in values]
    return pa.array([None if text in {"", "null"} else text for text in texts], pa.string())


def _json_text(raw: bytes) -> str:
    """JSON as it came, but for what no destination stores: broken UTF-8 and the escape of NUL become U+FFFD."""
    text = raw.decode(errors="replace")
    return _NUL_IN_JSON.sub(r"\1\\ufffd", text) if r"\u0000" in text else text


def timestamps(values: Sequence[str | None]) -> pa.Array[Any]:
    """Timestamps in any of Bitbucket's formats (FACTS 10) as UTC microseconds.

    Of nine digits of a second the last three are cut. A value without an offset is UTC. Raises ValueError where a
    value is no timestamp.
    """
    texts = pa.array(values, pa.string())
    try:
        return texts.cast(_MICROSECONDS)
    except pa.ArrowInvalid:
        return pa.array([None if value is None else parse_timestamp(value) for value in values], _MICROSECONDS)


def parse_timestamp(value: str) -> datetime:
    """One timestamp of Bitbucket's, in UTC, cut to microseconds. Raises ValueError where it is none."""
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_ARRAYS: dict[Type, Callable[[list[Any]], pa.Array[Any]]] = {
    Type.TEXT: _texts,
    Type.BIGINT: lambda values: pa.array(values, pa.int64()),
    Type.BOOL: lambda values: pa.array(values, pa.bool_()),
    Type.TIMESTAMP: timestamps,
    Type.JSON: _json_texts,
}
