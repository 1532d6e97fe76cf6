"""`python -m benchmarks`: loads the same answers in every way and prints one table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import Failed, Measured, answering, measure
from benchmarks.report import Results, faults, table, table_of_verdicts, verdicts
from benchmarks.waits import seconds_of_idle_sync, seconds_to_start
from benchmarks.work import FULL, QUICK, Work

CONTENDERS = ("connector", "rest_api", "read_json")


def main(arguments: list[str] | None = None) -> int:
    """Parses the arguments, measures, prints. Returns 0, or 1 where figures cannot be compared or miss a target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="times 50,000 pull requests, 200,000 commits")
    parser.add_argument("--quick", action="store_true", help="1/50 of the work; targets are shown, not judged")
    parser.add_argument("--folder", type=Path, help="where the answers and databases go (default: a temporary folder)")
    given = parser.parse_args(arguments)
    work = (QUICK if given.quick else FULL) * given.scale
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=given.folder) as folder:
        try:
            results = run(work, Path(folder))
        except Failed as failure:
            print(failure, file=sys.stderr)
            return 1
    found = verdicts(results)
    print(f"{work.pull_requests:,} pull requests, {work.commits:,} commits.\n")
    print(f"{table(results)}\n\n{table_of_verdicts(found)}")
    wrong = list(faults(results))
    print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    missed = not given.quick and not all(each.is_met for each in found)
    return 1 if wrong or missed else 0


def run(work: Work, folder: Path) -> Results:
    """Measure everything, one process after the other. Raises Failed."""
    contenders: dict[str, Measured] = {}
    floors: dict[str, Measured] = {}
    once = folder / "once"
    once.mkdir()
    with answering(work.options, once) as server:
        _tell(f"preparing the answers for {work}")
        measure("prepare_connector", server, once)
        measure("prepare_rest_api", server, once)
        for name in CONTENDERS:
            _tell(name)
            floors[name] = measure(f"{name}_floor", server, once)
            contenders[name] = measure(name, server, once)
    twice = folder / "twice"
    twice.mkdir()
    with answering((work * 2).options, twice) as server:
        _tell("connector, work doubled")
        measure("prepare_connector", server, twice)
        doubled = measure("connector", server, twice)
    _tell("help, imports, idle sync")
    seconds = seconds_to_start(folder)
    seconds["second sync, 20 repositories, nothing new"] = seconds_of_idle_sync(folder)
    return Results(contenders, floors, doubled, seconds)


def _tell(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
