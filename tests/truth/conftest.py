"""The company, and a warehouse that was synced with it once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.truth.company import make_company
from tests.truth.syncing import sync


@pytest.fixture(scope="session")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DuckDB file after a first sync of the company: copy it, never change it."""
    directory = tmp_path_factory.mktemp("first_sync")
    with Emulator(make_company()) as bitbucket:
        result = sync(bitbucket, directory / "bitbucket.duckdb", directory / "pipelines")
    assert result.exit_code == 0, result.troubles
    return directory / "bitbucket.duckdb"


@pytest.fixture
def company() -> Iterator[Emulator]:
    """The company as it was at the first sync; whatever happens in it happens to this test alone."""
    with Emulator(make_company()) as bitbucket:
        yield bitbucket


@pytest.fixture
def database(first_sync: Path, tmp_path: Path) -> Path:
    """A copy of the first sync's warehouse."""
    return Path(shutil.copy(first_sync, tmp_path))
