"""Activity, comments, tasks, statuses, commits and files of a pull request (FACTS 3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import (
    approve,
    comment,
    create_task,
    delete_comment,
    merge,
    open_pull_request,
    push,
    request_changes,
    resolve_comment,
    resolve_task,
    status,
    unapprove,
)

from ..client import API, Client
from ..small_world import make_world

REQUEST = f"{API}/repositories/acme/web/pullrequests/1"


@pytest.fixture(scope="module")
def discussed() -> Iterator[Client]:
    """Pull request 1: two commits, comments of every kind, a task, a status, changes requested, approved, merged."""
    world = make_world()
    push(world, "web", "topic", "bob", commits=2, files={"src/a.py": [3, 1], "src/b.py": [5, 0]})
    open_pull_request(world, "web", "topic", "bob", title="Topic", reviewers=["ada"])
    plain = comment(world, "web", 1, "ada", "Why?")
    comment(world, "web", 1, "bob", "Because.", parent=plain.id)
    comment(world, "web", 1, "ada", "This line.", path="src/a.py", line=7)
    comment(world, "web", 1, "ada", "That line.", path="src/a.py", old_line=3)
    whole_file = comment(world, "web", 1, "ada", "This file.", path="src/b.py")
    regretted = comment(world, "web", 1, "ada", "Oops.")
    delete_comment(world, "web", 1, regretted.id)
    resolve_comment(world, "web", 1, whole_file.id, "bob")
    task = create_task(world, "web", 1, "ada", "Say why.", comment=plain.id)
    resolve_task(world, "web", 1, task.id, "bob")
    create_task(world, "web", 1, "ada", "Test it.")
    status(world, "web", "topic", "SUCCESSFUL", key="ci", name="Build 1", url="https://ci.example/1", refname="topic")
    request_changes(world, "web", 1, "ada")
    approve(world, "web", 1, "ada")
    merge(world, "web", 1, "ada")
    with Emulator(world) as running:
        yield Client(running)


def kinds(rows: list[dict[str, Any]]) -> list[str]:
    return [next(key for key in row if key != "pull_request") for row in rows]


def test_activity_is_newest_first(discussed: Client) -> None:
    rows = discussed.json("pullrequests/1/activity?pagelen=50")["values"]
    assert kinds(rows)[0] == "update"
    assert rows[0]["update"]["state"] == "MERGED"
    assert kinds(rows).count("comment") == 6
    assert [row["update"]["state"] for row in rows[-2:]] == ["OPEN", "OPEN"]  # creation makes two
    dates = [row[kind].get("date") or row[kind]["created_on"] for row, kind in zip(rows, kinds(rows), strict=True)]
    assert dates == sorted(dates, reverse=True)


def test_q_and_sort_are_ignored_by_activity(discussed: Client) -> None:
    plain = discussed.json("pullrequests/1/activity?pagelen=50")
    assert discussed.json("pullrequests/1/activity?pagelen=50&q=nonsense&sort=date") == plain


def test_every_row_names_its_pull_request(discussed: Client) -> None:
    short = {
        "type": "pullrequest",
        "id": 1,
        "title": "Topic",
        "draft": False,
        "links": {"self": {"href": REQUEST}, "html": {"href": "https://bitbucket.org/acme/web/pull-requests/1"}},
    }
    rows = discussed.json("pullrequests/1/activity?pagelen=50")["values"]
    assert [row["pull_request"] for row in rows] == [short] * len(rows)
    (approval,) = [row["approval"] for row in rows if "approval" in row]
    assert (approval.keys(), approval["pullrequest"]) == ({"date", "user", "pullrequest"}, short)


def test_merging_is_an_update_with_changes(discussed: Client) -> None:
    update = discussed.json("pullrequests/1/activity?pagelen=1")["values"][0]["update"]
    assert update.keys() == {
        "state", "draft", "title", "description", "reviewers", "changes", "reason", "author", "date", "destination",
        "source",
    }  # fmt: skip
    assert update["changes"] == {"status": {"old": "open", "new": "fulfilled"}}
    assert update["date"] > discussed.json("pullrequests/1")["closed_on"]


def test_the_feed_of_the_repository_holds_the_same_rows(discussed: Client) -> None:
    assert (
        discussed.json("pullrequests/activity?pagelen=50")["values"]
        == discussed.json("pullrequests/1/activity?pagelen=50")["values"]
    )


def test_the_feed_follows_what_happens(emulator: Emulator, client: Client) -> None:
    world = emulator.world
    for number in (1, 2):
        push(world, "web", f"topic/{number}", "bob")
        open_pull_request(world, "web", f"topic/{number}", "bob")
    approve(world, "web", 1, "ada")
    rows = client.json("pullrequests/activity")["values"]
    assert (kinds(rows), [row["pull_request"]["id"] for row in rows]) == (
        ["approval", "update", "update", "update", "update"],
        [1, 2, 2, 1, 1],
    )
    unapprove(world, "web", 1, "ada")
    comment(world, "web", 2, "ada", "Hm.")
    rows = client.json("pullrequests/activity")["values"]
    assert (kinds(rows), [row["pull_request"]["id"] for row in rows]) == (
        ["comment", "update", "update", "update", "update"],
        [2, 2, 2, 1, 1],
    )


def test_comments_are_oldest_first_with_deleted_ones_emptied(discussed: Client) -> None:
    rows = discussed.json("pullrequests/1/comments")["values"]
    assert [(row["content"]["raw"], row["deleted"]) for row in rows] == [
        ("Why?", False),
        ("Because.", False),
        ("This line.", False),
        ("That line.", False),
        ("This file.", False),
        ("", True),
    ]
    assert {row["type"] for row in rows} == {"pullrequest_comment"}


def test_where_comments_sit(discussed: Client) -> None:
    rows = discussed.json("pullrequests/1/comments?fields=values.inline,values.parent.id,values.id")["values"]
    assert [row.get("inline") for row in rows] == [
        None,
        None,
        {"from": None, "to": 7, "path": "src/a.py", "outdated": False},
        {"from": 3, "to": None, "path": "src/a.py", "outdated": False},
        {"from": None, "to": None, "path": "src/b.py", "outdated": False},
        None,
    ]
    assert rows[1]["parent"] == {"id": rows[0]["id"]}


def test_a_resolved_comment(discussed: Client) -> None:
    resolved = discussed.json("pullrequests/1/comments")["values"][4]
    assert resolved["resolution"]["type"] == "comment_resolution"
    assert resolved["resolution"]["user"]["nickname"] == "bob"
    assert discussed.json(f"pullrequests/1/comments/{resolved['id']}") == resolved
    assert discussed.error("pullrequests/1/comments/1")[0] == 404


def test_q_and_sort_are_honoured_by_comments(discussed: Client) -> None:
    assert discussed.values("pullrequests/1/comments?q=deleted=true", "content.raw") == [""]
    newest_first = discussed.values("pullrequests/1/comments?q=deleted=false&sort=-created_on", "content.raw")
    assert (newest_first[0], newest_first[-1]) == ("This file.", "Why?")
    assert newest_first[::-1] == discussed.values("pullrequests/1/comments?q=deleted=false", "content.raw")


def test_tasks_have_no_type(discussed: Client) -> None:
    done, open_ = discussed.json("pullrequests/1/tasks")["values"]
    comment_id = discussed.json("pullrequests/1/comments")["values"][0]["id"]
    assert done.keys() == {
        "links", "creator", "resolved_on", "created_on", "content", "state", "resolved_by", "updated_on", "id",
        "pending", "comment",
    }  # fmt: skip
    assert (done["state"], done["content"], done["resolved_by"]["nickname"]) == ("RESOLVED", {"raw": "Say why."}, "bob")
    assert done["comment"] == {"id": comment_id, "links": {"self": {"href": f"{REQUEST}/comments/{comment_id}"}}}
    assert (open_["state"], open_["resolved_on"], open_["resolved_by"]) == ("UNRESOLVED", None, None)
    assert discussed.json(f"pullrequests/1/tasks/{done['id']}") == done
    assert discussed.values('pullrequests/1/tasks?q=state="UNRESOLVED"', "id") == [open_["id"]]


def test_statuses_are_those_of_the_source_commit(discussed: Client) -> None:
    home = next(iter(discussed.emulator.world.repositories.values()))
    source = home.pull_requests[1].source_hash
    (short,) = discussed.json("pullrequests/1/statuses")["values"]
    (row,) = discussed.json(f"commit/{source}/statuses")["values"]
    assert (row["key"], row["type"], row["state"], row["name"]) == ("ci", "build", "SUCCESSFUL", "Build 1")
    assert (row["commit"]["hash"], row["refname"], row["url"]) == (source, "topic", "https://ci.example/1")
    assert short["commit"]["hash"] == source[:12]  # so it was recorded below a pull request, and nowhere else
    assert json.loads(json.dumps(row).replace(source, source[:12])) == short
    assert discussed.json(f"commit/{source}/statuses/build/ci") == row
    assert discussed.json(f"commit/{source}/statuses?refname=other")["values"] == []


def test_files_are_behind_a_redirect(discussed: Client) -> None:
    response = discussed.get("pullrequests/1/diffstat")
    target = response.headers["Location"].replace(discussed.emulator.base_url, API)
    assert (response.status_code, target) == (302, discussed.json("pullrequests/1")["links"]["diffstat"]["href"])
    assert [
        (row["type"], row["status"], row["new"]["path"], row["lines_added"], row["lines_removed"])
        for row in discussed.json(target)["values"]
    ] == [("diffstat", "modified", "src/a.py", 6, 2), ("diffstat", "modified", "src/b.py", 10, 0)]


@pytest.mark.parametrize("kind", ["diff", "patch"])
def test_other_redirects(discussed: Client, kind: str) -> None:
    response = discussed.get(f"pullrequests/1/{kind}")
    assert response.status_code == 302
    assert f"/repositories/acme/web/{kind}/acme/web:" in response.headers["Location"]


def test_own_commits_are_newest_first(discussed: Client) -> None:
    home = next(iter(discussed.emulator.world.repositories.values()))
    rows = discussed.json("pullrequests/1/commits")["values"]
    assert rows[0]["hash"] == home.pull_requests[1].source_hash
    assert [row["parents"][0]["hash"] for row in rows[:1]] == [row["hash"] for row in rows[1:]]
    assert "rendered" not in rows[0]


def test_a_merge_commit_can_begin_the_commits(emulator: Emulator, client: Client) -> None:
    """One source says that it does (FACTS 3): nobody knows, so the world can be told."""
    world = emulator.world
    for number, strategy in enumerate(("merge_commit", "squash", "fast_forward"), start=1):
        push(world, "web", f"topic/{number}", "bob", commits=2)
        open_pull_request(world, "web", f"topic/{number}", "bob")
        merge(world, "web", number, "ada", strategy)
    push(world, "web", "topic/4", "bob")
    open_pull_request(world, "web", "topic/4", "bob")
    plain = [client.values(f"pullrequests/{number}/commits", "hash") for number in (1, 2, 3, 4)]
    world.merge_commits_are_listed = True
    listed = [client.values(f"pullrequests/{number}/commits?pagelen=1", "hash") for number in (1, 2, 3, 4)]
    merged = [client.json(f"pullrequests/{number}")["merge_commit"]["hash"] for number in (1, 2, 3)]
    assert [hashes[0][:12] for hashes in listed[:3]] == merged
    assert [listed[0][1:], listed[1][1:], *listed[2:]] == plain
