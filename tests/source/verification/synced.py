"""A warehouse beside the company that it was loaded from: verified, spoiled by hand, repaired."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt
import duckdb

from bitbucket_emulator import Emulator
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import SyncResult
from bitbucket_source.session import Session
from bitbucket_source.source import make_session, selected_tables
from bitbucket_source.tables import TABLES
from bitbucket_source.verification import Depth, Difference, Kind, Verification, verify
from bitbucket_source.verification.repair import Repair, repair
from tests.truth.company import AUTH, WORKSPACE
from tests.truth.syncing import IMPATIENT, differences, kept_open, sync


@dataclass
class Synced:
    """The company, and a warehouse that equals it."""

    bitbucket: Emulator
    path: Path
    directory: Path

    def session(self, **settings: Any) -> Session:
        made = make_session(
            WORKSPACE,
            base_url=self.bitbucket.base_url,
            credentials={"email": AUTH[0], "api_token": AUTH[1]},
            **settings,
        )
        return Session(made.settings, made.credentials, IMPATIENT)

    @property
    def pipeline(self) -> dlt.Pipeline:
        return make_pipeline(WORKSPACE, database=str(self.path), pipelines_dir=str(self.directory))

    def sync(self) -> SyncResult:
        result = sync(self.bitbucket, self.path, self.directory, audit_requests="0")
        assert result.exit_code == 0
        return result

    def verify(self, depth: Depth, tables: list[str] | None = None, rows: int = 100, **settings: Any) -> Verification:
        self.bitbucket.clear_requests()
        session = self.session(**settings)
        found = verify(self.pipeline, session, selected_tables(tables), depth=depth, rows=rows, seed=7)
        assert found.requests == len(self.bitbucket.requests)
        return found

    def repair(self, verification: Verification, **settings: Any) -> Repair:
        self.bitbucket.clear_requests()
        done = repair(self.pipeline, self.session(**settings), verification)
        assert done.requests == len(self.bitbucket.requests)
        return done

    def differences(self) -> list[Any]:
        return differences(self.bitbucket, self.path)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set schema = 'bitbucket_raw'")
            return connection.execute(query, values).fetchall()

    def delete(self, table: str, rows: int) -> set[tuple[Any, ...]]:
        """Delete some rows, as somebody with SQL may; returns their keys."""
        key = ", ".join(TABLES[table].key)
        with kept_open(self.path):
            chosen = self.rows(
                f"select {key} from {table} where deleted_at is null order by hash(({key})) limit {rows}"
            )
            for values in chosen:
                same = " and ".join(f"{name} = ?" for name in TABLES[table].key)
                self.rows(f"delete from {table} where {same}", *values)
        assert len(chosen) == rows
        return set(chosen)


def keys(found: list[Difference], table: str, kind: Kind | None = None) -> set[tuple[Any, ...]]:
    return {each.key for each in found if each.table.name == table and kind in {None, each.kind}}
