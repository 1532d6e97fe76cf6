"""Several workspaces in one dataset, and a selection that changes: nothing of what is not read is touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bitbucket_emulator import Credential, Emulator, generate_world
from bitbucket_source.freshness import freshness_of
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import SyncResult, run_sync
from bitbucket_source.session import Session
from bitbucket_source.source import make_session, selected_tables
from bitbucket_source.tables import BOOKKEEPING_TABLES, DATA_TABLES, SYNC_CURSORS
from tests.source.conftest import ADMIN, AT_ONCE, Warehouse
from tests.truth.syncing import kept_open

SHARED = {table.name for table in BOOKKEEPING_TABLES if table is not SYNC_CURSORS} | {"users"}


@dataclass
class Shared:
    """One database that the workspaces acme and beta are synced into."""

    path: Path
    origins: dict[str, Emulator]

    def sync(self, workspace: str, tables: list[str] | None = None, **settings: Any) -> SyncResult:
        bitbucket = self.origins[workspace]
        asked = {"credentials": ADMIN, **settings}
        made = make_session(workspace, base_url=bitbucket.base_url, oauth_url=bitbucket.oauth_url, **asked)
        session = Session(made.settings, made.credentials, AT_ONCE)
        with kept_open(self.path):
            return run_sync(self.pipeline(workspace), session, selected_tables(tables))

    def transfer_repository(self, source: str, target: str) -> str:
        """Any of one workspace's repositories becomes the other's; returns its uuid."""
        ours, theirs = self.origins[source].world, self.origins[target].world
        repository = ours.repositories.pop(next(iter(ours.repositories)))
        theirs.users.update({uuid: user for uuid, user in ours.users.items() if uuid not in theirs.users})
        repository.workspace, repository.project = theirs.workspace.uuid, next(iter(theirs.projects))
        repository.slug = "transferred"
        theirs.repositories[repository.uuid] = repository
        theirs.slugs[repository.workspace, repository.slug] = repository.uuid
        return repository.uuid

    def pipeline(self, workspace: str) -> Any:
        return make_pipeline(workspace, database=str(self.path), pipelines_dir=str(self.path.parent / "pipelines"))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set schema = 'bitbucket_raw'")
            return connection.execute(query).fetchall()

    def everything_of(self, workspace: str) -> dict[str, list[tuple[Any, ...]]]:
        """All rows that are of a workspace alone, and its cursors."""
        own = f"select uuid from repositories where workspace_slug = '{workspace}'"
        found = {}
        with kept_open(self.path):
            for table in (*DATA_TABLES, SYNC_CURSORS):
                if table.name in SHARED or not self.rows(
                    f"select 1 from information_schema.tables where table_name = '{table.name}'"
                ):
                    continue
                name = "workspace_uuid" if "workspace_uuid" in table.columns_by_name else table.key[0]
                of = f"{own} union select uuid from workspaces where slug = '{workspace}'"
                found[table.name] = self.rows(f"select * from {table.name} where {name} in ({of}) order by all")
        return found


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    worlds = {
        name: generate_world(seed=seed, repositories=2, people=4, years=1, scale=0.1)
        for name, seed in (("acme", 11), ("beta", 12))
    }
    worlds["beta"].workspace.slug = "beta"
    with Emulator(worlds["acme"]) as acme, Emulator(worlds["beta"]) as beta:
        yield Shared(tmp_path / "bitbucket.duckdb", {"acme": acme, "beta": beta})


def test_a_sync_of_one_touches_nothing_of_the_other(shared: Shared) -> None:
    shared.sync("acme")
    before = shared.everything_of("acme")
    assert before["commits"]
    assert before["sync_cursors"]
    shared.sync("beta")
    shared.sync("beta", full_refresh=True)
    shared.sync("beta", emails="drop", audit_requests="all")

    assert shared.everything_of("acme") == before
    assert shared.sync("acme", audit_requests="0").rows == {}


def test_rows_of_one_that_leaves_out_its_repositories_are_not_the_others(shared: Shared) -> None:
    shared.sync("acme")
    shared.sync("beta", ["commits", "users"])
    counts = dict(
        shared.rows(
            "select repository_uuid in (select uuid from repositories) as of_acme, count(*) from commits group by all"
        )
    )
    for name, of_acme in (("acme", True), ("beta", False)):
        told = freshness_of(shared.pipeline(name), name)
        assert next(table.rows for table in told.tables if table.name == "commits") == counts[of_acme]
        assert len(told.repositories) == 2
    addresses = "select count(*) from commits where author_raw like '%@%' and repository_uuid "
    before = shared.rows(f"{addresses} not in (select uuid from repositories)")
    shared.sync("acme", emails="drop")
    assert shared.rows(f"{addresses} in (select uuid from repositories)") == [(0,)]
    assert shared.rows(f"{addresses} not in (select uuid from repositories)") == before != [(0,)]


def test_what_one_loses_the_other_keeps(shared: Shared) -> None:
    shared.sync("acme")
    shared.sync("beta")
    before = shared.everything_of("acme")
    beta = shared.origins["beta"]
    gone = next(iter(beta.world.repositories.values()))
    beta.act("delete_repository", repository=gone.slug)
    shared.sync("beta")

    assert shared.rows("select slug from repositories where deleted_at is not null") == [(gone.slug,)]
    assert shared.everything_of("acme") == before


@pytest.mark.parametrize("order", [("acme", "beta"), ("beta", "acme")])
def test_who_saw_a_repository_in_another_workspace_need_not_look_in_this(
    shared: Shared, order: tuple[str, str]
) -> None:
    scopes = frozenset({"account", "project", "repository", "pullrequest", "pipeline"})
    tokens = {name: {"access_token": f"{name}-token"} for name in shared.origins}
    for name, bitbucket in shared.origins.items():
        bot = bitbucket.world.credentials["workspace"].user
        bitbucket.world.credentials[name] = Credential(name, "bearer", scopes, bot, f"{name}-token")
        shared.sync(name, credentials=tokens[name])
    uuid = shared.transfer_repository("acme", "beta")
    for name in order:
        shared.sync(name, credentials=tokens[name])
    is_there = f"select workspace_slug, deleted_at is null from repositories where uuid = '{uuid}'"
    assert shared.rows(is_there) == [("beta", True)]

    shared.origins["beta"].act("delete_repository", repository=uuid)
    shared.sync("beta", credentials=tokens["beta"])
    assert shared.rows(is_there) == [("beta", False)]


def test_status_tells_each_by_itself(shared: Shared) -> None:
    shared.sync("acme")
    shared.sync("beta", max_requests=8)
    acme, beta = (freshness_of(shared.pipeline(name), name) for name in ("acme", "beta"))

    assert (acme.outcome.value, beta.outcome.value) == ("complete", "stopped")
    assert (acme.as_of is None, beta.as_of is None) == (False, True)
    for told, name in ((acme, "acme"), (beta, "beta")):
        assert {each.name.partition("/")[0] for each in told.repositories} == {name}
        [(count,)] = shared.rows(f"select count(*) from repositories where workspace_slug = '{name}'")
        assert next(table.rows for table in told.tables if table.name == "repositories") == count


def test_a_narrower_selection_deletes_nothing_and_marks_nothing(synced: Warehouse) -> None:
    tables = [table.name for table in DATA_TABLES if table.default]
    before = {name: synced.rows(f"select * from {name} order by all") for name in tables}
    [slug, *_] = [slug for (slug,) in synced.rows("select slug from repositories order by slug")]
    narrow: dict[str, Any] = {"audit_requests": "0"}
    synced.sync(repositories=[slug], **narrow)
    synced.sync(exclude=["*"], **narrow)
    synced.sync(projects=["NOSUCH"], **narrow)
    synced.sync(["repositories", "tags"], **narrow)
    synced.sync(since="2026-11-01", **narrow)

    assert {name: synced.rows(f"select * from {name} order by all") for name in tables} == before


def test_a_part_does_not_move_as_of_and_the_whole_does(synced: Warehouse) -> None:
    whole = freshness_of(synced.pipeline(), "acme").as_of
    [slug, *_] = [slug for (slug,) in synced.rows("select slug from repositories order by slug")]
    synced.sync(repositories=[slug])
    synced.sync(["pull_requests", "repositories"])
    told = freshness_of(synced.pipeline(), "acme")
    assert (told.as_of, told.outcome.value) == (whole, "complete")
    assert told.as_of is not None
    assert told.last_run.started_at > told.as_of
    assert synced.rows("select covers_all from sync_runs order by started_at") == [(True,), (False,), (False,)]

    synced.sync()
    again = freshness_of(synced.pipeline(), "acme")
    assert again.as_of == again.last_run.started_at


def test_whoever_always_reads_a_part_knows_how_fresh_that_is(warehouse: Warehouse) -> None:
    tables = ["repositories", "pull_requests", "users"]
    for _ in range(2):
        warehouse.sync(tables)
    told = freshness_of(warehouse.pipeline(), "acme")
    assert told.as_of == told.last_run.started_at


def test_the_books_say_what_was_asked_for(warehouse: Warehouse) -> None:
    warehouse.sync(["repositories"], exclude=["x-*"], since="2026-01-31", emails="hash", raw=["repositories"])
    [(command, selection)] = warehouse.rows("select command, selection from sync_runs")
    assert command == "sync"
    assert selection == (
        '{"repositories":[],"exclude":["x-*"],"projects":[],"tables":["repositories"],"since":"2026-01-31",'
        '"raw":["repositories"],"extra_columns":{},"emails":"hash"}'
    )
