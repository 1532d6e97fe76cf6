"""Stories told by hand: those that chance finds too seldom, and those that once lost a row."""

from __future__ import annotations

from typing import Any

import pytest

from bitbucket_emulator.world.model import SECOND
from tests.machine.story import Story


@pytest.mark.parametrize("page", [1, 2, 3])
def test_the_list_of_commits_breaks_off(story: Story, page: int) -> None:
    story.arm(kind="status", status=403, path="/commits", query=f"page={page}" if page > 1 else "", nth=1)
    assert _exit_code(story) == 1


@pytest.mark.parametrize("requests", [11, 13, 17])
def test_a_first_load_in_many_small_pieces(story: Story, requests: int) -> None:
    codes: list[int] = []
    while 0 not in codes and len(codes) < 8:
        codes.append(_exit_code(story, max_requests=requests))
    assert codes == [*[3] * (len(codes) - 1), 0]


def test_a_comment_is_seen_late(story: Story) -> None:
    first, second = story.open_pull_requests()[:2]
    story.bitbucket.act("advance_clock", seconds=3600)
    story.bitbucket.act("comment", **first, text="Seen at once")
    story.sync_in_peace()
    story.bitbucket.act("comment", **second, text="Seen late", at=story.bitbucket.world.clock - 200 * SECOND)
    story.sync_in_peace()


def test_the_working_directory_vanishes_after_a_cut(story: Story) -> None:
    story.sync_and_look(max_requests=30)
    story.lose_the_working_directory()
    story.sync_in_peace()


def _exit_code(story: Story, **settings: Any) -> int:
    result = story.sync_and_look(**settings)
    assert result is not None
    return result.exit_code
