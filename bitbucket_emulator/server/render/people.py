"""Accounts, workspaces, memberships and projects."""

from __future__ import annotations

from hashlib import md5
from typing import Any

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.server.fields import Abbreviated
from bitbucket_emulator.server.render.view import SITE, View, link, quoted
from bitbucket_emulator.world.model import Membership, Project, User, Workspace

Json = dict[str, Any]
_AVATARS = "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net"


def user(view: View, account: User | None) -> Json | None:
    """An account inside another object; None where it was deleted (FACTS 10)."""
    if account is None:
        return None
    if account.kind == "app_user":
        return _app_user(account)
    links = {
        "self": link(f"{view.api}/users/{quoted(account.uuid)}"),
        "avatar": link(f"{_AVATARS}/initials/{_initials(account)}-{len(account.display_name) % 7}.png"),
        "html": link(f"{SITE}/{quoted(account.uuid)}/"),
    }
    if account.kind == "team":
        name = account.nickname
        return {
            "display_name": account.display_name,
            "links": links,
            "type": "team",
            "uuid": account.uuid,
            "username": name,
        }
    shown = {"display_name": account.display_name, "links": links, "type": "user", "uuid": account.uuid}
    if account.account_id is not None:
        shown["account_id"] = account.account_id
    shown["nickname"] = account.nickname
    return Abbreviated(shown, lambda: whole_user(view, account))


def user_by_uuid(view: View, uuid: str | None) -> Json | None:
    """The account of this uuid, None where it is deleted or there is none."""
    return user(view, view.world.user(uuid))


def whole_user(view: View, account: User) -> Json:
    """An account as `/user` and `/users/{uuid}` show it."""
    if account.kind == "app_user":
        return _app_user(account)
    uuid = quoted(account.uuid)
    links = {
        "self": link(f"{view.api}/users/{uuid}"),
        "avatar": link(f"{_AVATARS}/initials/{_initials(account)}-{len(account.display_name) % 7}.png"),
        "repositories": link(f"{view.api}/repositories/{uuid}"),
        "snippets": link(f"{view.api}/snippets/{uuid}"),
        "html": link(f"{SITE}/{uuid}/"),
        "hooks": link(f"{view.api}/workspaces/{uuid}/hooks"),
    }
    return {
        "display_name": account.display_name,
        "links": links,
        "created_on": timestamps.python_style(account.created_on),
        "type": account.kind,
        "uuid": account.uuid,
        "has_2fa_enabled": None,
        "username": account.nickname.lower().replace(" ", "-"),
        "is_staff": False,
        "account_id": account.account_id,
        "nickname": account.nickname,
        "account_status": "active",
        "location": None,
    }


def _app_user(account: User) -> Json:
    # an access token that acts has no page and no nickname, but its date of birth everywhere (recordings)
    digest = md5(account.uuid.encode(), usedforsecurity=False).hexdigest()
    account_id = account.account_id or f"712020:{account.uuid.strip('{}')}"
    return {
        "type": "app_user",
        "links": {"avatar": link(f"{_AVATARS}/{account_id}/{digest}/128")},
        "created_on": timestamps.python_style(account.created_on),
        "display_name": account.display_name,
        "uuid": account.uuid,
        "account_id": account_id,
        "account_status": "active",
        "kind": "repository_access_token",
    }


def _initials(account: User) -> str:
    return "".join(word[0] for word in account.display_name.split()[:2]).upper() or "A"


def workspace(view: View, space: Workspace) -> Json:
    """A workspace inside another object."""
    base = f"{view.api}/workspaces/{space.slug}"
    shown = {
        "type": "workspace",
        "uuid": space.uuid,
        "name": space.name,
        "slug": space.slug,
        "links": {"avatar": _workspace_avatar(space), "html": link(f"{SITE}/{space.slug}/"), "self": link(base)},
    }
    return Abbreviated(shown, lambda: whole_workspace(view, space))


