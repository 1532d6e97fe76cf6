"""Whatever is sent to the control interface: a mistake is 400 with its reason, and changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import ACTIONS

from ..client import Client

WRONG: list[Any] = [None, 5, -1, 10**30, 1.5, "x", "", [], {}, [[]], {"a": 1}, ["x"], [{"a": 1}], "9999-12-31", "\x00"]
CREDENTIAL = {"name": "mine", "kind": "bearer", "user": "x", "scopes": []}


def post(emulator: Emulator, path: str, body: Any) -> int:
    """The status; a mistake says why."""
    answer = requests.post(f"{emulator.control_url}/{path}", data=json.dumps(body), timeout=20)
    if answer.status_code != 200:
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), (path, body, answer.text)
    return answer.status_code


@pytest.mark.parametrize("body", [b"{", b"[]", b"5", b"null", b"\xff\xfe", b'"x"'], ids=str)
@pytest.mark.parametrize("path", ["clock", "credentials", "faults", "rate_limits", "actions/push", "actions/nothing"])
def test_bodies_that_are_no_object(emulator: Emulator, path: str, body: bytes) -> None:
    if (path, body) != ("faults", b"[]"):  # no faults are a list of faults
        answer = requests.post(f"{emulator.control_url}/{path}", data=body, timeout=20)
        assert (answer.status_code, list(answer.json())) == (400, ["error"])


@pytest.mark.parametrize("wrong", [wrong for wrong in WRONG if wrong != "9999-12-31" and wrong != 5], ids=repr)
def test_clocks(emulator: Emulator, wrong: Any) -> None:
    assert post(emulator, "clock", {"time": wrong}) == 400
    assert wrong == -1 or post(emulator, "clock", {"seconds": wrong}) == 400
    assert post(emulator, "clock", {}) == 400


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_credentials(emulator: Emulator, client: Client, wrong: Any) -> None:
    for name in (*CREDENTIAL, "token", "email", "client_id", "repositories", "rate_limit", "callback_url", "colour"):
        post(emulator, "credentials", {**CREDENTIAL, name: wrong})
    assert client.get("").status_code == 200
    assert requests.get(f"{emulator.control_url}/credentials", timeout=20).status_code == 200


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_rate_limits(emulator: Emulator, client: Client, wrong: Any) -> None:
    for name in ("enforced", "default", "anonymous", "retry_after", "clock"):
        post(emulator, "rate_limits", {name: wrong})
        assert client.get("").status_code == 200


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_arguments_that_no_action_has(emulator: Emulator, name: str) -> None:
    for wrong in ("self", "world", "args", "kwargs", "colour"):
        assert post(emulator, f"actions/{name}", {wrong: 1}) == 400


RIGHT = {
    "Repository": "web",
    "User": "ada",
    "Author": "ada",
    "Hash": "main",
    "PullRequest": 1,
    "Comment": 500004097,
    "Task": 500004098,
    "Pipeline": 1,
    "Step": 0,
    "Environment": "Test",
    "Project": "SHOP",
    "Workspace": "acme",
    "str": "topic",
    "int": 1,
    "bool": True,
    "Time": "2025-01-01T00:00:00+00:00",
    "Files": {"a.txt": [1, 0]},
    "StepDefinition": "Build",
    "dict[str, str]": {"a": "b"},
}


def right(kind: str) -> Any:
    kind = kind.removesuffix(" | None")
    return [right(kind[5:-1])] if kind.startswith("list[") else RIGHT[kind]


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_arguments_of_any_kind(emulator: Emulator, client: Client, name: str) -> None:
    emulator.act("push", repository="web", branch="topic", author="bob")
    emulator.act("enable_pipelines", repository="web")
    emulator.act("open_pull_request", repository="web", source="topic", author="bob")
    emulator.act("run_pipeline", repository="web", ref="main", steps=["Build"])
    action = ACTIONS[name]
    given = {each: right(kind) for each, kind in action.parameters.items() if each in action.required}
    for each in action.parameters:
        for wrong in WRONG:
            if each != "repository" or not isinstance(wrong, str):
                post(emulator, f"actions/{name}", {**given, each: wrong})
    shown = [client.get(path).status_code for path in ("/repositories/acme?pagelen=100", "pullrequests", "pipelines")]
    assert max(shown) < 500
    assert requests.get(f"{emulator.control_url}/world", timeout=20).status_code == 200


def test_a_push_of_more_commits_than_anybody_waits_for(emulator: Emulator) -> None:
    given = {"repository": "web", "branch": "topic", "author": "bob"}
    assert post(emulator, "actions/push", {**given, "commits": 1_000_001}) == 400
    assert post(emulator, "actions/push", {**given, "commits": 2}) == 200
