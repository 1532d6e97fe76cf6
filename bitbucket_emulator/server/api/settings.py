"""Settings of a repository: reviewers, restrictions, hooks, permissions, downloads, and what nobody has here."""

from __future__ import annotations

from bitbucket_emulator.server import errors, storage
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.bbql import Field
from bitbucket_emulator.server.endpoints import Answer, Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import people
from bitbucket_emulator.server.render import settings as render
from bitbucket_emulator.world.model import DefaultReviewer, Repository, World

endpoints = Endpoints()

_LIST = Envelope()
_DOWNLOADS = Envelope(counted=False)
_BASE = "/repositories/{workspace}/{repo_slug}"
_READ_REPOSITORY = ("read:repository:bitbucket",)
_OWN = frozenset({"bearer"})


@endpoints.get(f"{_BASE}/default-reviewers", "pullrequest")
def default_reviewers(call: Call) -> Json:
    """The repository's own default reviewers, as accounts."""
    home = lookup.open_repository(call)
    rows = [
        account
        for each in home.default_reviewers
        if each.reviewer_type == "repository" and (account := call.world.user(each.user))
    ]
    return call.page(rows, lambda row: people.user(call.view, row) or {}, _LIST)


@endpoints.get(f"{_BASE}/effective-default-reviewers", "pullrequest")
def effective_default_reviewers(call: Call) -> Json:
    """The same with those inherited from the project."""
    home = lookup.open_repository(call)
    project = call.world.projects.get(home.project or "")
    inherited = [] if project is None else [DefaultReviewer(user, "project") for user in project.default_reviewers]
    rows = [each for each in (*home.default_reviewers, *inherited) if call.world.user(each.user)]
    return call.page(rows, lambda row: render.effective_default_reviewer(call.view, row), _LIST)


@endpoints.get(f"{_BASE}/default-reviewers/{{target_username}}", "pullrequest")
def default_reviewer(call: Call) -> Json:
    """One of them by uuid."""
    home, uuid = lookup.open_repository(call), call.parameters["target_username"]
    account = people.user_by_uuid(call.view, uuid)
    if account is None or all(each.user != uuid for each in home.default_reviewers):
        raise errors.not_found(f"{uuid} is not a default reviewer.")
    return account


@endpoints.get(f"{_BASE}/branch-restrictions", "repository:admin")
def branch_restrictions(call: Call) -> Json:
    """The rules for branches; `kind` and `pattern` filter."""
    home = lookup.open_repository(call)
    kind, pattern = call.one("kind"), call.one("pattern")
    rows = [
        each
        for each in home.branch_restrictions.values()
        if kind in (None, each.kind) and pattern in (None, each.pattern)
    ]
    return call.page(rows, lambda row: render.branch_restriction(call.view, home, row), _LIST)


@endpoints.get(f"{_BASE}/branch-restrictions/{{restriction_id}}", "repository:admin")
def branch_restriction(call: Call) -> Json:
    """One rule."""
    home, name = lookup.open_repository(call), call.parameters["restriction_id"]
    found = home.branch_restrictions.get(int(name)) if name.isdecimal() else None
    if found is None:
        raise errors.not_found(f"No branch restriction with id {name}.")
    return render.branch_restriction(call.view, home, found)


@endpoints.get(f"{_BASE}/hooks", "webhook")
def hooks(call: Call) -> Json:
    """The webhooks."""
    home = lookup.open_repository(call)
    return call.page(list(home.webhooks.values()), lambda row: render.webhook(call.view, home, row), _LIST)


@endpoints.get(f"{_BASE}/hooks/{{uid}}", "webhook")
def hook(call: Call) -> Json:
    """One webhook."""
    home, uuid = lookup.open_repository(call), call.parameters["uid"]
    if uuid not in home.webhooks:
        raise errors.not_found(f"{uuid} does not exist")
    return render.webhook(call.view, home, home.webhooks[uuid])


@endpoints.get(f"{_BASE}/permissions-config/users", "repository:admin", token_scopes=_READ_REPOSITORY)
def user_permissions(call: Call) -> Json:
    """Permissions given to users by name."""
    home = lookup.open_repository(call)
    rows = [each for each in home.permissions if each.user is not None and call.world.user(each.user)]
    return call.page(rows, lambda row: render.user_permission(call.view, home, row), _LIST)


@endpoints.get(f"{_BASE}/permissions-config/groups", "repository:admin", token_scopes=_READ_REPOSITORY)
def group_permissions(call: Call) -> Json:
    """Permissions given to groups."""
    home = lookup.open_repository(call)
    rows = [each for each in home.permissions if each.group is not None]
    return call.page(rows, lambda row: render.group_permission(call.view, home, row), _LIST)


@endpoints.get(
    f"{_BASE}/permissions-config/users/{{selected_user_id}}", "repository:admin", token_scopes=_READ_REPOSITORY
)
def user_permission(call: Call) -> Json:
    """That of one user, by uuid."""
    home, uuid = lookup.open_repository(call), call.parameters["selected_user_id"]
    for each in home.permissions:
        if each.user == uuid and call.world.user(uuid):
            return render.user_permission(call.view, home, each)
    raise errors.not_found(f"{uuid} has no permission on this repository.")


