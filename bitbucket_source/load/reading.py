"""One reading of Bitbucket feeds all resources of one dlt extraction: each list is walked once, whoever takes rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dlt
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.extract.exceptions import CurrentSourceNotAvailable

from bitbucket_source.load.arrow import Unfit, identity_of
from bitbucket_source.load.database import Database
from bitbucket_source.load.forgotten import forgotten_in
from bitbucket_source.load.marks import mark_deleted
from bitbucket_source.load.outlet import Outlet
from bitbucket_source.load.pending import remember_what_is_continued
from bitbucket_source.load.stored import StoredRows, stored_cursors
from bitbucket_source.load.workarounds import prepare_destination
from bitbucket_source.session import Session
from bitbucket_source.sync.cursors import Cursors
from bitbucket_source.sync.events import Gone, Trouble
from bitbucket_source.sync.known import NothingKnown
from bitbucket_source.tables import TABLES, Table


class Reading:
    """A thread that reads what `tables` need, and the outlet it fills.

    `pipeline` is the one that runs; without it nothing is known of what was read before.
    """

    def __init__(
        self, session: Session, tables: frozenset[Table], pipeline: dlt.Pipeline | None, *, warn: bool = False
    ) -> None:
        self._session = session
        self._warn = warn
        self._synced_at = datetime.now(UTC)
        self._database = database = Database(pipeline) if pipeline is not None else None
        catalog = session.settings.catalog
        stored = StoredRows(database, catalog) if database is not None else None
        self.outlet = Outlet(
            tables,
            self._synced_at,
            on_unfit=self._report_unfit,
            fresh=stored.fresh if stored is not None else lambda _, rows: rows,
            mark=self._mark,
            keep_cursors=pipeline is not None,
            catalog=catalog,
        )
        if database is not None:
            remember_what_is_continued(database)
            session.be_discreet(forgotten_in(database))
        cursors = stored_cursors(database, catalog) if database is not None else Cursors(catalog=catalog)
        self._engine = session.engine(tables, cursors, stored or NothingKnown(), self.outlet)
        if database is not None:
            # a wait for Bitbucket may take an hour: others may open the file meanwhile
            session.budget.on_wait = lambda _: database.close()
        self._thread = threading.Thread(target=self._read, name="bitbucket-reading", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Nobody takes rows any more."""
        self._engine.cancel()
        self._thread.join(timeout=1)
        self._session.when_read()

    def _read(self) -> None:
        try:
            self._engine.run()
            self.outlet.finish()
            for notice in self.outlet.added.notices():
                self._session.agenda.tell(notice)
            if self._warn:
                self._session.warn_of_troubles()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that takes the rows
            self.outlet.finish(error)
        finally:
            if self._database is not None:
                self._database.close()

    def _mark(self, gone: Gone) -> None:
        if self._database is not None:
            mark_deleted(self._database, gone, self._session.started_at, self._synced_at)

    def _report_unfit(self, table: Table, unfit: Unfit) -> None:
        where = str(unfit.place.get("repository_uuid", ""))
        named = {each.uuid: each.full_name for each in self._session.agenda.repositories or ()}
        item = identity_of(table, unfit.object)
        self._session.agenda.report(Trouble(table, named.get(where, where), item, unfit.why))


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


def current_pipeline() -> dlt.Pipeline | None:
    """The pipeline that runs, its destination made ready; None where none does."""
    try:
        dlt.current.load_package_state()
    except CurrentLoadPackageStateNotAvailable:
        # a pipeline may be known that does not run: then somebody looks at the rows themselves
        return None
    pipeline = dlt.current.pipeline()
    prepare_destination(pipeline)
    return pipeline
