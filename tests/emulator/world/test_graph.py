"""Commit graph questions on hand-made histories."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.actions import create_repository, push
from bitbucket_emulator.world.commits import add_commit
from bitbucket_emulator.world.model import SECOND, FileChange

if TYPE_CHECKING:
    from bitbucket_emulator.world import World
    from bitbucket_emulator.world.model import Repository

RENAMED = ("b", "renamed", 1, 1, "a")


def test_names_resolve(world: World, repository: Repository) -> None:
    head = push(world, repository, "feature/x", "alice")
    assert graph.resolve(repository, "feature/x") == head.hash
    assert graph.resolve(repository, head.hash) == head.hash
    assert graph.resolve(repository, head.hash[:12]) == head.hash
    assert graph.resolve(repository, head.hash[:3]) is None
    assert graph.resolve(repository, "nope") is None


def test_unknown_hashes_are_named_before_anything_is_listed(repository: Repository) -> None:
    with pytest.raises(graph.UnknownCommit) as raised:
        graph.log(repository, ["0" * 40])
    assert raised.value.args == ("0" * 40,)


def test_a_path_filters_files_and_folders(world: World, repository: Repository) -> None:
    first = push(world, repository, "main", "alice", files={"docs/a/one.md": [1, 0]})
    second = push(world, repository, "main", "alice", files={"docs/ab.md": [1, 0]})
    assert [each.hash for each in graph.log(repository, path="docs/a")] == [first.hash]
    assert [each.hash for each in graph.log(repository, path="docs/")] == [second.hash, first.hash]


def test_unrelated_histories_have_no_diffstat(world: World, repository: Repository) -> None:
    other = push(world, repository, "orphan", "alice", parents=[])
    main = repository.branches["main"]
    assert graph.merge_base(repository, other.hash, main) is None
    with pytest.raises(graph.NoCommonAncestor):
        graph.diffstat(repository, other.hash, main)


@pytest.mark.parametrize(
    ("commits", "net"),
    [
        pytest.param([("a", "modified", 3, 1), ("a", "modified", 2, 2)], [("a", "modified", 5, 3, None)], id="adds up"),
        pytest.param([("a", "added", 9, 0), ("a", "modified", 2, 4)], [("a", "added", 7, 0, None)], id="new file"),
        pytest.param([("a", "added", 9, 0), ("a", "removed", 0, 9)], [], id="came and went"),
        pytest.param([("a", "modified", 4, 1), ("a", "removed", 0, 9)], [("a", "removed", 0, 6, None)], id="removed"),
        pytest.param([RENAMED, ("c", "renamed", 0, 0, "b")], [("c", "renamed", 1, 1, "a")], id="renamed twice"),
        pytest.param([RENAMED, ("a", "renamed", 0, 0, "b")], [("a", "modified", 1, 1, None)], id="renamed back"),
        pytest.param([RENAMED, ("b", "removed", 0, 9)], [("a", "removed", 0, 9, None)], id="renamed, removed"),
        pytest.param([("a", "removed", 0, 9), ("a", "added", 5, 0)], [("a", "modified", 5, 9, None)], id="came back"),
    ],
)  # fmt: skip
def test_net_changes(
    world: World, repository: Repository, commits: list[tuple[str, str, int, int]], net: list[tuple[object, ...]]
) -> None:
    head = main = repository.branches["main"]
    for number, change in enumerate(commits):
        text = f"Step {number}"
        head = add_commit(repository, (head,), "A <a@b.example>", world.clock, text, [FileChange(*change)]).hash
    assert [tuple(each) for each in graph.diffstat(repository, head, main)] == net


def test_a_first_page_of_a_long_history_is_cheap(world: World) -> None:
    repository = create_repository(world, "long")
    parents: tuple[str, ...] = ()
    for number in range(20_000):
        parents = (add_commit(repository, parents, "A <a@b.example>", number * SECOND, str(number)).hash,)
    repository.branches["main"] = parents[0]
    touched: list[str] = []

    class Counting(dict):  # type: ignore[type-arg]
        def __getitem__(self, name: str) -> object:
            touched.append(name)
            return super().__getitem__(name)

    repository.contents.commits = Counting(repository.commits)
    assert [each.message for each in islice(graph.log(repository), 3)] == ["19999", "19998", "19997"]
    assert len(touched) < 10
