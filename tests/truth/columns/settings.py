"""What admins set on a repository, and who may do what in it."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.truth.columns.values import Found, Shape, account_in_key, moment, place, text, value


def _origin(found: Found) -> str:
    """Protocol and host of a webhook's URL: what stands behind them may be secret."""
    url = urlsplit(found.object["url"])
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"


def _group_slug(found: Found) -> str:
    """'' where the permission was given to a user."""
    slug: str = (found.object.get("group") or {"slug": ""})["slug"]
    return slug


TABLES = {
    "default_reviewers": Shape(
        ("repository_uuid", "user_uuid"),
        {"repository_uuid": place("repository_uuid"), "user_uuid": text("uuid")},
    ),
    "branch_restrictions": Shape(
        ("repository_uuid", "id"),
        {
            "repository_uuid": place("repository_uuid"),
            "id": value("id"),
            "kind": text("kind"),
            "branch_match_kind": text("branch_match_kind"),
            "pattern": text("pattern"),
            "branch_type": text("branch_type"),
            "value": value("value"),
            "users": value("users"),
            "groups": value("groups"),
        },
    ),
    "repository_permissions": Shape(
        ("repository_uuid", "granted_to", "user_uuid", "group_slug"),
        {
            "repository_uuid": place("repository_uuid"),
            "granted_to": place("granted_to"),
            "user_uuid": account_in_key("user"),
            "group_slug": _group_slug,
            "group_name": text("group.name"),
            "permission": text("permission"),
        },
    ),
    "webhooks": Shape(
        ("repository_uuid", "uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "uuid": text("uuid"),
            "description": text("description"),
            "url_origin": _origin,
            "active": value("active"),
            "events": value("events"),
            "secret_set": value("secret_set"),
            "skip_cert_verification": value("skip_cert_verification"),
            "created_at": moment("created_at"),
        },
    ),
    "downloads": Shape(
        ("repository_uuid", "name"),
        {
            "repository_uuid": place("repository_uuid"),
            "name": text("name"),
            "size": value("size"),
            "downloads": value("downloads"),
            "user_uuid": text("user.uuid"),
            "created_on": moment("created_on"),
        },
    ),
}
