"""Questions about the commit graph, answered as git answers them.

Everything walks a heap ordered by `Commit.rank` (git's corrected commit date): a commit comes out only after all its
children, so walks are topological, can stop early, and a first page costs one page.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from bitbucket_emulator.world.model import FileChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bitbucket_emulator.world.model import Commit, PullRequest, Repository, World

_WANTED, _UNWANTED = 1, 2


class UnknownCommit(LookupError):
    """A hash that does not resolve (never pushed, or pruned); `args[0]` is the hash."""


class NoCommonAncestor(LookupError):
    """Two commits of unrelated histories (FACTS 3: 400 `No common ancestor`)."""


def resolve(repository: Repository, name: str) -> str | None:
    """The hash behind a branch, a tag, a full hash or a unique hash prefix of at least four digits."""
    if name in repository.branches:
        return repository.branches[name]
    if name in repository.tags:
        return repository.tags[name].target
    if name in repository.commits:
        return name
    if 4 <= len(name) < 40:
        found = [each for each in repository.commits if each.startswith(name)]
        return found[0] if len(found) == 1 else None
    return None


def heads(repository: Repository) -> list[str]:
    """The targets of all branches and tags, each once."""
    targets = [*repository.branches.values(), *(tag.target for tag in repository.tags.values())]
    return list(dict.fromkeys(targets))


def log(
    repository: Repository,
    include: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    path: str | None = None,
) -> Iterator[Commit]:
    """Commits reachable from `include` (None: all refs) and not from `exclude`: children first, newest first.

    `path` keeps those that touched this file or folder. Raises UnknownCommit before the first commit comes.
    """
    wanted = heads(repository) if include is None else list(include)
    walk = _walk(repository.commits, wanted, list(exclude))
    return walk if path is None else (commit for commit in walk if _touches(commit, path.strip("/")))


def _walk(commits: Mapping[str, Commit], include: list[str], exclude: list[str]) -> Iterator[Commit]:
    paint: dict[str, int] = {}
    heap: list[tuple[int, str]] = []
    wanted = 0  # how many in the heap may still be shown
    for color, names in ((_WANTED, include), (_UNWANTED, exclude)):
        for name in names:
            commit = _commit(commits, name)
            if name not in paint:
                heappush(heap, (-commit.rank, name))
            paint[name] = paint.get(name, 0) | color
    wanted = sum(color == _WANTED for color in paint.values())
    return _show(commits, paint, heap, wanted)


def _show(
    commits: Mapping[str, Commit], paint: dict[str, int], heap: list[tuple[int, str]], wanted: int
) -> Iterator[Commit]:
    while wanted:
        name = heappop(heap)[1]
        commit, color = commits[name], paint.pop(name)
        if color == _WANTED:
            wanted -= 1
            yield commit
        for parent in commit.parents:
            known = paint.get(parent)
            if known is None:
                ancestor = commits.get(parent)
                if ancestor is None:  # an orphaned parent: history ends here, as in a shallow clone
                    continue
                heappush(heap, (-ancestor.rank, parent))
                known = 0
            wanted += ((known | color) == _WANTED) - (known == _WANTED)
            paint[parent] = known | color


def _touches(commit: Commit, path: str) -> bool:
    names = (name for each in commit.changes for name in (each.path, each.old_path) if name)
    return any(name == path or name.startswith(path + "/") for name in names)


def reachable(repository: Repository, hashes: Iterable[str]) -> set[str]:
    """The hashes of these commits and all their ancestors; unknown ones are left out."""
    commits = repository.commits
    todo = [each for each in hashes if each in commits]
    seen = set(todo)
    while todo:
        for parent in commits[todo.pop()].parents:
            if parent not in seen and parent in commits:
                seen.add(parent)
                todo.append(parent)
    return seen


def is_ancestor(repository: Repository, ancestor: str, descendant: str) -> bool:
    """Whether `descendant` contains `ancestor` (a commit contains itself)."""
    return merge_base(repository, ancestor, descendant) == ancestor


def merge_base(repository: Repository, first: str, second: str) -> str | None:
    """A best common ancestor, None for unrelated histories.

    Of several best ones the newest: popped in rank order, the first commit both sides reach has no common descendant.
    """
    commits = repository.commits
    paint = {first: 1, second: 2}
    if first == second:
        return _commit(commits, first).hash
    heap = [(-_commit(commits, name).rank, name) for name in (first, second)]
    heap.sort()
    while heap:
        name = heappop(heap)[1]
        color = paint[name]
        if color == 3:
            return name
        for parent in commits[name].parents:
            if parent not in commits:
                continue
            if parent not in paint:
                heappush(heap, (-commits[parent].rank, parent))
            paint[parent] = paint.get(parent, 0) | color
    return None


def changes(repository: Repository, commit: Commit) -> list[FileChange]:
    """What a commit changed against its first parent; of a merge what the other side brought.

    Raises UnknownCommit where a parent is gone: the diffstat can never be computed again (FACTS 3).
    """
    if len(commit.parents) < 2:
        return list(commit.changes)
    first, *others = commit.parents
    return net_changes(log(repository, others, [first]))


def diffstat(repository: Repository, source: str, destination: str) -> list[FileChange]:
    """The net change of each file between the merge base and `source`, by path.

    Raises UnknownCommit, and NoCommonAncestor for unrelated histories.
    """
    if merge_base(repository, source, destination) is None:
        raise NoCommonAncestor(source, destination)
    return net_changes(log(repository, [source], [destination]))


def net_changes(newest_first: Iterable[Commit]) -> list[FileChange]:
    """The changes of several commits taken together: line counts add up, files added and removed again vanish."""
    net: dict[str, FileChange] = {}
    for commit in reversed(list(newest_first)):
        for change in commit.changes:
            before = net.pop(change.old_path or change.path, None)
            after = change if before is None else _combine(before, change)
            if after is not None:
                net[after.path] = after
    return sorted(net.values())


def _combine(before: FileChange, change: FileChange) -> FileChange | None:
    added = before.lines_added + change.lines_added
    removed = before.lines_removed + change.lines_removed
    match (before.status, change.status):
        case ("added", "removed"):
            return None
        case ("added", _):  # lines taken away again were never there
            return FileChange(change.path, "added", max(added - removed, 0), 0)
        case (_, "removed"):
            return FileChange(before.old_path or before.path, "removed", 0, max(removed - added, 0))
        case ("removed", _):
            return FileChange(change.path, "modified", added, removed)
        case _:
            origin = before.old_path or change.old_path
            if origin and origin != change.path:
                return FileChange(change.path, "renamed", added, removed, origin)
            return FileChange(change.path, "modified", added, removed)


def source_repository(world: World, pull_request: PullRequest) -> Repository | None:
    """Where the source branch lives, None where the fork was deleted."""
    return world.repositories.get(pull_request.source_repository)


def pull_request_commits(world: World, pull_request: PullRequest) -> Iterator[Commit]:
    """The pull request's own commits, newest first. Raises UnknownCommit where the source is gone."""
    repository, destination = _sides(world, pull_request)
    return log(repository, [pull_request.source_hash], [destination])


