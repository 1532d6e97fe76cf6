"""Python's search for cyclic garbage, out of the way of work that makes many objects and no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS_BETWEEN_SEARCHES = 10_000
"""instead of Python's 700: rows die by their reference counts"""
_OF_PYTHON_ITSELF = 1_000
"""so many frozen objects nobody froze: 3.12 does so with 375 that are immortal; a program has 5,000 when it starts"""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Within the block, garbage is searched for seldom, and never among what was there before.

    A full search walks the 400,000 objects that dlt and its like leave in memory: 0.2 s each, a sixth of a sync.
    """
    thresholds = gc.get_threshold()
    is_frozen = gc.get_freeze_count() > _OF_PYTHON_ITSELF
    if not is_frozen:
        gc.freeze()
    gc.set_threshold(max(_OBJECTS_BETWEEN_SEARCHES, thresholds[0]), *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        if not is_frozen:
            gc.unfreeze()
