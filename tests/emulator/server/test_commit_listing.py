"""Commits by include and exclude (FACTS 2, 12)."""

from __future__ import annotations

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import create_repository, force_push, prune, push, tag

from ..client import API, Client


@pytest.fixture
def main(emulator: Emulator) -> list[str]:
    """The 12 commits of main, newest first; `side` has two more after the tenth."""
    home = next(iter(emulator.world.repositories.values()))
    hashes = list(reversed(home.commits))
    push(emulator.world, "web", "side", "bob", commits=2, parents=[hashes[2]])
    return hashes


def hashes_of(client: Client, path: str) -> list[str]:
    return client.values(path, "hash")


def test_without_include_all_refs(client: Client, main: list[str]) -> None:
    listed = hashes_of(client, "commits")
    assert len(listed) == 14
    assert [each for each in listed if each in main] == main


def test_include_and_exclude(client: Client, main: list[str]) -> None:
    assert hashes_of(client, "commits?include=main") == main
    assert hashes_of(client, f"commits?include=main&exclude={main[3]}") == main[:3]
    side = hashes_of(client, "commits?include=side&exclude=main")
    assert len(side) == 2
    assert set(hashes_of(client, f"commits?include=main&include=side&exclude={main[2]}")) == {*main[:2], *side}


def test_a_revision_in_the_path_is_one_more_include(client: Client, main: list[str]) -> None:
    assert hashes_of(client, "commits/main") == main
    assert hashes_of(client, f"commits/{main[5][:8]}") == main[5:]
    assert hashes_of(client, "commits/side?exclude=main") == hashes_of(client, "commits?include=side&exclude=main")


@pytest.mark.usefixtures("main")
def test_exclude_alone_falls_back_to_every_branch(client: Client) -> None:
    assert hashes_of(client, "commits?exclude=main") == hashes_of(client, "commits?include=side&exclude=main")


def test_post_is_the_same_and_goes_on_by_get(client: Client, main: list[str]) -> None:
    form = [("include", "main"), ("include", "side"), ("exclude", main[9])]
    response = client.send("POST", "commits?pagelen=5&fields=values.hash,next", data=form)
    first = client.body(response)
    second = client.json(first["next"])
    third = client.json(second["next"])
    listed = [row["hash"] for page in (first, second, third) for row in page["values"]]
    assert set(listed) == {*main[:9], *hashes_of(client, "commits?include=side&exclude=main")}
    assert [len(page["values"]) for page in (first, second, third)] == [5, 5, 1]
    assert third.keys() == {"values"}
    assert [entry.method for entry in client.emulator.requests[:3]] == ["POST", "GET", "GET"]


@pytest.mark.usefixtures("main")
def test_a_form_with_exclude_alone_falls_back_to_every_branch_too(client: Client) -> None:
    page = client.body(client.send("POST", "commits", data=[("exclude", "main")]))
    assert [row["hash"] for row in page["values"]] == hashes_of(client, "commits?include=side&exclude=main")


def test_a_form_of_many_hashes_comes_in_chunks_that_exclude_the_chunks_before(
    emulator: Emulator, client: Client, main: list[str]
) -> None:
    parents = [[each] for each in main for _ in range(10)]
    heads = [
        push(emulator.world, "web", f"topic/{number}", "bob", parents=parent, message=f"Topic {number}").hash
        for number, parent in enumerate(parents)
    ]
    found: list[str] = []
    for start in range(0, len(heads), 50):
        wanted = [("include", each) for each in heads[start : start + 50]]
        known = [("exclude", each) for each in [main[6], *heads[:start]]]
        page = client.body(client.send("POST", "commits?pagelen=7", data=[*wanted, *known]))
        found += [row["hash"] for row in page["values"]]
        while "next" in page:
            page = client.json(page["next"])
            found += [row["hash"] for row in page["values"]]
    assert len(found) == len(set(found))
    assert set(found) == {*heads, *main[:6]}


