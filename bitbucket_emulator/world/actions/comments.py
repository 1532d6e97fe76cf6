"""Comments, tasks and build statuses."""

# ruff: noqa: ARG001 - actions share one signature

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.actions.reviews import last_participation, participate
from bitbucket_emulator.world.commits import move_pull_request, probably_move
from bitbucket_emulator.world.model import BuildStatus, Comment, Inline, ReviewAct, Task, jitter, name_uuid

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Hash, Time
    from bitbucket_emulator.world.model import PullRequest, Repository, User, World

_Remark = TypeVar("_Remark", Comment, Task)

# Comment and task ids are unique in the world and ascend within a repository. Each repository has its own residue, so
# that ids do not depend on which repository was used first.
_FIRST_ID = 500_000_000
_RESIDUES = 4_096


@action
def comment(
    world: World,
    repository: Repository,
    pull_request: PullRequest,
    user: User,
    text: str,
    parent: Comment | None = None,
    path: str | None = None,
    line: int | None = None,
    old_line: int | None = None,
    pending: bool = False,
    *,
    at: Time,
) -> Comment:
    """Comment, reply (`parent`) or comment on a file or line (`path`, `line` of the new or `old_line` of the old file).

    The pull request's `updated_on` becomes the comment's. A pending comment moves nothing: only its author sees it.
    """
    made = Comment(
        id=_next_id(repository),
        user=user.uuid,
        content=text,
        created_on=at,
        updated_on=world.reach(at + jitter(at, 40, 120)),
        parent=parent.id if parent else None,
        inline=Inline(path, line, old_line) if path is not None else None,
        pending=pending,
    )
    pull_request.comments[made.id] = made
    if not pending:
        participate(pull_request, user).participated_on = at
        repository.chronicle.reviews.append(ReviewAct(pull_request.id, user.uuid, "comment", at, made.id))
        move_pull_request(world, pull_request, made.updated_on)
    return made


@action
def edit_comment(
    world: World, repository: Repository, pull_request: PullRequest, comment: Comment, text: str, *, at: Time
) -> Comment:
    """Change a comment's text; the pull request stays where it is unless `World.unsettled_moves`."""
    _must_exist(comment)
    comment.content = text
    comment.updated_on = world.reach(at)
    return _unsettled(world, pull_request, comment, at)


@action
def delete_comment(
    world: World, repository: Repository, pull_request: PullRequest, comment: Comment, *, at: Time
) -> Comment:
    """Delete a comment: it stays, marked and emptied, its `updated_on` does not move, the pull request's probably does.

    Whether it does, `World.probable_moves` decides. A participant who has done nothing else is one no longer.
    """
    _must_exist(comment)
    comment.deleted = True
    comment.content = ""
    for act in repository.chronicle.reviews:
        act.taken_back |= act.comment == comment.id
    participant = pull_request.participant(comment.user)
    if participant is not None:
        participant.participated_on = last_participation(pull_request, comment.user)
        if participant.role == "PARTICIPANT" and participant.participated_on is None:
            pull_request.participants.remove(participant)
    probably_move(world, pull_request, at)
    return comment


@action
def resolve_comment(
    world: World, repository: Repository, pull_request: PullRequest, comment: Comment, user: User, *, at: Time
) -> Comment:
    """Resolve a thread; the pull request stays where it is unless `World.unsettled_moves`."""
    _must_exist(comment)
    if comment.parent is not None:
        raise ActionError(f"comment {comment.id} is a reply: resolve {comment.parent}")
    comment.resolved_by, comment.resolved_on = user.uuid, at
    return _unsettled(world, pull_request, comment, at)


@action
def reopen_comment(
    world: World, repository: Repository, pull_request: PullRequest, comment: Comment, *, at: Time
) -> Comment:
    """Undo the resolution of a thread."""
    if comment.resolved_on is None:
        raise ActionError(f"comment {comment.id} is not resolved")
    comment.resolved_by = comment.resolved_on = None
    return _unsettled(world, pull_request, comment, at)


