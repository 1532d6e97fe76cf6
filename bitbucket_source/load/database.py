"""SQL in the destination of a pipeline, beside what dlt does there."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from bitbucket_source.load.pipeline import kind_of
from bitbucket_source.load.row_groups import write_small_row_groups
from bitbucket_source.load.views import take_down
from bitbucket_source.tables import Table

if TYPE_CHECKING:
    import dlt

Values: TypeAlias = tuple[Any, ...]
_TAKES_LISTS = {"duckdb", "motherduck", "postgres"}
"""destinations whose SQL takes a whole list as one parameter"""
_VALUES_A_STATEMENT = 500
_FEW = 20
"""values that are named one by one in a statement"""
_LOADS = "_dlt_loads"
_VERSIONS = "_dlt_version"


class Database:
    """The dataset of a pipeline. One connection, opened when first needed; safe to share between threads.

    Opening DuckDB's file takes 20 ms, and finding out how 10 more: what works one after the other shares one.
    """

    def __init__(self, pipeline: dlt.Pipeline, *, is_staging: bool = False) -> None:
        self._pipeline = pipeline
        self._is_staging = is_staging
        self._lock = threading.RLock()
        self._client: Any = None  # a SqlClientBase of dlt's, whose own types do not fit a context manager
        self._is_open = False
        self._open = ExitStack()
        self._columns: dict[str, tuple[str, ...]] = {}
        self.destination = kind_of(pipeline)
        """what dlt calls the kind of database"""
        self.takes_lists = self.destination in _TAKES_LISTS
        """whether a whole list goes as one parameter: `unnest(%s)` makes rows of it"""

    def staging(self) -> Database:
        """The dataset beside it, in which dlt keeps of each table what the last load brought."""
        return Database(self._pipeline, is_staging=True)

    def close(self) -> None:
        """Let go of the connection; the next statement opens another one.

        DuckDB's file is locked against other programs as long as one is open.
        """
        with self._lock:
            self._open.close()
            self._is_open = False
            self._columns.clear()

    def stay_open(self) -> None:
        """Keep DuckDB's file open, with one thread and small groups of rows: while dlt loads into it, job by job.

        Opening and closing the file at each job takes half the time of loading; on several threads DuckDB takes 100 MB
        and a tenth of the CPU time more, and is no faster with what a slice brings (benchmarks).
        """
        if self.destination == "duckdb":
            with self._lock:
                write_small_row_groups(self._opened())
                self.execute("set threads = 1")

    def columns(self, table: Table) -> tuple[str, ...]:
        """The names of the table's columns; none where there is no such table."""
        with self._lock:
            if table.name not in self._columns:
                self._columns[table.name] = self._look_up(table)
            return self._columns[table.name]

    def name(self, table: Table) -> str:
        """The table's name in a statement."""
        with self._lock:
            return str(self._opened().make_qualified_table_name(table.name))

    @property
    def schema(self) -> str:
        """The name of the schema that holds the tables."""
        with self._lock:
            return str(self._opened().dataset_name)

    @property
    def loads(self) -> str:
        """The name of dlt's table of loads; those with status 0 are complete."""
        with self._lock:
            return str(self._opened().make_qualified_table_name(_LOADS))

    @property
    def versions(self) -> str:
        """The name of dlt's table of the versions of the schema that were loaded into it."""
        with self._lock:
            return str(self._opened().make_qualified_table_name(_VERSIONS))

    def rows(self, statement: str, *parameters: Any) -> list[Values]:
        """What a query answers. Parameters stand as %s."""
        with self._lock, self._opened().execute_query(statement, *parameters) as cursor:
            return [tuple(row) for row in cursor.fetchall()]

    def execute(self, statement: str, *parameters: Any) -> None:
        """Run a statement that answers nothing."""
        with self._lock, self._opened().execute_query(statement, *parameters):
            pass

    def replace(self, table: Table, query: str) -> list[str]:
        """Put what a query answers into the place of a table, and an empty table like it into that of dlt's staging.

        Returns the views over it that no longer can be.
        """
        with self._lock:
            client, name = self._opened(), self.name(table)
            copy = client.make_qualified_table_name(f"{table.name}_copied")
            self.execute(f"create table {copy} as {query}")
            views = take_down(self, name) if self.destination == "postgres" else None
            self.execute(f"drop table {name}")
            self.execute(f"alter table {copy} rename to {client.escape_column_name(table.name)}")
            with client.with_staging_dataset():
                if client.has_dataset():
                    staging = client.make_qualified_table_name(table.name)
                    self.execute(f"drop table if exists {staging}")
                    self.execute(f"create table {staging} as select * from {name} where 1 = 0")
            self._columns.pop(table.name, None)
            return [] if views is None else views.put_up(self)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements of the block, or none."""
        with self._lock, self._opened().begin_transaction():
            yield

    def among(self, column: str, values: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
        """Conditions that hold where a column has one of the values, with their parameters: as many as it takes.

        None for no values: Postgres knows no type of an empty list.
        """
        distinct = list(dict.fromkeys(values))
        if len(distinct) == 1:
            yield f"{column} = %s", distinct
            return
        # DuckDB makes a join of each list, which takes longer than to look a few values up
        if self.takes_lists and len(distinct) > _FEW:
            yield f"{column} in (select unnest(%s))", [distinct]
            return
        for start in range(0, len(distinct), _VALUES_A_STATEMENT):
            some = distinct[start : start + _VALUES_A_STATEMENT]
            yield f"{column} in ({', '.join(['%s'] * len(some))})", some

    def _opened(self) -> Any:
        if self._client is None:
            self._client = self._pipeline.sql_client()
        if not self._is_open:
            self._open.enter_context(self._client)
            if self.destination == "postgres":
                # a moment of the year 1 or 9999 may have no local time that Python can tell
                self._client.execute_sql("set timezone to 'UTC'")
            if self._is_staging:
                self._open.enter_context(self._client.with_staging_dataset())
            self._is_open = True
        return self._client

    def _look_up(self, table: Table) -> tuple[str, ...]:
        from dlt.destinations.exceptions import DatabaseUndefinedRelation

        if not self._pipeline.schema_names:
            return ()
        found: list[str] = []
        with (
            suppress(DatabaseUndefinedRelation),
            self._opened().execute_query(f"select * from {self.name(table)} limit 0") as cursor,
        ):
            found += (str(column[0]).lower() for column in cursor.description)
        return tuple(found)
