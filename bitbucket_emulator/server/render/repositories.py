"""Repositories, whole and inside other objects."""

from __future__ import annotations

from typing import Any

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.server.fields import Abbreviated
from bitbucket_emulator.server.render import people
from bitbucket_emulator.server.render.view import SITE, View, link, quoted
from bitbucket_emulator.world.model import Repository

Json = dict[str, Any]


def repository(view: View, repo: Repository) -> Json:
    """A repository inside another object: five keys, unless `fields` asks for more."""
    name = view.full_name(repo)
    shown = {
        "type": "repository",
        "full_name": name,
        "links": {
            "self": link(f"{view.api}/repositories/{name}"),
            "html": link(f"{SITE}/{name}"),
            "avatar": _avatar(repo),
        },
        "name": repo.name,
        "uuid": repo.uuid,
    }
    return Abbreviated(shown, lambda: whole_repository(view, repo))


def whole_repository(view: View, repo: Repository) -> Json:
    """A repository as `/repositories/{workspace}` lists it."""
    space = view.world.workspaces[repo.workspace]
    project = view.world.projects.get(repo.project or "")
    parent = view.world.repositories.get(repo.parent or "")
    name = view.full_name(repo)
    shown: Json = {
        "type": "repository",
        "full_name": name,
        "links": _links(view, repo, name),
        "name": repo.name,
        "slug": repo.slug,
        "description": repo.description,
        "scm": "git",
        "website": None,
        "owner": {
            "display_name": space.name,
            "links": {
                "self": link(f"{view.api}/workspaces/{quoted(space.uuid)}"),
                "avatar": link(f"{SITE}/account/{space.slug}/avatar/"),
                "html": link(f"{SITE}/{quoted(space.uuid)}/"),
            },
            "type": "team",
            "uuid": space.uuid,
            "username": space.slug,
        },
        "workspace": people.workspace(view, space),
        "is_private": repo.is_private,
    }
    if project is not None:
        shown["project"] = people.project(view, project)
    return {
        **shown,
        "fork_policy": repo.fork_policy,
        "created_on": timestamps.python_style(repo.created_on),
        "updated_on": timestamps.python_style(repo.updated_on),
        "size": repo.size,
        "language": repo.language,
        "uuid": repo.uuid,
        "mainbranch": None if repo.mainbranch is None else {"name": repo.mainbranch, "type": "branch"},
        "override_settings": {"default_merge_strategy": False, "branching_model": False},
        "parent": None if parent is None else repository(view, parent),
        "enforced_signed_commits": None,
        "has_issues": False,
        "has_wiki": False,
    }


def _avatar(repo: Repository) -> dict[str, str]:
    return link(f"https://bytebucket.org/ravatar/{quoted(repo.uuid)}?ts={repo.language or 'default'}")


def _links(view: View, repo: Repository, name: str) -> Json:
    base = f"{view.api}/repositories/{name}"
    space = name.split("/", 1)[0]
    return {
        "self": link(base),
        "html": link(f"{SITE}/{name}"),
        "avatar": _avatar(repo),
        "pullrequests": link(f"{base}/pullrequests"),
        "commits": link(f"{base}/commits"),
        "forks": link(f"{base}/forks"),
        "watchers": link(f"{base}/watchers"),
        "branches": link(f"{base}/refs/branches"),
        "tags": link(f"{base}/refs/tags"),
        "downloads": link(f"{base}/downloads"),
        "source": link(f"{base}/src"),
        "clone": [
            {"name": "https", "href": f"https://{space}@bitbucket.org/{name}.git"},
            {"name": "ssh", "href": f"git@bitbucket.org:{name}.git"},
        ],
        "hooks": link(f"{base}/hooks"),
    }
