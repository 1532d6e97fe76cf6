"""Who is who: the account, its workspaces, members, permissions."""

from __future__ import annotations

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.bbql import Field
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.errors import ApiError
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import people
from bitbucket_emulator.world.model import Credential, Membership, User, World

endpoints = Endpoints()

_MEMBERS = Envelope(default=50)
_EMAILS = 90  # addresses in one query (FACTS 2)


@endpoints.get("/repositories")
@endpoints.get("/workspaces")
@endpoints.get("/user/permissions/repositories")
@endpoints.get("/user/permissions/workspaces")
def removed(_call: Call) -> Json:
    """The cross-workspace endpoints, gone since April 2026 (FACTS 9)."""
    raise errors.removed()


@endpoints.get("/user", "account", token_scopes=("read:user:bitbucket",))
def user(call: Call) -> Json:
    """The account that the credentials act as."""
    return people.whole_user(call.view, _account(call))


@endpoints.get("/users/{selected_user}", token_scopes=("read:user:bitbucket",))
def users(call: Call) -> Json:
    """An account by uuid or account_id."""
    name = call.parameters["selected_user"]
    found = call.world.user(name) or next(
        (each for each in call.world.users.values() if each.account_id == name and not each.deleted), None
    )
    if found is None:
        raise errors.not_found(f"No account with identifier '{name}'.")
    return people.whole_user(call.view, found)


@endpoints.get("/user/workspaces", "account")
def user_workspaces(call: Call) -> Json:
    """The workspaces of the account, without names (CHANGE-3022)."""
    account = _account(call)
    mine = {each.workspace: each for each in call.world.memberships if each.user == account.uuid}
    # an access token is no member of the workspace it belongs to, and yet it lists it
    if account.kind == "app_user":
        mine.setdefault(call.world.workspace.uuid, Membership(call.world.workspace.uuid, account.uuid, "member", 0))
    rows = [each for each in mine.values() if _wants(call.one("administrator"), each.permission == "owner")]
    return call.page(
        rows,
        lambda row: people.workspace_access(call.view, call.world.workspaces[row.workspace], row.permission == "owner"),
        _MEMBERS,
    )


@endpoints.get("/user/workspaces/{workspace}/permission", "account", refuses=frozenset({"bearer"}))
def user_workspace_permission(call: Call) -> Json:
    """The account's own permission; access tokens cannot ask (FACTS 8)."""
    space, account = lookup.workspace(call), _account(call)
    return people.membership(call.view, _member(call.world, space.uuid, account.uuid), permission=True)


@endpoints.get("/workspaces/{workspace}", token_scopes=("read:workspace:bitbucket",))
def workspace(call: Call) -> Json:
    """A workspace by slug or uuid."""
    return people.whole_workspace(call.view, lookup.workspace(call))


@endpoints.get("/workspaces/{workspace}/members", "account")
def members(call: Call) -> Json:
    """The members, without permissions."""
    return call.page(_members(call), lambda row: people.membership(call.view, row), _MEMBERS)


@endpoints.get("/workspaces/{workspace}/members/{member}", "account")
def member(call: Call) -> Json:
    """One member by uuid."""
    space = lookup.workspace(call)
    return people.membership(call.view, _member(call.world, space.uuid, call.parameters["member"]))


@endpoints.get("/workspaces/{workspace}/permissions", "account")
def workspace_permissions(call: Call) -> Json:
    """The members with their permissions. By uuid instead of slug it was 404 for others (FACTS 9)."""
    if call.parameters["workspace"].startswith("{"):
        raise errors.no_workspace(call.parameters["workspace"])
    return call.page(_members(call), lambda row: people.membership(call.view, row, permission=True), _MEMBERS)


def _members(call: Call) -> list[Membership]:
    space, world = lookup.workspace(call), call.world
    rows = [each for each in world.memberships if each.workspace == space.uuid and world.user(each.user) is not None]
    fields = _member_fields(world)
    mine = call.credential
    if mine is not None and (mine.kind == "bearer" or lookup.owns(world, space.uuid, mine.user)):
        fields["user.email"] = Field(
            lambda row: [mail for mail, owner in world.emails.items() if owner == row.user],
            sortable=False,
            most=_EMAILS,
        )
    return call.select(rows, fields)


def _member_fields(world: World) -> dict[str, Field]:
    """What everybody can filter members by: not the display name (FACTS 2)."""
    return {
        "permission": Field(lambda row: row.permission),
        "user.uuid": Field(lambda row: row.user),
        "user.nickname": Field(lambda row: world.users[row.user].nickname),
        "user.account_id": Field(lambda row: world.users[row.user].account_id),
    }


def _member(world: World, space: str, uuid: str) -> Membership:
    for each in world.memberships:
        if each.workspace == space and each.user == uuid:
            return each
    raise errors.not_found(f"No member with identifier '{uuid}'.")


def _account(call: Call) -> User:
    if not isinstance(call.credential, Credential):
        raise errors.token_invalid()
    account = call.world.user(call.credential.user)
    if account is None:
        raise errors.token_invalid()
    return account


def _wants(text: str | None, value: bool) -> bool:
    if text is None:
        return True
    if text not in ("true", "false"):
        raise ApiError(400, {"type": "error", "error": {"message": "administrator: not a boolean"}})
    return value is (text == "true")
