"""What the machine did, for whoever wants to know how much a run was worth."""

from __future__ import annotations

from collections import Counter

COUNTS: Counter[str] = Counter()
"""since the test began"""
