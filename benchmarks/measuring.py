"""The process of one contender: it does its work once, and what that took is written to a file.

A contender returns nothing; how many rows came of it is counted afterwards, outside the measured time.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.work import ASKED, MADE

Rows = dict[str, int]
DATASET = "raw"


@dataclass(frozen=True)
class Bench:
    """Where answers come from, and a folder for what a contender makes of them."""

    server: str
    folder: Path

    @property
    def base_url(self) -> str:
        """Of the API."""
        return f"{self.server}/2.0"

    @property
    def database(self) -> Path:
        """The DuckDB file that a contender fills."""
        return self.folder / "warehouse.duckdb"

    def pages_on_disk(self, name: str) -> Path:
        """The folder of the bodies of a list, as it shows its objects without `fields`."""
        return self.folder.parent / name

    def asked_by(self, client: str) -> Path:
        """The file that names the targets a client asks for."""
        return self.folder.parent / f"{client}.json"


def made(bench: Bench) -> list[str]:
    """The targets of all answers that were made so far."""
    targets: list[str] = requests.get(f"{bench.server}{MADE}", timeout=60).json()
    return targets


def rows_in(database: Path, tables: Sequence[str]) -> Rows:
    """Rows of each table; the parents of commits are called after their commits by `rest_api`."""
    import duckdb

    if not database.exists():
        return {}
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        names = {name: name if name in there else "commits__parents" for name in tables}
        counts = {
            name: connection.execute(f"select count(*) from {DATASET}.{table}").fetchone()
            for name, table in names.items()
        }
        return {name: count[0] for name, count in counts.items() if count is not None}


def run_one(contenders: Mapping[str, Callable[[Bench], None]], tables: Sequence[str]) -> None:
    """Run the contender that the command line names, and write what it took: see `processes.Measured`."""
    parser = argparse.ArgumentParser(description="One contender of the benchmark.")
    parser.add_argument("name", choices=contenders)
    parser.add_argument("--server", required=True, help="where the answers are")
    parser.add_argument("--folder", type=Path, required=True, help="where the database goes")
    parser.add_argument("--result", type=Path, required=True, help="file for the measurement")
    given = parser.parse_args()
    bench = Bench(given.server, given.folder)
    bench.folder.mkdir(parents=True)
    made_before, asked_before = len(made(bench)), _asked(bench)
    start = time.perf_counter()
    cpu_start = time.process_time()
    contenders[given.name](bench)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    measured = {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_megabytes": _peak_megabytes(),
        "requests": _asked(bench) - asked_before,
        "answers_made": len(made(bench)) - made_before,
        "rows": rows_in(bench.database, tables),
    }
    given.result.write_text(json.dumps(measured))


def _asked(bench: Bench) -> int:
    asked: int = requests.get(f"{bench.server}{ASKED}", timeout=60).json()
    return asked


def _peak_megabytes() -> float:
    """The most memory this process had at once."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # kilobytes, but bytes on macOS
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
