"""Pages (FACTS 1): keys, lengths, and what `next` looks like, collection by collection."""

from __future__ import annotations

import re

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import (
    comment,
    create_task,
    open_pull_request,
    push,
    run_pipeline,
    status,
)

from ..client import API, Client

ALL = {"values", "pagelen", "page", "size"}


@pytest.fixture
def busy(emulator: Emulator) -> Client:
    """Two of everything, so that a page of one has a next."""
    world = emulator.world
    for number in (1, 2):
        push(world, "web", f"topic/{number}", "bob", commits=2)
        open_pull_request(world, "web", f"topic/{number}", "bob")
        comment(world, "web", 1, "ada", "Well done.")
        create_task(world, "web", 1, "ada", "Say why.")
        status(world, "web", "topic/1", "SUCCESSFUL", key=f"build-{number}")
        steps = [{"name": "deploy", "environment": "production"}]
        run_pipeline(world, "web", ref="main", creator="ada", steps=steps)
    return Client(emulator)


COLLECTIONS = [
    # path, keys besides next, default pagelen, maximum
    ("/workspaces/acme/members", ALL, 50, 100),
    ("/workspaces/acme/projects", ALL, 10, 100),
    ("/user/workspaces", ALL, 50, 100),
    ("/repositories/acme", ALL, 10, 100),
    ("refs/branches", ALL, 10, 100),
    ("refs/tags", ALL, 10, 100),
    ("commits", {"values", "pagelen"}, 30, 100),
    ("commits?include=topic/1&exclude=main", {"values", "pagelen"}, 30, 100),
    ("commits?path=src", ALL, 30, 100),
    ("commit/main/statuses", ALL, 10, 100),
    ("pullrequests", ALL, 10, 50),
    ("pullrequests/activity", {"values", "pagelen"}, 10, 50),
    ("pullrequests/1/activity", {"values", "pagelen"}, 10, 50),
    ("pullrequests/1/comments", ALL, 10, 100),
    ("pullrequests/1/tasks", ALL, 10, 100),
    ("pullrequests/1/statuses", ALL, 30, 100),
    ("pullrequests/1/commits", {"values", "pagelen", "page"}, 10, 100),
    ("diffstat/topic%2F1..main", ALL, 500, 500),
    ("pipelines", ALL, 10, 100),
    ("environments", ALL, 10, 100),
    ("deployments", ALL, 10, 100),
]


@pytest.mark.parametrize(("path", "keys", "default", "maximum"), COLLECTIONS, ids=[row[0] for row in COLLECTIONS])
def test_keys_and_lengths(busy: Client, path: str, keys: set[str], default: int, maximum: int) -> None:
    page = busy.json(path)
    assert page.keys() - {"next"} == keys
    assert page["pagelen"] == default
    if "page" in keys:
        assert page["page"] == 1
    sign = "&" if "?" in path else "?"
    assert busy.json(f"{path}{sign}pagelen={maximum}")["pagelen"] == maximum
    assert busy.error(f"{path}{sign}pagelen={maximum + 1}") == (
        400,
        {"type": "error", "error": {"message": "Invalid pagelen"}},
    )


@pytest.mark.parametrize("pagelen", ["0", "-1", "ten", ""])
def test_a_pagelen_that_is_no_length_is_refused(busy: Client, pagelen: str) -> None:
    assert busy.error(f"pullrequests?pagelen={pagelen}") == (
        400,
        {"type": "error", "error": {"message": "Invalid pagelen"}},
    )


def test_numbered_pages_keep_the_other_parameters(busy: Client) -> None:
    page = busy.json('pullrequests?q=state="OPEN"&sort=id&pagelen=1&fields=-values.links')
    base = f"{API}/repositories/acme/web/pullrequests"
    kept = "q=state%3D%22OPEN%22&sort=id&pagelen=1&fields=-values.links"
    assert page["next"] == f"{base}?{kept}&page=2"
    second = busy.json(page["next"])
    assert ([row["id"] for row in second["values"]], second["page"], second["size"]) == ([2], 2, 2)
    assert "next" not in second
    assert second["previous"] == f"{base}?{kept}&page=1"


