"""A table declared a little differently, to see what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bitbucket_source.tables import Column, Table

ADDED_TO_EVERY_TABLE = ("deleted_at", "synced_at")


def redeclared(table: Table, columns: Iterable[Column] | None = None, **changes: Any) -> Table:
    """The table with other columns of its own, or other facts about it."""
    own = table.columns if columns is None else columns
    declared = own if table.bookkeeping else [column for column in own if column.name not in ADDED_TO_EVERY_TABLE]
    return replace(table, columns=tuple(declared), **changes)
