"""Where the threads that read meet the resources that dlt pulls from: a queue of Arrow tables for each table.

Objects are gathered until there are some thousands, and become one Arrow table then: that is what makes loading fast
(a table per page costs a third more).
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pyarrow as pa

from bitbucket_source.load.added import AddedColumns
from bitbucket_source.load.arrow import Batch, Unfit, arrow_schema, arrow_table_of_fit
from bitbucket_source.load.spread import spread
from bitbucket_source.sync.cursors import Reader, StoredCursor, encode_cursor
from bitbucket_source.sync.events import Gone, Reached, Rows
from bitbucket_source.tables import SYNC_CURSORS, TABLES, USERS, Table
from bitbucket_source.tables.catalog import PLAIN, Catalog

ROWS_PER_ARROW_TABLE = 5000
_READY_AT_MOST = 8
"""Arrow tables that may wait for dlt before the readers pause: this bounds memory."""
_PATIENCE_SECONDS = 0.1


class Outlet:
    """Takes rows and cursors from any thread; hands out Arrow tables, table by table."""

    def __init__(
        self,
        tables: frozenset[Table],
        synced_at: datetime,
        *,
        on_unfit: Callable[[Table, Unfit], None],
        fresh: Callable[[Table, pa.Table], pa.Table] = lambda _, rows: rows,
        mark: Callable[[Gone], None] = lambda _: None,
        keep_cursors: bool = True,
        catalog: Catalog = PLAIN,
    ) -> None:
        """`fresh` leaves out the rows that are stored already just so, `mark` marks stored ones as deleted.

        Without `keep_cursors` somebody only looks at the rows.
        """
        self._ours = {"synced_at": synced_at}
        self._on_unfit = on_unfit
        self._fresh = fresh
        self._mark = mark
        self._keep_cursors = keep_cursors
        self._catalog = catalog
        self._changed = threading.Condition()
        self._open = set(tables)
        self._ended: set[Table] = set()
        self.keeper = max(tables, key=list(TABLES.values()).index)
        """the table behind whose rows the cursors of all are handed out: always one, else dlt's schema changed"""
        self._gathered: defaultdict[Table, list[Batch]] = defaultdict(list)
        self._gathered_rows: Counter[Table] = Counter()
        self._ready: dict[Table, deque[pa.Table]] = {table: deque() for table in tables}
        self._cursors: dict[Table, dict[tuple[str, str], StoredCursor]] = {table: {} for table in tables}
        self._accounts: dict[str, SimpleNamespace] = {}
        self._finished = False
        self._error: BaseException | None = None
        self.added = AddedColumns(catalog)
        self.rows: Counter[str] = Counter()
        """rows handed to dlt, by table"""

    def put(self, rows: Rows, tables: frozenset[Table]) -> None:
        """Hand in what was read, for those of `tables` that take rows from it. Waits while too much lies ready."""
        for table, batch in spread(rows, tables):
            if table is USERS:
                self._meet(batch)
            elif full := self._gather(table, batch):
                self._make_ready(table, full)

    def reached(self, repository_uuid: str, reader: Reader, reached: Reached, *, stored: bool = False) -> None:
        """Remember how far a reader came; handed out behind its rows, for the same load.

        Where it came back to what is `stored`, nothing needs to be.
        """
        cursor = StoredCursor(encode_cursor(reached.cursor), reader.declaration(self._catalog))
        with self._changed:
            if reader.table in self._open and self._keep_cursors:
                cursors = self._cursors[reader.table]
                cursors[repository_uuid, reader.cursor_name] = cursor
                if stored:
                    del cursors[repository_uuid, reader.cursor_name]

    def gone(self, gone: Gone) -> None:
        """Mark rows as deleted, at once: before the cursor that makes it unrepeatable."""
        self._mark(gone)

    def finish(self, error: BaseException | None = None) -> None:
        """No more rows will come; `error` is raised to whoever takes."""
        if error is None:
            self._gathered[USERS] = [Batch(list(self._accounts.values()))]
            for table in self._ready:
                self._make_ready(table, self._gathered[table])
        with self._changed:
            self._error = error
            self._finished = True
            self._changed.notify_all()

    def is_unchanged(self) -> bool:
        """Whether all that was put so far is stored just so; it is looked up now, and let go of."""
        for table in self._ready:
            with self._changed:
                gathered, self._gathered[table], self._gathered_rows[table] = self._gathered[table], [], 0
            self._make_ready(table, gathered)
        with self._changed:
            if self.rows.total() or any(self._ready.values()):
                return False
        accounts, _ = arrow_table_of_fit(self._catalog.of(USERS), [Batch(list(self._accounts.values()))], self._ours)
        if accounts.num_rows and self._fresh(USERS, accounts).num_rows:
            return False
        self._accounts.clear()
        return True

    def has_more(self, table: Table) -> bool:
        """Whether more of the table may come. Raises what ended the reading, if something did."""
        with self._changed:
            if self._error is not None:
                raise self._error
            return bool(self._ready[table]) or not self._finished

    def take(self, table: Table) -> pa.Table | None:
        """The next Arrow table; None where none is ready within a moment."""
        with self._changed:
            if not self._ready[table]:
                self._changed.wait_for(lambda: self._finished or any(self._ready.values()), _PATIENCE_SECONDS)
            if not self._ready[table]:
                return None
            taken = self._ready[table].popleft()
            self.rows[table.name] += taken.num_rows
            self._changed.notify_all()
            return taken

    def end(self, table: Table) -> None:
        """All rows of a table were taken: its cursors count."""
        with self._changed:
            self._ended.add(table)
            self._changed.notify_all()

    def all_have_ended(self) -> bool:
        """Whether of every table all rows were taken, or nobody takes any more. Waits a moment for it."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open <= self._ended, _PATIENCE_SECONDS)

    def cursors(self) -> pa.Table | None:
        """The rows of `sync_cursors`, for tables of which all rows were taken; None where no cursor moved."""
        with self._changed:
            moved = {key: cursor for table in self._ended for key, cursor in self._cursors[table].items()}
        rows = [
            {
                "repository_uuid": repository_uuid,
                "table_name": name,
                "cursor": stored.cursor,
                "declaration": stored.declaration,
                **self._ours,
            }
            for (repository_uuid, name), stored in moved.items()
        ]
        return pa.Table.from_pylist(rows, schema=arrow_schema(SYNC_CURSORS)) if rows else None

    def leave(self, table: Table) -> bool:
        """Nobody takes this table any more; returns whether nobody takes anything any more."""
        with self._changed:
            self._open.discard(table)
            self._ready[table].clear()
            self._changed.notify_all()
            return not self._open

    def _gather(self, table: Table, batch: Batch) -> list[Batch]:
        """Add a batch; returns all that was gathered where that is enough for an Arrow table."""
        with self._changed:
            if table not in self._open or not batch.objects:
                return []
            gathered = self._gathered[table]
            gathered.append(batch)
            self._gathered_rows[table] += len(batch.objects)
            if self._gathered_rows[table] < ROWS_PER_ARROW_TABLE:
                return []
            self._gathered[table] = []
            self._gathered_rows[table] = 0
            return gathered

    def _meet(self, batch: Batch) -> None:
        """Keep one object per account. Not every answer tells everything about it: what one leaves out stays known."""
        with self._changed:
            for account in batch.objects:
                known = self._accounts.setdefault(account.uuid, SimpleNamespace())
                for column in USERS.object_columns:
                    told = getattr(account, column.path)
                    setattr(known, column.path, getattr(known, column.path, None) if told is None else told)

    def _make_ready(self, table: Table, batches: list[Batch]) -> None:
        arrow, unfit = arrow_table_of_fit(self._catalog.of(table), batches, self._ours)
        for each in unfit:
            self._on_unfit(table, each)
        if arrow.num_rows:
            self.added.look(table, arrow)
            arrow = self._fresh(table, arrow)
        with self._changed:
            self._changed.wait_for(lambda: self._has_room() or table not in self._open)
            if table in self._open and arrow.num_rows:
                self._ready[table].append(arrow)
                self._changed.notify_all()

    def _has_room(self) -> bool:
        return sum(map(len, self._ready.values())) < _READY_AT_MOST
