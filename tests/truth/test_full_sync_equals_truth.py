"""After a sync the warehouse equals a full read of Bitbucket: the first one, and one after any change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_emulator.world.actions import ActionError
from bitbucket_emulator.world.model import World
from tests.truth.changes import DELETED, SEEN, SILENT
from tests.truth.changing import Change
from tests.truth.comparing import compare, report
from tests.truth.reading import Truth
from tests.truth.syncing import HOUR, differences, sync, truth_of


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


_SEEN_LIKE_ANOTHER = {
    "a draft is opened",
    "a pull request becomes a draft",
    "somebody new comments",
    "somebody takes an approval back",
    "somebody asks for changes",
    "a pull request is declined",
    "a pull request is superseded",
    "a line is commented",
    "a light tag is made",
    "a commit is reverted",
    "a branch is made",
    "a manual deployment fails",
    "an old run is being deployed again",
    "an old run is deployed again in vain",
    "a pipeline starts",
    "a pipeline of a pull request runs",
    "a pipeline is being parsed",
    "a paused pipeline goes on",
    "a paused pipeline is halted",
    "a paused pipeline expires",
    "a step of a finished pipeline is running again",
    "a task is written in a commented pull request",
}
"""what moves the same signal, and is read by the same lists, as another of the changes"""


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=name, marks=[pytest.mark.long] if name in _SEEN_LIKE_ANOTHER else [])
        for name, change in SEEN.items()
    ],
)
def test_a_second_sync_sees_what_changed(changing: Changing, change: Change) -> None:
    changing.sync_behind(change)


def test_a_second_sync_sees_everything_that_changed(changing: Changing) -> None:
    # the tag keeps commits that another change drops from their branch
    left_out = {"a tag is moved"}

    def everything(world: World) -> None:
        for change in (change for name, change in SEEN.items() if name not in left_out):
            # what was merged cannot be declined: whatever still can happen, happens
            with suppress(ActionError):
                change(world)

    changing.sync_behind(everything)


@pytest.mark.parametrize("change", DELETED.values(), ids=DELETED)
def test_a_second_sync_sees_what_is_gone(changing: Changing, change: Change) -> None:
    changing.sync_behind(change)


_LIKE_ANOTHER = {"an environment is made", "an environment is changed", "a thread is resolved"}
"""what the audit finds in a list in which it has to find another change too"""


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=name, marks=[pytest.mark.long] if name in _LIKE_ANOTHER else [])
        for name, change in SILENT.items()
    ],
)
def test_an_audit_sees_what_no_signal_tells(changing: Changing, change: Change) -> None:
    changing.sync_behind(change, audit_requests="all")


_PROBABLY_SEEN = (
    "a pull request is edited",
    "a pull request is queued",
    "another reviewer is asked",
    "a reviewer who took part is let off",
    "a reviewer who did nothing is let off",
    "the only comment of somebody is deleted",
)
"""what moves `updated_on` only presumably (FACTS 3)"""


@pytest.mark.parametrize(
    "name", [*_PROBABLY_SEEN[::2], *(pytest.param(name, marks=pytest.mark.long) for name in _PROBABLY_SEEN[1::2])]
)
def test_an_audit_sees_what_only_presumably_has_a_signal(changing: Changing, name: str) -> None:
    changing.company.world.probable_moves = False
    changing.sync_behind((SEEN | DELETED)[name], audit_requests="all")


@pytest.fixture
def changing(company: Emulator, database: Path, tmp_path: Path, before: Truth) -> Changing:
    """The company and a warehouse that equals it."""
    return Changing(company, database, tmp_path, before)


@dataclass(frozen=True)
class Changing:
    """A company in which something changes, and a warehouse that has to follow."""

    company: Emulator
    database: Path
    directory: Path
    before: Truth

    def sync_behind(self, change: Change, **settings: Any) -> None:
        """Let something happen, sync once, and compare."""
        self.company.act("advance_clock", seconds=HOUR)
        change(self.company.world)
        # a sync changes nothing in Bitbucket: what is true before it is true behind it
        truth = truth_of(self.company)
        assert truth != self.before, "nothing that a table shows"
        result = sync(self.company, self.database, self.directory / "pipelines", **settings)
        assert (result.exit_code, result.troubles) == (0, [])
        if found := compare(truth, self.database):
            pytest.fail(report(found), pytrace=False)


def _assert_equal(bitbucket: Emulator, database: Path) -> None:
    if found := differences(bitbucket, database):
        pytest.fail(report(found), pytrace=False)
