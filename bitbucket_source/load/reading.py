"""One reading of Bitbucket feeds all resources of one dlt extraction: each list is walked once, whoever takes rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dlt
from dlt.common.configuration.exceptions import ContextDefaultCannotBeCreated
from dlt.extract.exceptions import CurrentSourceNotAvailable

from bitbucket_source.load.arrow import Unfit
from bitbucket_source.load.outlet import Outlet
from bitbucket_source.load.stored import stored_cursors
from bitbucket_source.load.workarounds import prepare_destination
from bitbucket_source.session import Session
from bitbucket_source.sync.cursors import Cursors
from bitbucket_source.sync.events import Trouble
from bitbucket_source.tables import TABLES, Table


class Reading:
    """A thread that reads what `tables` need, and the outlet it fills."""

    def __init__(self, session: Session, tables: frozenset[Table], cursors: Cursors, *, warn: bool = False) -> None:
        self.outlet = Outlet(tables, datetime.now(UTC), self._report_unfit)
        self._session = session
        self._warn = warn
        self._engine = session.engine(tables, cursors, self.outlet)
        self._thread = threading.Thread(target=self._read, name="bitbucket-reading", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Nobody takes rows any more."""
        self._engine.cancel()
        self._thread.join(timeout=1)

    def _read(self) -> None:
        try:
            self._engine.run()
            self.outlet.finish()
            if self._warn:
                self._session.warn_of_troubles()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that takes the rows
            self.outlet.finish(error)

    def _report_unfit(self, table: Table, unfit: Unfit) -> None:
        where = unfit.place.get("repository_uuid", "")
        self._session.agenda.troubles.append(Trouble(table, where, "", unfit.why))


class Readings:
    """Starts a reading when the first resource of an extraction asks for rows, and ends it behind the last."""

    def __init__(self, start: Callable[[frozenset[Table]], Reading]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._current: Reading | None = None
        self._expected: set[Table] = set()

    @contextmanager
    def joined(self, table: Table) -> Iterator[Outlet]:
        """The outlet of the extraction that is going on."""
        with self._lock:
            if self._current is None or table not in self._expected:
                tables = _selected_tables() | {table}
                self._current = self._start(tables)
                self._expected = set(tables)
            self._expected.discard(table)
            reading = self._current
        try:
            yield reading.outlet
        finally:
            if reading.outlet.leave(table):
                reading.close()
                with self._lock:
                    if self._current is reading:
                        self._current = None


def _selected_tables() -> frozenset[Table]:
    try:
        selected = dlt.current.source().selected_resources
    except CurrentSourceNotAvailable:
        return frozenset()
    return frozenset(TABLES[name] for name in selected if name in TABLES)


def cursors_of_current_pipeline() -> Cursors:
    """The cursors in the destination of the pipeline that runs; none where no pipeline runs."""
    try:
        pipeline = dlt.current.pipeline()
    except ContextDefaultCannotBeCreated:
        return Cursors()
    prepare_destination(pipeline)
    return stored_cursors(pipeline) if pipeline.default_schema_name else Cursors()
