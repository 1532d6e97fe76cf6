"""Whatever is sent, the answer is one of Bitbucket's, never a crash of the emulator."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world.actions import delete_user, open_pull_request, prune, push, run_pipeline, run_step

from ..client import Client


@pytest.mark.parametrize("digits", [20, 3000])
@pytest.mark.parametrize("path", ["commits", "commits/main", "commits?path=README.md", "pipelines", "refs/branches"])
def test_a_page_that_no_list_reaches_is_empty(client: Client, path: str, digits: int) -> None:
    page = client.json(f"{path}{'&' if '?' in path else '?'}page={'9' * digits}")
    assert page["values"] == []
    assert "next" not in page


@pytest.mark.parametrize("name", ["reviewers.uuid", "-reviewers.nickname"])
def test_pull_requests_are_not_sorted_by_reviewers(client: Client, emulator: Emulator, name: str) -> None:
    push(emulator.world, "web", "topic", "bob")
    push(emulator.world, "web", "other", "bob")
    open_pull_request(emulator.world, "web", "topic", "bob", reviewers=["ada", "cleo"])
    open_pull_request(emulator.world, "web", "other", "bob", reviewers=["cleo"])
    delete_user(emulator.world, "cleo")
    assert client.error(f"pullrequests?sort={name}")[0] == 400
    assert len(client.json("pullrequests?q=reviewers.nickname = null")["values"]) == 2


@pytest.mark.parametrize("nested", ["(" * 390, "id=1 OR (" * 390], ids=["parentheses", "conditions"])
def test_a_query_may_be_nested_as_deep_as_a_url_allows(client: Client, nested: str) -> None:
    query = f"{nested}id=1{')' * 390}".replace(" ", "+")
    response = client.session.get(
        f"{client.url('pullrequests')}?q={query}", headers={"Authorization": f"Bearer {client.token}"}
    )
    assert response.status_code in (200, 400)
    assert response.headers["Content-Type"].startswith("application/json")


def test_forms_that_are_no_utf_8(client: Client, emulator: Emulator) -> None:
    form = {"data": b"\xff\xfe=\xff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    assert client.send("POST", "commits", **form).status_code == 200
    named = {**form, "data": b"include=\xff"}
    assert client.send("POST", "commits", **named).status_code == 404
    token = requests.post(f"{emulator.oauth_url}/access_token", data=b"\xff=1", timeout=20)
    assert (token.status_code, token.json()["error"]) == (401, "unauthorized_client")
    agreed = requests.post(
        f"{emulator.oauth_url}/authorize?client_id=emulator-consumer&response_type=code&redirect_uri=http://localhost",
        data=b"\xff",
        timeout=20,
        allow_redirects=False,
    )
    assert (agreed.status_code, agreed.headers["Location"]) == (302, "http://localhost?error=access_denied")


@pytest.mark.parametrize("wanted", ["-", "{}-", "-{}", "0-{}"])
def test_parts_of_a_log_that_no_log_has(emulator: Emulator, client: Client, wanted: str) -> None:
    run = run_pipeline(emulator.world, "web", ref="main", steps=["Build"])
    run_step(emulator.world, "web", run, "Build")
    address = client.get(f"pipelines/1/steps/{run.steps[0].uuid}/log").headers["Location"]
    answer = requests.get(address, headers={"Range": f"bytes={wanted.format('9' * 5000)}"}, timeout=20)
    assert answer.status_code in (200, 206, 416)


def test_what_has_no_secret_opens_to_nobody(emulator: Emulator, client: Client) -> None:
    for kind in ("bearer", "oauth", "basic"):
        new = {"name": kind, "kind": kind, "user": emulator.world.credentials["admin"].user, "scopes": ["repository"]}
        assert requests.post(f"{emulator.control_url}/credentials", json=new, timeout=20).status_code == 200
    assert client.get("", headers={"Authorization": "Bearer "}).status_code == 401
    assert client.get("", headers={"Authorization": "Basic Og=="}).status_code == 401
    token = requests.post(f"{emulator.oauth_url}/access_token", data={"grant_type": "client_credentials"}, timeout=20)
    assert token.status_code == 401
    page = "authorize?client_id=&response_type=code&redirect_uri=http://localhost"
    assert requests.get(f"{emulator.oauth_url}/{page}", timeout=20).status_code == 400


@pytest.mark.parametrize("path", ["pullrequests/\u0663", "pipelines/\u0663", "pullrequests?page=\u0661"])
def test_numbers_have_ascii_digits(client: Client, emulator: Emulator, path: str) -> None:
    for number in "123":
        push(emulator.world, "web", f"topic-{number}", "bob")
        open_pull_request(emulator.world, "web", f"topic-{number}", "bob")
    assert client.get(path).status_code in (400, 404)


def test_a_walk_that_broke_off_stays_broken(client: Client, emulator: Emulator) -> None:
    """Asked for again, the page must not be the end of the list: the rest would be taken for never pushed."""
    push(emulator.world, "web", "topic", "bob", commits=9)
    link = client.json("commits?include=topic&exclude=main&pagelen=3")["next"]
    emulator.act("delete_branch", repository="web", branch="topic")
    prune(emulator.world, "web")
    assert [client.get(link).status_code for _ in range(3)] == [404, 404, 404]


def test_an_empty_page_of_a_list_with_opaque_pages(client: Client, emulator: Emulator) -> None:
    push(emulator.world, "web", "topic", "bob", commits=9)
    open_pull_request(emulator.world, "web", "topic", "bob")
    first = client.json("pullrequests/1/commits?pagelen=3")
    emulator.add_fault(Fault(kind="empty_page", path="/commits$", times=1))
    second = client.json(first["next"])
    assert second["values"] == []
    assert len(client.values(second["next"], "hash")) == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "every": 0},
        {"kind": "status", "nth": 0},
        {"kind": "status", "status": 0},
        {"kind": "status", "status": 10_000},
        {"kind": "html", "status": 99},
        {"kind": "status", "headers": {"X-A": "\u0416"}},
        {"kind": "status", "headers": {"X-A": "b\r\nX-C: d"}},
        {"kind": "status", "headers": {"no header": "x"}},
        {"kind": "clock", "seconds": 1e300},
        {"kind": "delay", "seconds": 1e300},
        {"kind": "delay", "seconds": -1},
        {"kind": "rate_limit", "seconds": 1e300},
        {"kind": "rate_limit", "seconds": 1e300, "retry_after": "http_date"},
        {"kind": "next_elsewhere", "host": "http://["},
        {"kind": "drop"},
        {"kind": "poison", "field": ""},
        {"kind": "probability", "probability": 2},
    ],
    ids=str,
)
def test_faults_that_cannot_happen_are_refused(client: Client, emulator: Emulator, fault: dict[str, Any]) -> None:
    answer = requests.post(f"{emulator.control_url}/faults", json=fault, timeout=20)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert client.get("").status_code == 200
