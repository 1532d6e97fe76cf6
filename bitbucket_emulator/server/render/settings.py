"""What admins set on a repository: reviewers, restrictions, hooks, permissions, downloads.

Restrictions and hooks have the shape of recordings, the rest that of the schema.
"""

from __future__ import annotations

from typing import Any

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.server.render import people
from bitbucket_emulator.server.render.repositories import repository
from bitbucket_emulator.server.render.view import SITE, View, link, quoted
from bitbucket_emulator.world.model import (
    BranchRestriction,
    DefaultReviewer,
    Download,
    Group,
    Project,
    Repository,
    RepositoryPermission,
    Webhook,
)

Json = dict[str, Any]

_BRANCH_TYPES = ("bugfix", "feature", "hotfix", "release")


def effective_default_reviewer(view: View, entry: DefaultReviewer) -> Json:
    """A default reviewer and where it comes from."""
    return {
        "type": "default_reviewer_and_type",
        "reviewer_type": entry.reviewer_type,
        "user": people.user_by_uuid(view, entry.user),
    }


def branch_restriction(view: View, repo: Repository, entry: BranchRestriction) -> Json:
    """A rule for branches."""
    shown: Json = {
        "kind": entry.kind,
        "users": [account for uuid in entry.users if (account := people.user_by_uuid(view, uuid))],
        "links": {"self": link(f"{view.repository_url(repo)}/branch-restrictions/{entry.id}")},
        "pattern": entry.pattern,
        "value": entry.value,
        "branch_match_kind": entry.branch_match_kind,
        "groups": [_group_of_slug(view, repo, slug) for slug in entry.groups],
        "type": "branchrestriction",
        "id": entry.id,
    }
    return shown if entry.branch_type is None else {**shown, "branch_type": entry.branch_type}


def webhook(view: View, repo: Repository, entry: Webhook) -> Json:
    """A webhook subscription of a repository."""
    return {
        "type": "webhook_subscription",
        "uuid": entry.uuid,
        "description": entry.description,
        "url": entry.url,
        "active": entry.active,
        "skip_cert_verification": False,
        "events": list(entry.events),
        "created_at": timestamps.java_style(entry.created_at),
        "subject": repository(view, repo),
        "links": {"self": link(f"{view.repository_url(repo)}/hooks/{quoted(entry.uuid)}")},
        "source": None,
        "read_only": None,
        "history_enabled": False,
        "secret_set": entry.secret_set,
    }


def user_permission(view: View, repo: Repository, entry: RepositoryPermission) -> Json:
    """A user's own permission on a repository."""
    base = f"{view.repository_url(repo)}/permissions-config/users/{quoted(entry.user or '')}"
    return {
        "type": "repository_user_permission",
        "permission": entry.permission,
        "user": people.user_by_uuid(view, entry.user),
        "repository": repository(view, repo),
        "links": {"self": link(base)},
    }


def group_permission(view: View, repo: Repository, entry: RepositoryPermission) -> Json:
    """A group's permission on a repository."""
    slug = entry.group or ""
    return {
        "type": "repository_group_permission",
        "permission": entry.permission,
        "group": _group_of_slug(view, repo, slug),
        "repository": repository(view, repo),
        "links": {"self": link(f"{view.repository_url(repo)}/permissions-config/groups/{slug}")},
    }


def project_permission(view: View, owner: Project, entry: RepositoryPermission) -> Json:
    """A permission on a project, of a user or of a group (shape from the schema: no recording)."""
    kind, name = ("users", quoted(entry.user)) if entry.user is not None else ("groups", entry.group or "")
    space = view.world.workspaces[owner.workspace]
    base = f"{view.api}/workspaces/{space.slug}/projects/{owner.key}/permissions-config/{kind}/{name}"
    shown: Json = {
        "permission": entry.permission,
        "project": people.project(view, owner),
        "links": {"self": link(base)},
    }
    if entry.user is not None:
        return {"type": "project_user_permission", **shown, "user": people.user_by_uuid(view, entry.user)}
    group = _group_by_slug(view, owner.workspace, entry.group or "")
    return {"type": "project_group_permission", **shown, "group": group}


def effective_permission(view: View, repo: Repository, user: str, permission: str) -> Json:
    """What a user may do in a repository, whatever it comes from."""
    return {
        "type": "repository_permission",
        "permission": permission,
        "user": people.user_by_uuid(view, user),
        "repository": repository(view, repo),
    }


def download(view: View, repo: Repository, entry: Download) -> Json:
    """A file offered for download."""
    return {
        "type": "download",
        "name": entry.name,
        "size": entry.size,
        "downloads": entry.downloads,
        "created_on": timestamps.python_style(entry.created_on),
        "user": people.user_by_uuid(view, entry.user),
        "links": {"self": link(f"{view.repository_url(repo)}/downloads/{quoted(entry.name)}")},
    }


def branching_model_settings(address: str) -> Json:
    """The branching model as it was set (shape from the schema: no recording)."""
    return {
        "type": "branching_model_settings",
        "branch_types": [{"kind": kind, "prefix": f"{kind}/", "enabled": True} for kind in _BRANCH_TYPES],
        "development": {"use_mainbranch": True, "is_valid": True},
        "production": {"use_mainbranch": False, "is_valid": True, "enabled": False},
        "links": {"self": link(address)},
    }


def branching_model(repo: Repository | None) -> Json:
    """The branching model that every repository begins with: the main branch and four prefixes.

    That of a project (None) names the branch that new repositories begin with.
    """
    return {
        "type": "branching_model",
        "branch_types": [{"kind": kind, "prefix": f"{kind}/"} for kind in _BRANCH_TYPES],
        "development": {"name": "main" if repo is None else repo.mainbranch, "use_mainbranch": True},
    }


def _group_of_slug(view: View, repo: Repository, slug: str) -> Json:
    return _group_by_slug(view, repo.workspace, slug)


def _group_by_slug(view: View, workspace: str, slug: str) -> Json:
    found = next((each for each in view.world.groups if each.workspace == workspace and each.slug == slug), None)
    return _group(view, found or Group(workspace, slug, slug))


def _group(view: View, entry: Group) -> Json:
    space = view.world.workspaces[entry.workspace]
    return {
        "type": "group",
        "name": entry.name,
        "slug": entry.slug,
        "full_slug": f"{space.slug}:{entry.slug}",
        "workspace": people.workspace(view, space),
        "links": {"html": link(f"{SITE}/{space.slug}/workspace/settings/groups/{entry.slug}")},
    }
