"""A shop that deploys, before and after its first release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world import World
from bitbucket_emulator.world.model import Pipeline
from tests.source.conftest import Warehouse
from tests.source.shop import make_shop, release


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(make_shop()) as emulator:
        yield emulator


@pytest.fixture
def world(bitbucket: Emulator) -> World:
    return bitbucket.world


@pytest.fixture(scope="module")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a warehouse after a first release and a first sync: copy it, never change it."""
    with Emulator(make_shop()) as bitbucket:
        release(bitbucket.world)
        made = Warehouse(bitbucket, tmp_path_factory.mktemp("first_sync"))
        assert made.sync().exit_code == 0
    return made.directory


@pytest.fixture
def released(world: World, warehouse: Warehouse, first_sync: Path) -> Pipeline:
    """A first release, which is synced."""
    run = release(world)
    warehouse.begin_with(first_sync)
    return run
