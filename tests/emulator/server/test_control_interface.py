"""`/_control`: what a script in any language can do to a running emulator."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import ACTIONS

from ..client import Client


def control(emulator: Emulator, method: str, path: str, status: int = 200, json: Any = None, **more: Any) -> Any:
    response = requests.request(method, f"{emulator.control_url}/{path}", json=json, timeout=5, **more)
    assert response.status_code == status, response.text
    return response.json()


def test_actions_are_listed_with_their_parameters(emulator: Emulator) -> None:
    listed = {row["name"]: row for row in control(emulator, "GET", "actions")}
    assert listed.keys() == ACTIONS.keys()
    push = listed["push"]
    assert push["required"] == ["author", "branch", "repository"]
    assert push["parameters"].keys() >= {"repository", "branch", "author", "commits", "message", "at"}
    assert push["description"]


def test_an_action_by_name(emulator: Emulator, client: Client) -> None:
    body = {"repository": "web", "branch": "topic", "author": "bob", "commits": 2}
    touched = control(emulator, "POST", "actions/push", json=body)
    assert touched["type"] == "Commit"
    assert client.json("refs/branches/topic?fields=target.hash") == {"target": {"hash": touched["hash"]}}
    opened = control(
        emulator, "POST", "actions/open_pull_request", json={"repository": "web", "source": "topic", "author": "bob"}
    )
    assert (opened["type"], opened["id"]) == ("PullRequest", 1)
    assert client.values("pullrequests", "id") == [1]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("dance", {}),
        ("push", {"repository": "web"}),
        ("push", {"repository": "nowhere", "branch": "main", "author": "ada"}),
        ("push", {"repository": "web", "branch": "main", "author": "ada", "nonsense": 1}),
    ],
    ids=["no such action", "something missing", "no such repository", "something unknown"],
)
def test_mistakes_are_explained(emulator: Emulator, name: str, body: dict[str, Any]) -> None:
    assert control(emulator, "POST", f"actions/{name}", 400, json=body)["error"]


def test_a_body_that_is_no_json(emulator: Emulator) -> None:
    response = requests.post(f"{emulator.control_url}/actions/push", data="{", timeout=5)
    assert (response.status_code, "error" in response.json()) == (400, True)


def test_the_clock(emulator: Emulator) -> None:
    assert control(emulator, "POST", "clock", json={"time": "2026-12-01T10:00:00Z"}) == {
        "time": "2026-12-01T10:00:00+00:00",
        "micros": 1_796_119_200_000_000,
    }
    advanced = control(emulator, "POST", "clock", json={"seconds": 90})
    assert advanced["time"].startswith("2026-12-01T10:01:30")
    assert control(emulator, "GET", "clock") == advanced
    assert control(emulator, "POST", "clock", 400, json={"hours": 1})["error"]


def test_faults(emulator: Emulator, client: Client) -> None:
    control(emulator, "POST", "faults", json=[{"kind": "status", "status": 503, "nth": 1}, {"kind": "delay"}])
    assert client.get("").status_code == 503
    armed = control(emulator, "GET", "faults")
    assert [(row["kind"], row["met"], row["struck"]) for row in armed] == [("status", 1, 1), ("delay", 1, 1)]
    assert control(emulator, "DELETE", "faults") == []
    assert client.get("").status_code == 200


@pytest.mark.parametrize(
    "fault",
    [{"kind": "meteor"}, {"kind": "status", "stauts": 500}, {"kind": "status", "path": "("}, {}, {"kind": "pagelen"}],
)
def test_a_fault_that_is_none(emulator: Emulator, fault: dict[str, Any]) -> None:
    assert control(emulator, "POST", "faults", 400, json=fault)["error"]
    assert control(emulator, "GET", "faults") == []


def test_the_request_log(emulator: Emulator, client: Client) -> None:
    client.get("commits?pagelen=2&include=main")
    client.send("POST", "commits", data={"include": "main"})
    client.get("/nowhere", headers={"Authorization": "Bearer wrong"})
    rows = control(emulator, "GET", "requests")
    shown = [
        (row["n"], row["method"], row["path"], row["query"], row["form"], row["status"], row["credential"])
        for row in rows
    ]
    path = "/2.0/repositories/acme/web/commits"
    assert shown == [
        (1, "GET", path, [["pagelen", "2"], ["include", "main"]], [], 200, "workspace"),
        (2, "POST", path, [], [["include", "main"]], 200, "workspace"),
        (3, "GET", "/2.0/nowhere", [], [], 401, None),
    ]
    assert all(0 < row["milliseconds"] < 5000 for row in rows)
    assert control(emulator, "DELETE", "requests") == []
    client.get("")
    assert [row["n"] for row in control(emulator, "GET", "requests")] == [4]


def test_the_world_in_short(emulator: Emulator, client: Client) -> None:
    client.get("commits")
    shown = control(emulator, "GET", "world")
    assert [row["slug"] for row in shown["workspaces"]] == ["acme"]
    assert {"ada", "bob", "cleo"} <= {row["nickname"] for row in shown["people"]}
    (web,) = shown["repositories"]
    assert (web["workspace"], web["slug"], web["blocked_status"]) == ("acme", "web", None)
    assert web["counts"] == {"branches": 1, "commits": 12, "pull_requests": 0, "pipelines": 0, "deployments": 0}


def test_credentials_come_and_go(emulator: Emulator) -> None:
    ada = next(each.uuid for each in emulator.world.users.values() if each.nickname == "ada")
    new = {"name": "mine", "kind": "bearer", "user": ada, "token": "mine", "scopes": ["repository"]}
    listed = control(emulator, "POST", "credentials", json=new)
    assert [row["name"] for row in listed] == ["admin", "workspace", "repositories", "oauth", "mine"]
    mine = Client(emulator, token="mine")
    assert (mine.get("").status_code, mine.get("pullrequests").status_code) == (200, 403)
    control(emulator, "DELETE", "credentials", params={"name": "mine"})
    assert mine.get("").status_code == 401
    assert control(emulator, "DELETE", "credentials", 400, params={"name": "mine"})["error"]
    assert control(emulator, "POST", "credentials", 400, json={"name": "x", "colour": "red"})["error"]


def test_rate_limits(emulator: Emulator, client: Client) -> None:
    assert control(emulator, "GET", "rate_limits")["enforced"] is False
    control(emulator, "POST", "rate_limits", json={"enforced": True, "default": 1, "retry_after": "seconds"})
    assert [client.get("").status_code, client.get("").status_code] == [200, 429]
    assert control(emulator, "POST", "rate_limits", 400, json={"retry_after": "soon"})["error"]


def test_control_costs_no_budget_and_is_not_logged(emulator: Emulator) -> None:
    control(emulator, "GET", "world")
    assert emulator.requests == []


def test_what_nobody_knows_is_switched(emulator: Emulator) -> None:
    """FACTS 11: what is not settled can be had either way, by a script too."""
    switches = control(emulator, "GET", "switches")
    assert switches == {
        "merge_commits_are_listed": False,
        "probable_moves": True,
        "refs_compare_naturally": False,
        "unsettled_moves": False,
        "unstarted_deployments_first": False,
    }
    turned = control(emulator, "POST", "switches", json={"unsettled_moves": True, "probable_moves": False})
    assert turned == switches | {"unsettled_moves": True, "probable_moves": False}
    assert (emulator.world.unsettled_moves, emulator.world.probable_moves) == (True, False)
    for wrong in ({"colour": True}, {"clock": True}, {"unsettled_moves": 1}, {"unsettled_moves": None}):
        assert control(emulator, "POST", "switches", 400, json=wrong)["error"]
    assert control(emulator, "GET", "switches") == turned


def test_the_truth_of_a_repository(emulator: Emulator) -> None:
    body = {"repository": "web", "branch": "topic", "author": "bob"}
    pushed = control(emulator, "POST", "actions/push", json=body)
    control(
        emulator, "POST", "actions/open_pull_request", json={"repository": "web", "source": "topic", "author": "bob"}
    )
    control(emulator, "POST", "actions/merge", json={"repository": "web", "pull_request": 1, "user": "ada"})
    truth = control(emulator, "GET", "truth/web")
    assert truth["origins"][pushed["hash"]] == 1
    assert truth["landings"][0]["own"] == [pushed["hash"]]
    assert truth["deliveries"] == []
    assert control(emulator, "GET", "truth/nowhere", 400)["error"]
