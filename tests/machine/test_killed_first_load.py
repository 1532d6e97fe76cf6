"""A first load that is killed again and again loses no row, and repeats at most what one slice asks for."""

from __future__ import annotations

from random import Random

import pytest

from tests.machine.counts import COUNTS
from tests.machine.story import Story
from tests.machine.worlds import larger_world

_SLICE = 25
"""requests of a slice: a thousand are never reached by a world that a test can load"""
_REPEATED_AT_MOST = _SLICE + 15
"""by a kill: the slice, what four workers were at when it was full, and the lists of the workspace"""


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("kills", [3, pytest.param(200, marks=pytest.mark.long)])
def test_a_first_load_is_killed_at_random_moments(kills: int) -> None:
    story = Story(larger_world())
    random = Random(kills)
    died, repeated = 0, 0
    try:
        story.sync()
        undisturbed = len(story.bitbucket.requests)
        story.must_be_equal()
        while died < kills:
            story.lose_everything()
            story.bitbucket.clear_requests()
            while died < kills and story.sync_killed_after(random.uniform(0, 5), requests_per_slice=_SLICE):
                died += 1
            story.sync()
            repeated += len(story.bitbucket.requests) - undisturbed
            story.must_be_equal()
            COUNTS["killed first loads"] += 1
    finally:
        story.close()
    COUNTS["requests they repeated"] += repeated
    assert repeated <= died * _REPEATED_AT_MOST
