"""The benchmark's server answers a walk through commits that goes on where another stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from benchmarks.contenders import TABLES, connector
from benchmarks.measuring import Bench, rows_in
from benchmarks.processes import answering
from benchmarks.work import REPOSITORY, TOKEN, WORKSPACE, Work
from bitbucket_source.load import slices
from bitbucket_source.sync.agenda import SliceLimit

WORK = Work(pull_requests=400, commits=1000)
LISTS = f"/2.0/repositories/{WORKSPACE}/{REPOSITORY}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with answering(WORK.options, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="module")
def history(server: str) -> list[dict[str, Any]]:
    """All commits, newest first."""
    return walk(requests.get(f"{server}{LISTS}/commits", params={"pagelen": 100}, timeout=60))


def walk(response: requests.Response) -> list[dict[str, Any]]:
    """The rows of a list, from the answer to its first page on."""
    rows = []
    while True:
        assert response.ok, response.text
        page = response.json()
        rows += page["values"]
        if "next" not in page:
            return rows
        response = requests.get(page["next"], timeout=60)


def parents(commits: list[dict[str, Any]]) -> set[str]:
    return {parent["hash"] for commit in commits for parent in commit["parents"]}


def hashes(commits: list[dict[str, Any]]) -> list[str]:
    return [commit["hash"] for commit in commits]


def test_the_parents_left_over_reach_the_rest_of_the_history(server: str, history: list[dict[str, Any]]) -> None:
    for read in (1, 250, 500, 999):
        frontier = sorted(parents(history[:read]) - set(hashes(history[:read])))
        asked: dict[str, Any] = {"include": frontier, "pagelen": 100}
        rest = walk(requests.get(f"{server}{LISTS}/commits", params=asked, timeout=60))
        assert hashes(rest) == hashes(history[read:])


def test_a_form_asks_the_same_as_a_query(server: str, history: list[dict[str, Any]]) -> None:
    include = [("include", sha) for sha in hashes(history[300:420])]
    exclude = [("exclude", sha) for sha in hashes(history[600:700])]
    first = requests.post(f"{server}{LISTS}/commits?pagelen=100", data=[*include, *exclude], timeout=60)
    assert hashes(walk(first)) == hashes(history[300:600])


def test_what_is_excluded_reaches_everything_that_is_asked_for(server: str, history: list[dict[str, Any]]) -> None:
    asked = {"include": history[500]["hash"], "exclude": history[100]["hash"]}
    assert walk(requests.get(f"{server}{LISTS}/commits", params=asked, timeout=60)) == []


def test_an_unknown_hash_is_refused(server: str) -> None:
    response = requests.get(f"{server}{LISTS}/commits", params={"include": "0" * 40}, timeout=60)
    assert (response.status_code, response.json()["error"]["message"]) == (
        400,
        f"the benchmark has no commit {'0' * 40}",
    )


def test_refs_point_at_commits_that_are_there(server: str, history: list[dict[str, Any]]) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    refs = walk(requests.get(f"{server}{LISTS}/refs/branches?pagelen=100", headers=headers, timeout=60))
    heads = {ref["target"]["hash"] for ref in refs}
    assert history[0]["hash"] in heads
    assert heads <= set(hashes(history))


def test_a_sync_in_many_slices_reads_everything_once(
    server: str, history: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", SliceLimit(requests=3))
    bench = Bench(server, tmp_path)
    connector(bench)
    assert rows_in(bench.database, TABLES) == {
        "pull_requests": WORK.pull_requests,
        "commits": WORK.commits,
        "commit_parents": sum(len(commit["parents"]) for commit in history),
    }
