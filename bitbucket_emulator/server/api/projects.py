"""Projects of a workspace, and what admins set on them for all their repositories."""

from __future__ import annotations

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.bbql import Field
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import people
from bitbucket_emulator.server.render import settings as render
from bitbucket_emulator.world.model import DefaultReviewer, Project, RepositoryPermission

endpoints = Endpoints()

_LIST = Envelope()
_BASE = "/workspaces/{workspace}/projects"
_PROJECT = f"{_BASE}/{{project_key}}"
_READ_PROJECT = ("read:project:bitbucket",)
_READ_PULL_REQUESTS = ("read:pullrequest:bitbucket",)


@endpoints.get(_BASE, "project")
def projects(call: Call) -> Json:
    """The projects of a workspace."""
    space = lookup.workspace(call)
    rows = [each for each in call.world.projects.values() if each.workspace == space.uuid]
    return call.page(call.select(rows, _FIELDS), lambda row: people.whole_project(call.view, row), _LIST)


@endpoints.get(_PROJECT, "project")
def project(call: Call) -> Json:
    """One project by key."""
    return people.whole_project(call.view, _found(call))


@endpoints.get(f"{_PROJECT}/default-reviewers", "project:admin", token_scopes=_READ_PULL_REQUESTS)
def default_reviewers(call: Call) -> Json:
    """Who is asked to review in every repository of the project."""
    rows = [
        DefaultReviewer(user, "project") for user in _found(call).default_reviewers if call.world.user(user) is not None
    ]
    return call.page(rows, lambda row: render.effective_default_reviewer(call.view, row), _LIST)


@endpoints.get(f"{_PROJECT}/default-reviewers/{{selected_user}}", "project:admin", token_scopes=_READ_PULL_REQUESTS)
def default_reviewer(call: Call) -> Json:
    """One of them by uuid."""
    uuid = call.parameters["selected_user"]
    account = people.user_by_uuid(call.view, uuid)
    if account is None or uuid not in _found(call).default_reviewers:
        raise errors.not_found(f"{uuid} is not a default reviewer.")
    return account


@endpoints.get(f"{_PROJECT}/permissions-config/users", "project:admin", token_scopes=_READ_PROJECT)
def user_permissions(call: Call) -> Json:
    """Permissions given to users."""
    owner = _found(call)
    rows = [each for each in owner.permissions if each.user is not None and call.world.user(each.user)]
    return call.page(rows, lambda row: render.project_permission(call.view, owner, row), _LIST)


@endpoints.get(f"{_PROJECT}/permissions-config/users/{{selected_user_id}}", "project:admin", token_scopes=_READ_PROJECT)
def user_permission(call: Call) -> Json:
    """That of one user, by uuid."""
    return _permission(call, "user", call.parameters["selected_user_id"])


@endpoints.get(f"{_PROJECT}/permissions-config/groups", "project:admin", token_scopes=_READ_PROJECT)
def group_permissions(call: Call) -> Json:
    """Permissions given to groups."""
    owner = _found(call)
    rows = [each for each in owner.permissions if each.group is not None]
    return call.page(rows, lambda row: render.project_permission(call.view, owner, row), _LIST)


@endpoints.get(f"{_PROJECT}/permissions-config/groups/{{group_slug}}", "project:admin", token_scopes=_READ_PROJECT)
def group_permission(call: Call) -> Json:
    """That of one group, by slug."""
    return _permission(call, "group", call.parameters["group_slug"])


@endpoints.get(f"{_PROJECT}/branching-model", "project:admin", token_scopes=("read:repository:bitbucket",))
def branching_model(call: Call) -> Json:
    """The branching model that repositories inherit."""
    _found(call)
    return {**render.branching_model(None), "type": "project_branching_model"}


@endpoints.get(f"{_PROJECT}/branching-model/settings", "project:admin", token_scopes=("admin:project:bitbucket",))
def branching_model_settings(call: Call) -> Json:
    """The same as it was set."""
    _found(call)
    return render.branching_model_settings(call.address)


@endpoints.get(f"{_PROJECT}/deploy-keys", "project", "project:admin", token_scopes=("admin:project:bitbucket",))
def deploy_keys(call: Call) -> Json:
    """Always empty: nobody has made one."""
    _found(call)
    return call.page([], lambda _row: {}, _LIST)


def _found(call: Call) -> Project:
    space, key = lookup.workspace(call), call.parameters["project_key"]
    for each in call.world.projects.values():
        if each.workspace == space.uuid and key in (each.key, each.uuid):
            lookup.administered(call, space.uuid, each.permissions)
            return each
    raise errors.not_found(f"No project with identifier '{key}'.")


def _permission(call: Call, kind: str, name: str) -> Json:
    owner = _found(call)
    given: RepositoryPermission | None = next((each for each in owner.permissions if getattr(each, kind) == name), None)
    if given is None:
        raise errors.not_found(f"{name} has no permission on this project.")
    return render.project_permission(call.view, owner, given)


def _text(name: str) -> Field:
    return Field(lambda row: getattr(row, name))


_FIELDS = {name: _text(name) for name in ("key", "name", "uuid", "description")} | {
    "created_on": Field(lambda row: row.created_on, "time"),
    "updated_on": Field(lambda row: row.updated_on, "time"),
    "is_private": Field(lambda row: row.is_private, "flag"),
}
