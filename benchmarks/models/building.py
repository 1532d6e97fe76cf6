"""`dbt build` in a process of its own, with a bound on DuckDB's memory, and what it took."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bitbucket_source.models.project import project_directory


class BuildFailed(Exception):
    """dbt ended with an error; its last words are the message."""


@dataclass(frozen=True)
class Build:
    """What a build took."""

    seconds: float
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
    target = database.with_suffix(".target")
    target.mkdir(exist_ok=True)
    settings = {"memory_limit": memory, "preserve_insertion_order": False}
    output = {"type": "duckdb", "path": str(database), "schema": "bitbucket_marts", "threads": threads}
    profile = {"bitbucket_source": {"target": "it", "outputs": {"it": {**output, "settings": settings}}}}
    (target / "profiles.yml").write_text(json.dumps(profile))
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "build", "--project-dir"]
    command += [str(project_directory()), "--profiles-dir", str(target), "--target-path", str(target)]
    command += ["--log-path", str(target), "--no-send-anonymous-usage-stats", "--exclude-resource-type", "unit_test"]
    started = time.monotonic()
    ended = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if ended.returncode:
        raise BuildFailed("\n".join((ended.stdout + ended.stderr).splitlines()[-30:]))
    results = json.loads((target / "run_results.json").read_bytes())["results"]
    taken = {each["unique_id"].rpartition(".")[2]: each["execution_time"] for each in results}
    return Build(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, taken)
