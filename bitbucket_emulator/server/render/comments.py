"""Comments of pull requests and their activity feed."""

from __future__ import annotations

from typing import Any

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.server.render import git, people
from bitbucket_emulator.server.render.pull_requests import endpoint, short_pull_request
from bitbucket_emulator.server.render.view import SITE, View, link, rendered
from bitbucket_emulator.world.model import ActivityEvent, Comment, PullRequest, Repository, Update

Json = dict[str, Any]


def comment(view: View, request: PullRequest, entry: Comment) -> Json:
    """A comment; a deleted one is there with emptied content (FACTS 3)."""
    home = view.world.repositories[request.repository]
    base = f"{view.repository_url(home)}/pullrequests/{request.id}"
    shown: Json = {
        "id": entry.id,
        "created_on": timestamps.python_style(entry.created_on),
        "updated_on": timestamps.python_style(entry.updated_on),
        "content": rendered(entry.content),
        "user": people.user_by_uuid(view, entry.user),
        "deleted": entry.deleted,
    }
    if entry.parent is not None:
        shown["parent"] = {"id": entry.parent, "links": _comment_links(view, base, request, entry.parent)}
    if entry.inline is not None:
        shown["inline"] = {
            "from": entry.inline.from_,
            "to": entry.inline.to,
            "path": entry.inline.path,
            "outdated": entry.inline.outdated,
        }
    shown["pending"] = entry.pending
    if entry.resolved_on is not None:
        shown["resolution"] = {
            "type": "comment_resolution",
            "user": people.user_by_uuid(view, entry.resolved_by),
            "created_on": timestamps.python_style(entry.resolved_on),
        }
    return {
        **shown,
        "type": "pullrequest_comment",
        "links": _comment_links(view, base, request, entry.id),
        "pullrequest": short_pull_request(view, request),
    }


def commit_comment(view: View, home: Repository, commit: str, entry: Comment) -> Json:
    """A comment on a commit (shape from the schema: no recording)."""
    shown: Json = {
        "type": "commit_comment",
        "id": entry.id,
        "created_on": timestamps.python_style(entry.created_on),
        "updated_on": timestamps.python_style(entry.updated_on),
        "content": rendered(entry.content),
        "user": people.user_by_uuid(view, entry.user),
        "deleted": entry.deleted,
        "commit": git.short_commit(view, home, commit),
        "links": {
            "self": link(f"{view.repository_url(home)}/commit/{commit}/comments/{entry.id}"),
            "html": link(f"{SITE}/{view.full_name(home)}/commits/{commit}#comment-{entry.id}"),
        },
    }
    if entry.inline is not None:
        shown["inline"] = {"from": entry.inline.from_, "to": entry.inline.to, "path": entry.inline.path}
    return shown


def activity(view: View, request: PullRequest, entry: ActivityEvent | Comment) -> Json:
    """A row of the feed: the pull request beside one of comment, update, approval, changes_requested (FACTS 3)."""
    shown: Json = {"pull_request": short_pull_request(view, request)}
    if isinstance(entry, Comment):
        return {**shown, "comment": comment(view, request, entry)}
    if entry.update is not None:
        return {**shown, "update": _update(view, request, entry, entry.update)}
    event = {
        "date": timestamps.python_style(entry.date),
        "user": people.user_by_uuid(view, entry.user),
        "pullrequest": short_pull_request(view, request),
    }
    return {**shown, entry.kind: event}


def _comment_links(view: View, base: str, request: PullRequest, comment_id: int) -> Json:
    home = view.world.repositories[request.repository]
    page = f"{SITE}/{view.full_name(home)}/pull-requests/{request.id}/_/diff#comment-{comment_id}"
    return {"self": link(f"{base}/comments/{comment_id}"), "html": link(page)}


def _update(view: View, request: PullRequest, event: ActivityEvent, state: Update) -> Json:
    home = view.world.repositories[request.repository]
    source = view.world.repositories.get(request.source_repository)
    return {
        "state": state.state,
        "draft": state.draft,
        "title": state.title,
        "description": state.description,
        "reviewers": [people.user_by_uuid(view, uuid) for uuid in state.reviewers if view.world.user(uuid)],
        "changes": {field: {"old": old, "new": new} for field, old, new in state.changes},
        "reason": state.reason,
        "author": people.user_by_uuid(view, event.user),
        "date": timestamps.python_style(event.date),
        "destination": endpoint(view, home, state.destination_branch, state.destination_hash),
        "source": endpoint(view, source, state.source_branch, state.source_hash),
    }
