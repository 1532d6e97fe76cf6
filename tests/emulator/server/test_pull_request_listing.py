"""Which pull requests a list holds, and in what form (FACTS 2, 3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import (
    approve,
    comment,
    decline,
    delete_branch,
    delete_repository,
    delete_user,
    fork,
    merge,
    open_pull_request,
    push,
    supersede,
)

from ..client import API, Client
from ..small_world import make_world

WEB = f"{API}/repositories/acme/web"
PAGES = "https://bitbucket.org/acme/web"


@pytest.fixture(scope="module")
def reviews() -> Iterator[Client]:
    """One pull request in each state: 1 merged, 2 declined, 3 superseded, 4 open."""
    world = make_world()
    for number in (1, 2, 3, 4):
        push(world, "web", f"topic/{number}", "bob")
        open_pull_request(
            world, "web", f"topic/{number}", "bob", title=f"Topic {number}", description="Why.", reviewers=["ada"]
        )
    approve(world, "web", 1, "ada")
    merge(world, "web", 1, "ada")
    decline(world, "web", 2, "ada", reason="No.")
    supersede(world, "web", 3, "bob")
    with Emulator(world) as running:
        yield Client(running)


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        pytest.param("", [4], id="open by default"),
        pytest.param("state=MERGED", [1], id="one state"),
        pytest.param("state=OPEN&state=DECLINED&state=SUPERSEDED", [4, 3, 2], id="repeated"),
        pytest.param("state=ALL", [4, 3, 2, 1], id="all"),
        pytest.param("state=all", [4, 3, 2, 1], id="all in small letters"),
        pytest.param("q=id>0", [4, 3, 2, 1], id="q lists every state"),
        pytest.param("q=id>1&state=OPEN", [4, 3, 2], id="q makes state be ignored"),
        pytest.param('q=id>1 AND state="OPEN"', [4], id="state inside q"),
    ],
)
def test_states(reviews: Client, parameters: str, ids: list[int]) -> None:
    assert reviews.values(f"pullrequests?{parameters}", "id") == ids


def test_a_row_of_the_list_is_the_whole_object_without_three_keys(reviews: Client) -> None:
    (row,) = reviews.json("pullrequests?state=MERGED")["values"]
    whole = reviews.json("pullrequests/1")
    assert whole.keys() - row.keys() == {"participants", "reviewers", "rendered"}
    assert {key: value for key, value in whole.items() if key in row} == row


def test_the_whole_object(reviews: Client) -> None:
    world = reviews.emulator.world
    home = next(iter(world.repositories.values()))
    request = home.pull_requests[1]
    source, destination = request.source_hash[:12], request.destination_hash[:12]
    assert request.merge_commit is not None
    merged = request.merge_commit[:12]
    ada, bob = user(reviews, "ada"), user(reviews, "bob")
    times = {
        name: reviews.json(f"pullrequests/1?fields={name}")[name] for name in ("created_on", "updated_on", "closed_on")
    }
    approved_on = reviews.json("pullrequests/1?fields=participants")["participants"][0]["participated_on"]
    text = {"type": "rendered", "raw": "Why.", "markup": "markdown", "html": "<p>Why.</p>"}
    spec = f"acme/web:{source}%0D{destination}?from_pullrequest_id=1&topic=true"
    repository = {
        "type": "repository",
        "full_name": "acme/web",
        "links": {
            "self": {"href": WEB},
            "html": {"href": PAGES},
            "avatar": {
                "href": f"https://bytebucket.org/ravatar/{home.uuid.replace('{', '%7B').replace('}', '%7D')}?ts=default"
            },
        },
        "name": "Web",
        "uuid": home.uuid,
    }
    assert reviews.json("pullrequests/1") == {
        "comment_count": 0,
        "task_count": 0,
        "type": "pullrequest",
        "id": 1,
        "title": "Topic 1",
        "description": "Why.",
        "state": "MERGED",
        "draft": False,
        "queued": False,
        "merge_commit": commit(merged),
        "close_source_branch": False,
        "closed_by": ada,
        "author": bob,
        "reason": "",
        **times,
        "destination": {"branch": {"name": "main"}, "commit": commit(destination), "repository": repository},
        "source": {"branch": {"name": "topic/1", "links": {}}, "commit": commit(source), "repository": repository},
        "links": {
            "self": {"href": f"{WEB}/pullrequests/1"},
            "html": {"href": f"{PAGES}/pull-requests/1"},
            "commits": {"href": f"{WEB}/pullrequests/1/commits"},
            "approve": {"href": f"{WEB}/pullrequests/1/approve"},
            "request-changes": {"href": f"{WEB}/pullrequests/1/request-changes"},
            "diff": {"href": f"{WEB}/diff/{spec}"},
            "diffstat": {"href": f"{WEB}/diffstat/{spec}"},
            "comments": {"href": f"{WEB}/pullrequests/1/comments"},
            "activity": {"href": f"{WEB}/pullrequests/1/activity"},
            "merge": {"href": f"{WEB}/pullrequests/1/merge"},
            "decline": {"href": f"{WEB}/pullrequests/1/decline"},
            "statuses": {"href": f"{WEB}/pullrequests/1/statuses"},
        },
        "summary": text,
        "rendered": {"title": {**text, "raw": "Topic 1", "html": "<p>Topic 1</p>"}, "description": text},
        "reviewers": [ada],
        "participants": [
            {
                "type": "participant",
                "user": ada,
                "role": "REVIEWER",
                "approved": True,
                "state": "approved",
                "participated_on": approved_on,
            }
        ],
    }


def user(client: Client, nickname: str) -> dict[str, Any]:
    account = next(each for each in client.emulator.world.users.values() if each.nickname == nickname)
    uuid = account.uuid.replace("{", "%7B").replace("}", "%7D")
    whole = client.json(f"/users/{uuid}")
    return {
        "display_name": account.display_name,
        "links": {name: whole["links"][name] for name in ("self", "avatar", "html")},
        "type": "user",
        "uuid": account.uuid,
        "account_id": account.account_id,
        "nickname": nickname,
    }


def commit(short: str) -> dict[str, Any]:
    return {
        "hash": short,
        "links": {"self": {"href": f"{WEB}/commit/{short}"}, "html": {"href": f"{PAGES}/commits/{short}"}},
        "type": "commit",
    }


def test_closed_on_is_absent_while_open(reviews: Client) -> None:
    whole = reviews.json("pullrequests/4")
    assert "closed_on" not in whole
    assert (whole["closed_by"], whole["merge_commit"]) == (None, None)


def test_what_is_gone_is_null(emulator: Emulator, client: Client) -> None:
    world = emulator.world
    push(world, "web", "topic", "bob")
    push(world, "web", "target", "ada")
    open_pull_request(world, "web", "topic", "bob", destination="target")
    delete_branch(world, "web", "target")
    delete_user(world, "bob")
    copy = fork(world, "web", "web-copy")
    push(world, copy, "idea", "cleo")
    open_pull_request(world, "web", "idea", "cleo", source_repository="web-copy")
    delete_repository(world, "web-copy")
    first, second = client.json("pullrequests?sort=id")["values"]
    assert first["author"] is None
    assert (first["destination"]["commit"], first["destination"]["repository"]["name"]) == (None, "Web")
    assert (second["source"]["repository"], second["source"]["commit"]) == (None, None)
    assert second["source"]["branch"] == {"name": "idea", "links": {}}
    assert client.error("pullrequests/2/commits")[0] == 404
    assert client.error("pullrequests/2/diffstat")[0] == 404


def test_a_pull_request_that_is_not_there_is_plain_text(client: Client) -> None:
    response = client.get("pullrequests/99")
    assert (response.status_code, response.headers["Content-Type"], response.text) == (404, "text/plain", "Not Found")
    assert client.get("pullrequests/x").status_code == 404


def test_pull_requests_of_a_commit_and_of_an_author(reviews: Client) -> None:
    head = next(iter(reviews.emulator.world.repositories.values())).branches["topic/4"]
    assert reviews.values(f"commit/{head}/pullrequests", "id") == [4]
    bob = next(each.uuid for each in reviews.emulator.world.users.values() if each.nickname == "bob")
    assert reviews.values(f"/workspaces/acme/pullrequests/{bob}", "id") == [4]
    assert reviews.values(f"/workspaces/acme/pullrequests/{bob}?state=MERGED&state=DECLINED", "id") == [2, 1]


def test_comments_count_without_deleted_ones(emulator: Emulator, client: Client) -> None:
    world = emulator.world
    push(world, "web", "topic", "bob")
    open_pull_request(world, "web", "topic", "bob")
    said = comment(world, "web", 1, "ada", "Hm.")
    comment(world, "web", 1, "ada", "Good.")
    emulator.act("delete_comment", repository="web", pull_request=1, comment=said.id)
    assert client.json("pullrequests/1?fields=comment_count") == {"comment_count": 1}
