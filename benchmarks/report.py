"""The measurements as Markdown, and which targets they meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.processes import Measured

COUNTED = ("pull_requests", "commits")
TIMES_REST_API = 15
PEAK_MEGABYTES = 600
GROWTH = 1.15
"""of peak memory that still counts as flat when the work doubles: allocators and DuckDB's buffers vary by that much"""
SECONDS = {
    "bitbucket-source --help": 0.3,
    "import bitbucket_source": 0.5,
    "from bitbucket_source import bitbucket_source": 0.5,
    "second sync, 20 repositories, nothing new": 5.0,
}


@dataclass(frozen=True)
class Results:
    """All that one run of the benchmark measured."""

    contenders: Mapping[str, Measured]
    """`connector`, `rest_api`, `read_json`"""
    floors: Mapping[str, Measured]
    """by the name of the contender"""
    doubled: Measured
    """the connector with twice the work"""
    seconds: Mapping[str, float]
    """of what SECONDS names, and of `import dlt` alone"""


@dataclass(frozen=True)
class Verdict:
    """A target, what was measured, and whether that is good enough."""

    what: str
    measured: str
    target: str
    is_met: bool


def verdicts(results: Results) -> list[Verdict]:
    """Each target with what was measured."""
    ours, rest_api = results.contenders["connector"], results.contenders["rest_api"]
    times = rows_per_second(ours, COUNTED) / rows_per_second(rest_api, COUNTED)
    peak = max(ours.peak_megabytes, results.doubled.peak_megabytes)
    growth = results.doubled.peak_megabytes / ours.peak_megabytes
    return [
        Verdict("rows/s, times rest_api", f"{times:.1f}", f">= {TIMES_REST_API}", times >= TIMES_REST_API),
        Verdict("peak memory", f"{peak:.0f} MB", f"< {PEAK_MEGABYTES} MB", peak < PEAK_MEGABYTES),
        Verdict("peak memory, work doubled", f"x {growth:.2f}", f"<= x {GROWTH}", growth <= GROWTH),
        *(
            Verdict(
                _with_share_of_dlt(what, results),
                f"{results.seconds[what]:.2f} s",
                f"< {limit} s",
                results.seconds[what] < limit,
            )
            for what, limit in SECONDS.items()
        ),
    ]


def _with_share_of_dlt(what: str, results: Results) -> str:
    return f"{what} (import dlt alone: {results.seconds['import dlt']:.2f} s)" if what.startswith("from ") else what


def faults(results: Results) -> Iterator[str]:
    """Why the figures cannot be compared: unequal rows, or answers made while the clock ran."""
    yield from unequal(results.contenders)
    everything = {**results.contenders, **{f"{name}'s floor": floor for name, floor in results.floors.items()}}
    yield from unprepared({**everything, "the connector, work doubled": results.doubled})


def unequal(contenders: Mapping[str, Measured]) -> Iterator[str]:
    """Who loaded other rows than the connector."""
    expected = contenders["connector"].rows
    for name, measured in contenders.items():
        if measured.rows != expected:
            yield f"{name} loaded {dict(measured.rows)}, the connector {dict(expected)}"


def unprepared(runs: Mapping[str, Measured]) -> Iterator[str]:
    """Who waited for answers that had to be made first."""
    for name, measured in runs.items():
        if measured.answers_made:
            yield f"{name} asked for {measured.answers_made} answers that were not prepared"


def table(results: Results) -> str:
    """The contenders side by side, each beside its floor."""
    reference = rows_per_second(results.contenders["rest_api"], COUNTED)
    head = ["", "rows", "seconds", "CPU s", "rows/s", "x rest_api", "peak MB", "floor s", "x floor"]
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for name, measured in results.contenders.items():
        lines.append([name, *_figures(measured, reference), *_beside_floor(measured, results.floors[name])])
    lines.append(["connector, work doubled", *_figures(results.doubled, reference), "", ""])
    return markdown(lines)


def table_of_verdicts(found: list[Verdict]) -> str:
    """The targets, and which are met."""
    lines = [["target", "measured", "wanted", ""], ["---", "---:", "---:", "---"]]
    lines += [[each.what, each.measured, each.target, "met" if each.is_met else "missed"] for each in found]
    return markdown(lines)


def rows_per_second(measured: Measured, tables: Sequence[str]) -> float:
    """Rows of some tables, by the clock."""
    return _rows(measured, tables) / measured.seconds


def _rows(measured: Measured, tables: Sequence[str]) -> int:
    return sum(measured.rows[table] for table in tables)


def _figures(measured: Measured, reference: float) -> list[str]:
    speed = rows_per_second(measured, COUNTED)
    return [
        f"{_rows(measured, COUNTED):,}",
        f"{measured.seconds:.2f}",
        f"{measured.cpu_seconds:.2f}",
        f"{speed:,.0f}",
        f"{speed / reference:.1f}",
        f"{measured.peak_megabytes:.0f}",
    ]


def _beside_floor(measured: Measured, floor: Measured) -> list[str]:
    return [f"{floor.seconds:.2f}", f"{measured.seconds / floor.seconds:.1f}"]


def markdown(lines: list[list[str]]) -> str:
    """A table; the first line is its head, the second says how columns are aligned."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
