"""Branches and tags."""

from __future__ import annotations

import re

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.bbql import Field
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import git
from bitbucket_emulator.world.model import Repository, Tag

endpoints = Endpoints()

_REFS = Envelope()
_NUMBER = re.compile(r"(\d+)")


@endpoints.get("/repositories/{workspace}/{repo_slug}/refs", "repository")
def refs(call: Call) -> Json:
    """Branches, then tags."""
    home = lookup.open_repository(call)
    rows: list[str | Tag] = [*home.branches, *home.tags.values()]
    return call.page(
        call.select(rows, _filterable(call, home), sortable=_sortable(home)), lambda row: _ref(call, home, row), _REFS
    )


@endpoints.get("/repositories/{workspace}/{repo_slug}/refs/branches", "repository")
def branches(call: Call) -> Json:
    """The branches, by name."""
    home = lookup.open_repository(call)
    rows = call.select(sorted(home.branches), _filterable(call, home), sortable=_sortable(home))
    return call.page(rows, lambda name: git.branch(call.view, home, name), _REFS)


@endpoints.get("/repositories/{workspace}/{repo_slug}/refs/branches/{name:path}", "repository")
def branch(call: Call) -> Json:
    """One branch; slashes in its name may be escaped or not (FACTS 10)."""
    home, name = lookup.open_repository(call), call.parameters["name"]
    if name not in home.branches:
        raise errors.not_found(f'Branch "{name}" not found.')
    return git.branch(call.view, home, name)


@endpoints.get("/repositories/{workspace}/{repo_slug}/refs/tags", "repository")
def tags(call: Call) -> Json:
    """The tags, by name."""
    home = lookup.open_repository(call)
    rows = [home.tags[name] for name in sorted(home.tags)]
    kept = call.select(rows, _filterable(call, home), sortable=_sortable(home))
    return call.page(kept, lambda row: git.tag(call.view, home, row), _REFS)


@endpoints.get("/repositories/{workspace}/{repo_slug}/refs/tags/{name:path}", "repository")
def tag(call: Call) -> Json:
    """One tag."""
    home, name = lookup.open_repository(call), call.parameters["name"]
    if name not in home.tags:
        raise errors.not_found(f'Tag "{name}" not found.')
    return git.tag(call.view, home, home.tags[name])


def _ref(call: Call, home: Repository, row: str | Tag) -> Json:
    return git.tag(call.view, home, row) if isinstance(row, Tag) else git.branch(call.view, home, row)


def _name(row: str | Tag) -> str:
    return row.name if isinstance(row, Tag) else row


def _head(home: Repository, row: str | Tag) -> str:
    return row.target if isinstance(row, Tag) else home.branches[row]


def _natural(name: str) -> list[tuple[int, str]]:
    """Natural order: release/9 comes before release/10 (FACTS 2)."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBER.split(name)]


def _filterable(call: Call, home: Repository) -> dict[str, Field]:
    return {
        "name": Field(_name, order=_natural if call.world.refs_compare_naturally else None),
        "target.hash": Field(lambda row: _head(home, row)),
        # accepted, and nothing ever matches (FACTS 2)
        "target.date": Field(lambda _row: None, "time"),
    }


def _sortable(home: Repository) -> dict[str, Field]:
    return {
        "name": Field(lambda row: _natural(_name(row))),
        "target.date": Field(lambda row: home.commits[_head(home, row)].date, "time"),
        "target.hash": Field(lambda row: _head(home, row)),
    }
