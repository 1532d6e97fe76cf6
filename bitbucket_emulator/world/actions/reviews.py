"""Opening and reviewing pull requests. What moves `updated_on`, and by how much: FACTS 3."""

# ruff: noqa: ARG001 - actions share one signature

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.commits import move_pull_request, probably_move, record_update
from bitbucket_emulator.world.model import MILLISECOND, ActivityEvent, Participant, PullRequest, ReviewAct, jitter

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Time
    from bitbucket_emulator.world.model import Repository, User, World


@action
def open_pull_request(
    world: World,
    repository: Repository,
    source: str,
    author: User,
    destination: str | None = None,
    title: str | None = None,
    description: str = "",
    reviewers: list[User] | None = None,
    draft: bool = False,
    close_source_branch: bool = False,
    source_repository: Repository | None = None,
    *,
    at: Time,
) -> PullRequest:
    """Open a pull request from branch `source` (of a fork, if `source_repository` is given).

    Without `reviewers` the default reviewers, the project's too, are asked. `updated_on` is 30-50 ms after
    `created_on`, and the feed gets two `update` records about 0.1 s apart.
    """
    home = source_repository or repository
    target = destination or repository.mainbranch or ""
    if source not in home.branches or target not in repository.branches:
        raise ActionError(f"open_pull_request: no branch {source if source not in home.branches else target}")
    if home is repository and source == target:
        raise ActionError("open_pull_request: source and destination are the same branch")
    project = world.projects.get(repository.project or "")
    by_default = [each.user for each in repository.default_reviewers]
    by_default += [each for each in (project.default_reviewers if project else ()) if each not in by_default]
    asked = by_default if reviewers is None else [each.uuid for each in reviewers]
    pull_request = PullRequest(
        id=len(repository.pull_requests) + 1,
        repository=repository.uuid,
        title=title if title is not None else source.rsplit("/", 1)[-1].replace("-", " ").capitalize(),
        description=description,
        author=author.uuid,
        source_repository=home.uuid,
        source_branch=source,
        source_hash=home.branches[source],
        destination_branch=target,
        destination_hash=repository.branches[target],
        created_on=at,
        updated_on=world.reach(at + jitter(at, 30 * MILLISECOND, 50 * MILLISECOND)),
        draft=draft,
        close_source_branch=close_source_branch,
        participants=[Participant(user, "REVIEWER") for user in asked if user != author.uuid],
    )
    repository.pull_requests[pull_request.id] = pull_request
    repository.open_sources.setdefault((home.uuid, source), set()).add(pull_request.id)
    record_update(pull_request, author.uuid, at + jitter(at, 15 * MILLISECOND, 40 * MILLISECOND))
    record_update(pull_request, author.uuid, world.reach(at + jitter(at, 110 * MILLISECOND, 150 * MILLISECOND)))
    return pull_request


@action
def edit_pull_request(
    world: World,
    repository: Repository,
    pull_request: PullRequest,
    user: User,
    title: str | None = None,
    description: str | None = None,
    *,
    at: Time,
) -> PullRequest:
    """Change title or description; `World.probable_moves` decides whether `updated_on` moves."""
    _must_be_open(pull_request, "edit_pull_request")
    changes = []
    if title is not None and title != pull_request.title:
        changes.append(("title", pull_request.title, title))
        pull_request.title = title
    if description is not None and description != pull_request.description:
        changes.append(("description", pull_request.description, description))
        pull_request.description = description
    return _probably_updated(world, pull_request, user, at, tuple(changes))


@action
def retarget(
    world: World, repository: Repository, pull_request: PullRequest, destination: str, user: User, *, at: Time
) -> PullRequest:
    """Change the destination branch. Whether it moves `updated_on` is not settled: `World.unsettled_moves` decides."""
    _must_be_open(pull_request, "retarget")
    if destination not in repository.branches:
        raise ActionError(f"retarget: no branch {destination}")
    pull_request.destination_branch = destination
    pull_request.destination_hash = repository.branches[destination]
    record_update(pull_request, user.uuid, at)
    if world.unsettled_moves:
        move_pull_request(world, pull_request, at)
    return pull_request


@action
def set_draft(
    world: World, repository: Repository, pull_request: PullRequest, draft: bool, user: User, *, at: Time
) -> PullRequest:
    """Turn a pull request into a draft, or make it ready for review."""
    _must_be_open(pull_request, "set_draft")
    pull_request.draft = draft
    return _updated(world, pull_request, user, at)


@action
def set_queued(
    world: World, repository: Repository, pull_request: PullRequest, queued: bool, *, at: Time
) -> PullRequest:
    """Put a pull request into the merge queue, or take it out; `World.probable_moves` decides as for an edit."""
    _must_be_open(pull_request, "set_queued")
    pull_request.queued = queued
    probably_move(world, pull_request, at)
    return pull_request


