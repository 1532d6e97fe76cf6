"""Files and folders of a commit."""

from __future__ import annotations

from mimetypes import guess_type
from typing import Any, NamedTuple
from urllib.parse import quote

from bitbucket_emulator.server.render import git
from bitbucket_emulator.server.render.view import View, link
from bitbucket_emulator.world.model import Repository

Json = dict[str, Any]


class Entry(NamedTuple):
    """A path; `size` in bytes of a file, None of a folder."""

    path: str
    size: int | None = None


def entry(view: View, repo: Repository, commit: str, row: Entry) -> Json:
    """A row of a folder."""
    return folder(view, repo, commit, row) if row.size is None else file(view, repo, commit, row)


def folder(view: View, repo: Repository, commit: str, row: Entry) -> Json:
    """A folder."""
    address = f"{_address(view, repo, commit, row)}/"
    return {
        "type": "commit_directory",
        "path": row.path,
        "commit": git.short_commit(view, repo, commit),
        "links": {"self": link(address), "meta": link(f"{address}?format=meta")},
    }


def file(view: View, repo: Repository, commit: str, row: Entry) -> Json:
    """A file."""
    address = _address(view, repo, commit, row)
    return {
        "type": "commit_file",
        "path": row.path,
        "escaped_path": quote(row.path, safe="/"),
        "commit": git.short_commit(view, repo, commit),
        "attributes": [],
        "size": row.size,
        "mimetype": guess_type(row.path)[0],
        "links": {
            "self": link(address),
            "meta": link(f"{address}?format=meta"),
            "history": link(address.replace("/src/", "/filehistory/", 1)),
        },
    }


def _address(view: View, repo: Repository, commit: str, row: Entry) -> str:
    return f"{view.repository_url(repo)}/src/{commit}/{quote(row.path, safe='/')}"
