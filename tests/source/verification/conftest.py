"""The company, synced once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.source.verification.synced import Synced
from tests.truth.company import make_company
from tests.truth.syncing import sync


@pytest.fixture(scope="package")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DuckDB file after a first sync of the company: copy it, never change it."""
    directory = tmp_path_factory.mktemp("first_sync")
    with Emulator(make_company()) as bitbucket:
        assert sync(bitbucket, directory / "bitbucket.duckdb", directory / "pipelines").exit_code == 0
    return directory / "bitbucket.duckdb"


@pytest.fixture
def synced(first_sync: Path, tmp_path: Path) -> Iterator[Synced]:
    with Emulator(make_company()) as bitbucket:
        yield Synced(bitbucket, Path(shutil.copy(first_sync, tmp_path)), tmp_path / "pipelines")
