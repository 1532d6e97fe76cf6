"""Commits: listings by include and exclude, single ones, diffstats and merge bases."""

from __future__ import annotations

from bitbucket_emulator.server import errors, paging
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.errors import ApiError
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import git
from bitbucket_emulator.world import graph
from bitbucket_emulator.world.model import Repository

endpoints = Endpoints()

_COMMITS = Envelope(default=30, numbered=False, counted=False)
_COMMITS_OF_PATH = Envelope(default=30)
_DIFFSTAT = Envelope(default=500, maximum=5000)
# how many of the revisions that do not resolve a 404 names: real answers name only some (FACTS 12)
_NAMED_SHAS = 2


@endpoints.post("/repositories/{workspace}/{repo_slug}/commits", "repository")
@endpoints.get("/repositories/{workspace}/{repo_slug}/commits", "repository")
def commits(call: Call) -> Json:
    """Commits of `include` (all refs without any) and not of `exclude`, newest first."""
    return _listing(call, [])


@endpoints.post("/repositories/{workspace}/{repo_slug}/commits/{revision:path}", "repository")
@endpoints.get("/repositories/{workspace}/{repo_slug}/commits/{revision:path}", "repository")
def commits_of_revision(call: Call) -> Json:
    """The same, with one more revision included; a missing repository is an HTML page here (errors.json)."""
    try:
        lookup.repository(call)
    except ApiError as problem:
        if problem.status == 404:
            raise errors.no_repository_page() from problem
        raise
    return _listing(call, [call.parameters["revision"]])


@endpoints.get("/repositories/{workspace}/{repo_slug}/commit/{commit}", "repository")
def commit(call: Call) -> Json:
    """One commit."""
    home = lookup.open_repository(call)
    return git.commit(call.view, home, lookup.commit(call, home), "single")


@endpoints.get("/repositories/{workspace}/{repo_slug}/merge-base/{revspec:path}", "repository")
def merge_base(call: Call) -> Json:
    """The best common ancestor of `a..b`."""
    home = lookup.open_repository(call)
    first, _, second = call.parameters["revspec"].partition("..")
    left, right = _resolve(home, [first, second])
    found = graph.merge_base(home, left, right)
    if found is None:
        raise errors.no_common_ancestor()
    return git.commit(call.view, home, home.commits[found])


@endpoints.get("/repositories/{workspace}/{repo_slug}/diffstat/{spec:path}", "repository")
def diffstat(call: Call) -> Json:
    """The files changed by a commit, between `a..b`, or between the two sides of a pull request.

    A spec is one revision, two joined by `..` (first the new one, then the old one), or what `links.diffstat` of a
    pull request holds: `workspace/repository:source\rdestination`.
    """
    home, spec = lookup.open_repository(call), call.parameters["spec"]
    if "\r" in spec:
        return _pull_request_diffstat(call, home, spec)
    new, dots, old = spec.partition("..")
    try:
        if dots:
            source, destination = _resolve(home, [new, old])
            changes = graph.diffstat(home, source, destination)
        else:
            (source,) = _resolve(home, [new])
            entry = home.commits[source]
            destination = entry.parents[0] if entry.parents else ""
            changes = graph.changes(home, entry)
    except graph.NoCommonAncestor as problem:
        raise errors.no_common_ancestor() from problem
    except graph.UnknownCommit as problem:
        raise errors.no_commit([str(problem.args[0])]) from problem
    return call.page(changes, lambda row: git.diffstat(call.view, home, source, home, destination, row), _DIFFSTAT)


def _pull_request_diffstat(call: Call, home: Repository, spec: str) -> Json:
    name, _, pair = spec.rpartition(":")
    source_name, destination_name = pair.split("\r", 1)
    space, _, slug = name.partition("/")
    workspace = call.world.find_workspace(space)
    source_repository = None if workspace is None else call.world.repository(workspace.uuid, slug)
    if source_repository is None or not lookup.can_see(call, source_repository):
        raise errors.no_repository()
    (source,) = _resolve(source_repository, [source_name])
    (destination,) = _resolve(home, [destination_name])
    try:
        # a fork that was not synced lacks the destination's newest commits: compare with the last one it has
        known = (
            destination
            if destination in source_repository.commits
            else graph.merge_point(source_repository, home, destination)
        )
        changes = graph.diffstat(source_repository, source, known)
    except graph.NoCommonAncestor as problem:
        raise errors.no_common_ancestor() from problem
    except graph.UnknownCommit as problem:
        raise errors.no_common_ancestor() from problem
    return call.page(
        changes, lambda row: git.diffstat(call.view, source_repository, source, home, destination, row), _DIFFSTAT
    )


def _listing(call: Call, revisions: list[str]) -> Json:
    home = lookup.open_repository(call)
    pagelen, number = _COMMITS.pagelen(call.query), paging.page_number(call.query)
    name = call.one("ctx")
    if name is not None:
        walk = call.walks.get(name, home)
        if walk is None:
            raise errors.invalid_page()
    else:
        given = [*call.query, *call.form]
        include = [*revisions, *(value for key, value in given if key == "include")]
        exclude = [value for key, value in given if key == "exclude"]
        path = next((value for key, value in given if key == "path"), None)
        heads = _resolve(home, [*include, *exclude])
        # exclude without include falls back to every branch (FACTS 12)
        wanted = heads[: len(include)] or graph.heads(home)
        unwanted = heads[len(include) :]
        name = paging.context(home.uuid, wanted, unwanted, path)
        walk = call.walks.start(name, home, wanted, unwanted, path)
        if path is not None:
            return call.page(walk.all(), lambda row: git.commit(call.view, home, row), _COMMITS_OF_PATH)
    start = (number - 1) * pagelen
    part = walk.part(start, pagelen + 1)
    body: Json = {"values": [git.commit(call.view, home, row) for row in part[:pagelen]], "pagelen": pagelen}
    if len(part) > pagelen:
        body["next"] = paging.next_of_walk(call.address, call.query, name, number + 1)
    return body


def _resolve(home: Repository, names: list[str]) -> list[str]:
    found = [graph.resolve(home, name) for name in names]
    missing = [name for name, commit_hash in zip(names, found, strict=True) if commit_hash is None]
    if missing:
        raise errors.no_commit(missing[:_NAMED_SHAS])
    return [commit_hash for commit_hash in found if commit_hash is not None]
