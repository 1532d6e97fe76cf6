"""How fresh the warehouse is, told by the warehouse alone."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import msgspec
import psycopg2  # type: ignore[import-untyped]
import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.freshness import Freshness, Outcome, RepositoryFreshness, freshness_of
from bitbucket_source.load.lock import SyncLock
from bitbucket_source.load.pipeline import DestinationError, make_pipeline
from bitbucket_source.load.slices import run_sync
from bitbucket_source.source import make_session, selected_tables
from bitbucket_source.sync.audit import Round
from bitbucket_source.sync.standing import State
from tests.source.conftest import ADMIN, Warehouse


def told(warehouse: Warehouse, pipelines_dir: str = "of_status") -> Freshness:
    """What a process tells that has never seen the sync's working directory."""
    return freshness_of(warehouse.pipeline(pipelines_dir), "acme")


def home_of(freshness: Freshness, bitbucket: Emulator) -> RepositoryFreshness:
    home = next(iter(bitbucket.world.repositories.values()))
    return next(each for each in freshness.repositories if each.uuid == home.uuid)


def state_of(repository: RepositoryFreshness, name: str) -> State:
    return next(each.state for each in repository.lists if each.name == name)


def test_after_a_first_sync_everything_is_complete_and_counted(bitbucket: Emulator, warehouse: Warehouse) -> None:
    warehouse.sync()
    requests = len(bitbucket.requests)
    freshness = told(warehouse)

    [(started, ended, made)] = warehouse.rows("select started_at, ended_at, requests from sync_runs")
    run = freshness.last_run
    assert (run.started_at, run.ended_at, run.requests, run.exit_code) == (started, ended, made, 0)
    assert (freshness.as_of, freshness.outcome, freshness.errors, freshness.never_read) == (
        run.started_at,
        Outcome.COMPLETE,
        (),
        (),
    )
    for table in freshness.tables:
        [(count,)] = warehouse.rows(f"select count(*) from {table.name}")
        assert (table.rows, table.deleted, table.of_deleted_repositories) == (count, 0, 0), table.name
        # no round of the audit is complete yet; an account is verified by nothing but what names it
        is_bounded = table.rows and table.name != "users"
        assert table.verified_since == (run.started_at if is_bounded else None), table.name
    assert [table.name for table in freshness.tables] == [table.name for table in selected_tables(None)]
    newest = {table.name: table.newest for table in freshness.tables if table.newest}
    for name, column in {
        "pull_requests": "updated_on",
        "pipelines": "created_on",
        "repositories": "updated_on",
    }.items():
        assert warehouse.rows(f"select max({column}) from {name}") == [(newest[name],)]
    assert [(each.name, each.state, each.visible) for each in freshness.repositories] == [
        (f"acme/{slug}", State.COMPLETE, True)
        for slug in sorted(each.slug for each in bitbucket.world.repositories.values())
    ]
    assert len(bitbucket.requests) == requests, "nothing was asked"


def test_a_stopped_sync_says_where_it_stands(warehouse: Warehouse) -> None:
    warehouse.sync(max_requests=30, workers=1)
    freshness = told(warehouse)

    assert (freshness.outcome, freshness.as_of, freshness.last_run.exit_code) == (Outcome.STOPPED, None, 3)
    assert freshness.last_run.stopped == "the 30 requests of --max-requests are spent"
    first, *others = sorted(freshness.repositories, key=lambda each: each.uuid)
    assert {each.state for each in others} == {State.NOT_BEGUN}
    assert first.state is State.IN_THE_MIDDLE
    assert state_of(first, "pull_requests") is State.COMPLETE
    pipelines = next(each for each in first.lists if each.name == "pipelines")
    [(owed,)] = warehouse.rows(
        "select json_array_length(cursor, '$.owed') from sync_cursors where table_name = 'pipelines' "
        "order by synced_at desc limit 1"
    )
    assert pipelines.left == ("more of the list", f"what hangs on {owed} pipelines")
    assert state_of(first, "commits") is State.NOT_BEGUN


def test_lists_cut_short_are_in_the_middle(bitbucket: Emulator, warehouse: Warehouse) -> None:
    home = next(iter(bitbucket.world.repositories.values()))
    author = next(iter(bitbucket.world.users.values()))
    bitbucket.act("push", repository=home.slug, branch="long", author=author.nickname, commits=220)
    bitbucket.add_fault(Fault(kind="empty_page", path=f"{home.uuid}/pullrequests$", nth=1))
    for page in ("commits", "pullrequests"):
        bitbucket.add_fault(Fault(kind="status", status=403, path=f"{home.uuid}/{page}$", nth=2))
    warehouse.sync(["pull_requests", "commits"])
    lists = {each.name: each for each in home_of(told(warehouse), bitbucket).lists}

    assert (lists["commits"].state, lists["pull_requests"].state) == (State.IN_THE_MIDDLE, State.IN_THE_MIDDLE)
    [(frontier,)] = warehouse.rows(
        "select json_array_length(cursor, '$.frontier') from sync_cursors "
        f"where table_name = 'commits' and repository_uuid = '{home.uuid}'"
    )
    assert lists["commits"].left == (f"the history below {frontier} commits",)
    assert lists["pull_requests"].left == ("more of the list",)
    assert lists["pull_requests"].up_to is None


