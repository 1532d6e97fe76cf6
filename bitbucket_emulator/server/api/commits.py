"""Commits: listings by include and exclude, single ones and merge bases."""

from __future__ import annotations

from bitbucket_emulator.server import errors, paging
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.errors import ApiError
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import git
from bitbucket_emulator.world import graph

endpoints = Endpoints()

_COMMITS = Envelope(default=30, numbered=False, counted=False)
_COMMITS_OF_PATH = Envelope(default=30)


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
    left, right = lookup.revisions(home, [first, second])
    found = graph.merge_base(home, left, right)
    if found is None:
        raise errors.no_common_ancestor()
    return git.commit(call.view, home, home.commits[found])


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
        heads = lookup.revisions(home, [*include, *exclude])
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