def test_next_speaks_of_the_workspace_as_the_client_did(busy: Client) -> None:
    uuid = busy.emulator.world.workspace.uuid.replace("{", "%7B").replace("}", "%7D")
    page = busy.json(f"/repositories/{uuid}/web/refs/branches?pagelen=1")
    assert page["next"] == f"{API}/repositories/{uuid}/web/refs/branches?pagelen=1&page=2"


def test_a_page_out_of_range_is_empty(busy: Client) -> None:
    assert busy.json("pullrequests?page=9") == {"values": [], "pagelen": 10, "size": 2, "page": 9}
    assert busy.json("pipelines?page=9") == {"values": [], "pagelen": 10, "size": 2, "page": 9}


@pytest.mark.parametrize("path", ["pullrequests?page=x", "pullrequests?page=0", "commits?page=x", "pipelines?page=-1"])
def test_a_page_that_is_no_number_is_refused(busy: Client, path: str) -> None:
    assert busy.error(path) == (400, {"type": "error", "error": {"message": "Invalid page"}})


def test_commits_go_on_by_a_context(busy: Client) -> None:
    first = busy.json("commits?pagelen=5")
    assert re.fullmatch(rf"{API}/repositories/acme/web/commits\?pagelen=5&ctx=[0-9a-f]{{32}}&page=2", first["next"])
    hashes = busy.values("commits?pagelen=5", "hash")
    assert len(hashes) == len(set(hashes)) == 16


def test_pull_request_commits_go_on_by_tokens(busy: Client) -> None:
    first = busy.json("pullrequests/1/commits?pagelen=1")
    assert re.fullmatch(
        rf"{API}/repositories/acme/web/pullrequests/1/commits\?pagelen=1&page=(?!\d+$)[0-9a-z]{{4}}", first["next"]
    )
    second = busy.json(first["next"])
    assert [first["values"][0]["parents"][0]["hash"]] == [row["hash"] for row in second["values"]]
    assert "next" not in second


@pytest.mark.parametrize("page", ["1", "2", "8xh", "aaaa"])
def test_pull_request_commits_refuse_numbers_and_made_up_tokens(busy: Client, page: str) -> None:
    assert busy.error(f"pullrequests/1/commits?page={page}") == (
        400,
        {"type": "error", "error": {"message": "Invalid page"}},
    )


@pytest.mark.parametrize("path", ["pullrequests/activity", "pullrequests/1/activity"])
def test_activity_goes_on_by_tokens_in_ctx(busy: Client, path: str) -> None:
    first = busy.json(f"{path}?pagelen=1")
    assert re.fullmatch(rf"{API}/repositories/acme/web/{path}\?pagelen=1&ctx=[0-9a-z]{{4}}", first["next"])
    count = len(busy.json(f"{path}?pagelen=50")["values"])
    assert len(busy.values(f"{path}?pagelen=1", "pull_request.id")) == count > 3


def test_next_of_pipelines_forgets_sort_and_fields(busy: Client) -> None:
    page = busy.json("pipelines?sort=-created_on&fields=next,values.build_number&pagelen=1&trigger_type=PUSH")
    assert page == {
        "values": [{"build_number": 2}],
        "next": f"{API}/repositories/acme/web/pipelines?pagelen=1&trigger_type=PUSH&page=2",
    }
    # so that the second page is in the default order, with all its fields
    second = busy.json(page["next"])
    assert [row["build_number"] for row in second["values"]] == [2]
    assert second["values"][0]["type"] == "pipeline"


def test_steps_ignore_pagelen(busy: Client) -> None:
    page = busy.json("pipelines/1/steps?pagelen=1000")
    assert [row["name"] for row in page["values"]] == ["deploy"]
    assert (page["page"], page["size"]) == (1, 1)