def test_an_error_is_open_until_it_could_be_read_again(bitbucket: Emulator, warehouse: Warehouse) -> None:
    home = next(iter(bitbucket.world.repositories.values()))
    bitbucket.add_fault(Fault(kind="status", status=403, path=f"{home.uuid}/commits"))
    warehouse.sync(["repositories", "commits"])
    warehouse.sync(["repositories", "commits"])
    freshness = told(warehouse)

    first, last = (started for (started,) in warehouse.rows("select started_at from sync_runs order by 1"))
    [error] = freshness.errors
    assert (error.table, error.repository, error.item) == ("commits", f"acme/{home.slug}", "")
    assert (error.first_seen, error.last_seen) == (first, last)
    assert "403" in error.message
    assert (freshness.outcome, freshness.as_of) == (Outcome.INCOMPLETE, None)
    assert home_of(freshness, bitbucket).state is State.NOT_BEGUN

    bitbucket.clear_faults()
    warehouse.sync(["repositories", "commits"])
    assert told(warehouse).errors == ()


def test_rows_of_a_deleted_repository_are_not_alive(bitbucket: Emulator, warehouse: Warehouse) -> None:
    tables = ["repositories", "branches"]
    warehouse.sync(tables)
    before = {table.name: table.rows for table in told(warehouse).tables}
    home = next(iter(bitbucket.world.repositories.values()))
    [(branches,)] = warehouse.rows(f"select count(*) from branches where repository_uuid = '{home.uuid}'")
    bitbucket.act("delete_repository", repository=home.slug)
    warehouse.sync(tables)
    freshness = told(warehouse)

    [repository] = [each for each in freshness.repositories if each.uuid == home.uuid]
    assert (repository.deleted_at, repository.visible) == (freshness.last_run.started_at, False)
    assert [
        (table.rows, table.deleted, table.of_deleted_repositories) for table in freshness.tables if table.name in tables
    ] == [(before["repositories"] - 1, 1, 0), (before["branches"] - branches, 0, branches)]


def test_what_other_credentials_saw_is_not_visible_to_these(bitbucket: Emulator, warehouse: Warehouse) -> None:
    warehouse.sync(["repositories"])
    home = next(iter(bitbucket.world.repositories.values()))
    bitbucket.act("hide_repository", repository=home.slug, credential="workspace")
    warehouse.sync(["repositories"], credentials={"access_token": "emulator-workspace-token"})

    by_uuid = {each.uuid: each for each in told(warehouse).repositories}
    assert [uuid for uuid, each in by_uuid.items() if not each.visible] == [home.uuid]
    assert by_uuid[home.uuid].deleted_at is None


def test_what_was_verified_is_told_by_the_rounds_of_the_audit(warehouse: Warehouse) -> None:
    warehouse.sync()
    rounds = {"commits": Round(before="2026-05-04T10:00:00+00:00"), "pipelines": Round(before="nonsense")}
    text = msgspec.json.encode(rounds).decode()
    warehouse.rows(f"update sync_runs set audit = '{text}' returning 1")
    freshness = told(warehouse)
    verified = {table.name: table.verified_since for table in freshness.tables}

    assert verified["commits"] == verified["commit_parents"] == datetime(2026, 5, 4, 10, tzinfo=UTC)
    assert verified["pipelines"] == verified["branches"] == freshness.last_run.started_at


@pytest.mark.parametrize(
    ("damage", "state"),
    [
        ("set cursor = '{'", State.UNREADABLE),
        ('set cursor = \'{"heads": 7, "occasion": [], "updated_on": 1}\'', State.UNREADABLE),
        ("set declaration = 'of a newer version'", State.IN_THE_MIDDLE),
    ],
    ids=["truncated", "of other types", "of another declaration"],
)
def test_cursors_that_are_not_as_they_should_be_are_told(warehouse: Warehouse, damage: str, state: State) -> None:
    warehouse.sync(["repositories", "pull_requests", "branches"])
    warehouse.rows(f"update sync_cursors {damage} where table_name <> 'repositories' returning 1")
    freshness = told(warehouse)

    assert {each.state for each in freshness.repositories} == {state}
    assert {each.to_be_read_again for each in freshness.repositories[0].lists} == {"newer" in damage}


