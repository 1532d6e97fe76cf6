"""One small emulator for all tests of the API layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.api.client import Client

from .reading import make_client
from .small_world import make_world

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "bitbucket"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def no_proxies_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of a server on this machine do not go through the machine's proxy."""
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    """A server over the small world."""
    with Emulator(make_world()) as running:
        yield running


@pytest.fixture
def emulator(running_emulator: Emulator) -> Iterator[Emulator]:
    """The emulator without faults and without a past. Tests do not change its world."""
    running_emulator.clear_faults()
    running_emulator.clear_requests()
    yield running_emulator
    running_emulator.clear_faults()


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """A client with the workspace's token."""
    return make_client(emulator.base_url)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with errors.json beside the repository."""
    if not _SHARED.is_dir():
        pytest.skip("needs ../shared/bitbucket: errors.json")
    return _SHARED
