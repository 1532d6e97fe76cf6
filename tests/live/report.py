"""The report: fact by fact, what holds, what differs and what could not be tested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .fact import Finding

_ORDER = ("differs", "could not be tested", "answered", "holds")


def lines(findings: Sequence[Finding], requests: int) -> Iterator[str]:
    """The findings, what needs attention last, and how many of each there are."""
    for outcome in reversed(_ORDER):
        found = [finding for finding in findings if finding.outcome == outcome]
        if found:
            yield ""
            yield f"{outcome}: {len(found)}"
        for finding in found:
            told = f" -- {finding.told}" if finding.told else ""
            yield f"  {finding.fact.name} ({finding.fact.place}): {finding.fact.sentence}{told}"
    yield ""
    counts = ", ".join(
        f"{count} {outcome}" for outcome in reversed(_ORDER) if (count := sum(f.outcome == outcome for f in findings))
    )
    yield f"{len(findings)} facts: {counts}. {requests} requests."
