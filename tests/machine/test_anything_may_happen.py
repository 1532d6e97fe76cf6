"""Runs the state machine: the same stories every time by default, new ones with `--long` or `--histories N`."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import Bitbucket

_ALWAYS = settings(
    deadline=None,
    database=None,
    derandomize=True,
    # a sync takes a second: only the long run can afford to look for the shortest story
    phases=(Phase.generate,),
    max_examples=12,
    stateful_step_count=8,
    suppress_health_check=list(HealthCheck),
)
_LONG = settings(
    _ALWAYS, derandomize=False, stateful_step_count=12, phases=(Phase.generate, Phase.shrink), print_blob=True
)


def test_the_same_stories_every_time() -> None:
    run_state_machine_as_test(Bitbucket, settings=_ALWAYS)


@pytest.mark.long
def test_new_stories(request: pytest.FixtureRequest) -> None:
    histories = request.config.getoption("--histories")
    run_state_machine_as_test(Bitbucket, settings=settings(_LONG, max_examples=histories))
