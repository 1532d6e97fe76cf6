"""A check that cannot fail is none: each fact differs where an answer says otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, unquote

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.credentials import AccessToken

from .asking import Answer, Reader
from .fact import Fact, look
from .facts import FACTS
from .material import Material
from .spoilers import SPOILERS
from .test_on_emulator import NEVER, NOT_WITH_ALL_SCOPES, material
from .world import make_world

BY_NAME = {fact.name: fact for fact in FACTS}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(make_world()) as running:
        yield running


@pytest.fixture(scope="module")
def answers(emulator: Emulator) -> list[Answer]:
    """Every answer of a run in which nothing is spoilt."""
    found = material(emulator)
    for fact in FACTS:
        assert look(fact, found).outcome != "differs"
    return found.reader.answers


def test_every_fact_has_a_spoiler() -> None:
    assert set(SPOILERS) == set(BY_NAME) - NEVER - NOT_WITH_ALL_SCOPES


@pytest.mark.parametrize("name", SPOILERS)
def test_a_spoilt_answer_is_told(name: str, emulator: Emulator, answers: Sequence[Answer]) -> None:
    faults = SPOILERS[name]
    kept = [answer for answer in answers if not any(_meets(fault, answer) for fault in faults)]
    reader = Reader(emulator.base_url, AccessToken("emulator-workspace-token").auth, 100, known=kept)
    armed = [emulator.add_fault(fault) for fault in faults]
    finding = look(BY_NAME[name], Material(reader, "acme"))
    emulator.clear_faults()
    assert all(each.struck for each in armed)
    assert finding.outcome == "differs", finding.told
    assert finding.told.startswith("expected ")


def _meets(fault: Fault, answer: Answer) -> bool:
    """Whether the fault would have met the request of this answer."""
    path, _, query = answer.target.partition("?")
    decoded = "&".join(f"{name}={value}" for name, value in parse_qsl(query, keep_blank_values=True))
    return bool(re.search(fault.path, unquote(path)) and re.search(fault.query, decoded))


@pytest.mark.parametrize("row", [None, {}, "text", []], ids=repr)
def test_no_shape_of_answer_ends_the_run(row: object, emulator: Emulator, answers: Sequence[Answer]) -> None:
    """Rows of another shape are told, whichever list they are in: no fact falls over them."""
    lists = [each for each in answers if each.status == 200 and '"values"' in each.text]
    spoilt = [replace(each, text=json.dumps({**each.json, "values": [row, row]})) for each in lists]
    others = [each for each in answers if each not in lists]
    reader = Reader(emulator.base_url, AccessToken("emulator-workspace-token").auth, 0, known=[*others, *spoilt])
    outcomes = [look(fact, Material(reader, "acme")) for fact in FACTS]
    assert len(outcomes) == len(FACTS)
    assert "differs" in {each.outcome for each in outcomes}


def test_a_refusal_without_its_scopes_is_told(emulator: Emulator) -> None:
    found = material(emulator, "emulator-repository-token")
    emulator.add_fault(Fault(kind="poison", path="/members$", field="error.detail", value="a scope is missing"))
    assert look(BY_NAME["accounts-have-no-email"], found).outcome == "could not be tested"
    finding = look(BY_NAME["a-missing-scope-is-named"], found)
    emulator.clear_faults()
    assert (finding.outcome, "required and granted" in finding.told) == ("differs", True)


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact.name in NEVER], ids=lambda fact: fact.name)
def test_what_is_never_asked_says_why(fact: Fact, emulator: Emulator) -> None:
    finding = look(fact, material(emulator))
    assert finding.outcome == "could not be tested"
    assert finding.told


def test_a_hiccup_is_asked_again_and_an_outage_is_told(emulator: Emulator) -> None:
    fact = BY_NAME["the-workspace-has-uuid-slug-and-name"]
    emulator.add_fault(Fault(kind="status", status=503, path="^/workspaces/acme$", times=1))
    assert look(fact, material(emulator)).outcome == "holds"
    emulator.add_fault(Fault(kind="status", status=503, path="^/workspaces/acme$"))
    finding = look(fact, material(emulator))
    emulator.clear_faults()
    assert (finding.outcome, "503" in finding.told) == ("differs", True)


def test_a_spent_quota_ends_the_asking(emulator: Emulator) -> None:
    found = material(emulator)
    emulator.add_fault(Fault(kind="rate_limit", path="/members$"))
    outcomes = [look(BY_NAME[name], found) for name in ("accounts-have-no-email", "repositories-was-removed")]
    emulator.clear_faults()
    assert [(each.outcome, each.told[:3]) for each in outcomes] == [("could not be tested", "429")] * 2
    asked = [entry.path for entry in emulator.requests]
    assert asked[-1].endswith("/members"), "nothing is asked after a 429"


def test_nobody_there_is_no_difference() -> None:
    reader = Reader("http://127.0.0.1:9/2.0", AccessToken("a-token-that-nobody-sees").auth, 10)
    finding = look(BY_NAME["repositories-was-removed"], Material(reader, "acme"))
    assert (finding.outcome, finding.told) == ("could not be tested", "no answer from 127.0.0.1 (ConnectionError)")
