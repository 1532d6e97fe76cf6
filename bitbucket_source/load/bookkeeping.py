"""`sync_runs` and `sync_errors`: what the runs did, kept in the warehouse itself.

The rows go straight through SQL: a run in which nothing changed makes no load package.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import dlt
import msgspec

from bitbucket_source.load.arrow import arrow_schema
from bitbucket_source.load.database import Database
from bitbucket_source.load.resources import bookkeeping_resource, one_source
from bitbucket_source.load.selection import Selection, encode_selection
from bitbucket_source.sync.agenda import Agenda
from bitbucket_source.sync.audit import Round
from bitbucket_source.sync.items import identity_of
from bitbucket_source.tables import BOOKKEEPING_TABLES, REPOSITORIES, SYNC_ERRORS, SYNC_RUNS, TABLES, Table
from bitbucket_source.tables.contract import Type

_LOAD_ID = "_dlt_load_id"
_BY_SQL = "sql"
"""in `_dlt_load_id` of the rows that no load wrote"""
_ROUNDS = msgspec.json.Decoder(dict[str, Round])


@dataclass(frozen=True)
class Remembered:
    """What earlier runs left for the next."""

    next_repository: str = ""
    rounds: dict[str, Round] = field(default_factory=dict)


def make_bookkeeping_tables(pipeline: dlt.Pipeline, database: Database) -> None:
    """Let dlt make the tables of bookkeeping, and add columns that are new; nothing where all is there."""
    lacking = [table for table in BOOKKEEPING_TABLES if not set(table.columns_by_name) <= set(database.columns(table))]
    if lacking:
        database.close()
        empty = [bookkeeping_resource(table, arrow_schema(table).empty_table()) for table in lacking]
        pipeline.run(one_source(empty))


def was_cut_short(database: Database, workspace: str) -> bool:
    """Whether the last run of the workspace that loads did not come to its end."""
    rows = database.rows(
        f"select exit_code from {database.name(SYNC_RUNS)} where workspace_slug = %s "
        "and coalesce(command, 'sync') <> 'verify' order by started_at desc limit 1",
        workspace,
    )
    return rows == [(None,)]


@dataclass
class Bookkeeping:
    """The books of one run of one workspace."""

    database: Database
    workspace: str
    credentials: str
    started_at: datetime
    command: str = "sync"
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def remembered(self) -> Remembered:
        """Where the last run that ended left off; the beginning, where that cannot be read."""
        rows = self.database.rows(
            f"select next_repository, audit from {self.database.name(SYNC_RUNS)} "
            "where workspace_slug = %s and ended_at is not null and coalesce(command, 'sync') = 'sync' "
            "order by started_at desc limit 1",
            self.workspace,
        )
        for next_repository, audit in rows:
            try:
                written = audit if isinstance(audit, str) else json.dumps(audit)
                return Remembered(next_repository or "", _ROUNDS.decode(written) if audit else {})
            except msgspec.DecodeError:
                return Remembered(next_repository or "")
        return Remembered()

    def requests_of_the_last_hour(self) -> dict[str, list[tuple[float, int]]]:
        """Seconds ago and number of the requests of the runs of the last hour, by whose quota they used."""
        now = datetime.now(UTC)
        rows = self.database.rows(
            "select ended_at, credentials, requests, requests_by_quota "
            f"from {self.database.name(SYNC_RUNS)} where ended_at > %s",
            now - timedelta(hours=1),
        )
        made: dict[str, list[tuple[float, int]]] = {}
        for ended, credentials, requests, written in rows:
            # an older version wrote no quotas: its runs had one
            by_quota = json.loads(written) if isinstance(written, str) else written or {credentials: requests or 0}
            for quota, count in by_quota.items():
                made.setdefault(quota, []).append((max(0.0, (now - ended).total_seconds()), int(count)))
        return made

    def begin(self, selection: Selection) -> None:
        """Write the run's row: whoever looks sees that a sync runs."""
        self._insert(
            SYNC_RUNS,
            {
                "run_id": self.run_id,
                "command": self.command,
                "selection": encode_selection(selection),
                "workspace_slug": self.workspace,
                "credentials": self.credentials,
                "started_at": self.started_at,
            },
        )

    def end(self, values: Mapping[str, Any], rounds: Mapping[str, Round]) -> None:
        """Complete the run's row with these columns."""
        columns = {**values, "ended_at": datetime.now(UTC), "audit": msgspec.json.encode(dict(rounds)).decode()}
        set_to = ", ".join(f"{name} = %s" for name in columns)
        self.database.execute(
            f"update {self.database.name(SYNC_RUNS)} set {set_to} where run_id = %s",
            *columns.values(),
            self.run_id,
        )

    def unread_items(self) -> list[tuple[Table, str]]:
        """What earlier runs could not read and no run has read since: the table and the item of each."""
        rows = self.database.rows(
            f"select table_name, item from {self.database.name(SYNC_ERRORS)} "
            "where workspace_slug = %s and resolved_at is null",
            self.workspace,
        )
        return [(TABLES[table], item) for table, item in rows if table in TABLES]

    def settle_errors(self, agenda: Agenda) -> None:
        """Write what this run could not read, and resolve what it could read again."""
        name = self.database.name(SYNC_ERRORS)
        rows = self.database.rows(
            f"select table_name, repository, item, repository_uuid, last_seen from {name} "
            "where workspace_slug = %s and resolved_at is null",
            self.workspace,
        )
        known = {(table, repository, item): (where, seen) for table, repository, item, where, seen in rows}
        one = "workspace_slug = %s and table_name = %s and repository = %s and item = %s and resolved_at is null"
        uuids = {each.full_name: each.uuid for each in agenda.repositories or ()}
        names = {uuid: full_name for full_name, uuid in uuids.items()}
        gone = self._gone({where for where, _ in known.values()})
        with self.database.transaction():
            for key, trouble in agenda.troubles.items():
                if key in known:
                    self.database.execute(
                        f"update {name} set last_seen = %s, message = %s where {one}",
                        *(self.started_at, trouble.message, self.workspace, *key),
                    )
                    continue
                table, repository, item = key
                self._insert(
                    SYNC_ERRORS,
                    {
                        "workspace_slug": self.workspace,
                        "table_name": table,
                        "repository": repository,
                        "repository_uuid": uuids.get(repository, ""),
                        "item": item,
                        "message": trouble.message,
                        "first_seen": self.started_at,
                        "last_seen": self.started_at,
                    },
                )
            for key, (repository_uuid, seen) in known.items():
                # a repository may have another name now
                now = (key[0], names.get(repository_uuid, key[1]), key[2])
                is_over = repository_uuid in gone or (
                    now not in agenda.troubles and self._is_resolved(agenda, now, repository_uuid, seen)
                )
                if key not in agenda.troubles and is_over:
                    self.database.execute(
                        f"update {name} set resolved_at = %s where {one}",
                        *(self.started_at, self.workspace, *key),
                    )

    def _gone(self, repositories: Iterable[str]) -> set[str]:
        """Those of the repositories, by uuid, that nobody sees any more: of them nothing is left to be read."""
        if not self.database.columns(REPOSITORIES):
            return set()
        return {
            uuid
            for condition, values in self.database.among("uuid", repositories)
            for (uuid,) in self.database.rows(
                f"select uuid from {self.database.name(REPOSITORIES)} where deleted_at is not null and {condition}",
                *values,
            )
        }

    def _is_resolved(self, agenda: Agenda, key: tuple[str, str, str], repository_uuid: str, seen: datetime) -> bool:
        """A list that was read to the end has no error any more; an object once its row was written since."""
        table_name, repository, item = key
        table = TABLES.get(table_name)
        if table is None:
            return True
        source = table if table.endpoint else table.parent or table
        identity = identity_of(table, item)
        if identity is None or table.listed_whole:
            return (source.name, repository) in agenda.complete or bool(
                table.parent and (table.parent.name, repository) in agenda.complete
            )
        if (table, repository_uuid, identity) in agenda.unread.met:
            return True
        if not self.database.columns(table):
            return False
        columns = {"repository_uuid": repository_uuid} if table.is_per_repository else {}
        conditions = " and ".join([f"{name} = %s" for name in (*columns, table.key[-1])])
        found = self.database.rows(
            f"select 1 from {self.database.name(table)} where synced_at > %s and {conditions} limit 1",
            *(
                seen,
                *columns.values(),
                int(identity) if table.columns_by_name[table.key[-1]].type is Type.BIGINT else identity,
            ),
        )
        return bool(found)

    def _insert(self, table: Table, row: Mapping[str, Any]) -> None:
        columns = [*row, _LOAD_ID]
        self.database.execute(
            f"insert into {self.database.name(table)} ({', '.join(columns)}) "
            f"values ({', '.join(['%s'] * len(columns))})",
            *row.values(),
            _BY_SQL,
        )
