"""A full read of a workspace, as the rows that a warehouse has to hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

from tests.truth.asking import Bitbucket, Json
from tests.truth.below_repository import Finding, below_repository
from tests.truth.columns import COLUMNS, DEFAULT, KEYS
from tests.truth.columns.values import Asked, Found, Unknown

Key: TypeAlias = tuple[Any, ...]
Row: TypeAlias = dict[str, Any]

_ACCOUNTS = {"user", "team", "app_user"}


class Truth(dict[str, dict[Key, Row]]):
    """The rows of each table that was read, by their key."""

    def __init__(self, tables: Collection[str]) -> None:
        super().__init__({table: {} for table in COLUMNS if table in tables})
        self._unknown: set[tuple[str, Key]] = set()
        self._asked: defaultdict[str, set[Key]] = defaultdict(set)

    def learn(self, table: str, found: Unknown | Asked) -> None:
        """Remember which rows are known, and which cannot be."""
        if isinstance(found, Unknown):
            self._unknown.add((table, found.key))
        else:
            self._asked[table].add(found.key)

    def knows(self, table: str, key: Key) -> bool:
        """Whether Bitbucket was asked for a row, and could tell whether there is one."""
        starts = [key[:length] for length in range(len(key) + 1)]
        asked = self._asked.get(table)
        return not any((table, start) in self._unknown for start in starts) and (
            asked is None or any(start in asked for start in starts)
        )


def read_truth(base_url: str, workspace: str, auth: Any, tables: Collection[str] = DEFAULT) -> Truth:
    """Every row of the tables, by its natural key. Nothing may change while it reads.

    `auth` is what requests takes. Raises requests.HTTPError where a list cannot be read.
    """
    truth = Truth(tables)
    with Bitbucket(base_url, workspace, auth) as bitbucket:
        for table, found in _everything(bitbucket, tables):
            if not isinstance(found, Found):
                truth.learn(table, found)
            elif table in truth:
                _add(truth, table, found)
                for account in _accounts(found.object) if "users" in truth else ():
                    _meet(truth, account)
    return truth


def _everything(bitbucket: Bitbucket, wanted: Collection[str]) -> Iterator[Finding]:
    space = bitbucket.workspace()
    place = {"workspace_uuid": space["uuid"], "workspace_slug": space["slug"]}
    yield "workspaces", Found(space)
    yield from (("projects", Found(project, place)) for project in bitbucket.projects())
    yield from (("workspace_members", Found(member, place)) for member in bitbucket.members())
    for repository in list(bitbucket.repositories()):
        yield "repositories", Found(repository)
        yield from below_repository(bitbucket, wanted, repository["uuid"])


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
