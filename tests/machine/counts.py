"""What the machine did, for whoever wants to know how much a run was worth."""

from __future__ import annotations

from collections import Counter

COUNTS: Counter[str] = Counter()
"""of this process, from its beginning"""


def summary() -> str:
    """One line."""
    return ", ".join(f"{name} {count:,}" for name, count in COUNTS.items())
