"""What the warehouse remembers, looked up without leaving a trace: neither there nor in dlt's working directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import dlt

from bitbucket_source.load.bookkeeping import Bookkeeping, Remembered
from bitbucket_source.load.database import Database
from bitbucket_source.load.forgotten import forgotten_in
from bitbucket_source.load.pipeline import configured_pipeline, database_file
from bitbucket_source.load.stored import StoredRows, stored_cursors
from bitbucket_source.planning.planner import Stored
from bitbucket_source.session import Session
from bitbucket_source.sync.cursors import NONE_SUCH, Cursors, StoredCursor
from bitbucket_source.tables import SYNC_RUNS


@contextmanager
def stored_in_warehouse(session: Session, **where: Any) -> Iterator[Stored]:
    """What earlier syncs left in the warehouse that the options `where` name; nothing where there is none."""
    with TemporaryDirectory() as directory:
        pipeline = configured_pipeline(session.settings.workspace, pipelines_dir=directory, **where)
        if not _is_there(pipeline):
            yield Stored()
            return
        pipeline.sync_destination()
        database = Database(pipeline)
        try:
            stored = _stored(session, database)
            # others may open the file while Bitbucket is asked
            database.close()
            yield stored
        finally:
            database.close()


def _is_there(pipeline: dlt.Pipeline) -> bool:
    """Whether there may be a warehouse: connecting to DuckDB would make the file where there is none."""
    file = database_file(pipeline)
    return file is None or file.exists()


def _stored(session: Session, database: Database) -> Stored:
    # what is compared with stored rows has to be seen as a sync would see it
    session.be_discreet(forgotten_in(database))
    cursors = stored_cursors(database, session.settings.catalog)
    if session.settings.full_refresh:
        cursors = _set_back(cursors)
    books = Bookkeeping(database, session.settings.workspace, session.credentials.identity, session.started_at)
    has_books = set(SYNC_RUNS.columns_by_name) <= set(database.columns(SYNC_RUNS))
    remembered = books.remembered() if has_books else Remembered()
    return Stored(
        cursors,
        StoredRows(database, session.settings.catalog),
        remembered.rounds,
        books.requests_of_the_last_hour() if has_books else {},
    )


def _set_back(cursors: Cursors) -> Cursors:
    """The cursors as --full-refresh leaves them."""
    return Cursors(
        {
            (uuid, name): StoredCursor(each.cursor, NONE_SUCH) if cursors.is_of_a_walk(name) else each
            for (uuid, name), each in cursors.stored.items()
        },
        cursors.catalog,
    )
