"""A story to tell, and what was done in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.machine.counts import COUNTS
from tests.machine.story import Story


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Counts what a test does; all tests' figures are added up and told at the end."""
    COUNTS.clear()
    yield
    record_property("figures", dict(COUNTS))


@pytest.fixture
def story() -> Iterator[Story]:
    """A small world and no warehouse yet."""
    told = Story()
    yield told
    told.close()
