"""What a verification and a repair tell: lines for people, JSON for programs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bitbucket_source.tables import DATA_TABLES, Table
from bitbucket_source.verification.findings import Difference, Findings, Kind
from bitbucket_source.verification.repair import Repair
from bitbucket_source.verification.verify import Verification

_SHOWN = 20
"""rows of a table, for people"""
_LONGEST_VALUE = 60


def lines(verification: Verification) -> Iterator[str]:
    """What was compared and how, and what differs, line by line."""
    findings, names = verification.findings, verification.repositories
    yield from _tables(findings)
    sampled = any("sampled" in way for ways in findings.how.values() for way in ways)
    if sampled:
        yield f"What is sampled was chosen at random; --seed {verification.seed} chooses the same again."
    yield from (f"Notice: {notice}" for notice in findings.notices)
    if findings.changed:
        yield f"Changed since the last sync: {_rows(len(findings.changed))}. The next sync reads them."
        yield from _by_table(findings.changed, names)
    if findings.differences:
        yield f"Differences: {_rows(len(findings.differences))}."
        yield from _by_table(findings.differences, names)
    if findings.troubles:
        things = "1 thing" if len(findings.troubles) == 1 else f"{len(findings.troubles):,} things"
        yield f"{things} could not be compared:"
        yield from _some([f"  {trouble}" for trouble in findings.troubles], "  ")
    if findings.stopped:
        yield f"Stopped: {findings.stopped}. What stands here was compared until then; the rest was not."
    if not (findings.differences or findings.troubles or findings.stopped):
        yield "No differences."
    yield f"{verification.requests:,} requests."


def lines_of_repair(done: Repair, verification: Verification) -> Iterator[str]:
    """What a repair did, line by line."""
    yield f"Repaired: {_rows(done.written.total())} written, {done.marked.total():,} marked as deleted."
    yield from (f"  {table.name:<28}{count:>12,}" for table, count in _ordered(done.written + done.marked) if count)
    yield from (f"Could not be read again: {trouble}" for trouble in done.troubles)
    if done.stopped:
        yield f"Stopped: {done.stopped}. Run it again to mend the rest."
    if done.left:
        yield f"Still different: {_rows(len(done.left))}."
        yield from _by_table(done.left, verification.repositories)
    else:
        yield "Compared again: no differences are left."
    yield f"{done.requests:,} requests for the repair."


def as_json(verification: Verification, done: Repair | None = None) -> dict[str, Any]:
    """Everything, for programs."""
    findings, names = verification.findings, verification.repositories
    report: dict[str, Any] = {
        "depth": verification.depth.value,
        "seed": verification.seed,
        "tables": {
            table.name: {
                "how": findings.how.get(table, []),
                "compared": findings.compared[table],
                "counted": findings.counted[table],
            }
            for table in DATA_TABLES
            if table in findings.how
        },
        "differences": [_difference(each, names) for each in findings.differences],
        "changed_since_the_last_sync": [_difference(each, names) for each in findings.changed],
        "not_compared": findings.troubles,
        "notices": findings.notices,
        "stopped": findings.stopped,
        "requests": verification.requests,
    }
    if done is not None:
        report["repair"] = {
            "written": {table.name: rows for table, rows in _ordered(done.written)},
            "marked": {table.name: rows for table, rows in _ordered(done.marked)},
            "left": [_difference(each, names) for each in done.left],
            "not_read_again": done.troubles,
            "stopped": done.stopped,
            "requests": done.requests,
        }
    return report


def _tables(findings: Findings) -> Iterator[str]:
    for table in DATA_TABLES:
        if ways := findings.how.get(table):
            rows = max(findings.compared[table], findings.counted[table])
            yield f"  {table.name:<28}{rows:>12,}  {'; '.join(ways)}"


def _by_table(found: Sequence[Difference], names: dict[str, str]) -> Iterator[str]:
    groups: defaultdict[Table, list[Difference]] = defaultdict(list)
    for each in found:
        groups[each.table].append(each)
    for table, differences in groups.items():
        yield f"  {table.name}: {_rows(len(differences))}"
        yield from _some([f"    {_line(each, names)}" for each in differences], "    ")
        if any(each.may_be_silent and not each.since for each in differences):
            yield f"    Bitbucket gives no signal of: {table.blind_to}. Until an audit comes by, such rows differ."


def _line(difference: Difference, names: dict[str, str]) -> str:
    key = " ".join(str(names.get(part, part)) if isinstance(part, str) else str(part) for part in difference.key)
    if difference.kind is not Kind.DIFFERS:
        return f"{key}: {difference.kind.value}"
    columns = (
        f"{name} is {_short(stored)}, in Bitbucket {_short(now)}" for name, (stored, now) in difference.columns.items()
    )
    return f"{key}: {'; '.join(columns)}"


def _short(value: Any) -> str:
    shown = value.isoformat() if isinstance(value, datetime) else repr(value)
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}..."


def _some(all_of_them: Sequence[str], indent: str) -> Iterator[str]:
    yield from all_of_them[:_SHOWN]
    if len(all_of_them) > _SHOWN:
        yield f"{indent}and {len(all_of_them) - _SHOWN:,} more (--json has all)"


def _difference(difference: Difference, names: dict[str, str]) -> dict[str, Any]:
    repository = names.get(str(difference.key[0]))
    return {
        "table": difference.table.name,
        "key": dict(zip(difference.table.key, difference.key, strict=True)),
        **({"repository": repository} if repository else {}),
        "kind": difference.kind.value,
        "columns": {
            name: {"warehouse": _plain(stored), "bitbucket": _plain(now)}
            for name, (stored, now) in difference.columns.items()
        },
        "may_be_silent": difference.may_be_silent,
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _ordered(counts: Counter[Table]) -> list[tuple[Table, int]]:
    return sorted(counts.items(), key=lambda pair: pair[0].name)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
