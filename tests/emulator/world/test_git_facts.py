"""Pushes, refs and accounts: FACTS 4 and 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.actions import (
    ActionError,
    approve,
    create_branch,
    create_repository,
    delete_branch,
    delete_repository,
    delete_tag,
    delete_user,
    force_push,
    fork,
    hide_repository,
    hold_updated_on,
    map_email,
    merge,
    open_pull_request,
    prune,
    push,
    rename_repository,
    rename_user,
    show_repository,
    tag,
)
from bitbucket_emulator.world.model import DAY, SECOND, Credential, FileChange

if TYPE_CHECKING:
    from bitbucket_emulator.world import World
    from bitbucket_emulator.world.model import PullRequest, Repository


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda w, r: push(w, r, "main", "bob"), id="push"),
        pytest.param(lambda w, r: force_push(w, r, "main", "bob"), id="force push"),
        pytest.param(lambda w, r: create_branch(w, r, "new"), id="new branch"),
        pytest.param(lambda w, r: tag(w, r, "v1", "main"), id="tag"),
        pytest.param(lambda w, r: delete_branch(w, r, "old"), id="deleted branch"),
        pytest.param(lambda w, r: delete_tag(w, r, "v0"), id="deleted tag"),
    ],
)
def test_git_moves_the_repository_within_two_seconds(world: World, repository: Repository, act: Any) -> None:
    create_branch(world, repository, "old")
    tag(world, repository, "v0", "main")
    world.clock += 5 * SECOND
    before = world.clock
    act(world, repository)
    assert before < repository.updated_on <= before + 2 * SECOND
    assert repository.updated_on <= world.clock


@pytest.mark.parametrize("late", [0, 30], ids=["now", "seen late"])
def test_every_push_moves_the_repository_however_soon_it_follows(
    world: World, repository: Repository, late: int
) -> None:
    seen = [repository.updated_on]
    for _ in range(5):
        push(world, repository, "main", "bob", at=world.clock - late * SECOND)
        seen.append(repository.updated_on)
        assert repository.updated_on <= world.clock
    assert seen == sorted(set(seen))


def test_updated_on_can_be_held_back_and_moves_late(world: World, repository: Repository) -> None:
    before = repository.updated_on, repository.size
    hold_updated_on(world, repository)
    head = push(world, repository, "main", "bob")
    assert (repository.branches["main"], (repository.updated_on, repository.size)) == (head.hash, before)
    released = hold_updated_on(world, repository, held=False)
    assert before[0] < released.updated_on <= world.clock
    moved = released.updated_on
    push(world, repository, "main", "bob")
    assert moved < repository.updated_on <= world.clock


def test_updated_on_can_move_without_a_push(world: World, repository: Repository) -> None:
    before, branches = repository.updated_on, dict(repository.branches)
    hold_updated_on(world, repository, held=False)
    assert before < repository.updated_on <= world.clock
    assert repository.branches == branches


def test_a_merge_that_closes_the_branch_of_a_fork_moves_the_fork(world: World, repository: Repository) -> None:
    copy = fork(world, repository, "copy")
    push(world, copy, "topic", "bob")
    request = open_pull_request(
        world, repository, "topic", "bob", source_repository=copy, close_source_branch=True, reviewers=[]
    )
    before = copy.updated_on
    merge(world, repository, request, "alice")
    assert "topic" not in copy.branches
    assert before < copy.updated_on <= world.clock


def test_an_old_commit_can_be_pushed_late(world: World, repository: Repository) -> None:
    old = world.clock - 400 * DAY
    head = push(world, repository, "main", "bob", date=old)
    assert head.date == old - old % SECOND
    listed = [each.hash for each in graph.log(repository)]
    assert listed[0] == head.hash  # children first, whatever their date


def test_a_push_can_add_rename_and_remove_files(world: World, repository: Repository) -> None:
    files = {
        "a.py": [3, 1],
        "gone.py": None,
        "new.py": {"status": "added", "lines": [7, 0]},
        "to.py": {"old_path": "from.py", "lines": [2, 2]},
        "moved.py": {"old_path": "stays.py"},
    }
    start = repository.branches["main"]
    first = push(world, repository, "main", "bob", files=files)
    changed = [
        FileChange("a.py", "modified", 3, 1),
        FileChange("gone.py", "removed", 0, 1),
        FileChange("moved.py", "renamed", 0, 0, "stays.py"),
        FileChange("new.py", "added", 7, 0),
        FileChange("to.py", "renamed", 2, 2, "from.py"),
    ]
    assert sorted(first.changes) == changed
    second = push(world, repository, "main", "bob", files=[["new.py", "renamed", 1, 0, "newer.py"]])
    assert second.changes == (FileChange("new.py", "renamed", 1, 0, "newer.py"),)
    assert [each.path for each in graph.diffstat(repository, first.hash, start)] == [each.path for each in changed]


def test_several_commits_of_a_push_add_or_rename_a_file_once(world: World, repository: Repository) -> None:
    start = repository.branches["main"]
    files = {"new.py": {"status": "added", "lines": [7, 0]}, "to.py": {"old_path": "from.py"}, "gone.py": None}
    head = push(world, repository, "main", "bob", commits=3, files=files)
    assert head.changes == (FileChange("new.py", "modified", 7, 0), FileChange("to.py", "modified", 0, 0))
    assert graph.diffstat(repository, head.hash, start) == [
        FileChange("gone.py", "removed", 0, 1),
        FileChange("new.py", "added", 21, 0),
        FileChange("to.py", "renamed", 0, 0, "from.py"),
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.py": {"status": "eaten"}}, "a.py: status 'eaten' is none of added, modified, removed, renamed"),
        ({"a.py": {"status": "renamed"}}, "a.py: a renamed file, and no other, has an old_path"),
        ({"a.py": {"status": "added", "old_path": "b.py"}}, "a.py: a renamed file, and no other, has an old_path"),
        ({"a.py": {"colour": "red"}}, "a.py: unknown colour; a file has lines, old_path, status"),
        ({"a.py": [1]}, "a.py: lines are \\[added, removed\\], not \\[1\\]"),
        ([["a.py", "renamed", 1, 0]], "a.py: a renamed file, and no other, has an old_path"),
    ],
)
def test_a_file_that_is_none_is_refused(world: World, repository: Repository, files: Any, message: str) -> None:
    with pytest.raises(ActionError, match=message):
        push(world, repository, "main", "bob", files=files)


def test_a_force_push_leaves_commits_that_resolve_until_pruned(world: World, repository: Repository) -> None:
    old = repository.branches["main"]
    new = force_push(world, repository, "main", "bob")
    assert new.parents == repository.commits[old].parents
    assert graph.resolve(repository, old) == old
    assert old not in {each.hash for each in graph.log(repository)}
    assert prune(world, repository) == [old]
    assert graph.resolve(repository, old) is None


def test_a_push_that_would_lose_commits_needs_force(world: World, repository: Repository) -> None:
    first = repository.commits[repository.branches["main"]].parents[0]
    with pytest.raises(ActionError, match="main would lose commits; use force"):
        push(world, repository, "main", "bob", parents=[first])
    assert push(world, repository, "main", "bob", parents=[first], force=True).parents == (first,)


def test_a_deleted_branch_leaves_its_commits_until_pruned(world: World, repository: Repository) -> None:
    head = push(world, repository, "idea", "bob")
    delete_branch(world, repository, "idea")
    assert graph.resolve(repository, head.hash[:10]) == head.hash
    assert prune(world, repository) == [head.hash]


@pytest.mark.parametrize(("keep", "lost"), [(True, 0), (False, 2)], ids=["kept by pull requests", "lost"])
def test_prune_can_spare_what_pull_requests_name(
    world: World, repository: Repository, pull_request: PullRequest, keep: bool, lost: int
) -> None:
    delete_branch(world, repository, pull_request.source_branch)
    assert len(prune(world, repository, keep_pull_requests=keep)) == lost


def test_lightweight_and_annotated_tags(world: World, repository: Repository) -> None:
    light = tag(world, repository, "v1", "main")
    annotated = tag(world, repository, "v2", "main", "Two", "bob")
    assert (light.message, light.date, light.tagger_raw) == (None, None, None)
    assert (annotated.message, annotated.tagger_raw) == ("Two", "Bob <bob@acme.example>")
    assert annotated.date is not None
    assert annotated.date % SECOND == 0


def test_a_new_repository_is_empty(world: World) -> None:
    made = create_repository(world, "fresh")
    assert made.mainbranch is None
    assert list(graph.log(made)) == []
    assert [each.type for each in made.environments.values()] == ["Test", "Staging", "Production"]
    push(world, made, "trunk", "alice")
    assert made.mainbranch == "trunk"


def test_a_slug_given_up_can_be_taken(world: World, repository: Repository) -> None:
    rename_repository(world, repository, "payments")
    key = (repository.workspace, "api")
    assert world.former_slugs[key] == repository.uuid
    assert world.repository(repository.workspace, "api") is None
    other = create_repository(world, "api")
    assert key not in world.former_slugs
    assert world.repository(repository.workspace, "api") is other
    with pytest.raises(ActionError, match="slug api is taken"):
        rename_repository(world, repository, "api")


def test_a_deleted_repository_is_gone(world: World, repository: Repository) -> None:
    delete_repository(world, "api")
    assert world.repository(repository.workspace, "api") is None
    assert world.repository(repository.workspace, repository.uuid) is None


@pytest.mark.parametrize(
    ("hidden_for", "sees"), [(None, (False, False)), ("one", (False, True))], ids=["everybody", "one credential"]
)
def test_a_repository_is_hidden_per_credential(
    world: World, repository: Repository, hidden_for: str | None, sees: tuple[bool, bool]
) -> None:
    both = [Credential(name, "bearer", frozenset(), "{x}") for name in ("one", "two")]
    world.credentials.update({each.name: each for each in both})
    hide_repository(world, repository, hidden_for)
    assert tuple(world.can_see(each, repository) for each in both) == sees
    show_repository(world, repository, hidden_for)
    assert all(world.can_see(each, repository) for each in both)


def test_accounts_are_looked_up_by_e_mail_when_asked(world: World, repository: Repository) -> None:
    head = push(world, repository, "main", "Rita <rita@agency.example>")
    assert world.account(head.author_raw) is None
    map_email(world, "rita@agency.example", "carol")
    found = world.account(head.author_raw)
    assert found is not None
    assert found.nickname == "carol"
    rename_user(world, "carol", display_name="Carola")
    assert found.display_name == "Carola"


def test_a_deleted_account_is_null_everywhere(world: World, repository: Repository, pull_request: PullRequest) -> None:
    approve(world, repository, pull_request, "bob")
    delete_user(world, "bob")
    assert world.user(pull_request.participants[0].user) is None
    assert world.account("Bob <bob@acme.example>") is None
    with pytest.raises(ActionError, match="no Author 'bob'"):
        push(world, repository, "main", "bob")
