"""What changed: between two revisions, in a commit, or in a pull request; as rows, as a diff, as patches."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.endpoints import Answer, Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import git
from bitbucket_emulator.world import graph, trees
from bitbucket_emulator.world.model import SECOND, Commit, FileChange, Repository

endpoints = Endpoints()

_DIFFSTAT = Envelope(default=500, maximum=500)  # more was never seen to work (FACTS 1)
_BASE = "/repositories/{workspace}/{repo_slug}"


@dataclass(frozen=True)
class _Compared:
    """Two sides; `old` is '' for the first commit of all. `commits` are those that only the new side has."""

    changes: list[FileChange]
    new_home: Repository
    new: str
    old_home: Repository
    old: str
    commits: list[Commit]


@endpoints.get(f"{_BASE}/diffstat/{{spec:path}}", "repository")
def diffstat(call: Call) -> Json:
    """The files changed by a commit, between `a..b`, or between the two sides of a pull request.

    A spec is one revision, two joined by `..` (first the new one, then the old one), or what `links.diffstat` of a
    pull request holds: `workspace/repository:source\\rdestination`. `path`, which may be repeated, keeps some files.
    """
    found = _compared(call)
    return call.page(
        found.changes,
        lambda row: git.diffstat(call.view, found.new_home, found.new, found.old_home, found.old, row),
        _DIFFSTAT,
    )


@endpoints.get(f"{_BASE}/diff/{{spec:path}}", "repository")
def diff(call: Call) -> Answer:
    """The same as `git diff` prints it. The lines are made up, their numbers are those of the diffstat."""
    return Answer(200, trees.unified_diff(_compared(call).changes), {}, "text/plain")


@endpoints.get(f"{_BASE}/patch/{{spec:path}}", "repository")
def patch(call: Call) -> Answer:
    """One mail a commit, the oldest first, as `git format-patch` writes them."""
    found = _compared(call)
    mails = [_mail(found.new_home, commit) for commit in reversed(found.commits) if len(commit.parents) < 2]
    return Answer(200, "".join(mails), {}, "text/plain")


def _mail(home: Repository, commit: Commit) -> str:
    subject, _, body = commit.message.partition("\n")
    text = f"{body.strip()}\n" if body.strip() else ""
    return (
        f"From {commit.hash} Mon Sep 17 00:00:00 2001\nFrom: {commit.author_raw}\n"
        f"Date: {formatdate(commit.date / SECOND)}\nSubject: [PATCH] {subject}\n\n{text}---\n\n"
        f"{trees.unified_diff(graph.changes(home, commit))}\n"
    )


def _compared(call: Call) -> _Compared:
    home, spec = lookup.open_repository(call), call.parameters["spec"]
    try:
        found = _sides_of_pull_request(call, home, spec) if "\r" in spec else _revisions(home, spec)
    except graph.NoCommonAncestor as problem:
        raise errors.no_common_ancestor() from problem
    except graph.UnknownCommit as problem:
        raise errors.no_commit([str(problem.args[0])]) from problem
    wanted = [path.strip("/") for path in call.all("path")]
    if wanted:
        found.changes[:] = [each for each in found.changes if any(_below(each, path) for path in wanted)]
    return found


def _revisions(home: Repository, spec: str) -> _Compared:
    new, dots, old = spec.partition("..")
    if dots:
        source, destination = lookup.revisions(home, [new, old])
        changes = graph.diffstat(home, source, destination)
        commits = list(graph.log(home, [source], [destination]))
        return _Compared(changes, home, source, home, destination, commits)
    (source,) = lookup.revisions(home, [new])
    entry = home.commits[source]
    return _Compared(graph.changes(home, entry), home, source, home, entry.parents[0] if entry.parents else "", [entry])


def _sides_of_pull_request(call: Call, home: Repository, spec: str) -> _Compared:
    name, _, pair = spec.rpartition(":")
    source_name, destination_name = pair.split("\r", 1)
    space, _, slug = name.partition("/")
    workspace = call.world.find_workspace(space)
    source_home = None if workspace is None else call.world.repository(workspace.uuid, slug)
    if source_home is None or not lookup.can_see(call, source_home):
        raise errors.no_repository()
    (source,) = lookup.revisions(source_home, [source_name])
    (destination,) = lookup.revisions(home, [destination_name])
    try:
        known = destination
        if destination not in source_home.commits:
            # a fork that was not synced lacks the destination's newest commits: compare with the last one it has
            known = graph.merge_point(source_home, home, destination)
        changes = graph.diffstat(source_home, source, known)
    except graph.UnknownCommit as problem:
        raise errors.no_common_ancestor() from problem
    commits = list(graph.log(source_home, [source], [known]))
    return _Compared(changes, source_home, source, home, destination, commits)


def _below(change: FileChange, path: str) -> bool:
    return any(name == path or name.startswith(f"{path}/") for name in (change.path, change.old_path) if name)