@action
def create_task(
    world: World,
    repository: Repository,
    pull_request: PullRequest,
    user: User,
    text: str,
    comment: Comment | None = None,
    *,
    at: Time,
) -> Task:
    """Write a task, perhaps on a comment; it is in no feed, and moves nothing unless `World.unsettled_moves`."""
    made = Task(_next_id(repository), user.uuid, text, at, at, comment=comment.id if comment else None)
    pull_request.tasks[made.id] = made
    return _unsettled(world, pull_request, made, at)


@action
def resolve_task(
    world: World, repository: Repository, pull_request: PullRequest, task: Task, user: User, *, at: Time
) -> Task:
    """Tick a task off."""
    if task.state == "RESOLVED":
        raise ActionError(f"task {task.id} is resolved")
    task.state, task.resolved_by, task.resolved_on, task.updated_on = "RESOLVED", user.uuid, at, at
    return _unsettled(world, pull_request, task, at)


@action
def reopen_task(world: World, repository: Repository, pull_request: PullRequest, task: Task, *, at: Time) -> Task:
    """Undo `resolve_task`."""
    if task.state != "RESOLVED":
        raise ActionError(f"task {task.id} is not resolved")
    task.state, task.resolved_by, task.resolved_on, task.updated_on = "UNRESOLVED", None, None, at
    return _unsettled(world, pull_request, task, at)


@action
def edit_task(
    world: World, repository: Repository, pull_request: PullRequest, task: Task, text: str, *, at: Time
) -> Task:
    """Change a task's text."""
    task.content, task.updated_on = text, at
    return _unsettled(world, pull_request, task, at)


@action
def delete_task(world: World, repository: Repository, pull_request: PullRequest, task: Task, *, at: Time) -> Task:
    """Delete a task: it is listed no longer."""
    del pull_request.tasks[task.id]
    return _unsettled(world, pull_request, task, at)


@action
def comment_commit(
    world: World,
    repository: Repository,
    commit: Hash,
    user: User,
    text: str,
    path: str | None = None,
    line: int | None = None,
    *,
    at: Time,
) -> Comment:
    """Comment on a commit, perhaps on a line of one of its files; no pull request moves."""
    inline = Inline(path, line) if path is not None else None
    made = Comment(_next_id(repository), user.uuid, text, at, at, inline=inline)
    repository.commit_comments.setdefault(commit, {})[made.id] = made
    return made


@action
def status(
    world: World,
    repository: Repository,
    commit: Hash,
    state: str,
    key: str = "build",
    name: str | None = None,
    description: str = "",
    url: str | None = None,
    refname: str | None = None,
    *,
    at: Time,
) -> BuildStatus:
    """Report a build of a commit; the same `key` (at most 40 characters) again overwrites the status."""
    if state not in ("INPROGRESS", "SUCCESSFUL", "FAILED", "STOPPED") or len(key) > 40:
        raise ActionError(f"status: state {state!r} or key {key!r} is not allowed")
    kept = repository.statuses.setdefault(commit, {})
    link = url if url is not None else f"https://ci.example.org/{repository.slug}/{commit[:12]}/{key}"
    made = kept.get(key)
    if made is None:
        uuid = name_uuid(repository.uuid, "status", commit, key)
        made = kept[key] = BuildStatus(uuid, commit, key, state, name or key, description, link, refname, at, at)
    made.state, made.updated_on, made.url = state, at, link
    made.name, made.description = name or made.name, description or made.description
    if world.unsettled_moves:
        for each in repository.pull_requests.values():
            if each.source_hash == commit and each.state == "OPEN":
                move_pull_request(world, each, at)
    return made


def _next_id(repository: Repository) -> int:
    contents = repository.contents
    contents.comment_count += 1
    return _FIRST_ID + contents.comment_count * _RESIDUES + repository.serial % _RESIDUES


def _must_exist(comment: Comment) -> None:
    if comment.deleted:
        raise ActionError(f"comment {comment.id} is deleted")


def _unsettled(world: World, pull_request: PullRequest, made: _Remark, at: int) -> _Remark:
    if world.unsettled_moves:
        move_pull_request(world, pull_request, at)
    return made
