"""What an earlier sync left behind in the working directory, and databases that are not what they were."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source import bitbucket_source
from tests.source.conftest import ADMIN, Warehouse
from tests.truth.comparing import report
from tests.truth.syncing import differences


def test_a_load_left_behind_is_finished_first(bitbucket: Emulator, warehouse: Warehouse) -> None:
    _extract(bitbucket, warehouse)
    warehouse.sync()

    _must_be_equal(bitbucket, warehouse)


def test_a_load_that_cannot_be_finished_is_given_up_and_read_again(bitbucket: Emulator, warehouse: Warehouse) -> None:
    warehouse.sync(["repositories"])
    _extract(bitbucket, warehouse)
    damaged = list((warehouse.directory / "pipelines").rglob("commits.*.parquet"))
    assert damaged
    for file in damaged:
        file.write_bytes(file.read_bytes()[:100])
    result = warehouse.sync()

    assert result.exit_code == 0
    assert any("given up" in notice for notice in result.notices)
    _must_be_equal(bitbucket, warehouse)


def test_yesterdays_backup_catches_up(bitbucket: Emulator, synced: Warehouse, tmp_path: Path) -> None:
    home = next(iter(bitbucket.world.repositories.values()))
    author = next(iter(bitbucket.world.users.values()))
    shutil.copy(synced.path, tmp_path / "backup")
    for day in range(2):
        bitbucket.act("push", repository=home.slug, branch=f"day-{day}", author=author.nickname, commits=3)
        bitbucket.act("advance_clock", seconds=86_400)
        synced.sync()
    shutil.copy(tmp_path / "backup", synced.path)
    synced.sync()

    _must_be_equal(bitbucket, synced)


def test_a_new_working_directory_for_every_sync_costs_nothing(bitbucket: Emulator, warehouse: Warehouse) -> None:
    warehouse.sync(pipelines_dir="first")
    warehouse.sync(pipelines_dir="second")
    idle = warehouse.requests
    warehouse.sync(pipelines_dir="second")

    assert warehouse.requests == idle
    _must_be_equal(bitbucket, warehouse)


@pytest.mark.parametrize("damage", ["not JSON", "{}", '{"heads": 7}', '{"newer": {"shape": [1]}, "read": "x"}'])
def test_damaged_bookkeeping_costs_requests_and_no_rows(bitbucket: Emulator, synced: Warehouse, damage: str) -> None:
    synced.rows(f"update sync_cursors set cursor = '{damage}'")
    synced.rows("update sync_runs set audit = null, next_repository = 'nonsense'")
    result = synced.sync()

    assert result.exit_code == 0
    _must_be_equal(bitbucket, synced)


def _extract(bitbucket: Emulator, warehouse: Warehouse) -> None:
    pipeline = warehouse.pipeline()
    pipeline.sync_destination()
    pipeline.extract(bitbucket_source("acme", base_url=bitbucket.base_url, credentials=ADMIN))
    pipeline.normalize()
    assert pipeline.has_pending_data


def _must_be_equal(bitbucket: Emulator, warehouse: Warehouse) -> None:
    found = differences(bitbucket, Path(warehouse.path))
    assert not found, report(found)
