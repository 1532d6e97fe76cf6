"""Which commits a deployment carried: those that the one before it did not have."""

from __future__ import annotations

from bitbucket_emulator import Fault
from bitbucket_emulator.world import World
from bitbucket_emulator.world.model import Pipeline
from tests.source.conftest import Warehouse
from tests.source.deployments.seen import attempts, between, carried, contents, row
from tests.source.shop import deployment, release, repository


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


def test_what_waits_for_a_commit_is_derived_when_it_comes(world: World, warehouse: Warehouse) -> None:
    first, second = release(world), release(world)
    tables = ["pipelines", "deployments", "deployment_attempts", "deployment_commits", "commits", "commit_parents"]
    warehouse.bitbucket.add_fault(Fault(kind="status", status=500, path="/commits$"))
    assert warehouse.sync(tables).exit_code == 1
    assert carried(warehouse, second) == []

    warehouse.bitbucket.clear_faults()
    assert warehouse.sync(tables).exit_code == 0
    assert carried(warehouse, second) == between(world, second, first)


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
