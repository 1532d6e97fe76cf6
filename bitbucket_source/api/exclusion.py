"""One process at a time, and one thread of it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bitbucket_source.api.credentials import CredentialsError

_PATIENCE_SECONDS = 120.0
"""a renewal takes at most a connection's and an answer's time-out"""
_POLL_SECONDS = 0.02


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock on a file, which is made and stays. The system takes it back from a process that dies.

    Raises CredentialsError where it cannot be had.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CredentialsError(f"{path} cannot be made, to lock the login: {error.strerror}.") from None
    try:
        _take(file, path)
        yield
    finally:
        os.close(file)


def _take(file: int, path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        while not _is_taken(file):
            if time.monotonic() > deadline:
                raise CredentialsError(
                    f"Another process has held {path} for {_PATIENCE_SECONDS:.0f} seconds: end it, or try again."
                )
            time.sleep(_POLL_SECONDS)
    except OSError as error:
        raise CredentialsError(f"{path} cannot be locked ({error.strerror}): keep logins on a local disk.") from None


def _is_taken(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the second is what Windows says
        return False
    return True
