"""What differs between a warehouse and the truth, and how a reader is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from tests.truth.reading import Key

_SHOWN_PER_TABLE = 12


class Missing(Enum):
    """Instead of a value, where there is nothing that could have one."""

    TABLE = "no such table"
    COLUMN = "no such column"
    ROW = "no such row"


@dataclass(frozen=True)
class Difference:
    """One thing that the warehouse holds and the truth does not, or the other way round.

    `column` is '' where a whole row is missing or too much; `key` is empty where a whole table or column is.
    """

    table: str
    key: Key
    column: str
    truth: Any
    warehouse: Any

    def __str__(self) -> str:
        where = f"{self.table} {', '.join(map(str, self.key))} {self.column}".rstrip()
        return f"{where}: truth {_shown(self.truth)}, warehouse {_shown(self.warehouse)}"


def report(differences: Iterable[Difference]) -> str:
    """The differences for a reader: how many of which kind, and the first dozen of each table."""
    by_table: defaultdict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        by_table[difference.table].append(difference)
    lines = []
    for table, found in by_table.items():
        lines += [f"{table}: {len(found)} differences", *(f"  {each}" for each in found[:_SHOWN_PER_TABLE])]
        lines += [f"  and {len(found) - _SHOWN_PER_TABLE} more"] * (len(found) > _SHOWN_PER_TABLE)
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, Missing):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else repr(value)
