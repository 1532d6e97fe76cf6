"""One list of objects -> the rows of every table that takes some from it."""

from __future__ import annotations

from collections.abc import Iterator

from bitbucket_source.load.arrow import Batch, nested_batch
from bitbucket_source.sync.ask import nested_tables
from bitbucket_source.sync.events import Rows
from bitbucket_source.tables import USERS, Table
from bitbucket_source.tables.rowtype import accounts_at


def spread(rows: Rows, tables: frozenset[Table]) -> Iterator[tuple[Table, Batch]]:
    """The batches that `rows` hold for each of `tables`: its own, those of lists inside its objects, accounts."""
    own = Batch(rows.objects, rows.place)
    if rows.table in tables:
        yield rows.table, own
    nested = [(table, nested_batch(own, table.within)) for table in nested_tables(rows.table, tables)]
    yield from nested
    if USERS in tables:
        for table, batch in [(rows.table, own), *nested]:
            for path in table.accounts:
                yield USERS, Batch(accounts_at(path, batch.objects))
