"""The company, and a warehouse that was synced with it once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bitbucket_emulator import Emulator
from tests.truth.columns import COLUMNS, KEPT
from tests.truth.company import make_company
from tests.truth.reading import Truth
from tests.truth.syncing import sync, truth_of


@pytest.fixture(scope="session")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DuckDB file after a first sync of the company: copy it, never change it."""
    return _synced(tmp_path_factory.mktemp("first_sync"))


@pytest.fixture(scope="session")
def first_sync_of_everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of all tables, those too that are synced only where somebody asks for them."""
    return _synced(tmp_path_factory.mktemp("first_sync_of_everything"), tables=(*COLUMNS, *KEPT))


def _synced(directory: Path, **settings: Any) -> Path:
    with Emulator(make_company()) as bitbucket:
        result = sync(bitbucket, directory / "bitbucket.duckdb", directory / "pipelines", **settings)
    assert result.exit_code == 0, result.troubles
    return directory / "bitbucket.duckdb"


@pytest.fixture(scope="session")
def before() -> Truth:
    """All that there was when the company was synced first."""
    with Emulator(make_company()) as bitbucket:
        return truth_of(bitbucket)


@pytest.fixture
def company() -> Iterator[Emulator]:
    """The company as it was at the first sync; whatever happens in it happens to this test alone."""
    with Emulator(make_company()) as bitbucket:
        yield bitbucket


@pytest.fixture
def database(first_sync: Path, tmp_path: Path) -> Path:
    """A copy of the first sync's warehouse."""
    return Path(shutil.copy(first_sync, tmp_path))