@pytest.mark.parametrize(
    ("form", "shas"),
    [
        ([("include", "0" * 40)], ["0" * 40]),
        ([("include", "main"), ("exclude", "1" * 40)], ["1" * 40]),
        ([("include", digit * 40) for digit in "0123"], ["0" * 40, "1" * 40]),
    ],
    ids=["included", "excluded", "only some of many"],
)
def test_a_form_that_does_not_resolve_is_told_which_hashes(
    client: Client, form: list[tuple[str, str]], shas: list[str]
) -> None:
    response = client.send("POST", "commits", data=form)
    body = response.json()
    assert (response.status_code, body["error"]["message"], body["data"]["shas"]) == (404, "Commit not found", shas)


def test_pages_stay_as_they_were_when_the_walk_began(emulator: Emulator, client: Client, main: list[str]) -> None:
    first = client.json("commits?include=main&pagelen=6")
    push(emulator.world, "web", "main", "ada", commits=3)
    second = client.json(first["next"])
    assert [row["hash"] for row in first["values"] + second["values"]] == main


def test_a_context_of_nobody_is_refused(client: Client) -> None:
    assert client.error(f"commits?ctx={'0' * 32}&page=2")[0] == 400


@pytest.mark.parametrize("query", ["include=nowhere", "include=main&exclude=nowhere", "include=nowhere&include=main"])
def test_what_does_not_resolve_is_named(client: Client, query: str) -> None:
    assert client.error(f"commits?{query}") == (
        404,
        {
            "type": "error",
            "error": {"message": "Commit not found", "data": {"shas": ["nowhere"]}},
            "data": {"shas": ["nowhere"]},
        },
    )


def test_only_some_of_many_are_named(client: Client) -> None:
    status, body = client.error("commits?include=a1&include=b2&exclude=c3&exclude=d4")
    assert (status, body["data"]["shas"]) == (404, ["a1", "b2"])


def test_path_keeps_what_touched_it_and_is_counted(emulator: Emulator, client: Client) -> None:
    touched = push(emulator.world, "web", "main", "ada", files={"docs/guide.md": [10, 0]})
    page = client.json("commits?path=docs&include=main")
    assert ([row["hash"] for row in page["values"]], page["size"], page["page"]) == ([touched.hash], 1, 1)


def test_commits_that_were_dropped_still_resolve_until_they_are_pruned(
    emulator: Emulator, client: Client, main: list[str]
) -> None:
    force_push(emulator.world, "web", "main", "ada", to=main[4], commits=1)
    emulator.act("delete_branch", repository="web", branch="side")
    assert hashes_of(client, f"commits?include={main[0]}&exclude=main") == main[:4]
    assert client.json(f"commit/{main[0]}?fields=hash") == {"hash": main[0]}
    prune(emulator.world, "web")
    assert client.error(f"commits?include={main[0]}&exclude=main")[1]["data"]["shas"] == [main[0]]
    assert client.error(f"commit/{main[0]}") == (404, {"type": "error", "error": {"message": "Changeset not found."}})


