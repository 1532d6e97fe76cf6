"""Build statuses of commits."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.server.render import git
from bitbucket_emulator.server.render.repositories import repository
from bitbucket_emulator.server.render.view import View, link
from bitbucket_emulator.world.model import BuildStatus, Repository

Json = dict[str, Any]


def build_status(view: View, repo: Repository, entry: BuildStatus, digits: int = 40) -> Json:
    """A build status (FACTS 3); `digits` of the commit's hash are shown."""
    commit_hash = entry.commit[:digits]
    commit = f"{view.repository_url(repo)}/commit/{commit_hash}"
    return {
        "key": entry.key,
        "type": "build",
        "state": entry.state,
        "name": entry.name,
        "refname": entry.refname,
        "commit": git.short_commit(view, repo, commit_hash),
        "url": entry.url,
        "repository": repository(view, repo),
        "description": entry.description,
        "created_on": timestamps.python_style(entry.created_on),
        "updated_on": timestamps.python_style(entry.updated_on),
        "links": {
            "commit": link(commit),
            "self": link(f"{commit}/statuses/build/{quote(entry.key, safe='')}"),
        },
    }
