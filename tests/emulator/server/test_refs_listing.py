"""Branches and tags (FACTS 2, 10)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import create_branch, delete_branch, delete_tag, push, tag

from ..client import API, Client


@pytest.fixture
def refs(emulator: Emulator) -> Client:
    """Branches feature/odd?name, main, release/10, release/9; an annotated and a lightweight tag."""
    for name in ("release/10", "release/9", "feature/odd?name"):
        create_branch(emulator.world, "web", name)
    tag(emulator.world, "web", "v1", "main", message="First.\n", author="ada")
    tag(emulator.world, "web", "v2", "main")
    return Client(emulator)


def test_branches_are_by_name_and_sort_is_natural(refs: Client) -> None:
    assert refs.values("refs/branches", "name") == ["feature/odd?name", "main", "release/10", "release/9"]
    assert refs.values("refs/branches?sort=name", "name") == ["feature/odd?name", "main", "release/9", "release/10"]
    assert refs.values("refs/branches?sort=-name&pagelen=2", "name")[:2] == ["release/10", "release/9"]


def keyset(client: Client, path: str, more: str = "") -> list[str]:
    """All names, two at a time, each page asked for by the last name of the one before."""
    found: list[str] = []
    while page := client.json(f'{path}?pagelen=2{more}&q=name>"{found[-1] if found else ""}"')["values"]:
        found += [row["name"] for row in page]
    return found


@pytest.mark.parametrize("path", ["refs/branches", "refs/tags"])
def test_keyset_by_name_in_the_order_of_git_reads_every_ref_once(refs: Client, path: str) -> None:
    everything = refs.values(path, "name")
    assert everything == sorted(everything)
    assert keyset(refs, path) == everything


def test_keyset_by_name_with_a_natural_sort_loses_refs_unless_names_are_compared_so_too(
    emulator: Emulator, refs: Client
) -> None:
    create_branch(emulator.world, "web", "a")
    natural = refs.values("refs/branches?sort=name", "name")
    assert natural == ["a", "feature/odd?name", "main", "release/9", "release/10"]
    assert keyset(refs, "refs/branches", "&sort=name") == natural[:4]
    emulator.world.refs_compare_naturally = True
    assert keyset(refs, "refs/branches", "&sort=name") == natural
    assert refs.values('refs/branches?q=name="release/10"', "name") == ["release/10"]
    assert refs.values('refs/branches?q=name<="release/9"', "name") == natural[:4]


def test_a_ref_that_is_gone_is_not_found_by_name(emulator: Emulator, refs: Client) -> None:
    delete_branch(emulator.world, "web", "release/9")
    delete_tag(emulator.world, "web", "v2")
    assert refs.get("refs/branches/release/10").status_code == refs.get("refs/tags/v1").status_code == 200
    assert refs.error("refs/branches/release/9") == (
        404,
        {"type": "error", "error": {"message": 'Branch "release/9" not found.'}},
    )
    assert refs.error("refs/tags/v2")[0] == 404
    assert refs.json('refs/branches?q=name="release/9"')["values"] == []


def test_a_date_filter_silently_finds_nothing(refs: Client) -> None:
    assert refs.json("refs/branches?q=target.date>2000-01-01") == {"values": [], "pagelen": 10, "size": 0, "page": 1}


@pytest.mark.parametrize("name", ["release/9", "release%2F9"])
def test_a_slash_in_a_name_may_be_escaped(refs: Client, name: str) -> None:
    assert refs.json(f"refs/branches/{name}?fields=name") == {"name": "release/9"}


def test_one_branch(refs: Client) -> None:
    base = f"{API}/repositories/acme/web"
    branch = refs.json(f"refs/branches/{quote('feature/odd?name')}")
    assert branch.keys() == {
        "name", "target", "links", "type", "merge_strategies", "sync_strategies", "default_merge_strategy",
    }  # fmt: skip
    assert branch["links"] == {
        "self": {"href": f"{base}/refs/branches/feature/odd%3Fname"},
        "commits": {"href": f"{base}/commits/feature/odd%3Fname"},
        "html": {"href": "https://bitbucket.org/acme/web/branch/feature/odd%3Fname"},
    }
    assert branch["target"].keys() == {
        "type", "hash", "date", "author", "message", "links", "parents", "repository",
    }  # fmt: skip
    assert refs.error("refs/branches/nothing")[0] == 404


def test_tags_annotated_and_lightweight(refs: Client) -> None:
    annotated, light = refs.json("refs/tags")["values"]
    assert annotated["message"] == "First.\n"
    assert (annotated["tagger"]["raw"], annotated["tagger"]["user"]["nickname"]) == (
        "Ada Byte <ada@example.org>",
        "ada",
    )
    assert annotated["date"].endswith("+00:00")
    assert (light["message"], light["date"], light["tagger"]) == (None, None, None)
    assert annotated["target"]["hash"] == light["target"]["hash"]
    assert refs.json("refs/tags/v1") == annotated
    assert refs.error("refs/tags/v3")[0] == 404


def test_refs_are_branches_then_tags(refs: Client) -> None:
    assert [row["type"] for row in refs.json("refs")["values"]] == ["branch"] * 4 + ["tag"] * 2
    assert refs.values('refs?q=name="v2"', "name") == ["v2"]


def test_heads_follow_pushes(emulator: Emulator, refs: Client) -> None:
    head = push(emulator.world, "web", "release/9", "bob")
    assert refs.json("refs/branches/release/9?fields=target.hash") == {"target": {"hash": head.hash}}
