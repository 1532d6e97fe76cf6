"""Repositories of a workspace and what hangs on one directly."""

from __future__ import annotations

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.bbql import Field, Kind
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope, scattered
from bitbucket_emulator.server.render.repositories import whole_repository
from bitbucket_emulator.world.model import Repository, World

endpoints = Endpoints()

_REPOSITORIES = Envelope()
# what somebody needs for a role; a higher permission implies the lower ones (documentation of the list)
_ROLES = {
    "admin": ("admin",),
    "contributor": ("admin", "write"),
    "member": ("admin", "write", "read"),
    "owner": (),
}
_SCOPES = {"admin": "repository:admin", "contributor": "repository:write", "member": "repository"}


@endpoints.get("/repositories/{workspace}", "repository")
def repositories(call: Call) -> Json:
    """The repositories of a workspace that the credentials may see, in an order that nobody knows."""
    if call.parameters["workspace"] == "{}":
        raise errors.no_workspace("{}")
    space = lookup.workspace(call)
    role = call.one("role")
    if role is not None and role not in _ROLES:
        raise errors.error(400, f"Invalid role '{role}'.")
    seen = [each for each in call.world.repositories_of(space.uuid) if lookup.can_see(call, each)]
    rows = scattered(seen, lambda row: row.uuid)
    if role is not None:
        rows = [each for each in rows if _has_role(call, each, role)]
    return call.page(
        call.select(rows, _filterable(call.world)), lambda row: whole_repository(call.view, row), _REPOSITORIES
    )


@endpoints.get("/repositories/{workspace}/{repo_slug}", "repository")
def repository(call: Call) -> Json:
    """One repository by slug or uuid."""
    return whole_repository(call.view, lookup.repository(call))


@endpoints.get("/repositories/{workspace}/{repo_slug}/forks", "repository")
def forks(call: Call) -> Json:
    """The forks that the credentials may see, whatever their workspace."""
    parent = lookup.open_repository(call)
    rows = [
        each for each in call.world.repositories.values() if each.parent == parent.uuid and lookup.can_see(call, each)
    ]
    return call.page(
        call.select(rows, _filterable(call.world)), lambda row: whole_repository(call.view, row), _REPOSITORIES
    )


def _has_role(call: Call, home: Repository, role: str) -> bool:
    """What was given to the account itself or to a group of its; a token may do what its scopes say."""
    mine = call.credential
    if mine is None:
        return False
    if mine.kind == "bearer":
        return _SCOPES.get(role) in mine.scopes
    if role == "owner":
        return lookup.owns(call.world, home.workspace, mine.user)
    return lookup.given(call.world, home).get(mine.user) in _ROLES[role]


def _filterable(world: World) -> dict[str, Field]:
    def plain(name: str, kind: Kind = "text") -> Field:
        return Field(lambda row: getattr(row, name), kind)

    def of_project(name: str) -> Field:
        return Field(lambda row: getattr(world.projects.get(row.project), name, None))

    def full_name(name: str | None) -> str | None:
        found = world.repositories.get(name or "")
        return None if found is None else f"{world.workspaces[found.workspace].slug}/{found.slug}"

    return {
        "uuid": plain("uuid"),
        "slug": plain("slug"),
        "name": plain("name"),
        "full_name": Field(lambda row: full_name(row.uuid)),
        "description": plain("description"),
        "language": plain("language"),
        "is_private": plain("is_private", "flag"),
        "size": plain("size", "number"),
        "created_on": plain("created_on", "time"),
        "updated_on": plain("updated_on", "time"),
        "scm": Field(lambda _row: "git"),
        "project.key": of_project("key"),
        "project.uuid": of_project("uuid"),
        "project.name": of_project("name"),
        "mainbranch.name": plain("mainbranch"),
        "parent.uuid": plain("parent"),
        "parent.full_name": Field(lambda row: full_name(row.parent)),
    }
