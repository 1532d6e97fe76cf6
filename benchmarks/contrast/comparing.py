"""How what a contender holds differs from what Bitbucket answers."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.contrast.reading import TABLES, Key, Rows

MISSING, STALE, TOO_MANY = KINDS = ("missing", "stale", "too many")
"""Bitbucket has it and the warehouse has not; both have it and not alike; only the warehouse has it"""


@dataclass(frozen=True)
class Difference:
    """One row that is not as Bitbucket has it."""

    table: str
    kind: str
    key: Key


def differences(truth: Rows, found: Rows) -> list[Difference]:
    """All of them."""
    return [
        Difference(table, kind, key)
        for table in TABLES
        for key in sorted({*truth[table], *found[table]}, key=str)
        if (kind := _kind(table, key, truth, found)) is not None
    ]


def _kind(table: str, key: Key, truth: Rows, found: Rows) -> str | None:
    if key not in found[table]:
        return MISSING
    if key not in truth[table]:
        return TOO_MANY
    return None if truth[table][key] == found[table][key] else STALE
