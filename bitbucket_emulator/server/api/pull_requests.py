"""Pull requests and everything below one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup, statuses
from bitbucket_emulator.server.bbql import Field, Kind
from bitbucket_emulator.server.endpoints import Answer, Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope, is_number
from bitbucket_emulator.server.render import comments as render_comments
from bitbucket_emulator.server.render import git
from bitbucket_emulator.server.render.pull_requests import SHORT_HASH, listed_pull_request, task, whole_pull_request
from bitbucket_emulator.world import graph
from bitbucket_emulator.world.model import ActivityEvent, Comment, PullRequest, Repository, World

endpoints = Endpoints()

Found = TypeVar("Found")

_PULL_REQUESTS = Envelope(maximum=50)
# `next` of other clients' fixtures: activity?ctx=<some letters and digits>
_ACTIVITY = Envelope(maximum=50, numbered=False, counted=False, opaque="ctx")
_COMMENTS = Envelope()
_TASKS = Envelope()
_STATUSES = Envelope(default=30)
_COMMITS = Envelope(counted=False, opaque="page")
_PULL_REQUESTS_OF_COMMIT = Envelope(default=30)

_BASE = "/repositories/{workspace}/{repo_slug}/pullrequests"


@endpoints.get(_BASE, "pullrequest")
def pull_requests(call: Call) -> Json:
    """The pull requests, newest first; only open ones unless `state` or `q` says otherwise (FACTS 2).

    With `q` the parameter `state` is ignored and every state is listed.
    """
    home = lookup.open_repository(call)
    rows: list[PullRequest] = list(reversed(home.pull_requests.values()))
    if not call.one("q"):
        states = {state.upper() for state in call.all("state")} or {"OPEN"}
        if "ALL" not in states:
            rows = [row for row in rows if row.state in states]
    kept = call.select(rows, _filterable(call.world))
    return call.page(kept, lambda row: listed_pull_request(call.view, row), _PULL_REQUESTS)


@endpoints.get(f"{_BASE}/activity", "pullrequest")
def repository_activity(call: Call) -> Json:
    """The feed of all pull requests of the repository, newest first."""
    rows = call.feeds.rows(lookup.open_repository(call))
    return call.page(rows, lambda row: render_comments.activity(call.view, row[1], row[2]), _ACTIVITY)


@endpoints.get(f"{_BASE}/{{pull_request_id}}", "pullrequest")
def pull_request(call: Call) -> Json:
    """One pull request, with participants and reviewers."""
    _, request = _found(call)
    return whole_pull_request(call.view, request)


@endpoints.get(f"{_BASE}/{{pull_request_id}}/activity", "pullrequest")
def activity(call: Call) -> Json:
    """What happened, newest first; q and sort are ignored (FACTS 2)."""
    _, request = _found(call)
    rows: list[tuple[int, ActivityEvent | Comment]] = list(request.feed())
    return call.page(rows, lambda row: render_comments.activity(call.view, request, row[1]), _ACTIVITY)


@endpoints.get(f"{_BASE}/{{pull_request_id}}/comments", "pullrequest")
def comments(call: Call) -> Json:
    """The comments, oldest first, deleted ones too; q and sort are honoured (FACTS 2)."""
    _, request = _found(call)
    kept = call.select(request.comments.values(), _COMMENT_FIELDS)
    return call.page(kept, lambda row: render_comments.comment(call.view, request, row), _COMMENTS)


@endpoints.get(f"{_BASE}/{{pull_request_id}}/comments/{{comment_id}}", "pullrequest")
def comment(call: Call) -> Json:
    """One comment."""
    _, request = _found(call)
    return render_comments.comment(call.view, request, _by_id(call, "comment_id", request.comments.get))


@endpoints.get(f"{_BASE}/{{pull_request_id}}/tasks", "pullrequest")
def tasks(call: Call) -> Json:
    """The tasks, oldest first."""
    _, request = _found(call)
    kept = call.select(request.tasks.values(), _TASK_FIELDS)
    return call.page(kept, lambda row: task(call.view, request, row), _TASKS)


@endpoints.get(f"{_BASE}/{{pull_request_id}}/tasks/{{task_id}}", "pullrequest")
def single_task(call: Call) -> Json:
    """One task."""
    _, request = _found(call)
    return task(call.view, request, _by_id(call, "task_id", request.tasks.get))


@endpoints.get(f"{_BASE}/{{pull_request_id}}/statuses", "pullrequest")
def pull_request_statuses(call: Call) -> Json:
    """The build statuses of the source commit, with the short hash (recorded by atlassian-python-api)."""
    home, request = _found(call)
    source = graph.source_repository(call.world, request) or home
    return statuses.page(call, source, request.source_hash, _STATUSES, SHORT_HASH)


@endpoints.get(f"{_BASE}/{{pull_request_id}}/commits", "pullrequest")
def commits(call: Call) -> Json:
    """Its own commits, newest first, in pages named by opaque tokens (FACTS 3); 404 where the source is gone.

    Whether a merged one begins with its merge commit, `World.merge_commits_are_listed` decides.
    """
    home, request = _found(call)
    try:
        rows = list(graph.pull_request_commits(call.world, request))
    except graph.UnknownCommit as problem:
        raise errors.no_commit([str(problem.args[0])]) from problem
    merged = home.commits.get(request.merge_commit or "")
    if call.world.merge_commits_are_listed and merged is not None and merged not in rows:
        rows.insert(0, merged)
    source = graph.source_repository(call.world, request) or home
    return call.page(rows, lambda row: git.commit(call.view, source, row, "pull_request"), _COMMITS)


@endpoints.get(f"{_BASE}/{{pull_request_id}}/diffstat", "pullrequest")
@endpoints.get(f"{_BASE}/{{pull_request_id}}/diff", "pullrequest")
@endpoints.get(f"{_BASE}/{{pull_request_id}}/patch", "pullrequest")
def to_diff(call: Call) -> Answer:
    """302 to the address that the pull request's links hold too (FACTS 3); 404 where the fork is gone."""
    _, request = _found(call)
    if graph.source_repository(call.world, request) is None:
        raise errors.no_repository()
    kind = call.address.rstrip("/").rsplit("/", 1)[1]
    links = whole_pull_request(call.view, request)["links"]
    target = links["diff"]["href"].replace("/diff/", f"/{kind}/", 1)
    return Answer(302, "", {"Location": target}, "text/html; charset=utf-8")


