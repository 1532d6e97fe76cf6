"""Comments on commits."""

from __future__ import annotations

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.bbql import Field
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import comments as render

endpoints = Endpoints()

_COMMENTS = Envelope()
_BASE = "/repositories/{workspace}/{repo_slug}/commit/{commit}/comments"
_FIELDS = {
    "id": Field(lambda row: row.id, "number"),
    "created_on": Field(lambda row: row.created_on, "time"),
    "updated_on": Field(lambda row: row.updated_on, "time"),
    "user.uuid": Field(lambda row: row.user),
    "deleted": Field(lambda row: row.deleted, "flag"),
}


@endpoints.get(_BASE, "repository")
def comments(call: Call) -> Json:
    """The comments of a commit, oldest first."""
    home = lookup.open_repository(call)
    commit = lookup.commit(call, home).hash
    rows = call.select(home.commit_comments.get(commit, {}).values(), _FIELDS)
    return call.page(rows, lambda row: render.commit_comment(call.view, home, commit, row), _COMMENTS)


@endpoints.get(f"{_BASE}/{{comment_id}}", "repository")
def comment(call: Call) -> Json:
    """One of them."""
    home, name = lookup.open_repository(call), call.parameters["comment_id"]
    commit = lookup.commit(call, home).hash
    found = home.commit_comments.get(commit, {}).get(int(name)) if name.isdecimal() else None
    if found is None:
        raise errors.not_found(f"No object with id {name}.")
    return render.commit_comment(call.view, home, commit, found)
