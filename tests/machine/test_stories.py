"""Stories told by hand: those that chance finds too seldom, and those that once lost a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bitbucket_emulator.world.model import SECOND
from tests.machine.machine import Bitbucket


@pytest.fixture
def story() -> Iterator[Bitbucket]:
    """A small world and no warehouse yet; it ends with a sync in peace, after which both are equal."""
    machine = Bitbucket()
    yield machine
    machine.teardown()


@pytest.mark.parametrize("page", [1, 2, 3])
def test_the_list_of_commits_breaks_off(story: Bitbucket, page: int) -> None:
    story.arm(kind="status", status=403, path="/commits", query=f"page={page}" if page > 1 else "", nth=1)
    assert _exit_code(story) == 1


_UNFAIR = pytest.mark.xfail(
    strict=True,
    reason="repositories are always read in one order: a budget just above the idle cost ends before the last",
)


@pytest.mark.parametrize("requests", [pytest.param(11, marks=_UNFAIR), 13, 17])
def test_a_first_load_in_many_small_pieces(story: Bitbucket, requests: int) -> None:
    codes: list[int] = []
    while 0 not in codes and len(codes) < 8:
        codes.append(_exit_code(story, max_requests=requests))
    assert codes == [*[3] * (len(codes) - 1), 0]


def test_a_comment_is_seen_late(story: Bitbucket) -> None:
    first, second = story.open_pull_requests()[:2]
    story.bitbucket.act("advance_clock", seconds=3600)
    story.bitbucket.act("comment", **first, text="Seen at once")
    story.sync_in_peace()
    story.bitbucket.act("comment", **second, text="Seen late", at=story.bitbucket.world.clock - 200 * SECOND)
    story.sync_in_peace()


def test_the_working_directory_vanishes_after_a_cut(story: Bitbucket) -> None:
    story.sync_and_look(max_requests=30)
    story.the_working_directory_vanishes()
    story.sync_in_peace()


def _exit_code(story: Bitbucket, **settings: Any) -> int:
    result = story.sync_and_look(**settings)
    assert result is not None
    return result.exit_code
