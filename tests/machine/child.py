"""A sync in a process of its own, which can be killed at any moment.

The process is forked from a server that has imported everything already: a kill costs no more than a sync.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from dlt.common.destination.client import RunnableLoadJob
from dlt.common.storages import LoadStorage

from bitbucket_source.load import slices
from bitbucket_source.sync.agenda import SliceLimit
from tests.truth.syncing import sync_from

_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Task:
    """One sync."""

    base_url: str
    database: Path
    working_directory: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    dies_before_job: int = 0
    """the number of the load job before which it kills itself; 0 for none"""
    dies_after_job: int = 0
    """the number of the load job behind which it does: what the job did is stored, and dlt has not noted it"""
    dies_after_package: int = 0
    """the number of the load package behind whose making it does: dlt has not put away what it was made of"""
    requests_per_slice: int = 0
    """0 for as many as always"""


def sync_process(task: Task) -> ForkServerProcess:
    """The process that does it. It exits with the exit code of the sync."""
    process = _PROCESSES.Process(target=_sync, args=(task,))
    process.start()
    return process


def _sync(task: Task) -> None:
    _die_at(RunnableLoadJob, "run_managed", task.dies_before_job)
    # called when the job is done, to tell
    _die_at(RunnableLoadJob, "_release", task.dies_after_job)
    _die_at(LoadStorage, "commit_new_load_package", task.dies_after_package, behind=True)
    if task.requests_per_slice:
        slices.SLICE = SliceLimit(requests=task.requests_per_slice)
    result = sync_from(task.base_url, task.database, task.working_directory, **task.settings)
    sys.exit(result.exit_code)


def _die_at(owner: type[Any], method: str, call: int, *, behind: bool = False) -> None:
    """Let the process die at the start of a call of a method, or at its end, counted from 1; 0 for at none."""
    numbers = count(1)
    original = getattr(owner, method)

    def die_or_go_on(*arguments: Any, **named: Any) -> Any:
        dies = next(numbers) == call
        if dies and not behind:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = original(*arguments, **named)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, method, die_or_go_on)
