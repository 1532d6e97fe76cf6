"""The small world with several tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.model import Credential
from tests.api.several.asking import READS
from tests.api.small_world import make_world


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """The small world, with the tokens one, two and narrow, of which a test may change anything."""
    with Emulator(make_world()) as running:
        bot = running.world.credentials["workspace"].user
        for name, scopes in (("one", READS), ("two", READS), ("narrow", frozenset({"repository"}))):
            running.world.credentials[name] = Credential(name, "bearer", scopes, bot, f"{name}-token")
        yield running
