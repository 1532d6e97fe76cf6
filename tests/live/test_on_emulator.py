"""The facts, tested on the emulator: what it claims to be like Bitbucket, and what the suite costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.api.credentials import AccessToken

from .asking import Reader
from .fact import Finding, look
from .facts import FACTS
from .material import Material
from .report import lines
from .world import make_world

# what no run on an emulator, or none with this token, can tell
NEVER = {"commits-by-post", "what-429-says"}
NOT_WITH_ALL_SCOPES = {"a-missing-scope-is-named"}
# the emulator gives no uuid of a status, and no rule for a kind of branches
NOT_ALL_OF_THEM = {"columns-of-commit-statuses", "columns-of-branch-restrictions"}


def material(emulator: Emulator, token: str = "emulator-workspace-token", limit: int = 1_000) -> Material:
    return Material(Reader(emulator.base_url, AccessToken(token).auth, limit), "acme")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(make_world()) as running:
        yield running


@pytest.fixture(scope="module")
def findings(emulator: Emulator) -> dict[str, Finding]:
    """What became of each fact, by name."""
    emulator.clear_requests()
    found = material(emulator, limit=150)
    return {fact.name: look(fact, found) for fact in FACTS}


def test_every_fact_holds_or_says_why_it_cannot_be_tested(findings: dict[str, Finding]) -> None:
    assert len(findings) == len(FACTS), "two facts of one name"
    assert [str(finding) for finding in findings.values() if finding.outcome == "differs"] == []
    untested = {name: finding.told for name, finding in findings.items() if finding.outcome == "could not be tested"}
    assert set(untested) == NEVER | NOT_WITH_ALL_SCOPES | NOT_ALL_OF_THEM
    assert all(untested.values()), "without a reason"


def test_the_default_of_150_requests_is_enough_and_only_gets_are_sent(
    emulator: Emulator, findings: dict[str, Finding]
) -> None:
    assert findings
    sent = emulator.requests
    assert len(sent) <= 150
    assert {entry.method for entry in sent} == {"GET"}
    asked = [(entry.path, entry.query) for entry in sent]
    twice = {path for path, query in asked if asked.count((path, query)) > 1 and "/refs/branches/" not in path}
    assert twice == {"/2.0/workspaces/acme"}, "but for the conditional request, and a name escaped or not, none again"


def test_without_a_scope_facts_are_skipped_with_the_scope(emulator: Emulator) -> None:
    found = material(emulator, "emulator-repository-token")
    outcomes = {fact.name: look(fact, found) for fact in FACTS}
    assert [str(each) for each in outcomes.values() if each.outcome == "differs"] == []
    assert outcomes["a-missing-scope-is-named"].outcome == "holds"
    steps = outcomes["steps-come-all-at-once"]
    assert (steps.outcome, "pipeline" in steps.told) == ("could not be tested", True)


def test_a_spent_maximum_leaves_the_rest_untested(emulator: Emulator) -> None:
    found = material(emulator, limit=20)
    outcomes = [look(fact, found) for fact in FACTS]
    assert found.reader.requests == 20
    assert "differs" not in {each.outcome for each in outcomes}
    assert "the 20 requests are spent (--live-requests)" in {each.told for each in outcomes}


def test_the_report_tells_every_fact_once(findings: dict[str, Finding]) -> None:
    told = list(lines(list(findings.values()), 123))
    for finding in findings.values():
        row = [line for line in told if line.startswith(f"  {finding.fact.name} ({finding.fact.place})")]
        assert len(row) == 1
        assert finding.fact.sentence in row[0]
        assert finding.told in row[0]
    holds = sum(finding.outcome == "holds" for finding in findings.values())
    assert f"holds: {holds}" in told
    assert told[-1].startswith(f"{len(FACTS)} facts: {holds} holds, ")
    assert told[-1].endswith(" 123 requests.")


def test_questions_are_answered_by_what_the_world_does() -> None:
    """What nobody knows of Bitbucket, the emulator can do in either way."""
    names = (
        "names-are-compared",
        "whether-build-statuses-move-a-pull-request",
        "where-deployments-without-a-start-land",
    )
    answers = []
    for either in (False, True):
        with Emulator(make_world(unsettled_moves=either)) as running:
            running.world.refs_compare_naturally = running.world.unstarted_deployments_first = either
            found = material(running)
            told = {fact.name: look(fact, found).told for fact in FACTS if fact.name in names}
            answers.append([told[name] for name in names])
    (letters, silent, at_the_end), (numbers, moves, at_the_top) = answers
    assert (letters, numbers) == ("letter by letter", "with numbers")
    assert silent.startswith("no: ")
    assert moves.startswith("yes, it seems: ")
    assert (at_the_end, at_the_top) == ("last", "first")


def test_a_merge_commit_among_the_commits_differs() -> None:
    """The connector relies on what one source doubts (FACTS 3)."""
    with Emulator(make_world()) as running:
        running.world.merge_commits_are_listed = True
        found = material(running)
        (finding,) = [look(fact, found) for fact in FACTS if fact.name == "a-merge-commit-is-not-among-the-commits"]
    assert finding.outcome == "differs"
