"""Objects that Bitbucket gave, row by row beside those of the warehouse."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

from bitbucket_source.load.arrow import Batch, arrow_table_of_fit, identity_of
from bitbucket_source.load.spread import spread
from bitbucket_source.load.stored import StoredRows
from bitbucket_source.sync.ask import Place
from bitbucket_source.sync.events import Gone, Rows
from bitbucket_source.sync.known import Key
from bitbucket_source.tables import USERS, Origin, Table
from bitbucket_source.tables.rowtype import values_at
from bitbucket_source.verification.findings import Columns, Difference, Findings, Kind, Source

Since: TypeAlias = Callable[[Any, Columns | None], bool]
"""Whether an object has changed since the last sync: told in which columns its row differs, None where it has none"""


def never(_object: Any, _columns: Columns | None) -> bool:
    """Nothing has changed."""
    return False


def always(_object: Any, _columns: Columns | None) -> bool:
    """Everything may have changed."""
    return True


class Comparison:
    """Compares objects with the stored rows. Safe to share between threads."""

    def __init__(self, stored: StoredRows, findings: Findings) -> None:
        self._stored = stored
        self._findings = findings
        self._lock = threading.Lock()
        self._accounts: set[tuple[Any, ...]] = set()

    def objects(
        self, table: Table, objects: Sequence[Any], place: Place, tables: frozenset[Table], since: Since = never
    ) -> set[Key]:
        """Compare the rows that objects of a table's list make in `tables`; returns the keys of the list's own rows."""
        if not objects:
            return set()
        by_identity = dict(zip(identities_of(table, objects), objects, strict=True))
        moved: dict[Any, bool] = {}
        told = Rows(table, objects, place)
        keys: set[Key] = set()
        for each, batch in spread(told, tables - {USERS}):
            part = len(table.key) - 1
            rows, found = self._compare(each, batch)
            keys |= rows if each is table else set()
            if each is not table:
                among = {each.key[part]: by_identity}
                gone = self._stored.keys(each, _identities(place), **among) - rows
                found += [(key, Kind.TOO_MANY, {}) for key in gone]
            for key, kind, columns in found:
                owner = by_identity[key[part]]
                if each is table:
                    moved[key[part]] = since(owner, None if kind is Kind.MISSING else columns)
                is_new = moved[key[part]] if key[part] in moved else since(owner, {})
                source = source_of(table, place, key[part])
                self._findings.add(Difference(each, key, kind, source, columns, is_new))
        if USERS in tables:
            self._compare_accounts(told, by_identity, tables, since)
        return keys

    def rows(
        self,
        told: Rows,
        tables: frozenset[Table],
        source: Callable[[Key], Source],
        is_new: Callable[[Key], bool],
    ) -> int:
        """Compare the rows that what was told makes in `tables`; returns how many rows of its own it has.

        By the key of a row that differs: `source` is what to read again, `is_new` whether it has changed since the
        last sync.
        """
        count = 0
        for each, batch in spread(told, tables - {USERS}):
            rows, found = self._compare(each, batch)
            count += len(rows) if each is told.table else 0
            for key, kind, columns in found:
                self._findings.add(Difference(each, key, kind, source(key), columns, is_new(key)))
        if USERS in tables:
            accounts = told.objects if told.table is USERS else accounts_of(told, tables)
            _, found = self._compare(USERS, Batch([account for account in accounts if self._is_new(account)]))
            for key, kind, columns in found:
                self._findings.add(Difference(USERS, key, kind, source(key), columns, is_new(key)))
        return count

    def gone(self, gone: Gone, place: Place, source: Source, is_new: Callable[[], bool]) -> None:
        """Compare what was told to be gone: rows of it that are stored are too many."""
        length = min((len(key) for key in gone.keys), default=0)
        begin = set(gone.keys)
        for key in self._stored.keys(gone.table, _identities(place)) if begin else ():
            if key[:length] in begin:
                self._findings.add(Difference(gone.table, key, Kind.TOO_MANY, source, {}, is_new()))

    def _compare(self, table: Table, batch: Batch) -> tuple[set[Key], list[tuple[Key, Kind, Columns]]]:
        """The keys of the rows, and those that differ."""
        rows, unfit = arrow_table_of_fit(self._stored.catalog.of(table), [batch], {})
        for each in unfit:
            self._findings.fail(f"{table.name} {identity_of(table, each.object)}: not compared: {each.why}")
        self._findings.count(table, rows.num_rows)
        keys = set(zip(*(rows[name].to_pylist() for name in table.key), strict=True))
        found: list[tuple[Key, Kind, Columns]] = [
            (key, Kind.MISSING if columns is None else Kind.DIFFERS, columns or {})
            for key, columns in self._stored.unlike(table, rows)
        ]
        return keys, found

    def _compare_accounts(
        self, told: Rows, by_identity: Mapping[Any, Any], tables: frozenset[Table], since: Since
    ) -> None:
        accounts = [account for account in accounts_of(told, tables) if self._is_new(account)]
        _, found = self._compare(USERS, Batch(accounts))
        for key, kind, columns in found:
            identity, named_by = next(
                (identity, each)
                for identity, each in by_identity.items()
                if key[0] in {account.uuid for account in accounts_of(Rows(told.table, [each], told.place), tables)}
            )
            source = source_of(told.table, told.place, identity)
            self._findings.add(Difference(USERS, key, kind, source, columns, since(named_by, {})))

    def _is_new(self, account: Any) -> bool:
        """Whether the account was not told just so before."""
        values = tuple(getattr(account, column.path) for column in USERS.object_columns)
        with self._lock:
            known = values in self._accounts
            self._accounts.add(values)
        return not known

    def too_many(self, table: Table, keys: Iterable[Key], place: Place, since: Callable[[Key], bool]) -> None:
        """Remember rows that Bitbucket has no longer: that is proven."""
        for key in keys:
            source = _source_of_key(table, place, key)
            self._findings.add(Difference(table, key, Kind.TOO_MANY, source, {}, since(key)))


def source_of(table: Table, place: Place, identity: Any) -> Source:
    """What to read again for an object's rows."""
    return Source(table, tuple(sorted(place.items())), identity)


def _source_of_key(table: Table, place: Place, key: Key) -> Source:
    if table.parent is not None and table.within:
        return source_of(table.parent, place, key[1])
    places = {
        name: value
        for name, value in zip(table.key, key, strict=True)
        if table.columns_by_name[name].origin is Origin.PLACE
    }
    return source_of(table, {**place, **places}, key[-1])


def identities_of(table: Table, objects: Sequence[Any]) -> list[Any]:
    """The last part of each object's key."""
    return values_at(table.columns_by_name[table.key[-1]].path, objects)


def accounts_of(told: Rows, tables: frozenset[Table]) -> list[Any]:
    """The accounts that objects, and the lists of `tables` inside them, name.

    Each once, with all that is told about it.
    """
    accounts: dict[str, SimpleNamespace] = {}
    paths = [column.path for column in USERS.object_columns]
    for table, batch in spread(told, tables | {USERS}):
        for account in batch.objects if table is USERS else ():
            known = accounts.setdefault(account.uuid, SimpleNamespace(**dict.fromkeys(paths)))
            for path in paths:
                value = getattr(account, path)
                setattr(known, path, getattr(known, path) if value is None else value)
    return list(accounts.values())


def _identities(place: Place) -> dict[str, str | int]:
    # names change, identities do not
    return {name: value for name, value in place.items() if name.endswith("_uuid")}
