"""`python -m benchmarks.models`: the models over a large warehouse, built whole, and again after a day's changes."""

from __future__ import annotations

import argparse
import inspect
import tempfile
from pathlib import Path

import duckdb

from benchmarks.models.building import BuildFailed, build
from benchmarks.models.multiplying import FULL, RAW, multiply
from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import run_sync
from bitbucket_source.models import build_models
from bitbucket_source.source import make_session, selected_tables

_MOMENTS = {
    "commits": "date",
    "pull_requests": "updated_on",
    "pull_request_activity": "date",
    "pull_request_comments": "updated_on",
    "pipelines": "created_on",
    "pipeline_steps": "started_on",
    "deployments": "state_started_on",
}
"""by table: when its rows changed last"""
_THREADS: int = inspect.signature(build_models).parameters["threads"].default
"""as many as `bitbucket-source models` takes"""


def main() -> int:
    """Load a company, multiply it, build three times, print. Returns 0, or 1 where a build failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help=f"times {FULL}")
    parser.add_argument("--memory", default="4GB", help="what DuckDB may use")
    parser.add_argument("--threads", type=int, default=_THREADS, help="models built at a time")
    parser.add_argument("--folder", type=Path, help="where the warehouse goes (default: a temporary folder)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=given.folder) as folder:
        database = Path(folder) / "large.duckdb"
        _load_company(database)
        with duckdb.connect(str(database)) as connection:
            multiply(connection, FULL * given.scale)
            print(_told(connection), flush=True)
        print("\n| build | seconds | CPU s | peak MB | slowest models |\n|---|---:|---:|---:|---|")
        try:
            for name in ("full", "after one day", "after another day"):
                if name != "full":
                    _let_a_day_pass(database)
                done = build(database, given.memory, threads=given.threads)
                figures = f"{done.seconds:.0f} | {done.cpu_seconds:.0f} | {done.peak_megabytes:,.0f}"
                print(f"| {name} | {figures} | {done.slowest(5)} |", flush=True)
        except BuildFailed as failure:
            print(failure)
            return 1
    return 0


def _load_company(database: Path) -> None:
    with Emulator(generate_world(seed=7)) as bitbucket:
        session = make_session(
            "acme",
            base_url=bitbucket.base_url,
            credentials={"email": "admin@example.org", "api_token": "emulator-api-token"},
        )
        pipeline = make_pipeline("acme", database=str(database), pipelines_dir=str(database.with_suffix(".dlt")))
        run_sync(pipeline, session, selected_tables(None))


def _told(connection: duckdb.DuckDBPyConnection) -> str:
    counts = {}
    for name in ("repositories", "commits", "pull_requests", "pipelines", "pipeline_steps", "deployments"):
        found = connection.execute(f"select count(*) from {RAW}.{name}").fetchone()
        counts[name] = found[0] if found else 0
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _let_a_day_pass(database: Path) -> None:
    """As if a sync had just brought the last day's rows."""
    with duckdb.connect(str(database)) as connection:
        for table, moment in _MOMENTS.items():
            connection.execute(
                f"update {RAW}.{table} set synced_at = now()"
                f" where {moment} >= (select max({moment}) from {RAW}.{table}) - interval 1 day"
            )
        connection.execute(
            f"insert into {RAW}.sync_runs by name select * replace (uuid() as run_id, now() as started_at,"
            " now() as ended_at)"
            f" from {RAW}.sync_runs limit 1"
        )


if __name__ == "__main__":
    raise SystemExit(main())
