"""Pull requests, their participants and tasks."""

from __future__ import annotations

from typing import Any

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.server.fields import Abbreviated
from bitbucket_emulator.server.render import git, people
from bitbucket_emulator.server.render.repositories import repository
from bitbucket_emulator.server.render.view import SITE, View, link, rendered
from bitbucket_emulator.world.model import Participant, PullRequest, Repository, Task

Json = dict[str, Any]

SHORT_HASH = 12  # of commits inside pull requests (FACTS 3)


def listed_pull_request(view: View, request: PullRequest) -> Json:
    """A row of the list: without participants, reviewers and rendered, unless `fields` names them (FACTS 2)."""
    shown = _common(view, request)
    return Abbreviated(shown, lambda: {**shown, **_more(view, request)})


def whole_pull_request(view: View, request: PullRequest) -> Json:
    """A pull request as its own endpoint shows it."""
    return {**_common(view, request), **_more(view, request)}


def short_pull_request(view: View, request: PullRequest) -> Json:
    """A pull request inside a comment, an activity or a pipeline."""
    name = view.full_name(view.world.repositories[request.repository])
    shown = {
        "type": "pullrequest",
        "id": request.id,
        "title": request.title,
        "draft": request.draft,
        "links": {
            "self": link(f"{view.api}/repositories/{name}/pullrequests/{request.id}"),
            "html": link(f"{SITE}/{name}/pull-requests/{request.id}"),
        },
    }
    return Abbreviated(shown, lambda: whole_pull_request(view, request))


def endpoint(view: View, repo: Repository | None, branch: str, commit_hash: str | None) -> Json:
    """Source or destination; repository null when it is gone, commit null when it or its branch is (FACTS 3)."""
    commit = None if repo is None or commit_hash is None else git.short_commit(view, repo, commit_hash[:SHORT_HASH])
    return {
        "branch": {"name": branch},
        "commit": commit,
        "repository": None if repo is None else repository(view, repo),
    }


def participant(view: View, entry: Participant) -> Json:
    """Somebody who reviews, commented or approved."""
    return {
        "type": "participant",
        "user": people.user_by_uuid(view, entry.user),
        "role": entry.role,
        "approved": entry.approved,
        "state": entry.state,
        "participated_on": timestamps.python_style(entry.participated_on),
    }


def task(view: View, request: PullRequest, entry: Task) -> Json:
    """A task. It has no `type` and its content is only raw in the recordings (FACTS 3)."""
    home = view.world.repositories[request.repository]
    base = f"{view.repository_url(home)}/pullrequests/{request.id}"
    shown: Json = {
        "links": {
            "self": link(f"{base}/tasks/{entry.id}"),
            "html": link(f"{base}/_/diff#task-{entry.id}"),
        },
        "creator": people.user_by_uuid(view, entry.creator),
        "resolved_on": timestamps.python_style(entry.resolved_on),
        "created_on": timestamps.python_style(entry.created_on),
        "content": {"raw": entry.content},
        "state": entry.state,
        "resolved_by": people.user_by_uuid(view, entry.resolved_by),
        "updated_on": timestamps.python_style(entry.updated_on),
        "id": entry.id,
        "pending": entry.pending,
    }
    if entry.comment is not None:
        shown["comment"] = {"id": entry.comment, "links": {"self": link(f"{base}/comments/{entry.comment}")}}
    return shown


def _common(view: View, request: PullRequest) -> Json:
    home = view.world.repositories[request.repository]
    source = view.world.repositories.get(request.source_repository)
    destination = request.destination_hash if request.destination_branch in home.branches else None
    merge_commit = request.merge_commit
    shown: Json = {
        "comment_count": request.comment_count,
        "task_count": request.task_count,
        "type": "pullrequest",
        "id": request.id,
        "title": request.title,
        "description": request.description,
        "state": request.state,
        "draft": request.draft,
        "queued": request.queued,
        "merge_commit": None if merge_commit is None else git.short_commit(view, home, merge_commit[:SHORT_HASH]),
        "close_source_branch": request.close_source_branch,
        "closed_by": people.user_by_uuid(view, request.closed_by),
        "author": people.user_by_uuid(view, request.author),
        "reason": request.reason,
        "created_on": timestamps.python_style(request.created_on),
        "updated_on": timestamps.python_style(request.updated_on),
        "destination": endpoint(view, home, request.destination_branch, destination),
        "source": _source(view, request, source),
        "links": _links(view, request, home, source or home),
        "summary": rendered(request.description),
    }
    if request.closed_on is not None:
        shown["closed_on"] = timestamps.python_style(request.closed_on)
    return shown


def _source(view: View, request: PullRequest, source: Repository | None) -> Json:
    shown = endpoint(view, source, request.source_branch, request.source_hash)
    # recorded since 2024, on this side only and nowhere but in pull requests themselves
    shown["branch"]["links"] = {}
    return shown


def _more(view: View, request: PullRequest) -> Json:
    return {
        "rendered": {"title": rendered(request.title), "description": rendered(request.description)},
        "reviewers": [people.user_by_uuid(view, uuid) for uuid in request.reviewers if view.world.user(uuid)],
        "participants": [participant(view, each) for each in request.participants if view.world.user(each.user)],
    }


def _links(view: View, request: PullRequest, home: Repository, source: Repository) -> Json:
    base = view.repository_url(home)
    mine = f"{base}/pullrequests/{request.id}"
    spec = (
        f"{view.full_name(source)}:{request.source_hash[:SHORT_HASH]}%0D{request.destination_hash[:SHORT_HASH]}"
        f"?from_pullrequest_id={request.id}&topic=true"
    )
    return {
        "self": link(mine),
        "html": link(f"{SITE}/{view.full_name(home)}/pull-requests/{request.id}"),
        "commits": link(f"{mine}/commits"),
        "approve": link(f"{mine}/approve"),
        "request-changes": link(f"{mine}/request-changes"),
        "diff": link(f"{base}/diff/{spec}"),
        "diffstat": link(f"{base}/diffstat/{spec}"),
        "comments": link(f"{mine}/comments"),
        "activity": link(f"{mine}/activity"),
        "merge": link(f"{mine}/merge"),
        "decline": link(f"{mine}/decline"),
        "statuses": link(f"{mine}/statuses"),
    }
