"""Error bodies, word for word as real clients recorded them (../shared/bitbucket/errors.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bitbucket_emulator import Emulator, RateLimits
from bitbucket_emulator.world.actions import push

from ..client import Client


def recorded(shared: Path, start: str) -> dict[str, Any]:
    cases: list[dict[str, Any]] = json.loads((shared / "errors.json").read_text())
    (found,) = [case for case in cases if case["case"].startswith(start)]
    return found


@pytest.mark.parametrize(
    ("case", "path"),
    [
        ("removed cross-workspace endpoint", "/repositories"),
        ("removed cross-workspace endpoint", "/workspaces"),
        ("removed cross-workspace endpoint", "/user/permissions/workspaces"),
        ("removed cross-workspace endpoint", "/user/permissions/repositories"),
        ("unknown ref/commit", "commits?include=main&include=nowhere"),
        ("unknown ref/commit", "commits/nowhere"),
        ("unknown ref/commit", "src/nowhere/"),
        ("file missing in src", "src/main/shard.yml"),
        ("unknown commit on /commit/{sha}", "commit/0123456"),
        ("unknown repository or no access", "/repositories/acme/nowhere"),
        ("unknown repository or no access", "/repositories/acme/nowhere/pullrequests"),
        ("no such API path", "/nowhere"),
        ("no such API path", "issues"),
        ("no such API path", "wiki"),
        ("pagelen too large", "pullrequests?pagelen=100"),
        ("field not filterable in q", 'pullrequests?q=summary.raw~"x"'),
        ("deployments sort=created_on", "deployments?sort=created_on"),
    ],
)
def test_bodies(client: Client, shared: Path, case: str, path: str) -> None:
    expected = recorded(shared, case)
    text = json.dumps(expected["body"]).replace('["main"]', '["nowhere"]')
    assert client.error(path) == (expected["status"], json.loads(text))


def test_missing_scopes(emulator: Emulator, shared: Path) -> None:
    narrow = Client(emulator, token="emulator-repository-token")
    expected = recorded(shared, "missing scope")["body"]
    expected["error"]["detail"] = {"required": ["project"], "granted": ["pullrequest", "repository"]}
    assert narrow.error("/workspaces/acme/projects") == (403, expected)


def test_bad_tokens(emulator: Emulator, shared: Path) -> None:
    assert Client(emulator, token="expired").error("") == (401, recorded(shared, "bad/expired token")["body"])


def test_a_rate_limit_with_its_headers(emulator: Emulator, client: Client, shared: Path) -> None:
    expected = recorded(shared, "rate limited (REST")
    emulator.rate_limits = RateLimits(enforced=True, default=0)
    response = client.get("pullrequests")
    assert (response.status_code, response.text) == (expected["status"], expected["body_text"])
    same = ("Vary", "Cache-Control", "Content-Type", "Content-Length")
    assert {name: response.headers[name] for name in same} == {name: expected["headers"][name] for name in same}


def test_a_missing_repository_is_html_for_commits_of_a_revision(client: Client) -> None:
    response = client.get("/repositories/acme/nowhere/commits/main")
    assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_request_line_that_is_too_long(client: Client, shared: Path) -> None:
    expected = recorded(shared, "url too long")
    path = "/2.0/repositories/acme/web/commits?include="
    wanted = 4386 - len(f"GET {path} HTTP/1.1")
    response = client.get(f"commits?include={'a' * wanted}")
    assert (response.status_code, response.text) == (expected["status"], expected["body_text"])
    assert client.get(f"commits?include={'a' * (wanted - 300)}").status_code == 404


def test_unrelated_histories(emulator: Emulator, client: Client, shared: Path) -> None:
    push(emulator.world, "web", "orphan", "ada", parents=[])
    assert client.get("diffstat/orphan..main").status_code == recorded(shared, "PR diffstat")["status"]
