"""What only administrators may see: a scope is not enough, the account has to be one (403s of the schema)."""

from __future__ import annotations

import pytest

from bitbucket_emulator import Credential, Emulator
from bitbucket_emulator.world.actions import ActionError, grant_permission, remove_member, revoke_permission
from bitbucket_emulator.world.generate.credentials import READ_SCOPES
from bitbucket_emulator.world.model import Group, RepositoryPermission

from ..client import Client

TOO_LOW = (
    403,
    {"type": "error", "error": {"message": "You do not have the required permission to access this resource."}},
)
OF_REPOSITORY = ["branch-restrictions", "hooks", "permissions-config/users", "permissions-config/groups", "deploy-keys"]
OF_PROJECT = ["permissions-config/users", "permissions-config/groups", "default-reviewers"]
BOB = ("bob@example.org", "bobs-token")


@pytest.fixture
def members(emulator: Emulator) -> Client:
    """Bob, a member who may do what he likes with his API token, in a world with acme/web."""
    world = emulator.world
    known = world.credentials["admin"]
    bob = world.user_named("bob").uuid
    world.credentials["bob"] = Credential("bob", "basic", known.scopes, bob, BOB[1], email=BOB[0])
    return Client(emulator)


@pytest.mark.parametrize("path", OF_REPOSITORY)
def test_an_account_that_administers_nothing_is_refused(members: Client, path: str) -> None:
    assert members.error(path, auth=BOB) == TOO_LOW
    assert members.get("default-reviewers", auth=BOB).status_code == 200
    assert members.error("/workspaces/acme/hooks", auth=BOB) == TOO_LOW


@pytest.mark.parametrize("path", OF_REPOSITORY)
def test_owners_of_the_workspace_administer_everything(members: Client, path: str) -> None:
    assert members.get(path, auth=("admin@example.org", "emulator-api-token")).status_code == 200


@pytest.mark.parametrize("path", OF_REPOSITORY)
def test_a_permission_makes_an_administrator(members: Client, path: str) -> None:
    world = members.emulator.world
    grant_permission(world, "web", "write", "bob")
    assert members.error(path, auth=BOB) == TOO_LOW
    grant_permission(world, "web", "admin", "bob")
    assert members.get(path, auth=BOB).status_code == 200
    revoke_permission(world, "web", "bob")
    assert members.error(path, auth=BOB) == TOO_LOW


def test_so_do_a_group_and_the_project(members: Client) -> None:
    world = members.emulator.world
    bob = world.user_named("bob").uuid
    world.groups.append(Group(world.workspace.uuid, "keepers", "Keepers", [bob]))
    grant_permission(world, "web", "admin", group="keepers")
    assert members.get("hooks", auth=BOB).status_code == 200
    revoke_permission(world, "web", group="keepers")
    project = next(each for each in world.projects.values() if each.key == "SHOP")
    project.permissions.append(RepositoryPermission("admin", bob))
    assert members.get("hooks", auth=BOB).status_code == 200


@pytest.mark.parametrize("path", OF_PROJECT)
def test_projects_have_administrators_too(members: Client, path: str) -> None:
    world = members.emulator.world
    assert members.error(f"/workspaces/acme/projects/SHOP/{path}", auth=BOB) == TOO_LOW
    project = next(each for each in world.projects.values() if each.key == "SHOP")
    project.permissions.append(RepositoryPermission("admin", world.user_named("bob").uuid))
    assert members.get(f"/workspaces/acme/projects/SHOP/{path}", auth=BOB).status_code == 200
    assert members.get("/workspaces/acme/projects/SHOP", auth=BOB).status_code == 200


def test_an_access_token_may_do_what_its_scopes_say(members: Client) -> None:
    world = members.emulator.world
    bot = world.credentials["workspace"].user
    scopes = READ_SCOPES | {"repository:admin"}
    world.credentials["keeper"] = Credential("keeper", "bearer", scopes, bot, "keeper-token")
    assert Client(members.emulator, token="keeper-token").get("branch-restrictions").status_code == 200


def test_the_repository_comes_before_the_permission(members: Client) -> None:
    assert members.error("/repositories/acme/nothing/hooks", auth=BOB)[0] == 404


def test_a_workspace_keeps_an_owner(members: Client) -> None:
    world = members.emulator.world
    remove_member(world, world.credentials["admin"].user)  # Ada is another
    with pytest.raises(ActionError, match="ada is the last owner"):
        remove_member(world, "ada")
