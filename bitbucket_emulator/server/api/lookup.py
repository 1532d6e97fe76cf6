"""From a path to the things it names, or to the error that Bitbucket gives."""

from __future__ import annotations

from collections.abc import Iterable

from bitbucket_emulator.server import errors, paging
from bitbucket_emulator.server.endpoints import Call
from bitbucket_emulator.server.errors import ApiError
from bitbucket_emulator.world import graph
from bitbucket_emulator.world.model import Commit, PullRequest, Repository, RepositoryPermission, Workspace, World

# how many of the revisions that do not resolve a 404 names: real answers name only some (FACTS 12)
_NAMED_SHAS = 2
_RANKS = ("read", "write", "admin")


def workspace(call: Call) -> Workspace:
    """The workspace by slug or uuid."""
    name = call.parameters["workspace"]
    found = call.world.find_workspace(name)
    if found is None:
        raise errors.no_workspace(name)
    return found


def can_see(call: Call, repository: Repository) -> bool:
    """Whether a repository exists for whoever asks; public ones do for everybody they are not hidden from."""
    if call.credential is None:
        return not repository.is_private and repository.is_visible_to("")
    return call.world.can_see(call.credential, repository)


def repository(call: Call) -> Repository:
    """The repository by slug or uuid; `{}` is accepted as workspace when a uuid follows (FACTS 10).

    Raises:
        ApiError: 404, or 301 to the new address of one that was renamed.
    """
    space, name = call.parameters["workspace"], call.parameters["repo_slug"]
    if space == "{}":
        found = call.world.repositories.get(name)
    else:
        home = call.world.find_workspace(space)
        found = None if home is None else call.world.repository(home.uuid, name)
        if found is None and home is not None:
            _redirect_renamed(call, home, name)
    if found is None or not can_see(call, found):
        raise errors.no_repository()
    return found


def open_repository(call: Call) -> Repository:
    """The repository of something below it, which can be refused although the repository is listed (FACTS 10)."""
    found = repository(call)
    if found.blocked_status is None:
        project = call.world.projects.get(found.project or "")
        administered(call, found.workspace, [*found.permissions, *([] if project is None else project.permissions)])
        return found
    if found.blocked_status == 403:
        raise errors.forbidden_repository()
    if found.blocked_status == 410:
        raise errors.error(410, "Repository is no longer available.")
    if found.blocked_status == 404:
        raise errors.no_repository()
    raise errors.error(found.blocked_status, "Something went wrong")


def administered(call: Call, space: str, given: Iterable[RepositoryPermission]) -> None:
    """Raises ApiError: 403, where something is for administrators and the account is none.

    An access token may do what its scopes say. Any other credential may do what its account may: owners of the
    workspace everything, others what was given to them or to one of their groups.
    """
    mine, world = call.credential, call.world
    if not call.for_administrators or mine is None or mine.kind == "bearer":
        return
    if owns(world, space, mine.user):
        return
    groups = {each.slug for each in world.groups if each.workspace == space and mine.user in each.members}
    if not any(each.permission == "admin" and (each.user == mine.user or each.group in groups) for each in given):
        raise errors.admin_required()


def owns(world: World, space: str, user: str) -> bool:
    """Whether the account of this uuid is an owner of the workspace of that."""
    return any((each.workspace, each.user, each.permission) == (space, user, "owner") for each in world.memberships)


def given(world: World, home: Repository) -> dict[str, str]:
    """Who may do what: the best of what is given to a user and to the user's groups, by uuid."""
    best: dict[str, str] = {}
    for each in home.permissions:
        for user in _holders(world, home, each):
            if world.user(user) and _RANKS.index(each.permission) >= _RANKS.index(best.get(user, "read")):
                best[user] = each.permission
    return best


def _holders(world: World, home: Repository, permission: RepositoryPermission) -> list[str]:
    if permission.user is not None:
        return [permission.user]
    return next(
        (each.members for each in world.groups if (each.workspace, each.slug) == (home.workspace, permission.group)), []
    )


def _redirect_renamed(call: Call, home: Workspace, name: str) -> None:
    renamed = call.world.repositories.get(call.world.former_slugs.get((home.uuid, name), ""))
    if renamed is not None and can_see(call, renamed):
        start, _, path = call.address.partition("/repositories/")
        below = path.split("/")[2:]  # the names are escaped here: a workspace may be its uuid
        if path.count("/"):
            address = "/".join([f"{start}/repositories/{home.slug}/{renamed.slug}", *below])
            raise ApiError(301, "", "text/html", {"Location": paging.with_query(address, call.query)})


def pull_request(call: Call, home: Repository) -> PullRequest:
    """The pull request of this id."""
    name = call.parameters["pull_request_id"]
    found = home.pull_requests.get(int(name)) if paging.is_number(name) else None
    if found is None:
        raise errors.no_pull_request()
    return found


def commit(call: Call, home: Repository) -> Commit:
    """The commit of a hash, a unique part of one, or a ref without slash (FACTS 10)."""
    found = graph.resolve(home, call.parameters["commit"])
    if found is None:
        raise errors.no_changeset()
    return home.commits[found]


def revisions(home: Repository, names: list[str]) -> list[str]:
    """The hashes of branches, tags and hashes. Raises ApiError: 404 that names some of those that do not resolve."""
    found = [graph.resolve(home, name) for name in names]
    missing = [name for name, commit_hash in zip(names, found, strict=True) if commit_hash is None]
    if missing:
        raise errors.no_commit(missing[:_NAMED_SHAS])
    return [commit_hash for commit_hash in found if commit_hash is not None]
