"""A first read that is bounded by a date, or cut short."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bitbucket_emulator.world import World
from bitbucket_emulator.world.model import SECOND
from tests.source.conftest import Warehouse
from tests.source.deployments.seen import between, carried, contents, row
from tests.source.shop import release, wait


def test_since_bounds_deployments_by_their_start(world: World, warehouse: Warehouse) -> None:
    old = release(world)
    wait(world, 3)
    date = datetime.fromtimestamp(world.clock / SECOND, UTC).isoformat()
    first, second = release(world), release(world)
    warehouse.sync(since=date)
    assert [len(row(warehouse, run)) for run in (old, first, second)] == [0, 1, 1]
    assert carried(warehouse, first) == []

    warehouse.sync()
    assert len(row(warehouse, old)) == 1
    assert carried(warehouse, first) == between(world, first, old)


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