@endpoints.get(f"{_BASE}/permissions-config/groups/{{group_slug}}", "repository:admin", token_scopes=_READ_REPOSITORY)
def group_permission(call: Call) -> Json:
    """That of one group, by slug."""
    home, slug = lookup.open_repository(call), call.parameters["group_slug"]
    for each in home.permissions:
        if each.group == slug:
            return render.group_permission(call.view, home, each)
    raise errors.not_found(f"{slug} has no permission on this repository.")


@endpoints.get("/workspaces/{workspace}/permissions/repositories", "account", token_scopes=_READ_REPOSITORY)
def workspace_repository_permissions(call: Call) -> Json:
    """Who may do what in each repository of a workspace."""
    space = lookup.workspace(call)
    homes = [each for each in call.world.repositories_of(space.uuid) if lookup.can_see(call, each)]
    return _permissions(call, [row for home in homes for row in _effective(call.world, home)])


@endpoints.get("/workspaces/{workspace}/permissions/repositories/{repo_slug}", "repository")
def repository_permissions(call: Call) -> Json:
    """Who may do what in one repository."""
    home = lookup.open_repository(call)
    return _permissions(call, _effective(call.world, home))


@endpoints.get(
    "/user/workspaces/{workspace}/permissions/repositories",
    "account",
    "repository",
    token_scopes=_READ_REPOSITORY,
    refuses=_OWN,
)
def own_repository_permissions(call: Call) -> Json:
    """What the account itself may do; access tokens cannot ask (FACTS 8)."""
    space, mine = lookup.workspace(call), call.credential
    homes = [each for each in call.world.repositories_of(space.uuid) if lookup.can_see(call, each)]
    rows = [row for home in homes for row in _effective(call.world, home) if mine is not None and row[1] == mine.user]
    return _permissions(call, rows)


@endpoints.get(f"{_BASE}/downloads", "repository")
def downloads(call: Call) -> Json:
    """The files offered for download."""
    home = lookup.open_repository(call)
    return call.page(list(home.downloads.values()), lambda row: render.download(call.view, home, row), _DOWNLOADS)


@endpoints.get(f"{_BASE}/downloads/{{filename}}", "repository")
def download(call: Call) -> Answer:
    """302 to the file itself."""
    home, name = lookup.open_repository(call), call.parameters["filename"]
    if name not in home.downloads:
        raise errors.not_found(f"No download named {name}.")
    return Answer(302, "", {"Location": storage.download_address(call.view, home, home.downloads[name])})


@endpoints.get(f"{_BASE}/override-settings", "repository:admin")
def override_settings(call: Call) -> Json:
    """What the repository does not inherit from its project: nothing."""
    lookup.open_repository(call)
    settings = {"default_merge_strategy": False, "branching_model": False}
    return {"type": "repository_inheritance_state", "override_settings": settings}


@endpoints.get(f"{_BASE}/branching-model/settings", "repository:admin")
def branching_model_settings(call: Call) -> Json:
    """The branching model as it was set."""
    lookup.open_repository(call)
    return render.branching_model_settings(call.address)


@endpoints.get(f"{_BASE}/branching-model", "repository")
@endpoints.get(f"{_BASE}/effective-branching-model", "repository")
def branching_model(call: Call) -> Json:
    """The branching model."""
    home = lookup.open_repository(call)
    model = render.branching_model(home)
    if call.address.rstrip("/").endswith("effective-branching-model"):
        return {**model, "type": "effective_repo_branching_model"}
    return model


@endpoints.get(f"{_BASE}/deploy-keys", "repository", "repository:admin", token_scopes=("admin:repository:bitbucket",))
@endpoints.get(f"{_BASE}/watchers", "repository")
@endpoints.get("/workspaces/{workspace}/hooks", "webhook")
def nothing(call: Call) -> Json:
    """Lists of which the world has no rows."""
    if "repo_slug" in call.parameters:
        lookup.open_repository(call)
    else:
        lookup.administered(call, lookup.workspace(call).uuid, ())
    return call.page([], lambda _row: {}, _LIST)


def _effective(world: World, home: Repository) -> list[tuple[Repository, str, str]]:
    """(repository, user, permission)."""
    return [(home, user, permission) for user, permission in lookup.given(world, home).items()]


def _permissions(call: Call, rows: list[tuple[Repository, str, str]]) -> Json:
    filterable = {
        "permission": Field(lambda row: row[2]),
        "user.uuid": Field(lambda row: row[1]),
        "repository.uuid": Field(lambda row: row[0].uuid),
        "repository.full_name": Field(lambda row: call.view.full_name(row[0])),
        "repository.name": Field(lambda row: row[0].name),
    }
    kept = call.select(rows, filterable)
    return call.page(kept, lambda row: render.effective_permission(call.view, *row), _LIST)
