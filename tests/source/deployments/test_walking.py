"""A list of deployments of several pages, which changes while it is read, and of which the reading is cut short."""

from __future__ import annotations

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world import World, actions
from tests.source.conftest import Warehouse
from tests.source.shop import SLUG, deployment, release, repository

DEPLOYMENTS = ["deployments", "deployment_attempts", "environments"]
TO_TEST = ["Build", {"name": "Deploy", "environment": "Test"}]


def expected(world: World) -> set[tuple[str, str, int]]:
    return {(each.uuid, each.state, each.started_on or 0) for each in repository(world).deployments.values()}


def stored(warehouse: Warehouse) -> set[tuple[object, ...]]:
    return set(
        warehouse.rows(
            "select uuid, state_name, coalesce(epoch_us(state_started_on), 0) from deployments where deleted_at is null"
        )
    )


def after_page(number: int, action: str, **arguments: object) -> Fault:
    """An action that happens when a page of deployments has been answered."""
    return Fault(kind="action", path="/deployments/$", nth=number, when="after", action=action, arguments=arguments)


def test_one_that_is_deployed_again_while_the_list_is_read_first_arrives(
    bitbucket: Emulator, world: World, warehouse: Warehouse
) -> None:
    oldest = release(world)
    for _ in range(229):
        release(world, commits=0)
    fault = after_page(1, "redeploy_step", repository=SLUG, pipeline=oldest.build_number, step="Deploy", user="ada")
    bitbucket.add_fault(fault)
    warehouse.sync(DEPLOYMENTS, audit_requests="0")

    assert deployment(world, oldest).started_on == max(started for _, _, started in expected(world))
    assert stored(warehouse) == expected(world)
    assert warehouse.requests["deployments"] == 5, "three pages, and from the top the two that show nothing else is new"


def test_none_slides_over_the_edge_of_a_page_when_others_are_deleted(
    bitbucket: Emulator, world: World, warehouse: Warehouse
) -> None:
    for _ in range(90):
        release(world, commits=0)
    for _ in range(30):
        run = actions.run_pipeline(world, SLUG, "main", steps=TO_TEST)
        actions.run_step(world, SLUG, run, "Build")
        actions.run_step(world, SLUG, run, "Deploy")
    for _ in range(100):
        release(world, commits=0)
    bitbucket.add_fault(after_page(2, "delete_environment", repository=SLUG, environment="Test"))
    warehouse.sync(DEPLOYMENTS, audit_requests="0")

    assert expected(world) <= stored(warehouse)
    assert len(expected(world)) == 190


@pytest.mark.parametrize("new", [0, 230], ids=["first load", "later"])
def test_cut_short_at_any_request_it_is_read_to_its_end(world: World, warehouse: Warehouse, new: int) -> None:
    for _ in range(230 if not new else 5):
        release(world, commits=0)
    if new:
        warehouse.sync(DEPLOYMENTS, audit_requests="0")
        for _ in range(new):
            release(world, commits=0)
    codes: list[int] = []
    while 0 not in codes and len(codes) < 9:
        codes.append(warehouse.sync(DEPLOYMENTS, max_requests=4 + len(codes) % 2, audit_requests="0").exit_code)

    assert codes[-1] == 0
    assert len(codes) > 1
    assert stored(warehouse) == expected(world)


def test_those_that_never_started_fill_pages_and_hide_nothing(world: World, warehouse: Warehouse) -> None:
    for _ in range(5):
        release(world, commits=0)
    for _ in range(150):
        actions.run_pipeline(world, SLUG, "main", steps=TO_TEST)
    warehouse.sync(DEPLOYMENTS, audit_requests="0")
    release(world)
    warehouse.sync(DEPLOYMENTS, audit_requests="0")

    assert stored(warehouse) == expected(world)
