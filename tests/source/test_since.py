"""`since` bounds a first read; an earlier one later reads the missing part, a later one changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.model import SECOND, Repository
from tests.source.conftest import Warehouse
from tests.truth.comparing import report
from tests.truth.syncing import differences


def moment_now(bitbucket: Emulator) -> str:
    return datetime.fromtimestamp(bitbucket.world.clock / SECOND, UTC).isoformat()


@pytest.fixture
def dates(bitbucket: Emulator) -> list[str]:
    """Two dates that divide what happened in the world, the later one first."""
    moment = datetime.fromtimestamp(bitbucket.world.clock / SECOND, UTC)
    return [(moment - timedelta(days=days)).date().isoformat() for days in (60, 200)]


def test_a_first_read_goes_no_further_back(warehouse: Warehouse, dates: list[str]) -> None:
    late, _ = dates
    warehouse.sync(since=late)

    assert warehouse.rows("select count(*) > 0, min(updated_on) from pull_requests")[0][0]
    assert warehouse.rows(f"select count(*) from pull_requests where updated_on < '{late}'") == [(0,)]
    assert warehouse.rows(f"select count(*) from pipelines where created_on < '{late}'") == [(0,)]
    assert warehouse.rows("select count(*) > 0 from pipelines") == [(True,)]
    assert warehouse.rows(
        "select count(*) from pipeline_steps where pipeline_uuid not in (select uuid from pipelines)"
    ) == [(0,)]
    assert warehouse.rows("select count(*) > 0 from branches") == [(True,)]


def test_an_earlier_one_reads_the_missing_part(bitbucket: Emulator, warehouse: Warehouse, dates: list[str]) -> None:
    late, early = dates
    warehouse.sync(since=late)
    first = warehouse.rows("select repository_uuid, id, synced_at from pull_requests")
    warehouse.sync(since=early)

    assert warehouse.rows(f"select count(*) from pull_requests where updated_on < '{early}'") == [(0,)]
    assert warehouse.rows(f"select count(*) > 0 from pull_requests where updated_on < '{late}'") == [(True,)]
    assert set(first) <= set(warehouse.rows("select repository_uuid, id, synced_at from pull_requests")), (
        "kept as they were"
    )

    warehouse.sync()
    found = differences(bitbucket, Path(warehouse.path))
    assert not found, report(found)


def test_a_later_one_changes_nothing(bitbucket: Emulator, synced: Warehouse, dates: list[str]) -> None:
    synced.sync(since=dates[0])

    assert not differences(bitbucket, Path(synced.path))


def test_an_audit_reads_nothing_that_it_left_out(warehouse: Warehouse, dates: list[str]) -> None:
    warehouse.sync(since=dates[0], audit_requests="0")
    tables = ("pull_requests", "pull_request_comments", "pipelines", "pipeline_steps", "deployments", "commits")
    count = "select " + ", ".join(f"(select count(*) from {table})" for table in tables)
    before = warehouse.rows(count)
    for share in ("all", "0"):
        warehouse.sync(since=dates[0], audit_requests=share)
    assert warehouse.rows(count) == before


def test_an_audit_verifies_what_is_stored_of_the_time_before(
    bitbucket: Emulator, synced: Warehouse, dates: list[str]
) -> None:
    synced.rows("update pipelines set build_number = -1")
    synced.rows("update pull_requests set title = 'damaged'")
    synced.sync(since=dates[0], audit_requests="all")
    found = differences(bitbucket, Path(synced.path))
    assert not found, report(found)


# the smaller the pieces, the more syncs it takes
@pytest.mark.parametrize("requests", [pytest.param(30, marks=pytest.mark.long), 60])
def test_the_missing_part_is_read_in_pieces(
    bitbucket: Emulator, warehouse: Warehouse, dates: list[str], requests: int
) -> None:
    warehouse.sync(since=dates[0])
    codes: list[int] = []
    while 0 not in codes and len(codes) < 30:
        codes.append(warehouse.sync(max_requests=requests, audit_requests="0").exit_code)

    assert codes[0] == 3
    assert codes[-1] == 0
    assert not differences(bitbucket, Path(warehouse.path))


@pytest.fixture
def busy(bitbucket: Emulator) -> Repository:
    """A repository with more runs than the newest page shows, on which a sync meets them anyway: 3 of them a day old
    when the other 110 begin."""
    repository = next(each for each in bitbucket.world.repositories.values() if each.pipelines)
    for runs in (3, 110):
        bitbucket.act("advance_clock", seconds=24 * 3600)
        for _ in range(runs):
            bitbucket.act("run_pipeline", repository=repository.uuid, creator=min(bitbucket.world.users))
    return repository


@pytest.fixture
def bounds(busy: Repository) -> list[str]:
    """Dates that leave out all but the newest 110 runs, and all but these and the 3 before them."""
    begun = sorted(run.created_on for run in busy.pipelines.values())
    return [datetime.fromtimestamp(begun[-runs] / SECOND - 60, UTC).isoformat() for runs in (110, 113)]


def runs_stored(warehouse: Warehouse, repository: Repository) -> int:
    query = "select count(*) from pipelines where deleted_at is null and repository_uuid = "
    [(count,)] = warehouse.rows(f"{query}'{repository.uuid}'")
    return int(count)


def test_runs_that_two_bounds_left_out_are_read_without_one(
    warehouse: Warehouse, busy: Repository, bounds: list[str]
) -> None:
    for bound, runs in zip(bounds, (110, 113), strict=True):
        warehouse.sync(["pipelines"], since=bound)
        assert runs_stored(warehouse, busy) == runs
    warehouse.sync(["pipelines"])
    assert runs_stored(warehouse, busy) == len(busy.pipelines)


def test_a_bound_that_moves_further_back_while_the_missing_part_is_read(
    warehouse: Warehouse, busy: Repository, bounds: list[str]
) -> None:
    tables = ["pipelines", "pipeline_steps"]
    warehouse.sync(tables, since=bounds[0], audit_requests="0")
    while runs_stored(warehouse, busy) == 110:
        # the runs of the missing part are stored before their steps are read
        assert warehouse.sync(tables, since=bounds[1], audit_requests="0", max_requests=9).exit_code == 3
    warehouse.sync(tables)
    assert runs_stored(warehouse, busy) == len(busy.pipelines)


def test_what_it_left_out_hides_no_commits_that_were_dropped(bitbucket: Emulator, warehouse: Warehouse) -> None:
    home = next(iter(bitbucket.world.repositories.values()))
    author = next(user.uuid for user in bitbucket.world.users.values() if user.kind == "user")
    since = datetime.fromtimestamp(bitbucket.world.clock / SECOND, UTC).date().isoformat()
    bitbucket.act("push", repository=home.uuid, branch="old", author=author, commits=230, date="2020-01-01T00:00:00Z")
    warehouse.sync(since=since)
    before = warehouse.rows("select repository_uuid, hash from commits order by all")
    bitbucket.act("push", repository=home.uuid, branch="topic", author=author, commits=2)
    warehouse.sync(since=since)
    bitbucket.act("delete_branch", repository=home.uuid, branch="topic")
    # their head does not resolve any more, and the stored graph ends where the first read did
    bitbucket.act("prune", repository=home.uuid)
    warehouse.sync(since=since, audit_requests="0")

    assert warehouse.rows("select count(*) from commits where deleted_at is not null") == [(2,)]
    assert warehouse.rows("select repository_uuid, hash from commits where deleted_at is null order by all") == before


def test_pull_requests_between_two_bounds_are_read_where_the_first_was_not_reached(
    bitbucket: Emulator, warehouse: Warehouse
) -> None:
    """Two pages of them, of which the first is read when the second bound is given."""
    repository = next(each for each in bitbucket.world.repositories.values() if each.pull_requests)
    author = min(user.uuid for user in bitbucket.world.users.values() if user.kind == "user" and not user.deleted)
    work = {"repository": repository.uuid, "author": author}
    bounds = []
    for branches in (range(60), range(60, 61)):
        bitbucket.act("advance_clock", seconds=24 * 3600)
        bounds.append(moment_now(bitbucket))
        bitbucket.act("advance_clock", seconds=60)
        for number in branches:
            bitbucket.act("push", **work, branch=f"work-{number}")
            bitbucket.act("open_pull_request", **work, source=f"work-{number}", title=str(number))
    stored = f"select count(*) from pull_requests where repository_uuid = '{repository.uuid}'"

    warehouse.sync(["pull_requests"], since=bounds[1], audit_requests="0")
    assert warehouse.rows(stored) == [(1,)]
    for requests in range(3, 12):
        if warehouse.rows(stored) == [(1,)]:
            warehouse.sync(["pull_requests"], since=bounds[0], audit_requests="0", max_requests=requests)
    assert warehouse.rows(stored) == [(51,)]
    warehouse.sync(["pull_requests"])
    assert warehouse.rows(stored) == [(len(repository.pull_requests),)]