def test_one_commit(emulator: Emulator, client: Client) -> None:
    head = push(emulator.world, "web", "main", "Stranger <stranger@elsewhere.example>", message="Fix <b> & more\n")
    base, page = f"{API}/repositories/acme/web", "https://bitbucket.org/acme/web"
    text = {
        "type": "rendered",
        "raw": "Fix <b> & more\n",
        "markup": "markdown",
        "html": "<p>Fix &lt;b&gt; &amp; more</p>",
    }
    found = client.json(f"commit/{head.hash[:10]}")
    assert found.pop("repository")["full_name"] == "acme/web"
    assert found == {
        "type": "commit",
        "hash": head.hash,
        "date": "2026-11-20T17:00:01+00:00",
        "author": {"type": "author", "raw": "Stranger <stranger@elsewhere.example>"},
        "message": "Fix <b> & more\n",
        "summary": text,
        "links": {
            "self": {"href": f"{base}/commit/{head.hash}"},
            "html": {"href": f"{page}/commits/{head.hash}"},
            "diff": {"href": f"{base}/diff/{head.hash}"},
            "approve": {"href": f"{base}/commit/{head.hash}/approve"},
            "comments": {"href": f"{base}/commit/{head.hash}/comments"},
            "statuses": {"href": f"{base}/commit/{head.hash}/statuses"},
            "patch": {"href": f"{base}/patch/{head.hash}"},
        },
        "parents": [
            {
                "hash": head.parents[0],
                "links": {
                    "self": {"href": f"{base}/commit/{head.parents[0]}"},
                    "html": {"href": f"{page}/commits/{head.parents[0]}"},
                },
                "type": "commit",
            }
        ],
        "rendered": {"message": text},
        "participants": [],
    }


def test_a_commit_by_a_ref_without_slash(emulator: Emulator, client: Client) -> None:
    tag(emulator.world, "web", "v1", "main")
    assert client.json("commit/v1?fields=hash") == client.json("commit/main?fields=hash")


def test_an_empty_repository_has_no_commits(emulator: Emulator, client: Client) -> None:
    create_repository(emulator.world, "empty", name="Empty")
    assert client.json("/repositories/acme/empty/commits") == {"values": [], "pagelen": 30}


def test_merge_base(client: Client, main: list[str]) -> None:
    assert client.json("merge-base/main..side?fields=hash") == {"hash": main[2]}
    assert client.error("merge-base/main..nowhere")[0] == 404


def test_diffstat_of_a_commit_and_between_two(emulator: Emulator, client: Client, main: list[str]) -> None:
    first = push(emulator.world, "web", "topic", "ada", files={"a b.py": [4, 1]}, parents=[main[0]])
    second = push(emulator.world, "web", "topic", "ada", files={"a b.py": [2, 0]})

    def side(commit_hash: str) -> dict[str, object]:
        return {
            "path": "a b.py",
            "type": "commit_file",
            "escaped_path": "a%20b.py",
            "links": {"self": {"href": f"{API}/repositories/acme/web/src/{commit_hash}/a%20b.py"}},
        }

    row = {"type": "diffstat", "lines_added": 2, "lines_removed": 0, "status": "modified"}
    row |= {"old": side(first.hash), "new": side(second.hash)}
    assert client.json(f"diffstat/{second.hash}") == {"values": [row], "pagelen": 500, "size": 1, "page": 1}
    row |= {"lines_added": 6, "lines_removed": 1, "old": side(main[0])}
    assert client.json("diffstat/topic..main")["values"] == [row]


@pytest.mark.parametrize(
    ("status", "old", "new"), [("added", False, True), ("removed", True, False), ("renamed", True, True)]
)
def test_added_and_removed_files_have_one_side(company: Client, status: str, old: bool, new: bool) -> None:
    home, commit, change = next(
        (home, commit, change)
        for home in company.emulator.world.repositories.values()
        for commit in home.commits.values()
        for change in commit.changes
        if change.status == status and len(commit.parents) == 1
    )
    rows = company.json(f"/repositories/acme/{home.slug}/diffstat/{commit.hash}")["values"]
    (row,) = [row for row in rows if change.path in ((row["new"] or row["old"])["path"],)]
    assert (row["status"], row["old"] is not None, row["new"] is not None) == (status, old, new)
    if status == "renamed":
        assert row["old"]["path"] == change.old_path


def test_a_diffstat_of_unrelated_histories_is_refused(emulator: Emulator, client: Client) -> None:
    push(emulator.world, "web", "orphan", "ada", parents=[])
    assert client.error("diffstat/orphan..main") == (
        400,
        {"type": "error", "error": {"message": "No common ancestor"}},
    )