def test_a_run_without_end_runs_as_long_as_it_holds_the_lock(warehouse: Warehouse) -> None:
    warehouse.sync(["projects"])
    warehouse.rows("update sync_runs set ended_at = null, exit_code = null returning 1")

    with SyncLock(warehouse.pipeline(), "acme"):
        assert told(warehouse).outcome is Outcome.RUNNING
    assert told(warehouse).outcome is Outcome.KILLED


def test_what_the_scope_is_lacking_for_is_told_once(warehouse: Warehouse) -> None:
    warehouse.sync(credentials={"access_token": "emulator-repository-token"})
    freshness = told(warehouse)

    assert freshness.outcome is Outcome.COMPLETE
    assert freshness.never_read == (
        *("pipelines", "pipeline_steps", "pipeline_step_attempts", "users/pipelines"),
        *("deployments", "deployment_attempts", "users/deployments", "environments"),
    )
    assert {each.state for each in freshness.repositories if each.lists} == {State.COMPLETE}


def test_nothing_synced_is_told_and_leaves_no_file_behind(warehouse: Warehouse) -> None:
    with pytest.raises(DestinationError, match=r"There is no database .*: `bitbucket-source sync acme` makes it"):
        told(warehouse)
    assert not list(warehouse.directory.glob("*.duckdb*"))

    warehouse.sync(["projects"])
    for workspace, dataset in (("other", "bitbucket_raw"), ("acme", "elsewhere")):
        pipeline = make_pipeline(
            workspace, database=warehouse.path, dataset=dataset, pipelines_dir=str(warehouse.directory / dataset)
        )
        with pytest.raises(DestinationError, match=f"dataset {dataset}, holds no sync of {workspace}"):
            freshness_of(pipeline, workspace)


def test_postgres_is_asked_the_same(
    warehouse: Warehouse, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(psycopg2.connect(postgres_server)) as connection:
        connection.autocommit = True
        connection.cursor().execute("create database freshness")
    address = postgres_server.replace("@/", "@localhost:5432/").replace("/postgres?", "/freshness?")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", address)
    here, elsewhere = (
        make_pipeline("acme", destination="postgres", pipelines_dir=str(warehouse.directory / directory))
        for directory in ("here", "elsewhere")
    )
    with pytest.raises(DestinationError, match="postgres, dataset bitbucket_raw, holds no sync of acme"):
        freshness_of(elsewhere, "acme")
    session = make_session("acme", base_url=warehouse.bitbucket.base_url, credentials=ADMIN)
    run_sync(here, session, selected_tables(["repositories", "pull_requests", "branches"]))
    freshness = freshness_of(elsewhere, "acme")

    assert (freshness.outcome, freshness.database) == (Outcome.COMPLETE, None)
    assert {each.state for each in freshness.repositories} == {State.COMPLETE}
    assert [table.name for table in freshness.tables if table.rows] == ["repositories", "branches", "pull_requests"]
    with SyncLock(here, "acme"), here.sql_client() as client:
        client.execute_sql("update sync_runs set ended_at = null")
        assert freshness_of(elsewhere, "acme").outcome is Outcome.RUNNING


def test_what_is_owed_below_pull_requests_is_told_of_the_tables_it_is_owed_of(
    bitbucket: Emulator, warehouse: Warehouse
) -> None:
    home = next(iter(bitbucket.world.repositories.values()))
    number = next(iter(home.pull_requests))
    bitbucket.add_fault(Fault(kind="status", status=500, path=rf"{home.uuid}/pullrequests/{number}/"))
    bitbucket.add_fault(Fault(kind="status", status=500, path=f"{home.uuid}/pullrequests/activity"))
    bitbucket.add_fault(Fault(kind="status", status=500, path="/diffstat/"))
    tables = ["pull_requests", "pull_request_activity", "pull_request_files", "pull_request_tasks"]
    warehouse.sync(tables)
    lists = {each.name: each for each in home_of(told(warehouse), bitbucket).lists}

    assert (lists["pull_requests"].state, lists["pull_requests"].left) == (State.COMPLETE, ())
    assert lists["pull_request_activity"].left == ("the feed of what happened",)
    assert lists["pull_request_tasks"].left == ("that of 1 pull request",)
    assert lists["pull_request_files"].left == (f"that of {len(home.pull_requests)} pull requests",)
    bitbucket.clear_faults()
    warehouse.sync(tables)
    assert {each.state for each in home_of(told(warehouse), bitbucket).lists} == {State.COMPLETE}
