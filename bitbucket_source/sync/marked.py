"""How many rows what is gone marks as deleted: a key may stand for many of them, and some may be marked already."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from bitbucket_source.sync.events import Gone
from bitbucket_source.sync.known import Key, Known


def rows_to_mark(gone: Gone, known: Known) -> int:
    """The number of stored rows that are gone and not marked yet."""
    by_beginning: defaultdict[Key, list[Any]] = defaultdict(list)
    for *beginning, last in gone.keys:
        by_beginning[tuple(beginning)].append(last)
    names = gone.table.key
    return sum(
        len(known.keys(gone.table, dict(zip(names, beginning, strict=False)), **{names[len(beginning)]: lasts}))
        for beginning, lasts in by_beginning.items()
    )
