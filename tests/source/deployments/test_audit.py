"""What no signal tells of is found by the audit."""

from __future__ import annotations

import pytest

from bitbucket_emulator.world import World, actions
from tests.source.conftest import Warehouse
from tests.source.deployments.seen import attempts, row
from tests.source.shop import BY_HAND, SLUG, release, repository, start, wait


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


@pytest.mark.usefixtures("released")
def test_environments_that_are_all_gone_are_found_and_believed_by_the_next_sync(
    world: World, warehouse: Warehouse
) -> None:
    wait(world, 91)
    for each in list(repository(world).environments):
        actions.delete_environment(world, SLUG, each)
    warehouse.sync(audit_requests="all")
    warehouse.sync(audit_requests="0")

    assert warehouse.rows("select count(*) from environments where deleted_at is null") == [(0,)]
    assert warehouse.rows("select count(*) from deployments where deleted_at is null") == [(0,)]