@endpoints.get("/repositories/{workspace}/{repo_slug}/commit/{commit}/pullrequests", "pullrequest")
def of_commit(call: Call) -> Json:
    """The pull requests that contain a commit, newest first."""
    home = lookup.open_repository(call)
    wanted = lookup.commit(call, home).hash
    rows = [row for row in reversed(home.pull_requests.values()) if _contains(call.world, row, wanted)]
    return call.page(rows, lambda row: listed_pull_request(call.view, row), _PULL_REQUESTS_OF_COMMIT)


@endpoints.get("/workspaces/{workspace}/pullrequests/{selected_user}", "pullrequest")
def of_author(call: Call) -> Json:
    """The pull requests of one author across the repositories of a workspace."""
    space = lookup.workspace(call)
    states = {state.upper() for state in call.all("state")} or {"OPEN"}
    author = call.parameters["selected_user"]
    rows = [
        row
        for home in call.world.repositories_of(space.uuid)
        if lookup.can_see(call, home)
        for row in home.pull_requests.values()
        if row.author == author and row.state in states
    ]
    rows.sort(key=lambda row: row.updated_on, reverse=True)
    return call.page(rows, lambda row: listed_pull_request(call.view, row), _PULL_REQUESTS)


def _found(call: Call) -> tuple[Repository, PullRequest]:
    home = lookup.open_repository(call)
    return home, lookup.pull_request(call, home)


def _by_id(call: Call, name: str, get: Callable[[int], Found | None]) -> Found:
    text = call.parameters[name]
    found = get(int(text)) if is_number(text) else None
    if found is None:
        raise errors.not_found(f"No object with id {text}.")
    return found


def _contains(world: World, request: PullRequest, commit_hash: str) -> bool:
    try:
        return request.merge_commit == commit_hash or any(
            each.hash == commit_hash for each in graph.pull_request_commits(world, request)
        )
    except graph.UnknownCommit:
        return False


def _plain(name: str, kind: Kind = "text") -> Field:
    return Field(lambda row: getattr(row, name), kind)


# what clients were seen to filter by, and the id (FACTS 2)
_COMMENT_FIELDS: dict[str, Field] = {
    "id": _plain("id", "number"),
    "created_on": _plain("created_on", "time"),
    "updated_on": _plain("updated_on", "time"),
    "deleted": _plain("deleted", "flag"),
}

_TASK_FIELDS: dict[str, Field] = {
    "id": _plain("id", "number"),
    "created_on": _plain("created_on", "time"),
    "updated_on": _plain("updated_on", "time"),
    "resolved_on": _plain("resolved_on", "time"),
    "state": _plain("state"),
    "creator.uuid": _plain("creator"),
    "resolved_by.uuid": _plain("resolved_by"),
}


def _filterable(world: World) -> dict[str, Field]:
    """What pull requests are known to be filtered by, and nothing else (FACTS 2)."""

    def of_account(read: Callable[[PullRequest], str | None], name: str) -> Field:
        return Field(lambda row: getattr(world.user(read(row)), name, None))

    def of_reviewers(name: str) -> Field:
        return Field(lambda row: [getattr(world.user(uuid), name, None) for uuid in row.reviewers], sortable=False)

    def full_name(uuid: str) -> str | None:
        found = world.repositories.get(uuid)
        return None if found is None else f"{world.workspaces[found.workspace].slug}/{found.slug}"

    fields = {
        "id": _plain("id", "number"),
        "title": _plain("title"),
        "state": _plain("state"),
        "draft": _plain("draft", "flag"),
        "created_on": _plain("created_on", "time"),
        "updated_on": _plain("updated_on", "time"),
        "source.branch.name": _plain("source_branch"),
        "source.repository.full_name": Field(lambda row: full_name(row.source_repository)),
        "destination.branch.name": _plain("destination_branch"),
    }
    for name in ("uuid", "nickname", "account_id"):
        fields[f"author.{name}"] = of_account(lambda row: row.author, name)
        fields[f"reviewers.{name}"] = of_reviewers(name)
    return fields
