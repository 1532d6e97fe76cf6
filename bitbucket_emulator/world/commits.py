"""Making commits and moving branches: the ground everything else stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.model import MILLISECOND, SECOND, Commit, User, commit_hash, jitter, whole_seconds
from bitbucket_emulator.world.model.pull_requests import ActivityEvent, Update

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bitbucket_emulator.world.model import FileChange, PullRequest, Repository, World


def add_commit(
    repository: Repository,
    parents: tuple[str, ...],
    author_raw: str,
    date: int,
    message: str,
    changes: Iterable[FileChange] = (),
    committer_raw: str | None = None,
) -> Commit:
    """Put a commit into the repository; no branch points to it yet. Its parents must be there."""
    date = whole_seconds(date)
    files = tuple(changes)
    commits = repository.commits
    committer = committer_raw or author_raw
    name = commit_hash(parents, author_raw, committer, date, message, files)
    rank = max([date, *(commits[parent].rank + 1 for parent in parents)])
    return commits.setdefault(name, Commit(name, parents, author_raw, committer, date, message, files, rank))


def move_branch(world: World, repository: Repository, branch: str, target: str, user: User | None, at: int) -> None:
    """Let a branch point elsewhere: what a push does.

    Moves `repository.updated_on` (FACTS 4: within about 2 s) and every open pull request from this branch (FACTS 3).
    `user` is who pushed, None for somebody without account.
    """
    repository.branches[branch] = target
    touch_repository(world, repository, at)
    homes = [repository.uuid] if repository.parent is None else [repository.uuid, repository.parent]
    for home in filter(None, map(world.repositories.get, homes)):
        for number in sorted(home.open_sources.get((repository.uuid, branch), ())):
            _follow_source(world, home, home.pull_requests[number], repository, target, user, at)


def touch_repository(world: World, repository: Repository, at: int) -> None:
    """A push, as `updated_on` and the size show it.

    `updated_on` comes some time after the push; the clock goes on until then, so that the next push comes later still.
    A push that is seen late moves it too. Nothing moves while it is held back (`hold_updated_on`).
    """
    if repository.held:
        return
    shown = at + jitter(at, 200 * MILLISECOND, 1_900 * MILLISECOND)
    repository.updated_on = world.reach(after(world, repository.updated_on, shown))
    repository.size += 400 + at % 7_000


def _follow_source(
    world: World,
    home: Repository,
    pull_request: PullRequest,
    source: Repository,
    target: str,
    user: User | None,
    at: int,
) -> None:
    if pull_request.source_hash == target:
        return
    touched = {change.path for change in source.commits[target].changes}
    for comment in pull_request.comments.values():
        if comment.inline is not None and comment.inline.path in touched:
            comment.inline.outdated = True
    pull_request.source_hash = target
    destination = home.branches.get(pull_request.destination_branch, pull_request.destination_hash)
    pull_request.destination_hash = destination
    date = world.reach(at + jitter(at, 300 * MILLISECOND, 2 * SECOND))
    record_update(pull_request, user.uuid if user else pull_request.author, date)
    move_pull_request(world, pull_request, date + jitter(date, 5 * MILLISECOND, 25 * MILLISECOND))


def record_update(
    pull_request: PullRequest, user: str, date: int, changes: tuple[tuple[str, str, str], ...] = ()
) -> ActivityEvent:
    """Write the pull request as it stands now into its activity."""
    update = Update(
        pull_request.state,
        pull_request.draft,
        pull_request.title,
        pull_request.description,
        pull_request.reason,
        pull_request.source_branch,
        pull_request.source_hash,
        pull_request.destination_branch,
        pull_request.destination_hash,
        tuple(pull_request.reviewers),
        changes,
    )
    event = ActivityEvent("update", date, user, update)
    pull_request.events.append(event)
    return event


def move_pull_request(world: World, pull_request: PullRequest, time: int) -> None:
    """Move `updated_on` forward."""
    pull_request.updated_on = world.reach(after(world, pull_request.updated_on - 1, time))


def probably_move(world: World, pull_request: PullRequest, time: int) -> None:
    """The same for what is only probable to move it (FACTS 3): `World.probable_moves` decides."""
    if world.probable_moves:
        move_pull_request(world, pull_request, time)


def after(world: World, before: int, time: int) -> int:
    """`time`, or the next moment after `before` where that is later.

    A `before` ahead of the world's clock counts for nothing: the clock went back (`jump_clock`).
    """
    return max(time, before + 1) if before <= world.clock else time
