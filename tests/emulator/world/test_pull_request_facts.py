"""FACTS 3 as rules: what moves a pull request, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.actions import (
    ACTIONS,
    ActionError,
    approve,
    comment,
    decline,
    delete_comment,
    delete_fork,
    fork,
    merge,
    open_pull_request,
    push,
    request_changes,
    supersede,
    unapprove,
    withdraw_changes,
)
from bitbucket_emulator.world.model import MILLISECOND, SECOND

if TYPE_CHECKING:
    from bitbucket_emulator.world import World
    from bitbucket_emulator.world.model import PullRequest, Repository


def test_opening_writes_two_updates_and_moves_updated_on_a_little(pull_request: PullRequest) -> None:
    first, second = pull_request.events
    assert 30 * MILLISECOND <= pull_request.updated_on - pull_request.created_on <= 50 * MILLISECOND
    assert 70 * MILLISECOND <= second.date - first.date <= 140 * MILLISECOND
    assert first.update is not None
    assert first.update == second.update
    assert (first.update.state, first.update.source_hash) == ("OPEN", pull_request.source_hash)


def test_a_comment_gives_its_updated_on(world: World, repository: Repository, pull_request: PullRequest) -> None:
    made = comment(world, repository, pull_request, "bob", "Why?")
    assert pull_request.updated_on == made.updated_on
    assert pull_request.comment_count == 1


def test_a_pending_comment_moves_nothing(world: World, repository: Repository, pull_request: PullRequest) -> None:
    before = pull_request.updated_on
    comment(world, repository, pull_request, "carol", "Not sent yet", pending=True)
    assert pull_request.updated_on == before
    assert pull_request.participant(world.user_named("carol").uuid) is None


def test_a_push_moves_source_updated_on_and_activity(
    world: World, repository: Repository, pull_request: PullRequest
) -> None:
    before = pull_request.updated_on
    comment(world, repository, pull_request, "bob", "Here", path="a.py", line=2)
    head = push(world, repository, "feature", "alice", files={"a.py": [1, 1]})
    newest = pull_request.events[-1]
    assert pull_request.source_hash == head.hash
    assert pull_request.updated_on > before
    assert newest.update is not None
    assert newest.update.source_hash == head.hash
    assert [c.inline.outdated for c in pull_request.comments.values() if c.inline] == [True]


@pytest.mark.parametrize(
    ("do", "undo", "low", "high"),
    [
        pytest.param(approve, unapprove, 12, 20, id="approval"),
        pytest.param(request_changes, withdraw_changes, 200, 300, id="changes requested"),
    ],
)
def test_a_verdict_moves_it_and_its_withdrawal_leaves_no_time_of_its_own(
    world: World, repository: Repository, pull_request: PullRequest, do: Any, undo: Any, low: int, high: int
) -> None:
    spoken = comment(world, repository, pull_request, "bob", "Looking")
    participant = do(world, repository, pull_request, "bob")
    event = pull_request.events[-1]
    assert event.date == participant.participated_on
    assert low * MILLISECOND <= pull_request.updated_on - event.date <= high * MILLISECOND
    events, before = len(pull_request.events), pull_request.updated_on

    undo(world, repository, pull_request, "bob")
    assert len(pull_request.events) == events - 1
    assert (participant.state, participant.participated_on) == (None, spoken.created_on)
    assert pull_request.updated_on > before


@pytest.mark.parametrize("strategy", ["merge_commit", "squash", "fast_forward"])
def test_a_merge(world: World, repository: Repository, pull_request: PullRequest, strategy: str) -> None:
    main, source = repository.branches["main"], pull_request.source_hash
    files = graph.pull_request_diffstat(world, pull_request)
    push(world, repository, "other", "carol")
    other = open_pull_request(world, repository, "other", "carol")
    untouched = other.updated_on, other.destination_hash
    approve(world, repository, pull_request, "bob")

    merge(world, repository, pull_request, "bob", strategy)

    head = repository.commits[repository.branches["main"]]
    parents = {"merge_commit": (main, source), "squash": (main,), "fast_forward": repository.commits[source].parents}
    assert (pull_request.state, pull_request.merge_commit) == ("MERGED", head.hash)
    assert head.parents == parents[strategy]
    assert graph.changes(repository, head) == (files if strategy != "fast_forward" else list(head.changes))
    assert pull_request.destination_hash == main
    assert pull_request.closed_on == pull_request.updated_on
    closing = pull_request.events[-1]
    assert 25 * MILLISECOND <= closing.date - pull_request.updated_on <= 45 * MILLISECOND
    assert closing.update is not None
    assert closing.update.changes == (("status", "open", "fulfilled"),)
    if strategy != "fast_forward":
        assert 0 <= pull_request.updated_on - head.date <= SECOND
        assert "Approved-by: Bob" in head.message
    assert (other.updated_on, other.destination_hash) == untouched


@pytest.mark.parametrize(
    ("close", "state"), [(decline, "DECLINED"), (supersede, "SUPERSEDED")], ids=["decline", "supersede"]
)
def test_closing_without_merge(
    world: World, repository: Repository, pull_request: PullRequest, close: Any, state: str
) -> None:
    close(world, repository, pull_request, "alice")
    assert (pull_request.state, pull_request.merge_commit) == (state, None)
    assert pull_request.closed_on == pull_request.updated_on < pull_request.events[-1].date
    head = repository.branches["feature"]
    push(world, repository, "feature", "alice")
    assert pull_request.source_hash == head  # a closed one follows its branch no more
    with pytest.raises(ActionError, match=f"is {state}"):
        merge(world, repository, pull_request, "alice")


def test_a_deleted_comment_stays_emptied_and_uncounted(
    world: World, repository: Repository, pull_request: PullRequest
) -> None:
    made = comment(world, repository, pull_request, "carol", "Oops")
    written = made.updated_on
    delete_comment(world, repository, pull_request, made)
    assert (made.deleted, made.content, made.updated_on) == (True, "", written)
    assert pull_request.updated_on > written
    assert pull_request.comment_count == 0
    assert pull_request.participant(made.user) is None


SILENT = {
    "edit_comment": {"comment": 0, "text": "Better"},
    "resolve_comment": {"comment": 0, "user": "alice"},
    "create_task": {"user": "bob", "text": "Do it"},
    "status": None,
    "retarget": {"destination": "release", "user": "alice"},
}
PROBABLE = {  # FACTS 3: "presumably", "probably"
    "edit_pull_request": {"user": "alice", "title": "Other"},
    "change_reviewers": {"user": "alice", "add": ["carol"]},
    "set_queued": {"queued": True},
    "delete_comment": {"comment": 0},
    "remove_participant": {"user": "bob"},
}
MOVING = {
    "edit_pull_request": {"user": "alice", "title": "Other"},
    "set_draft": {"user": "alice", "draft": True},
    "change_reviewers": {"user": "alice", "add": ["carol"]},
    "set_queued": {"queued": True},
    "comment": {"user": "carol", "text": "Hello"},
    "approve": {"user": "carol"},
}


def _act(world: World, repository: Repository, pull_request: PullRequest, name: str, arguments: Any) -> None:
    if name == "status":
        ACTIONS[name](world, repository, commit=pull_request.source_hash, state="SUCCESSFUL")
        return
    written = next(iter(pull_request.comments))
    given = {key: written if key == "comment" else value for key, value in arguments.items()}
    ACTIONS[name](world, repository, pull_request, **given)


@pytest.mark.parametrize("unsettled_moves", [False, True], ids=["silent", "moves"])
@pytest.mark.parametrize("name", SILENT)
def test_what_nobody_knows_is_a_setting(
    world: World, repository: Repository, pull_request: PullRequest, name: str, unsettled_moves: bool
) -> None:
    comment(world, repository, pull_request, "bob", "Why?")
    push(world, repository, "release", "alice")
    before = pull_request.updated_on
    world.unsettled_moves = unsettled_moves
    _act(world, repository, pull_request, name, SILENT[name])
    assert (pull_request.updated_on > before) is unsettled_moves


@pytest.mark.parametrize("probable_moves", [False, True], ids=["silent", "moves"])
@pytest.mark.parametrize("name", PROBABLE)
def test_what_is_only_probable_is_a_setting(
    world: World, repository: Repository, pull_request: PullRequest, name: str, probable_moves: bool
) -> None:
    comment(world, repository, pull_request, "bob", "Why?")
    before = pull_request.updated_on
    world.probable_moves = probable_moves
    _act(world, repository, pull_request, name, PROBABLE[name])
    assert (pull_request.updated_on > before) is probable_moves


@pytest.mark.parametrize("name", MOVING)
def test_what_moves_a_pull_request_does_not_move_its_repository(
    world: World, repository: Repository, pull_request: PullRequest, name: str
) -> None:
    comment(world, repository, pull_request, "bob", "Why?")
    before, repository_before = pull_request.updated_on, repository.updated_on
    _act(world, repository, pull_request, name, MOVING[name])
    assert pull_request.updated_on > before
    assert repository.updated_on == repository_before


def test_a_pull_request_from_a_fork_follows_the_fork_and_loses_it(world: World, repository: Repository) -> None:
    copy = fork(world, repository, "api-fork")
    push(world, copy, "idea", "carol")
    made = open_pull_request(world, repository, "idea", "carol", source_repository="api-fork")
    head = push(world, copy, "idea", "carol")
    assert (made.source_repository, made.source_hash) == (copy.uuid, head.hash)
    assert next(each.hash for each in graph.pull_request_commits(world, made)) == head.hash
    assert head.hash not in repository.commits

    delete_fork(world, copy)
    assert graph.source_repository(world, made) is None
    with pytest.raises(graph.UnknownCommit):
        graph.pull_request_diffstat(world, made)


def test_a_fork_can_be_merged(world: World, repository: Repository) -> None:
    copy = fork(world, repository, "api-fork")
    head = push(world, copy, "idea", "carol", commits=2)
    push(world, repository, "main", "alice")
    made = open_pull_request(world, repository, "idea", "carol", source_repository=copy)
    merge(world, repository, made, "alice")
    assert graph.is_ancestor(repository, head.hash, repository.branches["main"])
