"""Progress: one line that renews itself on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from bitbucket_source.session import Session

_ON_TERMINAL_SECONDS = 0.2
_ELSEWHERE_SECONDS = 30.0
_BEGINNING_OF_LINE = "\r\x1b[K"


@contextmanager
def progress_of(session: Session, stream: TextIO | None = None) -> Iterator[None]:
    """Show how the session gets on until the block ends, and what is logged meanwhile as lines of their own.

    What dlt tells of an exception that it deals with itself, as when Postgres ends a connection, is a line, too.
    """
    # a supervisor may have closed it
    out = stream or sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    ended = threading.Event()
    thread = threading.Thread(target=_show, args=(session, out, ended), daemon=True)
    log = logging.getLogger("bitbucket_source")
    lines = _Lines(out)
    log.addHandler(lines)
    of_dlt = logging.getLogger("dlt")
    of_dlt.addFilter(_without_traceback)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        log.removeHandler(lines)
        of_dlt.removeFilter(_without_traceback)
        if out.isatty():
            out.write(_BEGINNING_OF_LINE)
            out.flush()


def _without_traceback(record: logging.LogRecord) -> bool:
    """Leave one line: the message, and of an exception its reason. The record is shown."""
    message = record.getMessage()
    if record.exc_info:
        message = f"{message}: {record.exc_info[1]}"
        record.exc_info = record.exc_text = None
    told, *tracebacks = message.split("Traceback (most recent call last):")
    if tracebacks:  # frames are indented, what was raised in them is not
        message = told + "\n".join(line for line in tracebacks[-1].splitlines() if not line.startswith("  "))
    record.msg, record.args = " ".join(message.split()), None
    return True


class _Lines(logging.Handler):
    """Writes what is logged above the line that renews itself."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self._out.write(f"{_BEGINNING_OF_LINE if self._out.isatty() else ''}{self.format(record)}\n")
        self._out.flush()


def _show(session: Session, out: TextIO, ended: threading.Event) -> None:
    started = time.monotonic()
    while not ended.wait(_ON_TERMINAL_SECONDS if out.isatty() else _ELSEWHERE_SECONDS):
        line = progress_line(session, time.monotonic() - started)
        if out.isatty():
            width = shutil.get_terminal_size().columns - 1
            out.write(f"{_BEGINNING_OF_LINE}{line[:width]}")
        else:
            out.write(f"{line}\n")
        out.flush()


def progress_line(session: Session, seconds: float) -> str:
    """What is being read or waited for, how far it is, what it has cost, what is left."""
    agenda, budget = session.agenda, session.budget
    limit = session.settings.max_requests
    left = f", {max(0, limit - budget.requests)} left of --max-requests" if limit else ""
    return (
        f"{_clock(seconds)}  {', '.join(_state(session, seconds))}  |  {budget.requests} requests{left}, "
        f"{_left_this_hour(session)}  |  {agenda.rows_read:,} rows read"
    )


def _state(session: Session, seconds: float) -> Iterator[str]:
    from bitbucket_source.sync.agenda import Phase

    agenda, waiting = session.agenda, session.budget.waiting
    if agenda.repositories is None:
        yield waiting or "reading the workspace"
        return
    if agenda.phase is not Phase.ORDINARY:
        yield agenda.phase.value
    if agenda.phase is not Phase.AUDIT:
        finished, all_of_them = len(agenda.finished), len(agenda.repositories)
        yield f"{finished} of {all_of_them} repositories"
        # later phases begin with some of them finished, at another pace
        if agenda.phase is Phase.ORDINARY and 0 < finished < all_of_them:
            yield f"about {_clock(seconds * (all_of_them - finished) / finished)} left"
    if waiting:
        yield waiting
    else:
        yield from sorted(agenda.reading.values())[:3]


def _left_this_hour(session: Session) -> str:
    if left := session.budget.left_this_hour:
        return f"about {left:,} left this hour"
    return f"none left this hour, the next in about {_clock(session.budget.seconds_to_next_request)}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
