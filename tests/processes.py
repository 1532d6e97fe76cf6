"""Processes that a test starts: none outlives it, and none keeps it waiting for ever."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def process(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that is killed at the end, if it has not ended by then."""
    with subprocess.Popen(command, text=True, **options) as started:
        try:
            yield started
        finally:
            started.kill()


def wait_until(is_so: Callable[[], bool], started: subprocess.Popen[str]) -> None:
    """Return once something is so. Fails where the process ends before; leaves the CPU to it meanwhile."""
    while not is_so():
        assert started.poll() is None, "it ended before that"
        time.sleep(0.01)
