"""Progress: one line that renews itself on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from bitbucket_source.session import Session

_ON_TERMINAL_SECONDS = 0.2
_ELSEWHERE_SECONDS = 30.0


@contextmanager
def progress_of(session: Session, stream: TextIO | None = None) -> Iterator[None]:
    """Show how the session gets on until the block ends."""
    out = stream or sys.stderr
    ended = threading.Event()
    thread = threading.Thread(target=_show, args=(session, out, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        if out.isatty():
            out.write("\r\x1b[K")
            out.flush()


def _show(session: Session, out: TextIO, ended: threading.Event) -> None:
    started = time.monotonic()
    while not ended.wait(_ON_TERMINAL_SECONDS if out.isatty() else _ELSEWHERE_SECONDS):
        line = progress_line(session, time.monotonic() - started)
        if out.isatty():
            width = shutil.get_terminal_size().columns - 1
            out.write(f"\r\x1b[K{line[:width]}")
        else:
            out.write(f"{line}\n")
        out.flush()


def progress_line(session: Session, seconds: float) -> str:
    """What is being read, how far it is, what it has cost."""
    agenda, budget = session.agenda, session.budget
    if agenda.repositories is None:
        what = "reading the workspace"
    else:
        reading = ", ".join(sorted(agenda.reading.values())[:3])
        what = f"{len(agenda.finished)} of {len(agenda.repositories)} repositories" + (
            f", {reading}" if reading else ""
        )
    limit = session.settings.max_requests
    left = f", {max(0, limit - budget.requests)} left of --max-requests" if limit else ""
    return (
        f"{_clock(seconds)}  {what}  |  {budget.requests} requests{left}, "
        f"about {budget.left_this_hour} left this hour  |  {agenda.rows_read:,} rows read"
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
