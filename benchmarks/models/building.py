"""A build in a process of its own, and what it took."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class BuildFailed(Exception):
    """dbt ended with an error; its last words are the message."""


@dataclass(frozen=True)
class Build:
    """What a build took."""

    seconds: float
    cpu_seconds: float
    """of all threads: the figure to compare where other programs run, too"""
    peak_megabytes: float
    """of the largest build so far: that is how Linux counts it"""
    seconds_of: Mapping[str, float]
    """by model"""

    def slowest(self, number: int) -> str:
        """The models that took longest."""
        found = sorted(self.seconds_of.items(), key=lambda each: -each[1])[:number]
        return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in found)


def build(database: Path, memory: str, *, threads: int = 2) -> Build:
    """Build the models and test them. Raises BuildFailed."""
    command = [sys.executable, "-m", "benchmarks.models.in_a_process", str(database), memory, str(threads)]
    # where dbt's parsed project is kept: the first build starts without one
    environment = {**os.environ, "DLT_DATA_DIR": str(database.with_suffix(".data"))}
    before = _children()
    started = time.monotonic()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if ended.returncode:
        raise BuildFailed("\n".join((ended.stdout + ended.stderr).splitlines()[-30:]))
    after = _children()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Build(seconds, cpu, after.ru_maxrss / 1024, json.loads(ended.stdout.splitlines()[-1]))


def _children() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_CHILDREN)
