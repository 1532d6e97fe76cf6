"""Fresh processes: one that answers, one for each contender.

The process that starts them stays small: Linux counts the memory of the parent at the moment of the start as the
child's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_ERROR_LINES = 20


class Failed(Exception):
    """A process that is part of the benchmark ended with an error; its last words are the message."""


@dataclass(frozen=True)
class Measured:
    """What a contender took. `rows` by table, empty where nothing is stored."""

    seconds: float
    cpu_seconds: float
    """of all threads: what a busy machine distorts least"""
    peak_megabytes: float
    requests: int
    answers_made: int
    """answers that did not exist before: then more than the contender was measured"""
    rows: Mapping[str, int]


def environment(folder: Path) -> dict[str, str]:
    """Of every process: bytecode is kept, dlt works in `folder` and sends no telemetry."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "DLT_DATA_DIR": str(folder / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }


def run(command: Sequence[str], folder: Path, **variables: str) -> None:
    """Run a command in `folder`, away from anybody's configuration. Raises Failed."""
    ended = subprocess.run(
        command, cwd=folder, env=environment(folder) | variables, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        last = "\n".join((ended.stdout + ended.stderr).splitlines()[-_ERROR_LINES:])
        raise Failed(f"{' '.join(command)} ended with {ended.returncode}:\n{last}")


@contextmanager
def printing(command: Sequence[str], folder: Path) -> Iterator[Iterator[str]]:
    """A process that goes on while its lines are read; it is ended at the end."""
    with subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
        finally:
            process.terminate()


@contextmanager
def answering(options: Sequence[str], folder: Path) -> Iterator[str]:
    """The server of `benchmarks.server`, with the rows that the options say; gives its address."""
    command = [sys.executable, "-m", "benchmarks.server", "--store", str(folder / "answers"), *options]
    with printing(command, folder) as lines:
        yield next(lines).strip()


def measure(name: str, server: str, folder: Path, *, module: str = "benchmarks.contenders") -> Measured:
    """Run a contender of `module` in a process of its own. Raises Failed."""
    result = folder / f"{name}.result"
    command = [sys.executable, "-m", module, name, "--server", server]
    run([*command, "--folder", str(folder / name), "--result", str(result)], folder)
    return Measured(**json.loads(result.read_bytes()))
