"""The facts, tested on the real Bitbucket: `pytest --live tests/live`."""

from __future__ import annotations

import pytest

from .conftest import FINDINGS, TAPE
from .fact import Fact, look
from .facts import FACTS
from .material import Material

_NOT_LIVE = pytest.mark.skip(reason="asks the real Bitbucket: run with --live, see docs/live.md")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.config.getoption("--live"):
        metafunc.parametrize("fact", FACTS, ids=lambda fact: fact.name)
    else:
        metafunc.parametrize("fact", [pytest.param(None, marks=_NOT_LIVE, id="facts")])


def test_on_the_real_bitbucket(fact: Fact, bitbucket: Material, pytestconfig: pytest.Config) -> None:
    finding = look(fact, bitbucket)
    tape = pytestconfig.stash.get(TAPE, None)
    if tape is not None:
        tape.save(fact.name)
    pytestconfig.stash[FINDINGS].append(finding)
    if finding.outcome == "could not be tested":
        pytest.skip(finding.told)
    assert finding.outcome in ("holds", "answered"), f"{fact.sentence} {finding.told}"
