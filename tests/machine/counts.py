"""What the machine did, for whoever wants to know how much a run was worth."""

from __future__ import annotations

from collections import Counter

COUNTS: Counter[str] = Counter()
"""of this process, from its beginning"""
_SHOWN = ("histories", "steps", "deeds", "syncs", "kills", "faults", "comparisons", "deeds that could not be done")


def summary() -> str:
    """One line."""
    return ", ".join(f"{name} {COUNTS[name]:,}" for name in _SHOWN)