def whole_workspace(view: View, space: Workspace) -> Json:
    """A workspace as `/workspaces/{workspace}` shows it."""
    base = f"{view.api}/workspaces/{space.slug}"
    return {
        "type": "workspace",
        "uuid": space.uuid,
        "name": space.name,
        "slug": space.slug,
        "is_private": space.is_private,
        "is_privacy_enforced": False,
        "forking_mode": "allow_forks",
        "created_on": timestamps.python_style(space.created_on),
        "links": {
            "avatar": _workspace_avatar(space),
            "hooks": link(f"{base}/hooks"),
            "html": link(f"{SITE}/{space.slug}/"),
            "html_overview": link(f"{SITE}/{space.slug}/workspace/overview/"),
            "members": link(f"{base}/members"),
            "owners": link(f"{base}/members?q=permission%3D%22owner%22"),
            "projects": link(f"{base}/projects"),
            "repositories": link(f"{view.api}/repositories/{space.slug}"),
            "snippets": link(f"{view.api}/snippets/{space.slug}"),
            "self": link(base),
        },
    }


def _workspace_avatar(space: Workspace) -> dict[str, str]:
    return link(f"{SITE}/workspaces/{space.slug}/avatar/?ts={space.created_on // 1_000_000}")


def workspace_access(view: View, space: Workspace, administrator: bool) -> Json:
    """A row of `/user/workspaces`: the workspace without its name (FACTS 9)."""
    return {
        "type": "workspace_access",
        "administrator": administrator,
        "workspace": {
            "type": "workspace_base",
            "uuid": space.uuid,
            "slug": space.slug,
            "links": {
                "avatar": link(f"{SITE}/workspaces/{space.slug}/avatar/"),
                "self": link(f"{view.api}/workspaces/{space.slug}"),
            },
        },
    }


def membership(view: View, member: Membership, *, permission: bool = False) -> Json:
    """A row of the members (recorded without permission and dates) or, with `permission`, of the permissions."""
    space = view.world.workspaces[member.workspace]
    shown: Json = {
        "type": "workspace_membership",
        "user": user_by_uuid(view, member.user),
        "workspace": workspace(view, space),
        "links": {"self": link(f"{view.api}/workspaces/{space.slug}/members/{quoted(member.user)}")},
    }
    dated = {
        "permission": member.permission,
        "added_on": timestamps.naive_millis(member.added_on),
        "last_accessed": timestamps.naive_millis(member.last_accessed),
    }
    return {**shown, **dated} if permission else Abbreviated(shown, lambda: {**shown, **dated})


def project(view: View, group: Project) -> Json:
    """A project inside a repository."""
    space = view.world.workspaces[group.workspace]
    shown = {
        "type": "project",
        "key": group.key,
        "uuid": group.uuid,
        "name": group.name,
        "links": {
            "self": link(f"{view.api}/workspaces/{space.slug}/projects/{group.key}"),
            "html": link(f"{SITE}/{space.slug}/workspace/projects/{group.key}"),
            "avatar": link(
                f"{SITE}/{space.slug}/workspace/projects/{group.key}/avatar/32?ts={group.created_on // 1_000_000}"
            ),
        },
    }
    return Abbreviated(shown, lambda: whole_project(view, group))


def whole_project(view: View, group: Project) -> Json:
    """A project as its own endpoints show it (shape from the schema: no recording)."""
    space = view.world.workspaces[group.workspace]
    base = f"{view.api}/workspaces/{space.slug}"
    return {
        "type": "project",
        "owner": {
            "display_name": space.name,
            "links": {
                "self": link(base),
                "avatar": _workspace_avatar(space),
                "html": link(f"{SITE}/{quoted(space.uuid)}/"),
            },
            "type": "team",
            "uuid": space.uuid,
            "username": space.slug,
        },
        "workspace": workspace(view, space),
        "key": group.key,
        "uuid": group.uuid,
        "is_private": group.is_private,
        "name": group.name,
        "description": group.description,
        "links": {
            "self": link(f"{base}/projects/{group.key}"),
            "html": link(f"{SITE}/{space.slug}/workspace/projects/{group.key}"),
            "repositories": link(f"{view.api}/repositories/{space.slug}?q=project.key=%22{group.key}%22"),
            "avatar": link(
                f"{SITE}/{space.slug}/workspace/projects/{group.key}/avatar/32?ts={group.created_on // 1_000_000}"
            ),
        },
        "created_on": timestamps.python_style(group.created_on),
        "updated_on": timestamps.python_style(group.updated_on),
        "has_publicly_visible_repos": not group.is_private,
    }
