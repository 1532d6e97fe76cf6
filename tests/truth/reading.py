"""A full read of a workspace, as the rows that a warehouse has to hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import requests

from tests.truth.asking import Bitbucket, Json
from tests.truth.columns import COLUMNS, KEYS
from tests.truth.columns.values import Found

Key: TypeAlias = tuple[Any, ...]
Row: TypeAlias = dict[str, Any]
Truth: TypeAlias = dict[str, dict[Key, Row]]

_ACCOUNTS = {"user", "team", "app_user"}


def read_truth(base_url: str, workspace: str, auth: Any) -> Truth:
    """Every row of every table, by its natural key. Nothing may change while it reads.

    `auth` is what requests takes. Raises requests.HTTPError where a list cannot be read.
    """
    truth: Truth = {table: {} for table in COLUMNS}
    with Bitbucket(base_url, workspace, auth) as bitbucket:
        for table, found in _everything(bitbucket):
            _add(truth, table, found)
            for account in _accounts(found.object):
                _meet(truth, account)
    return truth


def _everything(bitbucket: Bitbucket) -> Iterator[tuple[str, Found]]:
    space = bitbucket.workspace()
    place = {"workspace_uuid": space["uuid"], "workspace_slug": space["slug"]}
    yield "workspaces", Found(space)
    yield from (("projects", Found(project, place)) for project in bitbucket.projects())
    yield from (("workspace_members", Found(member, place)) for member in bitbucket.members())
    for repository in list(bitbucket.repositories()):
        yield "repositories", Found(repository)
        yield from _repository(bitbucket, {"repository_uuid": repository["uuid"]})


def _repository(bitbucket: Bitbucket, place: dict[str, Any]) -> Iterator[tuple[str, Found]]:
    uuid = place["repository_uuid"]
    branches, tags = list(bitbucket.branches(uuid)), list(bitbucket.tags(uuid))
    yield from (("branches", Found(branch, place)) for branch in branches)
    yield from (("tags", Found(tag, place)) for tag in tags)
    for commit in bitbucket.commits(uuid) if branches or tags else ():
        yield "commits", Found(commit, place)
        for position, parent in enumerate(commit["parents"]):
            yield "commit_parents", Found(parent, {**place, "hash": commit["hash"]}, position)
    for pull_request in bitbucket.pull_requests(uuid):
        yield "pull_requests", Found(pull_request, place)
        for participant in pull_request["participants"]:
            yield "pull_request_participants", Found(participant, {**place, "pull_request_id": pull_request["id"]})
    for pipeline in _pipelines(bitbucket, uuid):
        yield "pipelines", Found(pipeline, place)
        for position, step in enumerate(bitbucket.steps(uuid, pipeline["uuid"])):
            yield "pipeline_steps", Found(step, {**place, "pipeline_uuid": pipeline["uuid"]}, position)


def _pipelines(bitbucket: Bitbucket, repository_uuid: str) -> list[Json]:
    try:
        return list(bitbucket.pipelines(repository_uuid))
    except requests.HTTPError as error:
        # where pipelines were never switched on (FACTS 5)
        if error.response.status_code == 404:
            return []
        raise


def _add(truth: Truth, table: str, found: Found) -> None:
    row = {name: read(found) for name, read in COLUMNS[table].items()}
    key = tuple(row[name] for name in KEYS[table])
    assert key not in truth[table], f"Bitbucket has {table} {key} twice"
    truth[table][key] = row


def _meet(truth: Truth, account: Json) -> None:
    """Add an account; what one mention of it leaves out another may tell."""
    row = {name: read(Found(account)) for name, read in COLUMNS["users"].items()}
    known = truth["users"].setdefault((row["uuid"],), row)
    known |= {name: told for name, told in row.items() if told is not None}


def _accounts(found: Any) -> Iterator[Json]:
    """Every account named anywhere inside an object."""
    if isinstance(found, list):
        for item in found:
            yield from _accounts(item)
    elif isinstance(found, dict):
        if found.get("type") in _ACCOUNTS:
            yield found
        for name, item in found.items():
            # the owner of a repository or a project is the workspace under another type: it is in workspaces
            if name != "owner":
                yield from _accounts(item)
