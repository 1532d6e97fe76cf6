"""What a user waits for without any data: the help, the imports, a sync that finds nothing new."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import printing, run
from benchmarks.work import SEED, TOKEN, WORKSPACE

_COMMAND = str(Path(sys.executable).parent / "bitbucket-source")
_TRIES = 5
_IDLE_REPOSITORIES = 20
_IDLE_SCALE = 0.1
"""of the emulator's activity: what an idle sync costs depends on how many repositories there are, not on their rows"""


def seconds_to_start(folder: Path) -> dict[str, float]:
    """Seconds of the help and of imports, each the shortest of several tries, with bytecode written before."""
    return {
        "bitbucket-source --help": _shortest([_COMMAND, "--help"], folder),
        "import dlt": _shortest([sys.executable, "-c", "import dlt"], folder),
        "import bitbucket_source": _shortest([sys.executable, "-c", "import bitbucket_source"], folder),
        "from bitbucket_source import bitbucket_source": _shortest(
            [sys.executable, "-c", "from bitbucket_source import bitbucket_source"], folder
        ),
    }


def seconds_of_idle_sync(folder: Path) -> float:
    """Seconds of `bitbucket-source sync` where the sync before it has read everything."""
    emulator = [sys.executable, "-m", "bitbucket_emulator", "--port", "0", "--seed", str(SEED)]
    emulator += ["--repositories", str(_IDLE_REPOSITORIES), "--scale", str(_IDLE_SCALE)]
    with printing(emulator, folder) as lines:
        base_url = next(lines).split()[-1]
        sync = [_COMMAND, "sync", WORKSPACE, "--base-url", base_url, "--database", str(folder / "idle.duckdb")]
        _seconds(sync, folder)
        return _seconds(sync, folder)


def _shortest(command: Sequence[str], folder: Path) -> float:
    return min(_seconds(command, folder) for _ in range(_TRIES))


def _seconds(command: Sequence[str], folder: Path) -> float:
    start = time.perf_counter()
    run(command, folder, BITBUCKET_ACCESS_TOKEN=TOKEN)
    return time.perf_counter() - start
