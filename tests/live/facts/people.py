"""Accounts, members and projects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..asking import Json, Untestable, quoted
from ..fact import Facts, dig, expect, expect_only, need, some
from ..material import Material
from ..vocabulary import NO_NAME

facts = Facts()


def _members(bitbucket: Material) -> list[Json]:
    return some(bitbucket.rows(f"/workspaces/{bitbucket.workspace}/members?pagelen=100"), "member")


def _accounts(value: Any) -> Iterator[Json]:
    """Every account inside an answer."""
    if isinstance(value, dict):
        if value.get("type") in ("user", "team", "app_user"):
            yield value
        for each in value.values():
            yield from _accounts(each)
    if isinstance(value, list):
        for each in value:
            yield from _accounts(each)


@facts.fact("10")
def accounts_are_of_three_types(bitbucket: Material) -> str:
    """Whoever wrote, approved, committed or joined is an account of the type user, team or app_user, with a uuid."""
    rows = [*bitbucket.pull_requests, *_members(bitbucket)]
    types = {dig(row, f"{path}.type") for row in rows for path in ("author", "user") if dig(row, path)}
    expect_only(types, {"user", "team", "app_user"}, "type")
    for account in _accounts(rows):
        need(account, "uuid")
    return ", ".join(sorted(types))


@facts.fact("9")
def accounts_have_no_email(bitbucket: Material) -> None:
    """An account inside another object has uuid, display_name and nickname, never an e-mail or a username."""
    accounts = [each for each in _accounts([*bitbucket.pull_requests, *_members(bitbucket)]) if each["type"] == "user"]
    for account in some(accounts, "account"):
        expect({"uuid", "display_name", "nickname"} <= set(account), "uuid, display_name, nickname", set(account))
        expect(not {"email", "username"} & set(account), "no e-mail and no username", set(account))


@facts.fact("2")
def members_cannot_be_filtered_by_display_name(bitbucket: Material) -> None:
    """q on user.display_name of members is 400; on user.uuid it finds the member."""
    member = need(_members(bitbucket)[0], "user.uuid")
    base = f"/workspaces/{bitbucket.workspace}/members?pagelen=1&q="
    answer = bitbucket.ask(base + quoted(f'user.display_name="{NO_NAME}"'))
    expect(answer.status == 400, "400", answer.problem)
    rows = bitbucket.rows(base + quoted(f'user.uuid="{member}"'))
    expect([dig(row, "user.uuid") for row in rows] == [member], "that member", len(rows))


@facts.fact("9")
def workspaces_of_the_account(bitbucket: Material) -> None:
    """/user/workspaces has rows of workspace_access, with the workspace's slug and uuid and without its name."""
    rows = some(bitbucket.rows("/user/workspaces?pagelen=100"), "workspace")
    for row in rows:
        expect(row.get("type") == "workspace_access", "type workspace_access", row.get("type"))
        need(row, "workspace.slug")
        need(row, "workspace.uuid")
        expect("name" not in row["workspace"], "no name", set(row["workspace"]))


@facts.fact("10")
def the_workspace_has_uuid_slug_and_name(bitbucket: Material) -> None:
    """A workspace has type, uuid, slug, name, is_private and created_on."""
    row = bitbucket.page(f"/workspaces/{bitbucket.workspace}")
    wanted = {"type", "uuid", "slug", "name", "is_private", "created_on"}
    expect(wanted <= set(row), f"all of {', '.join(sorted(wanted))}", set(row))


@facts.fact("10")
def projects_have_key_and_uuid(bitbucket: Material) -> None:
    """A project has uuid, key, name, is_private, created_on and updated_on; a repository names its project's key."""
    rows = some(bitbucket.rows(f"/workspaces/{bitbucket.workspace}/projects?pagelen=100"), "project")
    wanted = {"uuid", "key", "name", "is_private", "created_on", "updated_on"}
    for row in rows:
        expect(wanted <= set(row), f"all of {', '.join(sorted(wanted))}", set(row))
    keys = {key for each in bitbucket.repositories if (key := dig(each.row, "project.key"))}
    if len(rows) == 100:
        raise Untestable("a hundred or more projects")
    expect_only(keys, {row["key"] for row in rows}, "the keys of repositories")