@action
def change_reviewers(
    world: World,
    repository: Repository,
    pull_request: PullRequest,
    user: User,
    add: list[User] | None = None,
    remove: list[User] | None = None,
    *,
    at: Time,
) -> PullRequest:
    """Ask others to review, or no longer ask some. Those removed stay participants if they took part.

    `World.probable_moves` decides whether `updated_on` moves.
    """
    _must_be_open(pull_request, "change_reviewers")
    for each in remove or ():
        participant = pull_request.participant(each.uuid)
        if participant is None or participant.role != "REVIEWER":
            raise ActionError(f"change_reviewers: {each.nickname} is no reviewer")
        participant.role = "PARTICIPANT"
        if participant.participated_on is None:
            pull_request.participants.remove(participant)
    for each in add or ():
        participate(pull_request, each).role = "REVIEWER"
    return _probably_updated(world, pull_request, user, at)


@action
def remove_participant(
    world: World, repository: Repository, pull_request: PullRequest, user: User, *, at: Time
) -> Participant:
    """Let somebody's row vanish, whatever the role (FACTS 3: it can); what they said and did stays in the feed."""
    found = pull_request.participant(user.uuid)
    if found is None:
        raise ActionError(f"remove_participant: {user.nickname} is none")
    pull_request.participants.remove(found)
    probably_move(world, pull_request, at)
    return found


@action
def approve(world: World, repository: Repository, pull_request: PullRequest, user: User, *, at: Time) -> Participant:
    """Approve; `updated_on` follows `participated_on` by about 16 ms."""
    return _judge(
        world, repository, pull_request, user, "approved", at, at + jitter(at, 12 * MILLISECOND, 20 * MILLISECOND)
    )


@action
def request_changes(
    world: World, repository: Repository, pull_request: PullRequest, user: User, *, at: Time
) -> Participant:
    """Request changes; the event is about 250 ms earlier than `updated_on`."""
    moved = at + jitter(at, 200 * MILLISECOND, 300 * MILLISECOND)
    return _judge(world, repository, pull_request, user, "changes_requested", at, moved)


@action
def unapprove(world: World, repository: Repository, pull_request: PullRequest, user: User, *, at: Time) -> Participant:
    """Take an approval back: event and approval vanish, and only the pull request's `updated_on` tells when."""
    return _withdraw(world, repository, pull_request, user, "approved", at)


@action
def withdraw_changes(
    world: World, repository: Repository, pull_request: PullRequest, user: User, *, at: Time
) -> Participant:
    """Take a request for changes back, as `unapprove` does with an approval."""
    return _withdraw(world, repository, pull_request, user, "changes_requested", at)


def participate(pull_request: PullRequest, user: User) -> Participant:
    """The user's participant row, made where it is missing."""
    participant = pull_request.participant(user.uuid)
    if participant is None:
        participant = Participant(user.uuid, "PARTICIPANT")
        pull_request.participants.append(participant)
    return participant


def last_participation(pull_request: PullRequest, user: str) -> int | None:
    """When the user last took part, as far as the events and comments that are left tell."""
    times = [each.date for each in pull_request.events if each.user == user and each.kind != "update"]
    times += [c.created_on for c in pull_request.comments.values() if c.user == user and not (c.deleted or c.pending)]
    return max(times, default=None)


def _judge(
    world: World, repository: Repository, pull_request: PullRequest, user: User, state: str, at: int, moved: int
) -> Participant:
    _must_be_open(pull_request, state)
    participant = participate(pull_request, user)
    if participant.state == state:
        raise ActionError(f"{user.nickname} has {state} already")
    participant.state = state
    participant.participated_on = at
    kind = "approval" if state == "approved" else state
    pull_request.events.append(ActivityEvent(kind, at, user.uuid))
    repository.chronicle.reviews.append(ReviewAct(pull_request.id, user.uuid, kind, at))
    move_pull_request(world, pull_request, moved)
    return participant


def _withdraw(
    world: World, repository: Repository, pull_request: PullRequest, user: User, state: str, at: int
) -> Participant:
    _must_be_open(pull_request, "withdraw")
    participant = pull_request.participant(user.uuid)
    if participant is None or participant.state != state:
        raise ActionError(f"{user.nickname} has not {state}")
    kind = "approval" if state == "approved" else state
    event = [each for each in pull_request.events if each.kind == kind and each.user == user.uuid][-1]
    pull_request.events.remove(event)
    for act in repository.chronicle.reviews:
        same = (act.pull_request, act.user, act.kind, act.at) == (pull_request.id, user.uuid, kind, event.date)
        act.taken_back |= same
    participant.state = None
    participant.participated_on = last_participation(pull_request, user.uuid)
    move_pull_request(world, pull_request, at + jitter(at, 12 * MILLISECOND, 20 * MILLISECOND))
    return participant


def _updated(world: World, pull_request: PullRequest, user: User, at: int) -> PullRequest:
    record_update(pull_request, user.uuid, at)
    move_pull_request(world, pull_request, at + jitter(at, 5 * MILLISECOND, 25 * MILLISECOND))
    return pull_request


def _probably_updated(
    world: World, pull_request: PullRequest, user: User, at: int, changes: tuple[tuple[str, str, str], ...] = ()
) -> PullRequest:
    record_update(pull_request, user.uuid, at, changes)
    probably_move(world, pull_request, at + jitter(at, 5 * MILLISECOND, 25 * MILLISECOND))
    return pull_request


def _must_be_open(pull_request: PullRequest, what: str) -> None:
    if pull_request.state != "OPEN":
        raise ActionError(f"{what}: pull request {pull_request.id} is {pull_request.state}")
