"""Whether the columns that settings add are ever filled: Bitbucket says nothing of a misspelt path (FACTS 12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa

from bitbucket_source.tables import Column, Table
from bitbucket_source.tables.catalog import Catalog
from bitbucket_source.tables.contract import Origin

_ROWS_TO_JUDGE_BY = 20


class AddedColumns:
    """Counts the values that added columns had in one reading."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._rows: Counter[Table] = Counter()
        self._values: Counter[tuple[Table, str]] = Counter()

    def look(self, table: Table, rows: pa.Table) -> None:
        """Count the values in rows that were read."""
        if columns := self._of(table):
            self._rows[table] += rows.num_rows
        for column in columns:
            self._values[table, column.name] += rows.num_rows - rows[column.name].null_count

    def notices(self) -> Iterator[str]:
        """What people should know of columns that stayed empty, where enough was read to say so."""
        for table, rows in self._rows.items():
            for column in self._of(table):
                if rows >= _ROWS_TO_JUDGE_BY and not self._values[table, column.name]:
                    yield (
                        f"{table.name}.{column.name}: none of the objects read has {column.path}. "
                        "If the path is misspelt, the column stays empty."
                    )

    def _of(self, table: Table) -> list[Column]:
        return [column for column in self._catalog.added(table) if column.origin is Origin.OBJECT]
