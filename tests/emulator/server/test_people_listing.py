"""The account, workspaces, members, projects and permissions (FACTS 2, 9, 10)."""

from __future__ import annotations

from typing import Any

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import delete_user, remove_member

from ..client import API, Client

ADMIN = ("admin@example.org", "emulator-api-token")


def uuid_of(client: Client, nickname: str) -> str:
    return next(each.uuid for each in client.emulator.world.users.values() if each.nickname == nickname)


def test_the_account(client: Client) -> None:
    owner = client.emulator.world.credentials["admin"].user
    whole = client.json("/user", auth=ADMIN)
    assert (whole["uuid"], whole["type"], whole["account_status"]) == (owner, "user", "active")
    assert client.json(f"/users/{owner}") == whole
    assert client.json(f"/users/{whole['account_id']}") == whole


def test_an_account_that_is_gone(emulator: Emulator, client: Client) -> None:
    uuid = uuid_of(client, "cleo")
    delete_user(emulator.world, "cleo")
    assert client.error(f"/users/{uuid}")[0] == 404


def test_an_access_tokens_account(client: Client) -> None:
    assert client.json("/user").keys() == {
        "type", "links", "created_on", "display_name", "uuid", "account_id", "account_status", "kind",
    }  # fmt: skip


def test_own_workspaces_have_no_name(client: Client) -> None:
    space = client.emulator.world.workspace
    row: dict[str, Any] = {
        "type": "workspace_access",
        "administrator": True,
        "workspace": {
            "type": "workspace_base",
            "uuid": space.uuid,
            "slug": "acme",
            "links": {
                "avatar": {"href": "https://bitbucket.org/workspaces/acme/avatar/"},
                "self": {"href": f"{API}/workspaces/acme"},
            },
        },
    }
    page = {"values": [row], "pagelen": 50, "size": 1, "page": 1}
    assert client.json("/user/workspaces", auth=ADMIN) == page
    assert client.json("/user/workspaces?administrator=true", auth=ADMIN) == page
    assert client.json("/user/workspaces?administrator=false", auth=ADMIN)["values"] == []
    assert client.json("/user/workspaces")["values"] == [{**row, "administrator": False}]
    assert client.error("/user/workspaces?administrator=maybe", auth=ADMIN)[0] == 400


def test_members_show_neither_permission_nor_dates(client: Client) -> None:
    row = client.json("/workspaces/acme/members")["values"][0]
    assert row.keys() == {"type", "user", "workspace", "links"}
    with_dates = client.json("/workspaces/acme/members?fields=values.added_on,values.permission")["values"][0]
    assert with_dates["permission"] == "owner"
    assert len(with_dates["added_on"]) == len("2021-12-05T08:25:21.811")


@pytest.mark.parametrize(
    ("q", "nicknames"),
    [
        ('user.nickname="bob"', ["bob"]),
        ('user.email IN ("ada@example.org", "bob@example.org")', ["ada", "bob"]),
        ('permission="member" AND user.nickname != "build-bot"', ["bob"]),
    ],
)
def test_members_by_q(client: Client, q: str, nicknames: list[str]) -> None:
    assert client.values(f"/workspaces/acme/members?q={q}", "user.nickname") == nicknames


def test_members_cannot_be_asked_by_display_name(client: Client) -> None:
    assert client.error('/workspaces/acme/members?q=user.display_name="Ada"') == (
        400,
        {"type": "error", "error": {"message": 'Field ".user.display_name" does not support filtering'}},
    )


def test_who_left_is_no_member(emulator: Emulator, client: Client) -> None:
    bob, ada = uuid_of(client, "bob"), uuid_of(client, "ada")
    assert client.json(f"/workspaces/acme/members/{bob}")["user"]["nickname"] == "bob"
    remove_member(emulator.world, "bob")
    delete_user(emulator.world, "ada")
    assert client.error(f"/workspaces/acme/members/{bob}")[0] == 404
    assert not {ada, bob} & set(client.values("/workspaces/acme/members", "user.uuid"))


def test_permissions_want_the_slug(client: Client) -> None:
    rows = client.json("/workspaces/acme/permissions")["values"]
    assert {row["permission"] for row in rows} == {"owner", "member"}
    assert client.error(f"/workspaces/{client.emulator.world.workspace.uuid}/permissions")[0] == 404
    assert client.get(f"/workspaces/{client.emulator.world.workspace.uuid}/members").status_code == 200


def test_projects(client: Client) -> None:
    assert client.values("/workspaces/acme/projects?sort=key", "key") == ["PAY", "PLAT", "SHOP"]
    shop = client.json("/workspaces/acme/projects/SHOP")
    assert (shop["type"], shop["name"], shop["workspace"]["slug"]) == ("project", "Shop", "acme")
    assert client.json(f"/workspaces/acme/projects/{shop['uuid']}") == shop
    assert client.error("/workspaces/acme/projects/NONE")[0] == 404
