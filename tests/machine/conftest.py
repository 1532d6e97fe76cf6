"""Tells at the end what the machine did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.machine.counts import COUNTS, summary
from tests.machine.story import Story


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COUNTS:
        terminalreporter.write_line(f"state machine: {summary()}")


@pytest.fixture
def story() -> Iterator[Story]:
    """A small world and no warehouse yet."""
    told = Story()
    yield told
    told.close()
