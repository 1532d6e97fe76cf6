"""What a verification found."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from bitbucket_source.sync.known import Key
from bitbucket_source.tables import Table
from bitbucket_source.tables.contract import DELETED_AT

Columns: TypeAlias = Mapping[str, tuple[Any, Any]]
"""name -> (what the warehouse holds, what Bitbucket says), of the columns that differ"""


class Kind(Enum):
    """In which way a row differs."""

    DIFFERS = "differs"
    MISSING = "missing in the warehouse"
    TOO_MANY = "not in Bitbucket"


@dataclass(frozen=True)
class Source:
    """The object of the API that a row was taken from, or the list it is missing from: what to read again."""

    table: Table
    place: tuple[tuple[str, str | int], ...]
    identity: Any
    """the last part of its key"""


@dataclass(frozen=True)
class Difference:
    """A row that is not in the warehouse what it is in Bitbucket."""

    table: Table
    key: Key
    kind: Kind
    source: Source
    columns: Columns = field(default_factory=dict)
    since: bool = False
    """whether it has changed since the last sync, which therefore cannot know it: no fault of the warehouse"""

    @property
    def may_be_silent(self) -> bool:
        """Whether it may be a change that no signal tells of (`Table.blind_to`): only an audit finds those."""
        return self.kind is Kind.DIFFERS and bool(self.table.blind_to) and DELETED_AT.name not in self.columns


class Findings:
    """Gathers what is found; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[Table, Key], Difference] = {}
        self.compared: Counter[Table] = Counter()
        """rows of Bitbucket whose values were compared"""
        self.counted: Counter[Table] = Counter()
        """rows that were counted against what a list says it has"""
        self.how: dict[Table, list[str]] = {}
        """in which ways each table was looked at"""
        self.troubles: list[str] = []
        """what could not be compared"""
        self.notices: list[str] = []
        self.stopped = ""

    @property
    def differences(self) -> list[Difference]:
        """The rows that differ, in the order of their tables and keys."""
        return self._sorted(since=False)

    @property
    def changed(self) -> list[Difference]:
        """The rows that have changed since the last sync."""
        return self._sorted(since=True)

    def add(self, difference: Difference) -> None:
        """Remember a row, once."""
        with self._lock:
            self._rows.setdefault((difference.table, difference.key), difference)

    def has_changed(self, table: Table, key: Key) -> bool:
        """Whether a row was found that has changed since the last sync."""
        with self._lock:
            found = self._rows.get((table, key))
        return found is not None and found.since

    def differs_in(self, tables: Collection[Table], repository_uuid: str) -> bool:
        """Whether a row of a repository differs in one of the tables."""
        with self._lock:
            return any(each.table in tables and each.key[0] == repository_uuid for each in self._rows.values())

    def count(self, table: Table, rows: int) -> None:
        """So many rows were compared value by value."""
        with self._lock:
            self.compared[table] += rows

    def count_by_size(self, table: Table, rows: int) -> None:
        """So many rows were counted against what the list says."""
        with self._lock:
            self.counted[table] += rows

    def looked(self, table: Table, how: str) -> None:
        """In which way a table was looked at."""
        with self._lock:
            ways = self.how.setdefault(table, [])
            if how not in ways:
                ways.append(how)

    def fail(self, trouble: str) -> None:
        """Something could not be compared."""
        with self._lock:
            if trouble not in self.troubles:
                self.troubles.append(trouble)

    def tell(self, notice: str) -> None:
        """Something people should know."""
        with self._lock:
            if notice not in self.notices:
                self.notices.append(notice)

    def stop(self, why: str) -> None:
        """The verification had to end early; the first reason counts."""
        with self._lock:
            self.stopped = self.stopped or why

    def _sorted(self, *, since: bool) -> list[Difference]:
        with self._lock:
            found = [each for each in self._rows.values() if each.since is since]
        return sorted(found, key=lambda each: (each.table.name, tuple(map(_sortable, each.key))))


def _sortable(part: Any) -> tuple[int, str]:
    return (part, "") if isinstance(part, int) else (0, str(part))
