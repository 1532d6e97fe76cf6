"""What is asked for and when: little where little is deployed, and nothing is missed."""

from __future__ import annotations

import pytest

from bitbucket_emulator.world import World, actions
from tests.source.conftest import Warehouse
from tests.source.deployments.seen import attempts, row
from tests.source.shop import BY_HAND, SLUG, deployment, release, repository, start, wait


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


def test_an_idle_sync_writes_no_cursor(world: World, warehouse: Warehouse) -> None:
    release(world)
    start(world, BY_HAND)
    warehouse.sync()
    [(before,)] = warehouse.rows("select count(*) from sync_cursors where table_name like 'deployment%'")
    warehouse.sync(audit_requests="0")

    assert warehouse.rows("select count(*) from sync_cursors where table_name like 'deployment%'") == [(before,)]
