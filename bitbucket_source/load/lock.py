"""One sync at a time per destination, dataset and workspace: two would each take the other's rows for stale ones.

The operating system, or Postgres, holds the lock for the process and takes it back when that dies, however it dies.
A lock file that is left behind says nothing: what counts is whether a living process has it locked.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import socket
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from bitbucket_source.load.pipeline import DestinationError, data_directory, kind_of

if TYPE_CHECKING:
    import dlt
    from dlt.destinations.sql_client import SqlClientBase

logger = logging.getLogger("bitbucket_source")

PATIENCE = 10.0
"""Seconds to wait for another sync that is about to end."""
_POLL_SECONDS = 0.1


class LockedError(Exception):
    """Another sync holds the lock. `str()` says which, and what to do."""


class _Lock(Protocol):
    name: str
    """what is locked, for people"""

    def take(self) -> bool:
        """Take the lock if nobody has it; returns whether it was taken."""

    def holder(self) -> str:
        """Who has it; '' where that is not known."""

    def release(self) -> None:
        """Give back what was taken, and whatever else is held open."""


class SyncLock:
    """Held around a sync into a pipeline's destination.

    DuckDB has one writer, so there the lock is that of the database file, for all workspaces. On Postgres it is an
    advisory lock, which syncs on other machines respect too; on any other destination it is a file in dlt's data
    directory, which only syncs on this machine see. Entering raises LockedError after `patience` seconds, ten
    without it.
    """

    def __init__(self, pipeline: dlt.Pipeline, workspace: str, *, patience: float | None = None) -> None:
        self._lock = _lock_of(pipeline, [str(pipeline.dataset_name), workspace])
        self._patience = PATIENCE if patience is None else patience

    def __enter__(self) -> None:
        deadline = time.monotonic() + self._patience
        try:
            while not self._lock.take():
                if time.monotonic() >= deadline:
                    raise LockedError(_told(self._lock))
                time.sleep(_POLL_SECONDS)
        except BaseException:
            self._lock.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()


def _told(lock: _Lock) -> str:
    holder = lock.holder()
    return (
        f"Another sync is loading into {lock.name}{f' ({holder})' if holder else ''}. "
        "Wait until it has ended, or end it: its lock goes with it."
    )


def _lock_of(pipeline: dlt.Pipeline, parts: list[str]) -> _Lock:
    assert pipeline.destination is not None
    kind = kind_of(pipeline)
    if kind == "postgres":
        return _PostgresLock(pipeline, parts)
    if kind == "duckdb":
        # not entered: that would make the file where there is none
        credentials: Any = pipeline.destination_client().config.credentials
        database = Path(credentials.database).resolve()
        return _FileLock(database.with_name(f"{database.name}.lock"), database.name)
    name = ".".join(re.sub(r"[^\w-]+", "_", part) for part in (pipeline.destination.destination_name, *parts))
    # whoever stands in another directory may have another working directory, and loads into the same
    directory = data_directory()
    with suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True)
    return _FileLock(directory / f"{name}.lock", f"dataset {parts[0]}")


class _FileLock:
    """A file that is locked as long as it is open, and removed at the end.

    Not on Windows, whose files cannot be locked so: there DuckDB's own lock is the only one.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        if sys.platform == "win32":
            return True
        import fcntl

        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            # where no file can be made, the destination fails too, and says better what is wrong
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError as error:
            os.close(file)
            logger.warning("%s cannot be locked (%s): see to it that one sync runs at a time", self._path, error)
            return True
        if not self._is_there(file):
            # whoever had it removed it between our opening and our locking: others lock a new one
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, f"{_this_process()} since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n".encode())
        self._file = file
        return True

    def holder(self) -> str:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""
        return text if re.fullmatch(r"pid \d+ on \S+ since [\d: -]+ UTC", text) else ""

    def release(self) -> None:
        if self._file is None:
            return
        if self._is_there(self._file):
            # before it is unlocked: then it could be another's already
            with suppress(OSError):
                self._path.unlink()
        os.close(self._file)
        self._file = None

    def _is_there(self, file: int) -> bool:
        """Whether the open file is the one that the path leads to."""
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except OSError:
            return False


class _PostgresLock:
    """An advisory lock of a connection of its own, which Postgres gives back when the connection ends."""

    def __init__(self, pipeline: dlt.Pipeline, parts: list[str]) -> None:
        self.name = f"dataset {parts[0]}"
        self._pipeline = pipeline
        digest = hashlib.sha256("\n".join(("bitbucket-source", *parts)).encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._client: SqlClientBase[Any] | None = None

    def take(self) -> bool:
        if self._client is None:
            self._client = self._connected()
            self._client.execute_sql("select set_config('application_name', %s, false)", _this_process())
        return bool(self._asked("select pg_try_advisory_lock(%s)"))

    def holder(self) -> str:
        return str(
            self._asked(
                "select application_name || ' since ' ||"
                " to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI \"UTC\"')"
                " from pg_locks join pg_stat_activity using (pid) join pg_database on pg_database.oid = database"
                " where locktype = 'advisory' and granted and objsubid = 1 and pg_database.datname = current_database()"
                " and (classid::bigint << 32 | objid::bigint) = %s"
            )
            or ""
        )

    def release(self) -> None:
        if self._client is not None:
            self._client.close_connection()
            self._client = None

    def _connected(self) -> SqlClientBase[Any]:
        import psycopg2  # type: ignore[import-untyped]

        client = self._pipeline.sql_client()
        try:
            client.open_connection()
        except psycopg2.OperationalError as error:
            # dlt 1.31 lets it through as it is
            raise DestinationError(
                f"Postgres cannot be reached: {' '.join(str(error).split())} "
                "Look at [destination.postgres.credentials] in .dlt/secrets.toml."
            ) from None
        return client

    def _asked(self, query: str) -> Any:
        assert self._client is not None
        rows = self._client.execute_sql(query, self._key)
        return rows[0][0] if rows else None


def _this_process() -> str:
    return f"pid {os.getpid()} on {socket.gethostname()}"
