"""The recorded objects of each table, found by walking the raw JSON of the recordings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bitbucket_source.tables import (
    BRANCH_RESTRICTIONS,
    BRANCHES,
    COMMIT_STATUSES,
    COMMITS,
    DEFAULT_REVIEWERS,
    DEPLOYMENTS,
    ENVIRONMENTS,
    PIPELINE_STEPS,
    PIPELINES,
    PROJECTS,
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUEST_PARTICIPANTS,
    PULL_REQUEST_TASKS,
    PULL_REQUESTS,
    REPOSITORIES,
    TAGS,
    USERS,
    WEBHOOKS,
    WORKSPACE_MEMBERS,
    WORKSPACES,
    Table,
)

from .shared import recorded_bodies
from .truth import value_at

Json = dict[str, Any]

_TABLE_OF_TYPE = {
    "app_user": USERS,
    "branch": BRANCHES,
    "branchrestriction": BRANCH_RESTRICTIONS,
    "build": COMMIT_STATUSES,
    "commit": COMMITS,
    "deployment": DEPLOYMENTS,
    "deployment_environment": ENVIRONMENTS,
    "diffstat": PULL_REQUEST_FILES,
    "named_branch": BRANCHES,
    "participant": PULL_REQUEST_PARTICIPANTS,
    "pipeline": PIPELINES,
    "pipeline_step": PIPELINE_STEPS,
    "project": PROJECTS,
    "pullrequest": PULL_REQUESTS,
    "pullrequest_comment": PULL_REQUEST_COMMENTS,
    "repository": REPOSITORIES,
    "tag": TAGS,
    "team": USERS,
    "user": USERS,
    "webhook_subscription": WEBHOOKS,
    "workspace": WORKSPACES,
    "workspace_base": WORKSPACES,
    "workspace_membership": WORKSPACE_MEMBERS,
}
_SAME_OBJECTS = {COMMITS: PULL_REQUEST_COMMITS, USERS: DEFAULT_REVIEWERS}
"""what another list gives, too"""
_HAPPENINGS = {"update", "comment", "approval", "changes_requested"}


@dataclass(frozen=True)
class Recorded:
    """One object of a table; `parent` and `position` where it stands in a list inside another."""

    raw: Json
    parent: Json | None = None
    position: int = 0


def recorded_objects() -> dict[Table, list[Recorded]]:
    """Every object of every table, wherever it is nested, whole or partial.

    Those of nested tables come inside their parents: a participant that was answered alone stands in a pull request
    that has nothing else.
    """
    found: defaultdict[Table, list[Recorded]] = defaultdict(list)
    for body in recorded_bodies():
        for table, raw in _objects(body, "", under=None):
            found[table].append(Recorded(raw))
    return {**found, **{also: found[table] for table, also in _SAME_OBJECTS.items()}}


def listed_in(table: Table, parents: list[Recorded]) -> list[Recorded]:
    """The objects of a nested table, in the lists inside the objects of its parent."""
    return [
        Recorded(item, parent.raw, position)
        for parent in parents
        for position, item in enumerate(value_at(table.within, parent.raw) or ())
    ]


def _objects(value: Any, key: str, under: Table | None) -> Iterator[tuple[Table, Json]]:
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, key, under)
    elif isinstance(value, dict):
        table = _table_of(value, key)
        if table is PULL_REQUEST_PARTICIPANTS:
            if under is not PULL_REQUESTS:
                yield PULL_REQUESTS, {"id": 0, "participants": [value]}
        elif table is not None:
            yield table, value
        for name, inner in value.items():
            yield from _objects(inner, name, table)


def _table_of(value: Json, key: str) -> Table | None:
    """By its type; an answer to a request with `fields=` and some embedded objects have none."""
    kind = value.get("type")
    if isinstance(kind, str):
        return _TABLE_OF_TYPE.get(kind)
    if "pull_request" in value and _HAPPENINGS & set(value):
        return PULL_REQUEST_ACTIVITY
    if {"creator", "content", "state"} <= set(value):
        return PULL_REQUEST_TASKS
    if "hash" in value:
        return COMMITS
    if "full_name" in value:
        return REPOSITORIES
    return BRANCHES if key == "branch" and "name" in value else None
