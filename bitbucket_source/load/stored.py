"""What the destination holds already: rows and the cursors of completed loads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import pyarrow as pa

from bitbucket_source.load.arrow import Batch, arrow_table_of_fit
from bitbucket_source.load.database import Database, Values
from bitbucket_source.sync.cursors import Cursors, StoredCursor
from bitbucket_source.sync.known import Key
from bitbucket_source.tables import COMMIT_PARENTS, COMMITS, SYNC_CURSORS, Column, Table, Type
from bitbucket_source.tables.catalog import PLAIN, Catalog
from bitbucket_source.tables.contract import SYNCED_AT

_FEW = 50
"""rows, all columns of which are read as quickly as their keys"""
_MANY = 1000
"""rows that are dear to look up: the more there are, the more are stored already"""
_MOST_SKIPPED = 8
_NEWEST_COMPLETED = """
    select repository_uuid, table_name, cursor, declaration
    from (
        select
            s.repository_uuid, s.table_name, s.cursor, s.declaration,
            row_number() over (
                partition by s.repository_uuid, s.table_name order by l.inserted_at desc, l.load_id desc
            ) as age
        from {cursors} s
        join {loads} l on l.load_id = s._dlt_load_id
        where l.status = 0
    ) newest
    where age = 1
"""


def stored_cursors(database: Database, catalog: Catalog = PLAIN) -> Cursors:
    """The newest cursor of each repository and table whose load was completed.

    A load is not atomic across tables: the cursor of one that was cut short says nothing, so it is not read.
    """
    if not database.columns(SYNC_CURSORS):
        return Cursors(catalog=catalog)
    rows = database.rows(_NEWEST_COMPLETED.format(cursors=database.name(SYNC_CURSORS), loads=database.loads))
    return Cursors({(repository, name): StoredCursor(cursor, made) for repository, name, cursor, made in rows}, catalog)


class StoredRows:
    """The rows of the warehouse: `bitbucket_source.sync.known.Known`."""

    def __init__(self, database: Database, catalog: Catalog = PLAIN) -> None:
        self._database = database
        self.catalog = catalog
        self._places: dict[Table, set[Any]] = {}
        self._in_vain: dict[tuple[Table, frozenset[Any]], _InVain] = {}

    def different(self, table: Table, objects: Sequence[Any], place: Mapping[str, str | int]) -> list[Any]:
        """Those of the objects whose row is not stored, or not just so, by a completed load."""
        table = self.catalog.of(table)
        rows, unfit = arrow_table_of_fit(table, [Batch(objects, place)], {})
        if unfit:
            return list(objects)
        return [each for each, differs in zip(objects, self._differ(table, rows), strict=True) if differs]

    def fresh(self, table: Table, rows: pa.Table) -> pa.Table:
        """The rows without those that are stored just so by a completed load.

        Of a table that `keeps_known`, what a row leaves out is taken from the stored one.
        """
        table = self.catalog.of(table)
        rows = _without_twins(table, rows)
        if table.keeps_known:
            rows = self._completed(table, rows)
        in_vain = self._in_vain.setdefault((table, frozenset(rows[table.key[0]].unique().to_pylist())), _InVain())
        if rows.num_rows >= _MANY and in_vain.is_skipped():
            return rows
        differ = self._differ(table, rows)
        in_vain.looked(found=not all(differ))
        return rows if all(differ) else rows.filter(pa.array(differ, pa.bool_()))

    def unlike(self, table: Table, rows: pa.Table) -> list[tuple[Key, dict[str, tuple[Any, Any]] | None]]:
        """The rows that are not stored just so by a completed load, by their key.

        Of each the columns that differ, with what is stored and what the row says; None where no row is stored.
        """
        table = self.catalog.of(table)
        rows = _without_twins(table, rows)
        if table.keeps_known:
            rows = self._completed(table, rows)
        columns = [column for column in table.columns if column.name != SYNCED_AT.name]
        names = [column.name for column in columns]
        stored = self._stored(table, rows, names)
        key = _picker(names, table.key)
        found: list[tuple[Key, dict[str, tuple[Any, Any]] | None]] = []
        for row in zip(*(_canonical(column, rows[column.name].to_pylist()) for column in columns), strict=True):
            was = stored.get(key(row))
            if was is None:
                found.append((key(row), None))
            elif was != row:
                pairs = zip(names, was, row, strict=True)
                found.append((key(row), {name: (old, new) for name, old, new in pairs if old != new}))
        return found

    def keys(self, table: Table, place: Mapping[str, str | int], **among: Iterable[Any]) -> set[Key]:
        """The keys of the rows that are not marked as deleted, at a place; `among` bounds further key columns.

        Rows of every load: what Bitbucket no longer has is gone, whoever wrote it.
        """
        conditions = [(f"{name} = %s", [value]) for name, value in place.items() if name in table.columns_by_name]
        return set(self._select(table, table.key, _alive(table), conditions, among))

    def stored(
        self, table: Table, columns: Sequence[str], place: Mapping[str, str | int], **among: Iterable[Any]
    ) -> list[Key]:
        """Some columns of the rows of completed loads that are not marked as deleted, at a place; `among` as above.

        Of a table that `keeps_history` those of every load: nobody may ever tell of them again.
        """
        conditions = [(f"{name} = %s", [value]) for name, value in place.items() if name in table.columns_by_name]
        always = _alive(table) if table.keeps_history else [*_alive(table), self._loaded]
        return list(self._select(table, columns, always, conditions, among))

    def left_behind(self, table: Table, place: Mapping[str, str | int], **among: Iterable[Any]) -> set[Key]:
        """Those of `keys` whose rows were stored by a load that never was completed.

        What still is in Bitbucket is read again, and stored by another load: its cursor was not.
        """
        conditions = [(f"{name} = %s", [value]) for name, value in place.items() if name in table.columns_by_name]
        return set(self._select(table, table.key, [*_alive(table), f"not {self._loaded}"], conditions, among))

    def values(self, table: Table, columns: Sequence[str], **among: Iterable[Any]) -> list[Values]:
        """Some columns of the rows in which other columns have one of the values."""
        return list(self._select(table, columns, ["1 = 1"], [], among))

    def parents(self, repository_uuid: str) -> dict[str, tuple[str, ...]]:
        """The parents of each commit stored by a completed load, dropped ones included."""
        of_repository = [("repository_uuid = %s", [repository_uuid])]
        found: dict[str, list[tuple[int, str]]] = {
            sha: [] for (sha,) in self._select(COMMITS, ("hash",), [self._loaded], of_repository)
        }
        columns = ("hash", "position", "parent_hash")
        for sha, position, parent in self._select(COMMIT_PARENTS, columns, [self._loaded], of_repository):
            found.setdefault(sha, []).append((position, parent))
        return {sha: tuple(parent for _, parent in sorted(parents)) for sha, parents in found.items()}

    def lacking_commits(self, repository_uuid: str, hashes: Iterable[str]) -> set[str]:
        """Those of the hashes, which may be shortened, that are of no stored commit."""
        of_repository = [("repository_uuid = %s", [repository_uuid])]
        lacking = set(hashes)
        for length in {len(sha) for sha in lacking}:
            beginning = f"substr(hash, 1, {length})"
            among = {beginning: [sha for sha in lacking if len(sha) == length]}
            lacking -= {sha for (sha,) in self._select(COMMITS, (beginning,), [self._loaded], of_repository, among)}
        return lacking

    @property
    def _loaded(self) -> str:
        return f"_dlt_load_id in (select load_id from {self._database.loads} where status = 0)"

    def _select(
        self,
        table: Table,
        columns: Sequence[str],
        always: Sequence[str],
        conditions: Sequence[tuple[str, list[Any]]],
        among: Mapping[str, Iterable[Any]] | None = None,
    ) -> Iterator[Values]:
        if not self._database.columns(table):
            return
        select = f"select {', '.join(columns)} from {self._database.name(table)} where "
        pieces: list[list[tuple[str, list[Any]]]] = [[]]
        for column, values in (among or {}).items():
            pieces = [[*before, each] for before in pieces for each in self._database.among(column, values)]
        for piece in pieces:
            bounds = [*conditions, *piece]
            where = " and ".join([*always, *(condition for condition, _ in bounds)])
            yield from self._database.rows(select + where, *(value for _, values in bounds for value in values))

    def _differ(self, table: Table, rows: pa.Table) -> list[bool]:
        columns = [column for column in table.columns if column.name != SYNCED_AT.name]
        names = [column.name for column in columns]
        if not set(names) <= set(self._database.columns(table)):
            return [True] * rows.num_rows
        stored = self._stored(table, rows, names)
        if not stored:
            return [True] * rows.num_rows
        key = _picker(names, table.key)
        new = list(zip(*(_canonical(column, rows[column.name].to_pylist()) for column in columns), strict=True))
        return [stored.get(key(row)) != row for row in new]

    def _stored(self, table: Table, rows: pa.Table, names: Sequence[str]) -> dict[Key, Values]:
        """The stored rows that have the keys of `rows`, by their key."""
        if not self._may_hold(table, rows):
            return {}
        bounds = {name: rows[name].unique().to_pylist() for name in table.key}
        if rows.num_rows > _FEW:
            # most rows of a first load are new: their keys tell so, and the wide columns are not read to find nothing
            keys = list(self._select(table, table.key, [self._loaded], [], bounds))
            if not keys:
                return {}
            bounds = {name: list(set(values)) for name, values in zip(table.key, zip(*keys, strict=True), strict=True)}
        found = list(self._select(table, names, [self._loaded], [], bounds))
        by_column = [
            _canonical(table.columns_by_name[name], values)
            for name, values in zip(names, zip(*found, strict=True), strict=False)
        ]
        key = _picker(names, table.key)
        return {key(row): row for row in zip(*by_column, strict=True)}

    def _may_hold(self, table: Table, rows: pa.Table) -> bool:
        """Whether anything is stored where the rows belong: on a first load nothing is, and that is quickly told."""
        first = table.key[0]
        if table not in self._places:
            self._places[table] = {value for (value,) in self._select(table, (f"distinct {first}",), ["1 = 1"], [])}
        return not self._places[table].isdisjoint(rows[first].unique().to_pylist())

    def _completed(self, table: Table, rows: pa.Table) -> pa.Table:
        names = [column.name for column in table.object_columns]
        if not set(names) <= set(self._database.columns(table)):
            return rows
        stored = self._stored(table, rows, names)
        key = _picker(names, table.key)
        whole = [
            {**dict(zip(names, stored.get(key([row[name] for name in names]), ()), strict=False)), **_told(row)}
            for row in rows.to_pylist()
        ]
        return pa.Table.from_pylist(whole, schema=rows.schema)


class _InVain:
    """How often rows of one place were looked for and none was stored just so.

    Then some of the next are not looked for: at worst they are written although they are stored. While a history of a
    million commits is read for the first time, the looks would take longer than the reading.
    """

    def __init__(self) -> None:
        self._skip = self._next = 0

    def is_skipped(self) -> bool:
        """Whether the rows at hand are not looked for."""
        self._skip -= 1
        return self._skip >= 0

    def looked(self, *, found: bool) -> None:
        """Take note of a look."""
        self._next = 0 if found else min(_MOST_SKIPPED, 2 * self._next or 1)
        self._skip = self._next


def _alive(table: Table) -> list[str]:
    """The conditions that a row is not marked as deleted."""
    return ["1 = 1"] if table.keeps_history else ["deleted_at is null"]


def _without_twins(table: Table, rows: pa.Table) -> pa.Table:
    """The rows without those that have the key of an earlier one: of two accounts that are gone from one place."""
    accounts = [name for name in table.key if table.columns_by_name[name].account]
    if not any("" in rows[name].unique().to_pylist() for name in accounts):
        return rows
    firsts: dict[Key, int] = {}
    for row, key in enumerate(zip(*(rows[name].to_pylist() for name in table.key), strict=True)):
        firsts.setdefault(key, row)
    return rows if len(firsts) == rows.num_rows else rows.take(list(firsts.values()))


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _picker(names: Sequence[str], key: Sequence[str]) -> Any:
    """What takes a row's key out of its values: always a tuple."""
    places = [list(names).index(name) for name in key]
    return itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)


def _canonical(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """Values that are equal where they mean the same: databases write JSON in their own way."""
    if column.type is not Type.JSON:
        return values
    return [None if value is None else _same_json(value) for value in values]


def _same_json(value: Any) -> str:
    parsed = json.loads(value) if isinstance(value, str) else value
    return json.dumps(parsed, sort_keys=True)
