"""What is deployed, again or late, arrives; what Bitbucket overwrites stays."""

from __future__ import annotations

from bitbucket_emulator.world import World, actions
from tests.source.conftest import Warehouse
from tests.source.deployments.seen import at, attempts, between, carried, row, step_attempts
from tests.source.shop import BY_HAND, SLUG, deployment, release, start, wait


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
