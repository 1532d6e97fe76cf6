"""The tables that are printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmarks.contrast.comparing import KINDS
from benchmarks.contrast.contenders import CONTENDERS
from benchmarks.contrast.histories import ROUNDS, History, Outcome
from benchmarks.contrast.reading import TABLES


def summary(histories: Sequence[History]) -> str:
    """One line by contender: how many histories it ends equal, and what it asks for."""
    lines = [
        "| loaded by | histories that end equal | equal, rows too many forgiven | requests of the first load "
        "| of a later load |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in CONTENDERS:
        outcomes = [history.outcomes[name] for history in histories]
        equal = sum(each.is_equal for each in outcomes)
        forgiven = sum(each.is_equal_but_for_rows_too_many for each in outcomes)
        first = sum(each.first_requests for each in outcomes) / len(outcomes)
        later = sum(each.later_requests for each in outcomes) / len(outcomes) / (ROUNDS + 1)
        of_all = f"of {len(outcomes)}"
        lines.append(f"| {name} | {equal} {of_all} | {forgiven} {of_all} | {first:.0f} | {later:.0f} |")
    return "\n".join(lines)


def by_table(histories: Sequence[History]) -> str:
    """For each contender that differs: in how many histories which rows of which table are not as they should be."""
    lines = [f"| loaded by | table | {' | '.join(f'rows {kind}' for kind in KINDS)} |", "|---|---|---:|---:|---:|"]
    for name in CONTENDERS:
        outcomes = [history.outcomes[name] for history in histories]
        for table in TABLES:
            cells = [_cell(outcomes, table, kind) for kind in KINDS]
            if any(cells):
                lines.append(f"| {name} | {table} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(outcomes: Sequence[Outcome], table: str, kind: str) -> str:
    counts = [sum(each.table == table and each.kind == kind for each in outcome.differences) for outcome in outcomes]
    return f"{sum(counts)} in {sum(map(bool, counts))}" if any(counts) else ""


def story(history: History, name: str) -> str:
    """A history by itself: what happened, and how a contender differs."""
    lines = [f"history {history.number}, {name}:"]
    for number, changes in enumerate(history.changes, 1):
        lines += [f"  round {number}", *(f"    {each}" for each in changes)]
    outcome = history.outcomes[name]
    counted = Counter((each.table, each.kind) for each in outcome.differences)
    lines += [f"  {table}: {count} {kind}" for (table, kind), count in counted.items()]
    lines += [f"    {each.table} {each.kind} {each.key}" for each in outcome.differences[:20]]
    return "\n".join(lines)
