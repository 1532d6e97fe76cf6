"""The state machine: a few fixed seeds always, as many histories as one wants with `--long --histories N --steps M`."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import Bitbucket, BitbucketOnDemand

_ALWAYS = settings(
    deadline=None,
    database=None,
    # a sync takes a second: only the long run can afford to look for the shortest story
    phases=(Phase.generate,),
    max_examples=2,
    stateful_step_count=8,
    suppress_health_check=list(HealthCheck),
)
_HISTORIES_A_SEED = 10


@pytest.fixture
def long(pytestconfig: pytest.Config) -> settings:
    """As many steps as were asked for, and the time to look for the shortest story."""
    return settings(
        _ALWAYS,
        max_examples=_HISTORIES_A_SEED,
        stateful_step_count=pytestconfig.getoption("--steps"),
        phases=(Phase.generate, Phase.shrink),
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "long_seed" in metafunc.fixturenames:
        seeds = metafunc.config.getoption("--histories") // _HISTORIES_A_SEED
        metafunc.parametrize("long_seed", range(1, 1 + seeds))


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("always_seed", [1, *(pytest.param(number, marks=pytest.mark.long) for number in range(2, 5))])
def test_a_few_histories(always_seed: int) -> None:
    run_state_machine_as_test(seed(always_seed)(Bitbucket), settings=_ALWAYS)


@pytest.mark.usefixtures("figures")
def test_a_few_histories_of_every_table() -> None:
    run_state_machine_as_test(seed(1)(BitbucketOnDemand), settings=_ALWAYS)


@pytest.mark.long
@pytest.mark.usefixtures("figures")
def test_many_histories(long_seed: int, long: settings) -> None:
    run_state_machine_as_test(seed(long_seed)(Bitbucket), settings=long)


@pytest.mark.long
@pytest.mark.usefixtures("figures")
def test_many_histories_of_every_table(long_seed: int, long: settings) -> None:
    run_state_machine_as_test(seed(long_seed)(BitbucketOnDemand), settings=long)
