"""Merging, declining and superseding pull requests. Times: FACTS 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.commits import add_commit, after, move_branch, record_update, touch_repository
from bitbucket_emulator.world.model import MILLISECOND, Landing, jitter

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Time
    from bitbucket_emulator.world.model import Commit, PullRequest, Repository, User, World

STRATEGIES = ("merge_commit", "squash", "fast_forward")
_FULFILLED = {"MERGED": "fulfilled", "DECLINED": "rejected", "SUPERSEDED": "superseded"}


@action
def merge(
    world: World,
    repository: Repository,
    pull_request: PullRequest,
    user: User,
    strategy: str = "merge_commit",
    message: str | None = None,
    *,
    at: Time,
) -> PullRequest:
    """Merge by `merge_commit`, `squash` or `fast_forward`; the destination branch moves, other pull requests do not.

    The commit is dated at most 1 s before `closed_on` (which equals `updated_on`); a fast-forward makes none.
    """
    source = _source(world, pull_request)
    destination = repository.branches.get(pull_request.destination_branch)
    if destination is None:
        raise ActionError(f"merge: no branch {pull_request.destination_branch}")
    copy_commits(source, repository, pull_request.source_hash)
    if strategy not in STRATEGIES:
        raise ActionError(f"merge: strategy {strategy!r} is none of {', '.join(STRATEGIES)}")
    if graph.is_ancestor(repository, pull_request.source_hash, destination):
        raise ActionError("merge: there is nothing to merge")
    pull_request.destination_hash = destination
    text = message if message is not None else _message(world, pull_request)
    own = graph.log(repository, [pull_request.source_hash], [destination])
    hashes = tuple(commit.hash for commit in own)
    head = _land(world, repository, pull_request, user, strategy, text, at)
    landed = tuple(commit.hash for commit in graph.log(repository, [head.hash], [destination]))
    repository.chronicle.landings.append(Landing(pull_request.id, at, strategy, hashes, landed))
    pull_request.merge_commit = head.hash
    _close(world, repository, pull_request, user, "MERGED", at)
    move_branch(world, repository, pull_request.destination_branch, head.hash, user, at)
    if pull_request.close_source_branch and pull_request.source_branch != source.mainbranch:
        gone = source.branches.pop(pull_request.source_branch, None)
        if gone is not None and source is not repository:
            touch_repository(world, source, at)
    return pull_request


@action
def decline(
    world: World, repository: Repository, pull_request: PullRequest, user: User, reason: str = "", *, at: Time
) -> PullRequest:
    """Decline a pull request."""
    pull_request.reason = reason
    return _close(world, repository, pull_request, user, "DECLINED", at)


@action
def supersede(world: World, repository: Repository, pull_request: PullRequest, user: User, *, at: Time) -> PullRequest:
    """Close a pull request because another one took its place."""
    return _close(world, repository, pull_request, user, "SUPERSEDED", at)


def copy_commits(source: Repository, target: Repository, head: str) -> None:
    """Let `target` hold `head` of `source` and all its ancestors, parents first."""
    missing: list[Commit] = []
    todo, seen = [head], {head}
    if source is target:
        return
    while todo:
        commit = source.commits[todo.pop()]
        if commit.hash not in target.commits:
            missing.append(commit)
            todo += [parent for parent in commit.parents if parent not in seen]
            seen.update(commit.parents)
    target.commits.update((each.hash, each) for each in sorted(missing, key=lambda each: each.rank))


def _source(world: World, pull_request: PullRequest) -> Repository:
    source = graph.source_repository(world, pull_request)
    if pull_request.state != "OPEN":
        raise ActionError(f"merge: pull request {pull_request.id} is {pull_request.state}")
    if source is None or pull_request.source_hash not in source.commits:
        raise ActionError(f"merge: the source of pull request {pull_request.id} is gone")
    return source


def _land(
    world: World, repository: Repository, pull_request: PullRequest, user: User, strategy: str, text: str, at: int
) -> Commit:
    head, source = pull_request.destination_hash, pull_request.source_hash
    if strategy == "fast_forward":
        if not graph.is_ancestor(repository, head, source):
            raise ActionError(f"merge: {pull_request.destination_branch} cannot be fast-forwarded")
        return repository.commits[source]
    if strategy == "squash":
        own = list(graph.log(repository, [source], [head]))
        author = own[-1].author_raw
        return add_commit(repository, (head,), author, at, text, graph.net_changes(own), world.raw(user))
    return add_commit(repository, (head, source), world.raw(user), at, text)


def _message(world: World, pull_request: PullRequest) -> str:
    lines = [f"Merged in {pull_request.source_branch} (pull request #{pull_request.id})", "", pull_request.title]
    approvers = [world.users[each.user] for each in pull_request.participants if each.approved]
    if approvers:
        lines += ["", *(f"Approved-by: {each.display_name}" for each in approvers)]
    return "\n".join(lines)


def _close(
    world: World, repository: Repository, pull_request: PullRequest, user: User, state: str, at: int
) -> PullRequest:
    if pull_request.state != "OPEN":
        raise ActionError(f"pull request {pull_request.id} is {pull_request.state}")
    pull_request.state = state
    pull_request.queued = False
    pull_request.closed_by = user.uuid
    pull_request.closed_on = pull_request.updated_on = after(world, pull_request.updated_on, at)
    key = (pull_request.source_repository, pull_request.source_branch)
    repository.open_sources[key].discard(pull_request.id)
    # the feed's date comes later than both (FACTS 3: 34 ms)
    date = world.reach(pull_request.closed_on + jitter(at, 25 * MILLISECOND, 45 * MILLISECOND))
    record_update(pull_request, user.uuid, date, (("status", "open", _FULFILLED[state]),))
    return pull_request
