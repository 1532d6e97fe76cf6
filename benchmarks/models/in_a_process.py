"""One build as `bitbucket-source models` makes it, with a bound on DuckDB's memory: prints the seconds of each node."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from dbt.cli.main import dbtRunner

from bitbucket_source.garbage import seldom_collected
from bitbucket_source.models.build import dbt_arguments
from bitbucket_source.models.profile import PROFILE

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunExecutionResult


def main(database: str, memory: str, threads: str) -> int:
    """Build and test. Returns 0, or 1 where something failed, which is told on stderr."""
    with dbt_arguments(database, threads=int(threads)) as arguments, seldom_collected():
        _bound(Path(arguments[arguments.index("--profiles-dir") + 1], "profiles.yml"), memory)
        outcome = dbtRunner().invoke(["build", "--exclude-resource-type", "unit_test", "--no-write-json", *arguments])
    if not outcome.success:
        print(outcome.exception or outcome.result, file=sys.stderr)
        return 1
    results = cast("RunExecutionResult", outcome.result).results
    print(json.dumps({result.node.name: result.execution_time for result in results}))
    return 0


def _bound(file: Path, memory: str) -> None:
    profile = json.loads(file.read_bytes())
    profile[PROFILE]["outputs"][PROFILE]["settings"] = {"memory_limit": memory, "preserve_insertion_order": False}
    file.write_text(json.dumps(profile))


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
