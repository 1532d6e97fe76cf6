"""What can go wrong on purpose."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world.actions import (
    create_branch,
    delete_branch,
    open_pull_request,
    prune,
    push,
    request_changes,
)

from ..client import API, Client


def statuses(client: Client, count: int, path: str = "") -> list[int]:
    return [client.get(path).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (Fault(kind="status", status=503), [503, 503, 503, 503, 503, 503]),
        (Fault(kind="status", status=503, nth=2), [200, 503, 200, 200, 200, 200]),
        (Fault(kind="status", status=503, every=3), [200, 200, 503, 200, 200, 503]),
        (Fault(kind="status", status=503, times=2), [503, 503, 200, 200, 200, 200]),
        (Fault(kind="status", status=503, every=2, times=1), [200, 503, 200, 200, 200, 200]),
        (Fault(kind="status", status=503, path="/pullrequests"), [200, 200, 200, 200, 200, 200]),
        (Fault(kind="status", status=503, method="POST"), [200, 200, 200, 200, 200, 200]),
        (Fault(kind="status", status=503, probability=0.0), [200, 200, 200, 200, 200, 200]),
        (Fault(kind="status", status=503, probability=0.5, seed=1), [503, 200, 200, 503, 503, 503]),
    ],
    ids=["always", "nth", "every", "times", "every once", "other path", "other method", "never", "chance"],
)
def test_when(emulator: Emulator, client: Client, when: Fault, expected: list[int]) -> None:
    armed = emulator.add_fault(when)
    assert statuses(client, 6) == expected
    assert armed.struck == expected.count(503)


def test_a_fault_may_be_for_one_page_only(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=500, path="/commits$", query=r"page=2"))
    first = client.json("commits?pagelen=5")
    assert client.get(first["next"]).status_code == 500
    emulator.clear_faults()
    assert client.get(first["next"]).status_code == 200


def test_status_with_bodies(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=500, times=1))
    emulator.add_fault(Fault(kind="status", status=403, body={"error": {"message": "No."}}, nth=2))
    emulator.add_fault(Fault(kind="status", status=502, body="bad gateway", headers={"X-From": "proxy"}, nth=3))
    assert client.error("") == (500, {"type": "error", "error": {"message": "Internal server error"}})
    assert client.error("") == (403, {"error": {"message": "No."}})
    text = client.get("")
    assert (text.status_code, text.text, text.headers["X-From"]) == (502, "bad gateway", "proxy")


def test_a_page_of_html(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="html", status=200))
    response = client.get("")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert response.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("form", ["none", "seconds", "http_date"])
def test_rate_limit_in_three_forms(emulator: Emulator, client: Client, form: str) -> None:
    fault = {"kind": "rate_limit", "retry_after": form, "seconds": 7}
    requests.post(f"{emulator.control_url}/faults", json=fault, timeout=5).raise_for_status()
    response = client.get("")
    assert (response.status_code, response.text) == (429, "Rate limit for this resource has been exceeded")
    found = response.headers.get("Retry-After")
    assert {"none": found is None, "seconds": found == "7", "http_date": str(found).endswith("GMT")}[form]


def test_delay(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="delay", seconds=0.15))
    start = time.perf_counter()
    assert client.get("").status_code == 200
    assert time.perf_counter() - start > 0.14


def test_a_connection_cut_before_the_headers(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="cut_before_headers", times=1))
    with pytest.raises(requests.ConnectionError):
        client.get("")
    assert client.get("").status_code == 200
    assert [entry.status for entry in emulator.requests] == [0, 200]


def test_a_connection_cut_in_the_body(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="cut", times=1))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get("")
    assert client.get("").status_code == 200


def test_truncated_and_wrong_json(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="truncate", nth=1))
    emulator.add_fault(Fault(kind="bad_json", nth=2))
    emulator.add_fault(Fault(kind="bad_json", body={"values": "none"}, nth=3))
    for _ in range(2):
        response = client.get("refs/branches")
        assert response.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            json.loads(response.text)
    assert client.json("refs/branches") == {"values": "none"}


@pytest.fixture
def branches(emulator: Emulator) -> Client:
    """Branches a, b, c, main."""
    for name in ("a", "b", "c"):
        create_branch(emulator.world, "web", name)
    return Client(emulator)


def page(client: Client, number: int) -> tuple[list[str], str | None]:
    found = client.json(f"refs/branches?pagelen=2&page={number}")
    return [row["name"] for row in found["values"]], found.get("next")


def test_an_empty_page_with_next(emulator: Emulator, branches: Client) -> None:
    emulator.add_fault(Fault(kind="empty_page"))
    address = f"{API}/repositories/acme/web/refs/branches?pagelen=2&page="
    assert page(branches, 1) == ([], f"{address}2")
    assert page(branches, 2) == ([], f"{address}3")


def test_a_page_repeated(emulator: Emulator, branches: Client) -> None:
    emulator.add_fault(Fault(kind="repeat_page", nth=2))
    assert [page(branches, 1)[0], page(branches, 2)[0], page(branches, 2)[0]] == [["a", "b"], ["a", "b"], ["c", "main"]]


def test_next_elsewhere_and_next_itself(emulator: Emulator, branches: Client) -> None:
    emulator.add_fault(Fault(kind="next_elsewhere", nth=1))
    emulator.add_fault(Fault(kind="next_itself", nth=2))
    assert page(branches, 1)[1] == "https://elsewhere.example/2.0/repositories/acme/web/refs/branches?pagelen=2&page=2"
    assert page(branches, 2)[1] == f"{API}/repositories/acme/web/refs/branches?pagelen=2&page=2"


def test_a_size_that_lies(emulator: Emulator, branches: Client) -> None:
    emulator.add_fault(Fault(kind="wrong_size", value=1_000_000))
    assert branches.json("refs/branches")["size"] == 1_000_000


def test_poisoned_fields(emulator: Emulator, branches: Client) -> None:
    emulator.add_fault(Fault(kind="poison", field="values.1.target", value=None))
    emulator.add_fault(Fault(kind="poison", field="values.*.name", value={"not": "text"}))
    rows = branches.json("refs/branches")["values"]
    assert [row["target"] is None for row in rows] == [False, True, False, False]
    assert [row["name"] for row in rows] == [{"not": "text"}] * 4


def test_dropped_fields(emulator: Emulator, branches: Client) -> None:
    """What Bitbucket leaves out sometimes is not null then (FACTS 1: `size`; 3: `closed_on`)."""
    whole = branches.json("refs/branches?pagelen=2")
    for field in ("size", "next", "values.*.target.author.user", "values.0.links", "values.9.name", "nothing.at.all"):
        emulator.add_fault(Fault(kind="drop", field=field))
    page = branches.json("refs/branches?pagelen=2")
    assert whole.keys() - page.keys() == {"size", "next"}
    assert [row["target"]["author"].keys() for row in page["values"]] == [{"type", "raw"}] * 2
    assert ["links" in row for row in page["values"]] == [False, True]


def test_something_happens_between_two_pages(emulator: Emulator, branches: Client) -> None:
    delete = {"repository": "web", "branch": "a"}
    emulator.add_fault(
        Fault(kind="action", query="page=2", nth=1, action="delete_branch", arguments=delete, when="before")
    )
    assert [page(branches, 1)[0], page(branches, 2)[0]] == [["a", "b"], ["main"]]


def test_something_happens_after_a_page(emulator: Emulator, branches: Client) -> None:
    delete = {"repository": "web", "branch": "c"}
    emulator.add_fault(Fault(kind="action", nth=1, action="delete_branch", arguments=delete, when="after"))
    assert [page(branches, 2)[0], page(branches, 2)[0]] == [["c", "main"], ["main"]]


def test_an_action_that_cannot_be_done_is_reported_and_the_request_answered(
    emulator: Emulator, branches: Client
) -> None:
    delete = {"repository": "web", "branch": "gone"}
    armed = emulator.add_fault(Fault(kind="action", nth=1, action="delete_branch", arguments=delete))
    assert page(branches, 1)[0] == ["a", "b"]
    assert (armed.struck, armed.errors) == (1, ["delete_branch: no branch gone"])
    (shown,) = requests.get(f"{emulator.control_url}/faults", timeout=5).json()
    assert shown["errors"] == armed.errors
    assert emulator.requests[0].problems == ("delete_branch: no branch gone",)
    emulator.clear_faults()
    (entry,) = requests.get(f"{emulator.control_url}/requests", timeout=5).json()
    assert (entry["status"], entry["problems"]) == (200, ["delete_branch: no branch gone"])


def test_an_action_on_what_was_forgotten_is_reported_too(emulator: Emulator, client: Client) -> None:
    first = push(emulator.world, "web", "topic", "ada").hash
    open_pull_request(emulator.world, "web", "topic", "ada", reviewers=[])
    delete_branch(emulator.world, "web", "topic")
    prune(emulator.world, "web", keep_pull_requests=False)
    merge = {"repository": "web", "pull_request": 1, "user": "ada"}
    request = {"repository": "web", "commit": first, "state": "FAILED"}
    tests: list[tuple[str, dict[str, Any], str]] = [
        ("merge", merge, "source of pull request 1 is gone"),
        ("status", request, f"no Hash '{first}'"),
    ]
    for name, arguments, message in tests:
        armed = emulator.add_fault(Fault(kind="action", times=1, action=name, arguments=arguments))
        assert client.get("").status_code == 200
        assert message in armed.errors[0]


@pytest.mark.parametrize(
    ("action", "arguments", "message"),
    [
        ("dance", {}, "no action 'dance'; there are add_"),
        ("push", {"repository": "web"}, "push: missing branch, author"),
        ("delete_branch", {"repository": "web", "branch": "a", "colour": "red"}, "delete_branch: unknown colour"),
    ],
    ids=["no such action", "something missing", "something unknown"],
)
def test_an_action_that_is_none_is_not_armed(
    emulator: Emulator, action: str, arguments: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        emulator.add_fault(Fault(kind="action", action=action, arguments=arguments))
    fault = {"kind": "action", "action": action, "arguments": arguments}
    response = requests.post(f"{emulator.control_url}/faults", json=fault, timeout=5)
    assert (response.status_code, message in response.json()["error"]) == (400, True)


def test_the_log_names_the_faults(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="delay", seconds=0.001))
    emulator.add_fault(Fault(kind="status", status=500, nth=2))
    client.get("commits")
    client.get("commits")
    assert [(entry.status, entry.faults) for entry in emulator.requests] == [
        (200, ("delay",)),
        (500, ("delay", "status")),
    ]


def test_pushes_do_not_stop_while_the_server_answers(emulator: Emulator, client: Client) -> None:
    push(emulator.world, "web", "main", "ada")
    assert client.get("commits").status_code == 200


def test_a_key_has_another_name(emulator: Emulator, client: Client) -> None:
    """What the activity calls a request for changes, no recording says (FACTS 3)."""
    push(emulator.world, "web", "topic", "bob")
    open_pull_request(emulator.world, "web", "topic", "bob")
    request_changes(emulator.world, "web", 1, "ada")
    renamed = Fault(kind="rename", path="/activity$", field="values.*.changes_requested", value="changes_request")
    emulator.add_fault(renamed)
    rows = client.json("pullrequests/1/activity")["values"]
    assert [sorted(row) for row in rows] == [
        ["changes_request", "pull_request"],
        ["pull_request", "update"],
        ["pull_request", "update"],
    ]
    assert rows[0]["changes_request"]["user"]["nickname"] == "ada"
    for wrong in (1, None):
        with pytest.raises(ValueError, match="rename"):
            emulator.add_fault(Fault(kind="rename", field="values", value=wrong))
