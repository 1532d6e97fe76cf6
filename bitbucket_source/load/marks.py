"""Marking rows that Bitbucket no longer has: an UPDATE by key, because a merge would need the whole row."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from bitbucket_source.load.database import Database
from bitbucket_source.sync.events import Gone


def mark_deleted(database: Database, gone: Gone, deleted_at: datetime, synced_at: datetime) -> None:
    """Set `deleted_at` of the rows whose key begins with one of the keys, all in one transaction.

    Rows that are marked already keep their mark: marking again changes nothing.
    """
    if not gone.keys or not database.columns(gone.table):
        return
    by_beginning: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for key in gone.keys:
        by_beginning[key[:-1]].append(key[-1])
    update = f"update {database.name(gone.table)} set deleted_at = %s, synced_at = %s where deleted_at is null"
    with database.transaction():
        for beginning, lasts in by_beginning.items():
            columns = gone.table.key[: len(beginning)]
            same = "".join(f" and {column} = %s" for column in columns)
            for condition, values in database.among(gone.table.key[len(beginning)], lasts):
                database.execute(f"{update}{same} and {condition}", deleted_at, synced_at, *beginning, *values)
