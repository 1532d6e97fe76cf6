"""Deployments: what is deployed, again or late, arrives; what Bitbucket overwrites stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world import World, actions, graph
from bitbucket_emulator.world.model import SECOND, Pipeline
from tests.source.conftest import Warehouse
from tests.source.shop import (
    BY_HAND,
    SLUG,
    deployment,
    make_shop,
    release,
    repository,
    start,
    wait,
)


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(make_shop()) as emulator:
        yield emulator


@pytest.fixture
def world(bitbucket: Emulator) -> World:
    return bitbucket.world


@pytest.fixture(scope="module")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a warehouse after a first release and a first sync: copy it, never change it."""
    with Emulator(make_shop()) as bitbucket:
        release(bitbucket.world)
        made = Warehouse(bitbucket, tmp_path_factory.mktemp("first_sync"))
        assert made.sync().exit_code == 0
    return made.directory


@pytest.fixture
def released(world: World, warehouse: Warehouse, first_sync: Path) -> Pipeline:
    """A first release, which is synced."""
    run = release(world)
    warehouse.begin_with(first_sync)
    return run


def at(micros: int | None) -> datetime | None:
    return (
        None if micros is None else datetime.fromtimestamp(micros // SECOND, UTC).replace(microsecond=micros % SECOND)
    )


def attempts(warehouse: Warehouse, run: Pipeline) -> list[tuple[object, ...]]:
    return warehouse.rows(
        "select started_on, status, completed_on from deployment_attempts "
        f"where release_pipeline_uuid = '{run.uuid}' order by 1, 2"
    )


def step_attempts(warehouse: Warehouse, run: Pipeline) -> list[tuple[object, ...]]:
    return warehouse.rows(
        "select s.name, a.status, a.run_number, a.started_on from pipeline_step_attempts a "
        f"join pipeline_steps s on s.uuid = a.step_uuid where a.pipeline_uuid = '{run.uuid}' order by 4, 2"
    )


def row(warehouse: Warehouse, run: Pipeline) -> list[tuple[object, ...]]:
    return warehouse.rows(
        "select state_name, state_status_name, state_started_on, state_completed_on from deployments "
        f"where release_pipeline_uuid = '{run.uuid}' and deleted_at is null"
    )


def carried(warehouse: Warehouse, run: Pipeline, started_on: int | None = None) -> list[tuple[object, ...]]:
    """The commits of a run's attempts that are still said to be carried, with the deployment before."""
    when = f"and c.started_on = '{at(started_on)}'" if started_on is not None else ""
    return sorted(
        warehouse.rows(
            "select c.hash, c.previous_deployment_uuid from deployment_commits c "
            "join deployments d on d.uuid = c.deployment_uuid "
            f"where d.release_pipeline_uuid = '{run.uuid}' and c.deleted_at is null {when}"
        )
    )


def between(world: World, run: Pipeline, before: Pipeline) -> list[tuple[object, ...]]:
    """What a run carries behind another, by the emulator's own log."""
    home = repository(world)
    new = {commit.hash for commit in graph.log(home, [run.target.commit])}
    old = {commit.hash for commit in graph.log(home, [before.target.commit])}
    return sorted((sha, deployment(world, before).uuid) for sha in new - old)


def test_a_deployment_and_its_environment_arrive(world: World, warehouse: Warehouse) -> None:
    run = release(world)
    warehouse.sync()

    found = deployment(world, run)
    assert warehouse.rows(
        "select d.uuid, e.name, e.environment_type_name, e.rank, d.step_uuid, d.release_name, d.commit_hash, "
        "d.state_name, d.state_status_name, d.state_deployer_uuid, d.state_started_on, d.state_completed_on, "
        "d.version, d.last_update_time from deployments d join environments e on e.uuid = d.environment_uuid"
    ) == [
        (
            found.uuid,
            "Production",
            "Production",
            2,
            found.step,
            "#1",
            run.target.commit,
            "COMPLETED",
            "SUCCESSFUL",
            next(user.uuid for user in world.users.values() if user.nickname == "ada"),
            at(found.started_on),
            at(found.completed_on),
            1,
            at(found.completed_on),
        )
    ]
    assert warehouse.rows("select count(*) from environments") == [(3,)]
    assert attempts(warehouse, run) == [(at(found.started_on), "SUCCESSFUL", at(found.completed_on))]


def test_the_first_success_carries_nothing_and_each_other_what_is_new(world: World, warehouse: Warehouse) -> None:
    first, second = release(world), release(world, commits=3)
    warehouse.sync()
    assert carried(warehouse, first) == []
    assert carried(warehouse, second) == between(world, second, first)
    assert len(carried(warehouse, second)) == 3

    third = release(world, commits=2)
    warehouse.sync()
    assert carried(warehouse, third) == between(world, third, second)
    assert len(carried(warehouse, third)) == 2


def test_what_a_failed_deployment_would_have_carried_is_carried_by_the_next(
    world: World, warehouse: Warehouse, released: Pipeline
) -> None:
    failed = release(world, "FAILED")
    warehouse.sync()
    assert row(warehouse, failed)[0][:2] == ("COMPLETED", "FAILED")
    assert [status for _, status, _ in attempts(warehouse, failed)] == ["FAILED"]
    assert carried(warehouse, failed) == []

    third = release(world)
    warehouse.sync()
    assert carried(warehouse, third) == between(world, third, released)
    assert len(carried(warehouse, third)) == 2


def test_a_rollback_keeps_the_attempt_before_and_reads_its_run_again(world: World, warehouse: Warehouse) -> None:
    first = release(world)
    was = deployment(world, first)
    before = (at(was.started_on), "SUCCESSFUL", at(was.completed_on))
    second = release(world)
    for _ in range(101):
        actions.run_pipeline(world, SLUG, steps=[])
    warehouse.sync()
    wait(world)
    actions.redeploy_step(world, SLUG, first, "Deploy", "ada")
    result = warehouse.sync(audit_requests="0")

    now = deployment(world, first)
    assert (result.exit_code, result.slices) == (0, 2)
    assert attempts(warehouse, first) == [before, (at(now.started_on), "SUCCESSFUL", at(now.completed_on))]
    assert row(warehouse, first) == [("COMPLETED", "SUCCESSFUL", at(now.started_on), at(now.completed_on))]
    assert carried(warehouse, first) == [], "it takes commits away"
    assert warehouse.rows(f"select run_number, completed_on from pipelines where uuid = '{first.uuid}'") == [
        (first.run_number, at(first.completed_on))
    ]
    assert [(name, status, number) for name, status, number, _ in step_attempts(warehouse, first)] == [
        ("Build", "SUCCESSFUL", 1),
        ("Deploy", "SUCCESSFUL", 1),
        ("Deploy", "SUCCESSFUL", 2),
    ]

    third = release(world)
    warehouse.sync()
    assert carried(warehouse, third) == between(world, third, first)
    assert len(carried(warehouse, third)) == 2
    assert carried(warehouse, second) == between(world, second, first)


def test_a_step_that_is_started_by_hand_later_deploys(world: World, warehouse: Warehouse) -> None:
    first = release(world)
    run = start(world, BY_HAND)
    actions.run_step(world, SLUG, run, "Build")
    warehouse.sync()
    assert row(warehouse, run) == [("UNDEPLOYED", None, None, None)]
    assert attempts(warehouse, run) == []

    wait(world, 3)
    actions.start_step(world, SLUG, run, "Deploy", "ada")
    warehouse.sync()
    began = at(deployment(world, run).started_on)
    assert row(warehouse, run) == [("IN_PROGRESS", None, began, None)]
    assert attempts(warehouse, run) == [(began, "IN_PROGRESS", None)]
    assert carried(warehouse, run) == []

    wait(world)
    actions.finish_step(world, SLUG, run, "Deploy")
    warehouse.sync()
    ended = at(deployment(world, run).completed_on)
    assert row(warehouse, run) == [("COMPLETED", "SUCCESSFUL", began, ended)]
    assert attempts(warehouse, run) == [(began, "IN_PROGRESS", None), (began, "SUCCESSFUL", ended)]
    assert carried(warehouse, run) == between(world, run, first)


def test_a_step_that_is_run_again_keeps_each_attempt(world: World, warehouse: Warehouse) -> None:
    run = start(world, ["Build", "Test"])
    actions.run_step(world, SLUG, run, "Build")
    actions.run_step(world, SLUG, run, "Test", "FAILED")
    warehouse.sync()
    wait(world)
    actions.rerun_step(world, SLUG, run, "Test", "ada")
    warehouse.sync()

    assert [(name, status, number) for name, status, number, _ in step_attempts(warehouse, run)] == [
        ("Build", "SUCCESSFUL", 1),
        ("Test", "FAILED", 1),
        ("Test", "SUCCESSFUL", 2),
    ]


@pytest.mark.usefixtures("released")
def test_a_new_environment_is_listed_when_something_is_deployed_to_it(world: World, warehouse: Warehouse) -> None:
    made = actions.create_environment(world, SLUG, "Canary", "Production")
    warehouse.sync(audit_requests="0")
    assert warehouse.rows("select count(*) from environments") == [(3,)], "no signal tells of it"

    run = start(world, ["Build", {"name": "Deploy", "environment": "Canary"}])
    actions.run_step(world, SLUG, run, "Build")
    actions.run_step(world, SLUG, run, "Deploy")
    warehouse.sync(audit_requests="0")
    assert warehouse.rows(f"select name from environments where uuid = '{made.uuid}'") == [("Canary",)]
    assert warehouse.requests["environments"] == 1


def test_an_environment_that_is_deleted_takes_its_deployments_along_and_leaves_their_attempts(
    world: World, warehouse: Warehouse
) -> None:
    first, second = release(world), release(world)
    warehouse.sync()
    environment = deployment(world, first).environment
    attempts_before = [attempts(warehouse, run) for run in (first, second)]
    actions.delete_environment(world, SLUG, environment)
    warehouse.sync()
    assert len(row(warehouse, second)) == 1, "a list that became empty is believed when it is seen twice"
    warehouse.sync()

    assert warehouse.rows("select count(*) from deployments where deleted_at is null") == [(0,)]
    assert warehouse.rows("select uuid from environments where deleted_at is not null") == [(environment,)]
    assert warehouse.rows("select count(*) from deployment_commits where deleted_at is null") == [(0,)]
    assert [attempts(warehouse, run) for run in (first, second)] == attempts_before


@pytest.mark.usefixtures("released")
def test_the_idle_cost_is_a_request_where_something_was_deployed_lately(world: World, warehouse: Warehouse) -> None:
    warehouse.sync(audit_requests="0")
    assert {name: warehouse.requests[name] for name in ("deployments", "environments", "steps")} == {
        "deployments": 1,
        "environments": 0,
        "steps": 0,
    }

    wait(world, 91)
    warehouse.sync(audit_requests="0")
    assert warehouse.requests["deployments"] == 0


@pytest.mark.usefixtures("released")
def test_a_pipeline_tells_of_a_deployment_after_a_long_time(world: World, warehouse: Warehouse) -> None:
    wait(world, 200)
    warehouse.sync(audit_requests="0")
    run = release(world)
    warehouse.sync(audit_requests="0")

    assert row(warehouse, run)[0][:2] == ("COMPLETED", "SUCCESSFUL")
    assert warehouse.requests["deployments"] == 1


def test_a_repository_that_never_deployed_is_asked_when_a_pipeline_runs(world: World, warehouse: Warehouse) -> None:
    warehouse.sync()
    warehouse.sync(audit_requests="0")
    assert warehouse.requests["deployments"] == 0

    run = release(world)
    warehouse.sync(audit_requests="0")
    assert row(warehouse, run)[0][:2] == ("COMPLETED", "SUCCESSFUL")


@pytest.mark.usefixtures("released")
def test_more_than_a_page_of_new_ones_is_read_as_far_as_they_go(world: World, warehouse: Warehouse) -> None:
    for _ in range(230):
        release(world, commits=0)
    warehouse.sync(audit_requests="0")

    assert warehouse.rows("select count(*) from deployments") == [(231,)]
    assert warehouse.requests["deployments"] == 3


def test_one_that_runs_below_the_newest_hundred_is_seen_to_end(world: World, warehouse: Warehouse) -> None:
    slow = start(world)
    actions.run_step(world, SLUG, slow, "Build")
    actions.start_step(world, SLUG, slow, "Deploy")
    for _ in range(105):
        release(world, commits=0)
    warehouse.sync()
    actions.finish_step(world, SLUG, slow, "Deploy", "FAILED")
    warehouse.sync(audit_requests="0")

    assert row(warehouse, slow)[0][:2] == ("COMPLETED", "FAILED")


def test_deployments_alone_need_no_pipelines(world: World, warehouse: Warehouse) -> None:
    tables = ["deployments", "deployment_attempts", "environments"]
    warehouse.sync(tables)
    run = release(world)
    warehouse.sync(tables, audit_requests="0")

    assert row(warehouse, run)[0][:2] == ("COMPLETED", "SUCCESSFUL")
    assert warehouse.requests["pipelines"] == 0


def test_what_it_is_derived_from_has_to_be_selected(world: World, warehouse: Warehouse) -> None:
    release(world)
    result = warehouse.sync(["deployments", "deployment_commits"])

    assert [notice for notice in result.notices if "deployment_commits" in notice] == [
        "deployment_commits: skipped: it is derived from deployment_attempts, commits, commit_parents: select them too"
    ]


def test_selected_later_it_is_derived_from_the_beginning(world: World, warehouse: Warehouse) -> None:
    first, second = release(world), release(world)
    without = [
        "pipelines",
        "deployments",
        "deployment_attempts",
        "branches",
        "tags",
        "commits",
        "commit_parents",
    ]
    warehouse.sync(without)
    warehouse.sync([*without, "deployment_commits"])

    assert carried(warehouse, second) == between(world, second, first)


def test_since_bounds_deployments_by_their_start(world: World, warehouse: Warehouse) -> None:
    old = release(world)
    wait(world, 30)
    date = datetime.fromtimestamp(world.clock / SECOND, UTC).isoformat()
    first, second = release(world), release(world)
    warehouse.sync(since=date)
    assert [len(row(warehouse, run)) for run in (old, first, second)] == [0, 1, 1]
    assert carried(warehouse, first) == []

    warehouse.sync()
    assert len(row(warehouse, old)) == 1
    assert carried(warehouse, first) == between(world, first, old)


@pytest.mark.usefixtures("released")
def test_the_head_of_an_unknown_commit_is_a_sign_of_a_push(world: World, warehouse: Warehouse) -> None:
    home = repository(world)
    moved_on = home.updated_on
    run = start(world)
    actions.run_step(world, SLUG, run, "Build")
    actions.run_step(world, SLUG, run, "Deploy")
    home.updated_on = moved_on
    warehouse.sync(
        ["deployments", "deployment_attempts", "deployment_commits", "commits", "commit_parents", "branches", "tags"],
        audit_requests="0",
    )

    assert warehouse.rows(f"select count(*) from commits where hash = '{run.target.commit}'") == [(1,)]


def test_what_waits_for_a_commit_is_derived_when_it_comes(world: World, warehouse: Warehouse) -> None:
    first, second = release(world), release(world)
    tables = ["pipelines", "deployments", "deployment_attempts", "deployment_commits", "commits", "commit_parents"]
    warehouse.bitbucket.add_fault(Fault(kind="status", status=500, path="/commits$"))
    assert warehouse.sync(tables).exit_code == 1
    assert carried(warehouse, second) == []

    warehouse.bitbucket.clear_faults()
    assert warehouse.sync(tables).exit_code == 0
    assert carried(warehouse, second) == between(world, second, first)


def test_the_audit_finds_what_no_signal_tells_of(world: World, warehouse: Warehouse) -> None:
    first, _ = release(world), release(world)
    for _ in range(100):
        release(world, commits=0)
    warehouse.sync()
    waiting = start(world, BY_HAND)
    actions.run_step(world, SLUG, waiting, "Build")
    made = actions.create_environment(world, SLUG, "Canary", "Production")
    warehouse.sync(audit_requests="0")
    wait(world, 91)
    warehouse.sync(audit_requests="0")
    actions.redeploy_step(world, SLUG, first, "Deploy", "ada")
    warehouse.sync(audit_requests="0")
    assert row(warehouse, waiting) == []
    assert len(attempts(warehouse, first)) == 1

    warehouse.sync(audit_requests="all")
    assert row(warehouse, waiting) == [("UNDEPLOYED", None, None, None)]
    assert len(attempts(warehouse, first)) == 2
    assert warehouse.rows(f"select name from environments where uuid = '{made.uuid}'") == [("Canary",)]


@pytest.mark.usefixtures("released")
def test_the_audit_finds_an_environment_that_is_gone(world: World, warehouse: Warehouse) -> None:
    empty = next(each.uuid for each in repository(world).environments.values() if each.name == "Test")
    actions.delete_environment(world, SLUG, empty)
    warehouse.sync(audit_requests="all")

    assert warehouse.rows("select uuid from environments where deleted_at is not null") == [(empty,)]


def test_an_idle_sync_writes_no_cursor(world: World, warehouse: Warehouse) -> None:
    release(world)
    start(world, BY_HAND)
    warehouse.sync()
    [(before,)] = warehouse.rows("select count(*) from sync_cursors where table_name like 'deployment%'")
    warehouse.sync(audit_requests="0")

    assert warehouse.rows("select count(*) from sync_cursors where table_name like 'deployment%'") == [(before,)]


def test_one_found_late_between_two_others_takes_its_commits_from_the_next(world: World, warehouse: Warehouse) -> None:
    first, second, third = release(world), release(world, commits=2), release(world)
    home = repository(world)
    hidden = home.deployments.pop(deployment(world, second).uuid)
    warehouse.sync()
    assert carried(warehouse, third) == between(world, third, first)
    assert len(carried(warehouse, third)) == 3

    home.deployments[hidden.uuid] = hidden
    warehouse.sync()
    assert carried(warehouse, second) == between(world, second, first)
    assert carried(warehouse, third) == between(world, third, second)
    assert len(carried(warehouse, third)) == 1


def test_read_again_it_is_as_it_was(world: World, warehouse: Warehouse) -> None:
    for number in range(4):
        release(world, "FAILED" if number == 1 else "SUCCESSFUL", commits=2)
    warehouse.sync()
    before = contents(warehouse)
    warehouse.rows(
        "insert into deployment_commits by name "
        "select * replace ('f00' as hash) from deployment_commits limit 1 returning 1"
    )
    warehouse.sync(full_refresh=True)

    assert contents(warehouse)["deployments"] == before["deployments"]
    assert warehouse.rows("select hash from deployment_commits where deleted_at is not null") == [("f00",)]
    assert warehouse.rows("select count(*) from deployment_commits where deleted_at is null") == [
        (len(before["deployment_commits"]),)
    ]


TABLES = ("environments", "deployments", "deployment_attempts", "deployment_commits", "pipeline_step_attempts")


def contents(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: warehouse.rows(f"select * exclude (synced_at, _dlt_load_id) from {table} order by all")
        for table in TABLES
    }


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.long)])
def test_a_first_load_cut_at_any_request_ends_equal(
    world: World, warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory, step: int
) -> None:
    for number in range(6):
        release(world, "FAILED" if number == 3 else "SUCCESSFUL")
    whole = Warehouse(warehouse.bitbucket, tmp_path_factory.mktemp("whole"))
    whole.sync()
    expected = contents(whole)
    assert len(expected["deployment_commits"]) == 5

    for cut in range(6, whole.requests.total(), step):
        cut_short = Warehouse(warehouse.bitbucket, tmp_path_factory.mktemp(f"cut{cut}"))
        assert cut_short.sync(max_requests=cut, audit_requests="0").exit_code == 3
        assert cut_short.sync(audit_requests="0").exit_code == 0
        assert contents(cut_short) == expected, cut