def pull_request_diffstat(world: World, pull_request: PullRequest) -> list[FileChange]:
    """The pull request's net change of each file. Raises UnknownCommit and NoCommonAncestor."""
    repository, destination = _sides(world, pull_request)
    return diffstat(repository, pull_request.source_hash, destination)


def _sides(world: World, pull_request: PullRequest) -> tuple[Repository, str]:
    """A repository holding the source, and the destination: of an open one the branch as it is now."""
    home = world.repositories[pull_request.repository]
    repository = source_repository(world, pull_request)
    if repository is None:
        raise UnknownCommit(pull_request.source_hash)
    destination = pull_request.destination_hash
    if pull_request.state == "OPEN":
        destination = home.branches.get(pull_request.destination_branch, destination)
    if destination not in repository.commits:  # a fork that was not synced since
        destination = merge_point(repository, home, destination)
    return repository, destination


def merge_point(fork: Repository, home: Repository, destination: str) -> str:
    """The newest ancestor of `destination` (in `home`) that the fork holds too. Raises UnknownCommit without one."""
    for commit in log(home, [destination]):
        if commit.hash in fork.commits:
            return commit.hash
    raise UnknownCommit(destination)


def _commit(commits: Mapping[str, Commit], name: str) -> Commit:
    try:
        return commits[name]
    except KeyError:
        raise UnknownCommit(name) from None
