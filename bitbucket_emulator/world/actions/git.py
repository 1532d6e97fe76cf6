"""Pushes, branches and tags."""

# ruff: noqa: ARG001 - actions share one signature

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.commits import add_commit, move_branch, touch_repository
from bitbucket_emulator.world.model import MINUTE, FileChange, Tag, User, whole_seconds

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Author, Files, Hash, Time
    from bitbucket_emulator.world.model import Commit, Repository, World

_MOST_COMMITS = 1_000_000  # of one push: nobody would wait for the answer


@action
def push(
    world: World,
    repository: Repository,
    branch: str,
    author: Author,
    commits: int = 1,
    message: str | None = None,
    date: Time | None = None,
    files: Files | None = None,
    parents: list[Hash] | None = None,
    force: bool = False,
    *,
    at: Time,
) -> Commit:
    """Push new commits to a branch, which is made where it is missing; returns the new head.

    The new commits follow the branch's head, or `parents` (several make a merge). `date` is the head's commit date,
    however old. `files` is {path: [added, removed]} of each commit, null for a removed file, {"status": "added",
    "lines": [added, removed]} for a new and {"old_path": path, "lines": [added, removed]} for a renamed one; further
    commits of the same push go on with the files that are there. `force` allows parents that drop commits.
    """
    if not 1 <= commits <= _MOST_COMMITS:
        raise ActionError(f"push: {commits} commits")
    head = repository.branches.get(branch)
    start = head or repository.branches.get(repository.mainbranch or "")
    base = tuple(parents) if parents is not None else tuple(filter(None, [start]))
    if head is not None and not force and not any(graph.is_ancestor(repository, head, parent) for parent in base):
        raise ActionError(f"push: {branch} would lose commits; use force")
    last = whole_seconds(date if date is not None else at)
    gap = min(10 * MINUTE, _room(repository, base, last) // (commits + 1)) if date is None else 10 * MINUTE
    for index in range(commits):
        changes = files if files is not None else [FileChange(f"src/{branch.replace('/', '_')}.py", "modified", 4, 1)]
        text = message if message is not None else f"Work on {branch} ({len(repository.commits) + 1})"
        stamp = last - (commits - 1 - index) * gap
        base = (add_commit(repository, base, _raw(world, author), stamp, text, changes).hash,)
        files = files and _once_more(files)
    _set_mainbranch(repository, branch)
    move_branch(world, repository, branch, base[0], _account(world, author), at)
    return repository.commits[base[0]]


@action
def force_push(
    world: World,
    repository: Repository,
    branch: str,
    author: Author,
    to: Hash | None = None,
    commits: int = 1,
    message: str | None = None,
    files: Files | None = None,
    *,
    at: Time,
) -> Commit:
    """Rewrite the last `commits` commits of a branch, or put it on `to` plus `commits` new ones (0: on `to` itself).

    The commits left behind stay resolvable by hash until `prune`.
    """
    if branch not in repository.branches:
        raise ActionError(f"force_push: no branch {branch}")
    start = to
    if start is None:
        start = repository.branches[branch]
        for _ in range(commits):
            start = next(iter(repository.commits[start].parents), start)
    if commits == 0:
        move_branch(world, repository, branch, start, _account(world, author), at)
        return repository.commits[start]
    text = message if message is not None else f"Rewritten work on {branch}"
    return push.do(world, repository, branch, author, commits, text, None, files, [start], True, at=at)


@action
def create_branch(world: World, repository: Repository, branch: str, target: Hash | None = None, *, at: Time) -> str:
    """Make a branch at `target` (default: the main branch's head); returns the hash it points to."""
    if branch in repository.branches:
        raise ActionError(f"create_branch: {branch} exists")
    start = target or repository.branches.get(repository.mainbranch or "")
    if start is None:
        raise ActionError("create_branch: the repository is empty")
    move_branch(world, repository, branch, start, None, at)
    return start


@action
def delete_branch(world: World, repository: Repository, branch: str, *, at: Time) -> str:
    """Delete a branch; its commits stay until `prune`. Returns the hash it pointed to.

    Open pull requests from it stay open (nothing in FACTS says otherwise).
    """
    if branch == repository.mainbranch:
        raise ActionError(f"delete_branch: {branch} is the main branch")
    if branch not in repository.branches:
        raise ActionError(f"delete_branch: no branch {branch}")
    touch_repository(world, repository, at)
    return repository.branches.pop(branch)


@action
def tag(
    world: World,
    repository: Repository,
    name: str,
    target: Hash,
    message: str | None = None,
    author: Author | None = None,
    *,
    at: Time,
) -> Tag:
    """Make or move a tag: with a message annotated, without lightweight (no date, no tagger: FACTS 10)."""
    made = Tag(name, target)
    if message is not None:
        if author is None:
            raise ActionError("tag: an annotated tag needs an author")
        made = Tag(name, target, message, whole_seconds(at), _raw(world, author))
    repository.tags[name] = made
    touch_repository(world, repository, at)
    return made


@action
def delete_tag(world: World, repository: Repository, name: str, *, at: Time) -> Tag:
    """Delete a tag."""
    if name not in repository.tags:
        raise ActionError(f"delete_tag: no tag {name}")
    touch_repository(world, repository, at)
    return repository.tags.pop(name)


@action
def hold_updated_on(world: World, repository: Repository, held: bool = True, *, at: Time) -> Repository:
    """Let `updated_on` not follow pushes yet; with `held` false it moves now, also without any push (FACTS 4)."""
    repository.held = held
    touch_repository(world, repository, at)
    return repository


@action
def prune(world: World, repository: Repository, keep_pull_requests: bool = True, *, at: Time) -> list[str]:
    """Forget the commits that nothing reaches, so that they no longer resolve; returns their hashes.

    Branches, tags and, unless told otherwise, the sources and destinations of pull requests reach commits.
    """
    roots = graph.heads(repository)
    if keep_pull_requests:
        for each in repository.pull_requests.values():
            roots += [each.source_hash, each.destination_hash]
    kept = graph.reachable(repository, roots)
    lost = [name for name in repository.commits if name not in kept]
    for name in lost:
        del repository.commits[name]
        repository.statuses.pop(name, None)
        repository.reports.pop(name, None)
    return lost


def _once_more(files: Files) -> Files:
    """The same changes by the next commit: what was added or renamed is there now, what was removed is not."""
    left = [each for each in files if each.status != "removed"]
    return [FileChange(each.path, "modified", each.lines_added, each.lines_removed) for each in left]


def _room(repository: Repository, base: tuple[str, ...], last: int) -> int:
    """Time between the newest parent and `last`: commits pushed together lie in between."""
    return max(0, last - max((repository.commits[parent].date for parent in base), default=0))


def _raw(world: World, author: Author) -> str:
    return world.raw(author) if isinstance(author, User) else author


def _account(world: World, author: Author) -> User | None:
    return author if isinstance(author, User) else world.account(author)


def _set_mainbranch(repository: Repository, branch: str) -> None:
    if repository.mainbranch is None:
        repository.mainbranch = branch
