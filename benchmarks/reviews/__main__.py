"""`python -m benchmarks.reviews`: activity and comments of one repository, by the connector and by `rest_api`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.processes import Failed, Measured, answering, measure
from benchmarks.report import markdown, rows_per_second, unequal, unprepared

_SCALE = 25.0
"""of the emulator's company: some thousands of pull requests in the repository"""
_NAMES = ("connector", "rest_api", "rest_api_parquet")
_PREPARING = ("connector", "rest_api_parquet")
"""who ask for all that is asked for: both ways of `rest_api` ask the same"""
_COUNTED = ("pull_request_activity", "pull_request_comments")


def main(arguments: list[str] | None = None) -> int:
    """Parses the arguments, measures, prints. Returns 0, or 1 where the figures cannot be compared."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reviews", description=__doc__)
    parser.add_argument("--scale", type=float, default=_SCALE, help=f"of the emulator's company (default: {_SCALE})")
    parser.add_argument("--folder", type=Path, help="where the answers and databases go (default: a temporary folder)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=given.folder) as folder:
        try:
            contenders = run(given.scale, Path(folder))
        except Failed as failure:
            print(failure, file=sys.stderr)
            return 1
    print(f"{contenders['connector'].rows['pull_requests']:,} pull requests.\n\n{table(contenders)}")
    wrong = [*unequal(contenders), *unprepared(contenders)]
    print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


def run(scale: float, folder: Path) -> dict[str, Measured]:
    """Let all answers be made by loading once, and measure each contender. Raises Failed."""
    with answering(["--scale", str(scale)], folder) as server:
        for name in _PREPARING:
            _measure(f"preparing {name}", name, server, folder)
            shutil.rmtree(folder / name)
        return {name: _measure(name, name, server, folder) for name in _NAMES}


def _measure(what: str, name: str, server: str, folder: Path) -> Measured:
    print(f"... {what}", file=sys.stderr, flush=True)
    return measure(name, server, folder, module="benchmarks.reviews.contenders")


def table(contenders: Mapping[str, Measured]) -> str:
    """The contenders side by side."""
    reference = rows_per_second(contenders["rest_api"], _COUNTED)
    head = ["", "requests", "activity", "comments", "seconds", "CPU s", "rows/s", "x rest_api", "peak MB"]
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for name, measured in contenders.items():
        speed = rows_per_second(measured, _COUNTED)
        figures = [f"{measured.requests:,}", *(f"{measured.rows[each]:,}" for each in _COUNTED)]
        figures += [f"{measured.seconds:.2f}", f"{measured.cpu_seconds:.2f}"]
        lines.append([name, *figures, f"{speed:,.0f}", f"{speed / reference:.1f}", f"{measured.peak_megabytes:.0f}"])
    return markdown(lines)


if __name__ == "__main__":
    sys.exit(main())
