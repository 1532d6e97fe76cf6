"""Build statuses of commits."""

from __future__ import annotations

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.bbql import Field, Kind
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render.statuses import build_status
from bitbucket_emulator.world.model import Repository

endpoints = Endpoints()

_STATUSES = Envelope()


@endpoints.get("/repositories/{workspace}/{repo_slug}/commit/{commit}/statuses", "repository")
def statuses(call: Call) -> Json:
    """The statuses of a commit, oldest first; `refname` keeps those of one ref (FACTS 2)."""
    home = lookup.open_repository(call)
    return page(call, home, lookup.commit(call, home).hash, _STATUSES)


@endpoints.get("/repositories/{workspace}/{repo_slug}/commit/{commit}/statuses/build/{key}", "repository")
def status(call: Call) -> Json:
    """One status by its key."""
    home, key = lookup.open_repository(call), call.parameters["key"]
    found = home.statuses.get(lookup.commit(call, home).hash, {}).get(key)
    if found is None:
        raise errors.not_found(f"No build status with key '{key}'.")
    return build_status(call.view, home, found)


def page(call: Call, home: Repository, commit_hash: str, envelope: Envelope, digits: int = 40) -> Json:
    """A page of a commit's statuses; `digits` of its hash are shown."""
    rows = sorted(home.statuses.get(commit_hash, {}).values(), key=lambda row: row.created_on)
    refname = call.one("refname")
    if refname is not None:
        rows = [row for row in rows if row.refname == refname]
    return call.page(call.select(rows, _FIELDS), lambda row: build_status(call.view, home, row, digits), envelope)


def _plain(name: str, kind: Kind = "text") -> Field:
    return Field(lambda row: getattr(row, name), kind)


_FIELDS = {name: _plain(name) for name in ("key", "state", "name", "description", "url", "refname", "uuid")} | {
    "created_on": _plain("created_on", "time"),
    "updated_on": _plain("updated_on", "time"),
    "commit.hash": _plain("commit"),
}
