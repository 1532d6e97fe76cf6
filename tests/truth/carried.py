"""What each deployment carried, worked out once more from the attempts and the commits of a warehouse.

Bitbucket forgets an attempt that another overwrites (FACTS 5), so that a full read cannot tell it: the attempts are
taken as they are stored. Commits and their parents never change, whether a branch still reaches them or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import duckdb

from tests.truth.difference import Difference, Missing
from tests.truth.reading import Key, Row

_TABLE = "deployment_commits"


class _Success(NamedTuple):
    repository_uuid: str
    environment_uuid: str
    deployment_uuid: str
    started_on: datetime
    completed_on: datetime
    commit_hash: str
    is_deleted: bool

    @property
    def key(self) -> Key:
        return self.repository_uuid, self.deployment_uuid, self.started_on


def differences_of_deployment_commits(
    stored: Mapping[Key, list[Row]], connection: duckdb.DuckDBPyConnection
) -> Iterator[Difference]:
    """Where the stored rows are none of those that an attempt can have carried."""
    tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    if not {"deployments", "deployment_attempts", "commits", "commit_parents"} <= tables:
        # they were not synced: nothing tells what a deployment carried
        return
    by_attempt: defaultdict[Key, dict[Key, list[Row]]] = defaultdict(dict)
    for key, rows in stored.items():
        by_attempt[key[:3]][key] = rows
    history = _History(connection)
    for success, before in history.successes():
        found = by_attempt.pop(success.key, {})
        expected = history.expected(success, before)
        if expected and all(found != {key: [row] for key, row in each.items()} for each in expected):
            yield from _unlike(expected[0], found)
    for left in by_attempt.values():
        yield from _unlike({}, left)


def _unlike(expected: Mapping[Key, Row], found: Mapping[Key, list[Row]]) -> Iterator[Difference]:
    for key in sorted(expected.keys() | found.keys()):
        if found.get(key) != [expected.get(key)]:
            yield Difference(_TABLE, key, "", expected.get(key, Missing.ROW), found.get(key, Missing.ROW))


class _History:
    """The attempts that succeeded, and the graph of all commits ever stored."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._parents: dict[tuple[str, str], set[str]] = {
            key: set() for key in self._rows("select repository_uuid, hash from commits")
        }
        for repository, commit, parent in self._rows("select repository_uuid, hash, parent_hash from commit_parents"):
            self._parents.setdefault((repository, commit), set()).add(parent)

    def successes(self) -> Iterator[tuple[_Success, list[_Success]]]:
        """Each with those before it in its environment, the newest first."""
        by_environment: defaultdict[tuple[str, str], list[_Success]] = defaultdict(list)
        for row in self._rows(f"""
            select {", ".join(_Success._fields[:-1])}, deployment_uuid not in (
                select uuid from deployments where deleted_at is null
            ) from deployment_attempts
            where status = 'SUCCESSFUL' and environment_uuid is not null and commit_hash is not null
            and repository_uuid not in (select uuid from repositories where deleted_at is not null)
            order by started_on
        """):
            success = _Success(*row)
            before = by_environment[success.repository_uuid, success.environment_uuid]
            yield success, before[::-1]
            before.append(success)

    def expected(self, success: _Success, before: list[_Success]) -> list[dict[Key, Row]]:
        """The rows that it can have: against the one before; none are returned where the graph does not tell.

        One that started before and ended later was not there yet when the rows were written, which happens once.
        """
        found = []
        for previous in before:
            carried = self._carried(success, previous)
            if carried is None:
                return []
            found.append(carried)
            if previous.completed_on <= success.completed_on:
                # what a deleted deployment carried may be marked as deleted with it
                return [*found, {}] if success.is_deleted else found
        return [*found, {}]

    def _carried(self, success: _Success, previous: _Success) -> dict[Key, Row] | None:
        new = self._reached(success.repository_uuid, success.commit_hash)
        old = self._reached(success.repository_uuid, previous.commit_hash)
        if new is None or old is None:
            return None
        shared: dict[str, Any] = {
            "repository_uuid": success.repository_uuid,
            "deployment_uuid": success.deployment_uuid,
            "started_on": success.started_on,
            "environment_uuid": success.environment_uuid,
            "previous_deployment_uuid": previous.deployment_uuid,
            "previous_started_on": previous.started_on,
        }
        return {(*success.key, commit): {**shared, "hash": commit} for commit in new - old}

    def _reached(self, repository: str, commit: str) -> set[str] | None:
        """The commit and all its ancestors; None where one is not stored."""
        reached, to_do = {commit}, [commit]
        while to_do:
            parents = self._parents.get((repository, to_do.pop()))
            if parents is None:
                return None
            to_do += parents - reached
            reached |= parents
        return reached

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()
