"""The workspace, its projects and people."""

from __future__ import annotations

from tests.truth.columns.values import Shape, moment, place, text, value

TABLES = {
    "workspaces": Shape(
        ("uuid",),
        {
            "uuid": text("uuid"),
            "slug": text("slug"),
            "name": text("name"),
            "is_private": value("is_private"),
            "forking_mode": text("forking_mode"),
            "created_on": moment("created_on"),
            "html_url": text("links.html.href"),
        },
    ),
    "projects": Shape(
        ("uuid",),
        {
            "uuid": text("uuid"),
            "workspace_uuid": place("workspace_uuid"),
            "workspace_slug": place("workspace_slug"),
            "key": text("key"),
            "name": text("name"),
            "description": text("description"),
            "is_private": value("is_private"),
            "created_on": moment("created_on"),
            "updated_on": moment("updated_on"),
            "html_url": text("links.html.href"),
        },
    ),
    "workspace_members": Shape(
        ("workspace_uuid", "user_uuid"),
        {
            "workspace_uuid": place("workspace_uuid"),
            "workspace_slug": place("workspace_slug"),
            "user_uuid": text("user.uuid"),
        },
    ),
    "users": Shape(
        ("uuid",),
        {
            "uuid": text("uuid"),
            "type": text("type"),
            "account_id": text("account_id"),
            "nickname": text("nickname"),
            "display_name": text("display_name"),
        },
    ),
}
