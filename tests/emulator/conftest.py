"""Worlds and servers that the emulator's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, generate_world

from .client import Client
from .small_world import make_world

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "bitbucket"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A server over a small world that the test may change."""
    with Emulator(make_world()) as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """A reader with the workspace's access token."""
    return Client(emulator)


@pytest.fixture(scope="session")
def company() -> Iterator[Client]:
    """A reader of the generated company. Read only: all tests share it."""
    with Emulator(generate_world(seed=7)) as running:
        yield Client(running)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recordings and the schema beside the repository."""
    if not _SHARED.is_dir():
        pytest.skip("needs ../shared/bitbucket: recordings.jsonl, errors.json, openapi.json")
    return _SHARED
