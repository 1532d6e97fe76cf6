"""What the warehouse holds of a workspace and what the syncs wrote into its books. Only ever reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from bitbucket_source.load.database import Database, Values
from bitbucket_source.load.workspaces import (
    other_workspaces,
    owns_unlisted,
    repositories_of_others,
    workspace_uuids,
)
from bitbucket_source.sync.audit import Round
from bitbucket_source.tables import REPOSITORIES, SYNC_ERRORS, SYNC_RUNS, WORKSPACES, Table

_ROUNDS = msgspec.json.Decoder(dict[str, Round])


@dataclass(frozen=True)
class Run:
    """A row of `sync_runs`."""

    run_id: str
    credentials: str | None
    """identity of the credentials, no secret"""
    started_at: datetime
    ended_at: datetime | None
    exit_code: int | None
    stopped: str | None
    """why it ended early; empty where it did not"""
    requests: int | None
    seconds_waited: int | None
    """for Bitbucket's rate limit"""


@dataclass(frozen=True)
class OpenError:
    """A row of `sync_errors` that is not resolved."""

    table: str
    repository: str
    """workspace/slug, or the workspace's slug"""
    item: str
    """the object, such as `id 7`; empty for the whole list"""
    message: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True)
class StoredRepository:
    """What `repositories` says of one."""

    uuid: str
    full_name: str
    deleted_at: datetime | None


@dataclass(frozen=True)
class Rows:
    """What a table holds of the workspace."""

    alive: int
    deleted: int
    """marked as deleted themselves"""
    of_deleted_repositories: int
    """not marked themselves, but their repository is"""
    newest: datetime | None
    """the newest of the rows alive, by the table's cursor column"""


class Overview:
    """Questions about one workspace."""

    def __init__(self, database: Database, workspace: str) -> None:
        self._database = database
        self._workspace = workspace
        self._uuids = workspace_uuids(database, workspace)
        self._owns_unlisted = owns_unlisted(database, workspace)

    def last_run(self, condition: str = "1 = 1") -> Run | None:
        """The last run that meets a condition on the columns of `sync_runs`."""
        names = tuple(Run.__dataclass_fields__)
        for row in self._runs(names, f"{condition} order by started_at desc limit 1"):
            return Run(*map(_in_utc, row))
        return None

    def last_whole_run(self) -> Run | None:
        """The last run that read all that is stored of the workspace: a part tells nothing of the rest."""
        is_known = "covers_all" in self._database.columns(SYNC_RUNS)
        return self.last_run("exit_code = 0" + (" and coalesce(covers_all, true)" if is_known else ""))

    def first_start(self) -> datetime | None:
        """When the first run started."""
        [(first,)] = self._runs(("min(started_at)",), "1 = 1")
        return _moment(first)

    def rounds(self) -> dict[str, Round]:
        """Where the audit stands, by the kind of rows; empty where that cannot be read."""
        for (audit,) in self._runs(("audit",), "ended_at is not null order by started_at desc limit 1"):
            try:
                return _ROUNDS.decode(audit if isinstance(audit, str) else json.dumps(audit or {}))
            except msgspec.DecodeError:
                return {}
        return {}

    def open_errors(self) -> list[OpenError]:
        """What could not be read and still cannot, the newest first."""
        if not self._database.columns(SYNC_ERRORS):
            return []
        rows = self._database.rows(
            "select table_name, repository, item, message, first_seen, last_seen "
            f"from {self._database.name(SYNC_ERRORS)} where workspace_slug = %s and resolved_at is null "
            "order by last_seen desc, first_seen desc, repository, table_name, item",
            self._workspace,
        )
        return [OpenError(*map(_in_utc, row)) for row in rows]

    def repositories(self) -> list[StoredRepository]:
        """The repositories, by name, those marked as deleted included."""
        if not self._database.columns(REPOSITORIES):
            return []
        condition, values = self._of_workspace("workspace_uuid")
        rows = self._database.rows(
            f"select uuid, full_name, deleted_at from {self._database.name(REPOSITORIES)} "
            f"where {condition} order by full_name, uuid",
            *values,
        )
        return [StoredRepository(uuid, name or uuid, _moment(gone)) for uuid, name, gone in rows]

    def repositories_of_others(self) -> set[str]:
        """The stored repositories of other workspaces."""
        return repositories_of_others(self._database, self._workspace)

    def rows(self, table: Table) -> Rows:
        """What a table holds. Accounts belong to no workspace: all are counted."""
        join, repository_gone, condition = "", "null", "1 = 1"
        values: list[str] = []
        if table.is_per_repository and self._database.columns(REPOSITORIES):
            join = f"left join {self._database.name(REPOSITORIES)} r on r.uuid = t.repository_uuid"
            repository_gone = "r.deleted_at"
            inside, values = self._of_workspace("r.workspace_uuid")
            condition = f"(r.uuid is null or {inside})" if self._owns_unlisted else inside
        elif table is WORKSPACES or "workspace_uuid" in table.columns_by_name:
            condition, values = self._of_workspace("t.uuid" if table is WORKSPACES else "t.workspace_uuid")
        deleted = "null" if table.keeps_history else "t.deleted_at"
        alive = f"{deleted} is null and {repository_gone} is null"
        newest = f"max(case when {alive} then t.{table.cursor} end)" if table.cursor else "null"
        [row] = self._database.rows(
            f"""
            select
                coalesce(sum(case when {alive} then 1 else 0 end), 0),
                coalesce(sum(case when {deleted} is not null then 1 else 0 end), 0),
                coalesce(sum(case when {deleted} is null and {repository_gone} is not null then 1 else 0 end), 0),
                {newest}
            from {self._database.name(table)} t {join}
            where {condition}
            """,
            *values,
        )
        alive_rows, deleted, of_deleted, last = row
        return Rows(int(alive_rows), int(deleted), int(of_deleted), _moment(last))

    def _runs(self, columns: Sequence[str], condition: str) -> list[Values]:
        there = self._database.columns(SYNC_RUNS)
        of_syncs = "coalesce(command, 'sync') = 'sync'" if "command" in there else "1 = 1"
        # a column that a later version added is there only after its first sync
        selected = ", ".join(name if name in there or "(" in name else "null" for name in columns)
        return self._database.rows(
            f"select {selected} from {self._database.name(SYNC_RUNS)} "
            f"where workspace_slug = %s and {of_syncs} and {condition}",
            self._workspace,
        )

    def _of_workspace(self, column: str) -> tuple[str, list[str]]:
        """The condition that a row is of the workspace; where its identity is not known, that it is of no other."""
        uuids, negation = self._uuids, ""
        if not uuids:
            others = other_workspaces(self._database, self._workspace)
            uuids, negation = [uuid for other in others for uuid in workspace_uuids(self._database, other)], "not "
        if not uuids:
            return "1 = 1", []
        return f"{column} {negation}in ({', '.join(['%s'] * len(uuids))})", list(uuids)


def _in_utc(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _moment(value: Any) -> datetime | None:
    moment: datetime | None = _in_utc(value)
    return moment
