"""What is synced only where somebody asks for it equals a full read too: at first, and after any change."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.model import World
from tests.truth.changes_opt_in import SEEN, SILENT
from tests.truth.changing import Change
from tests.truth.columns import COLUMNS, KEPT, OPT_IN
from tests.truth.comparing import Part, compare, report
from tests.truth.syncing import HOUR, differences, sync, truth_of

_PART = Part(tables=OPT_IN)


@pytest.fixture
def database(first_sync_of_everything: Path, tmp_path: Path) -> Path:
    """A copy of the first sync's warehouse."""
    return Path(shutil.copy(first_sync_of_everything, tmp_path))


def test_everything_is_read_whole(tmp_path: Path, company: Emulator) -> None:
    _sync(company, tmp_path / "bitbucket.duckdb", tmp_path)
    if found := differences(company, tmp_path / "bitbucket.duckdb", Part(tables=COLUMNS)):
        pytest.fail(report(found), pytrace=False)


def test_a_second_sync_sees_everything_that_changed(company: Emulator, database: Path, tmp_path: Path) -> None:
    def everything(world: World) -> None:
        for change in SEEN.values():
            change(world)

    _change_and_sync(company, database, tmp_path, everything)


@pytest.mark.long
@pytest.mark.parametrize("change", SEEN.values(), ids=SEEN)
def test_a_second_sync_sees_what_changed(company: Emulator, database: Path, tmp_path: Path, change: Change) -> None:
    _change_and_sync(company, database, tmp_path, change)


_LIKE_ANOTHER = {"a task is edited", "a task is done", "a task is written on a comment"}
"""what the audit finds in a list in which it has to find another change too"""


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=name, marks=[pytest.mark.long] if name in _LIKE_ANOTHER else [])
        for name, change in SILENT.items()
    ],
)
def test_an_audit_sees_what_no_signal_tells(company: Emulator, database: Path, tmp_path: Path, change: Change) -> None:
    _change_and_sync(company, database, tmp_path, change, audit_requests="all")


def _change_and_sync(company: Emulator, database: Path, directory: Path, change: Change, **settings: Any) -> None:
    before = truth_of(company, _PART)
    company.act("advance_clock", seconds=HOUR)
    change(company.world)
    truth = truth_of(company, _PART)
    assert truth != before, "nothing that a table shows"
    notices = _sync(company, database, directory, **settings)
    # an empty list is believed when it is seen twice
    if any("believed" in each for each in notices):
        _sync(company, database, directory, **settings)
    if found := compare(truth, database, part=_PART):
        pytest.fail(report(found), pytrace=False)


def _sync(company: Emulator, database: Path, directory: Path, **settings: Any) -> list[str]:
    """What it told beside."""
    result = sync(company, database, directory / "pipelines", tables=(*COLUMNS, *KEPT), **settings)
    assert (result.exit_code, result.troubles) == (0, [])
    return list(result.notices)
