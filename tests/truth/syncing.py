"""One `bitbucket-source sync` of the emulated workspace into a DuckDB file, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from bitbucket_emulator import Emulator
from bitbucket_source.api.retry import RetryPolicy
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import SyncResult, run_sync
from bitbucket_source.session import Session
from bitbucket_source.source import make_session, selected_tables
from tests.truth.company import AUTH, WORKSPACE
from tests.truth.comparing import EVERYTHING, Difference, Part, compare
from tests.truth.reading import Truth, read_truth

IMPATIENT = RetryPolicy(
    first_wait=0.001, longest_wait=0.001, rate_limit_first_wait=0.001, rate_limit_longest_wait=0.001
)

HOUR = 3600
"""Between two syncs, so that no change hides in the five minutes that a sync reads twice."""


def sync(bitbucket: Emulator, database: Path, working_directory: Path, **settings: Any) -> SyncResult:
    """Sync all default tables; raises what `run_sync` raises. `working_directory` is dlt's, and may be lost."""
    with kept_open(database):
        return sync_from(bitbucket.base_url, database, working_directory, **settings)


def sync_from(
    base_url: str, database: Path, working_directory: Path, tables: Sequence[str] | None = None, **settings: Any
) -> SyncResult:
    """The same of whatever answers at an address, and of some tables where they are named."""
    made = make_session(
        WORKSPACE,
        base_url=base_url,
        credentials={"email": AUTH[0], "api_token": AUTH[1]},
        **settings,
    )
    session = Session(made.settings, made.credentials, IMPATIENT)
    pipeline = make_pipeline(WORKSPACE, database=str(database), pipelines_dir=str(working_directory))
    return run_sync(pipeline, session, selected_tables(tables))


@contextmanager
def kept_open(database: str | Path) -> Iterator[None]:
    """Let DuckDB keep the file open: to open it takes as long as many queries, and dlt does so for each of its jobs."""
    with duckdb.connect(str(database)):
        yield


def differences(bitbucket: Emulator, database: Path, part: Part = EVERYTHING) -> list[Difference]:
    """What the warehouse holds and the world does not, and the other way round."""
    return compare(truth_of(bitbucket, part), database, part=part)


def truth_of(bitbucket: Emulator, part: Part = EVERYTHING) -> Truth:
    """A full read of the emulated workspace."""
    return read_truth(bitbucket.base_url, WORKSPACE, AUTH, part.named)
