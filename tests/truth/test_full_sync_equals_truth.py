"""After a sync the warehouse equals a full read of Bitbucket: the first one, and one after any change."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_emulator.world.actions import ActionError
from bitbucket_emulator.world.model import World
from tests.truth.changes import DELETED, SEEN, SILENT
from tests.truth.changing import Change
from tests.truth.comparing import report
from tests.truth.syncing import HOUR, differences, sync


def test_a_first_sync_equals_the_truth(tmp_path: Path) -> None:
    world = generate_world()
    for repository in world.repositories.values():
        # contents come about on the first look, and with them the size that the list shows
        assert repository.branches is not None
    with Emulator(world) as bitbucket:
        result = sync(bitbucket, tmp_path / "bitbucket.duckdb", tmp_path / "pipelines")
        assert (result.exit_code, result.troubles) == (0, [])
        _assert_equal(bitbucket, tmp_path / "bitbucket.duckdb")


def test_the_company_is_read_whole(company: Emulator, database: Path) -> None:
    _assert_equal(company, database)


@pytest.mark.parametrize("change", SEEN.values(), ids=SEEN)
def test_a_second_sync_sees_what_changed(company: Emulator, database: Path, tmp_path: Path, change: Change) -> None:
    _change_and_sync(company, database, tmp_path, change)
    _assert_equal(company, database)


def test_a_second_sync_sees_everything_that_changed(company: Emulator, database: Path, tmp_path: Path) -> None:
    # the tag keeps commits that another change drops from their branch
    left_out = {"a tag is moved"}

    def everything(world: World) -> None:
        for change in (change for name, change in SEEN.items() if name not in left_out):
            # what was merged cannot be declined: whatever still can happen, happens
            with suppress(ActionError):
                change(world)

    _change_and_sync(company, database, tmp_path, everything)
    _assert_equal(company, database)


@pytest.mark.parametrize("change", DELETED.values(), ids=DELETED)
def test_a_second_sync_sees_what_is_gone(company: Emulator, database: Path, tmp_path: Path, change: Change) -> None:
    _change_and_sync(company, database, tmp_path, change)
    _assert_equal(company, database)


@pytest.mark.parametrize("change", SILENT.values(), ids=SILENT)
def test_an_audit_sees_what_no_signal_tells(company: Emulator, database: Path, tmp_path: Path, change: Change) -> None:
    _change_and_sync(company, database, tmp_path, change, audit_requests="all")
    _assert_equal(company, database)


def _change_and_sync(company: Emulator, database: Path, directory: Path, change: Change, **settings: Any) -> None:
    company.act("advance_clock", seconds=HOUR)
    change(company.world)
    assert differences(company, database), "the change changed nothing that a table shows"
    result = sync(company, database, directory / "pipelines", **settings)
    assert (result.exit_code, result.troubles) == (0, [])


def _assert_equal(bitbucket: Emulator, database: Path) -> None:
    if found := differences(bitbucket, database):
        pytest.fail(report(found), pytrace=False)
