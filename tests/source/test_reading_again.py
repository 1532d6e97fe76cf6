"""Everything is read again where a declaration has changed, or somebody wants it: beside the ordinary reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.server.faults import Fault
from tests.source.conftest import Warehouse
from tests.truth.comparing import report
from tests.truth.syncing import differences

SPOILED = (
    "update pull_requests set title = 'spoiled' where id % 2 = 0",
    "delete from pipeline_steps where position = 0",
    "update commits set message = null",
    "update branches set deleted_at = now()",
)


@pytest.fixture
def spoiled(synced: Warehouse) -> Warehouse:
    """A warehouse in which rows were changed, though every cursor says that all is read."""
    for statement in SPOILED:
        synced.rows(statement)
    return synced


def test_a_full_refresh_reads_everything_again(bitbucket: Emulator, spoiled: Warehouse) -> None:
    spoiled.sync(audit_requests="0")
    assert differences(bitbucket, Path(spoiled.path)), "nothing tells of the spoiled rows"

    assert spoiled.sync(full_refresh=True).exit_code == 0
    _must_be_equal(bitbucket, spoiled)


def test_a_full_refresh_writes_only_what_differs(spoiled: Warehouse) -> None:
    before = set(spoiled.rows("select repository_uuid, id, synced_at from pull_requests where id % 2 = 1"))
    result = spoiled.sync(full_refresh=True)

    assert result.rows["pull_requests"] == spoiled.rows("select count(*) from pull_requests where id % 2 = 0")[0][0]
    assert before == set(spoiled.rows("select repository_uuid, id, synced_at from pull_requests where id % 2 = 1"))


def test_a_full_refresh_of_some_tables_leaves_the_others_to_cost_nothing(synced: Warehouse) -> None:
    synced.sync(audit_requests="0")
    idle = synced.requests
    synced.sync(["tags"], full_refresh=True, audit_requests="0")
    synced.sync(audit_requests="0")

    assert synced.requests == idle


def test_a_full_refresh_of_one_repository_leaves_the_others_to_cost_nothing(synced: Warehouse) -> None:
    synced.sync(audit_requests="0")
    idle = synced.requests
    [(slug, uuid)] = synced.rows(
        "select slug, uuid from repositories join pull_requests on repository_uuid = uuid order by slug limit 1"
    )
    synced.rows(f"update pull_requests set title = 'spoiled' where repository_uuid = '{uuid}'")
    synced.sync(repositories=[slug], full_refresh=True, audit_requests="0")
    synced.sync(audit_requests="0")

    assert synced.requests == idle
    assert not synced.rows("select id from pull_requests where title = 'spoiled'")


def test_a_full_refresh_that_is_stopped_before_it_knows_what_is_there_goes_on(spoiled: Warehouse) -> None:
    assert spoiled.sync(full_refresh=True, max_requests=1).exit_code == 3
    assert spoiled.sync(audit_requests="0").exit_code == 0
    assert not spoiled.rows("select id from pull_requests where title = 'spoiled'")


def test_a_full_refresh_of_nothing_is_a_first_load(bitbucket: Emulator, warehouse: Warehouse, tmp_path: Path) -> None:
    other = Warehouse(bitbucket, tmp_path / "other")
    other.directory.mkdir()
    warehouse.sync(["tags", "pipelines"], audit_requests="0", full_refresh=True)
    other.sync(["tags", "pipelines"], audit_requests="0")

    assert warehouse.requests == other.requests


# the smaller the budgets, the more syncs it takes
@pytest.mark.parametrize("requests", [pytest.param(60, marks=pytest.mark.long), 110])
def test_a_full_refresh_that_is_stopped_goes_on(bitbucket: Emulator, spoiled: Warehouse, requests: int) -> None:
    codes = [spoiled.sync(full_refresh=True, max_requests=requests).exit_code]
    while codes[-1] == 3 and len(codes) < 20:
        codes.append(spoiled.sync(max_requests=requests, audit_requests="0").exit_code)

    assert codes[0] == 3
    assert codes[-1] == 0
    _must_be_equal(bitbucket, spoiled)
    spoiled.sync(audit_requests="0")
    assert "steps" not in spoiled.requests or spoiled.requests["steps"] <= 3, "it came to its end"


@pytest.mark.parametrize(
    "table",
    [
        "pull_requests",
        "commits",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("pipeline_steps", "branches")),
    ],
)
def test_a_changed_declaration_reads_its_table_again(bitbucket: Emulator, spoiled: Warehouse, table: str) -> None:
    spoiled.rows(f"update sync_cursors set declaration = 'an older one' where table_name = '{table}'")
    spoiled.sync(audit_requests="0")

    found = [each for each in differences(bitbucket, Path(spoiled.path)) if each.table == table]
    assert not found, report(found)
    spoiled.sync(audit_requests="0")
    assert sum(spoiled.requests.values()) < 20, "once"


def test_what_is_new_comes_before_what_is_read_again(bitbucket: Emulator, spoiled: Warehouse) -> None:
    spoiled.rows("update sync_cursors set declaration = 'an older one'")
    for repository in bitbucket.world.repositories.values():
        author = next(iter(bitbucket.world.users.values()))
        bitbucket.act("push", repository=repository.slug, branch="new", author=author.nickname)
    result = spoiled.sync(max_requests=25)

    assert result.exit_code == 3
    assert spoiled.rows("select count(*) from branches where name = 'new'") == [(3,)]


def test_what_cannot_be_read_stands_in_the_books_until_it_can(bitbucket: Emulator, warehouse: Warehouse) -> None:
    home = next(iter(bitbucket.world.repositories.values()))
    bitbucket.add_fault(Fault(kind="status", status=403, path=f"{home.uuid}/commits"))
    assert warehouse.sync().exit_code == 1
    bitbucket.clear_faults()
    opened = warehouse.rows("select table_name, repository, item, first_seen = last_seen, resolved_at from sync_errors")
    assert opened == [("commits", f"acme/{home.slug}", "", True, None)]
    assert warehouse.sync().exit_code == 0

    assert warehouse.rows("select count(*) from sync_errors where resolved_at > last_seen") == [(1,)]
    _must_be_equal(bitbucket, warehouse)


@pytest.mark.parametrize("happens", [("rename_repository", {"slug": "renamed"}), ("hide_repository", {})])
def test_an_error_is_over_whatever_has_become_of_its_repository(
    bitbucket: Emulator, synced: Warehouse, happens: tuple[str, dict[str, str]]
) -> None:
    home = next(iter(bitbucket.world.repositories.values()))
    bitbucket.add_fault(Fault(kind="status", status=403, path=f"{home.uuid}/pullrequests"))
    assert synced.sync().exit_code == 1
    bitbucket.clear_faults()
    action, arguments = happens
    bitbucket.act(action, repository=home.uuid, **arguments)
    assert synced.sync().exit_code == 0

    assert synced.rows("select count(*) > 0 from sync_errors") == [(True,)]
    assert synced.rows("select count(*) from sync_errors where resolved_at is null") == [(0,)]


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/pullrequests$", "values.*.title", 7),
        ("/refs/branches", "values.*.target.hash", 7),
        pytest.param("/environments", "values.*.name", 7, marks=pytest.mark.long),
        pytest.param("/pullrequests$", "values.*.id", "no number", marks=pytest.mark.long),
        ("/repositories/acme$", "values.*.description", 7),
    ],
)
def test_an_error_is_over_when_the_object_can_be_read_and_is_as_it_was(
    bitbucket: Emulator, synced: Warehouse, path: str, field: str, value: object
) -> None:
    bitbucket.add_fault(Fault(kind="poison", path=path, field=field, value=value))
    assert synced.sync(audit_requests="all").exit_code == 1
    bitbucket.clear_faults()
    assert synced.rows("select count(*) > 0 from sync_errors where item != ''") == [(True,)]
    assert synced.sync(audit_requests="all").exit_code == 0

    assert synced.rows("select * from sync_errors where resolved_at is null") == []


def test_every_run_stands_in_the_books(synced: Warehouse) -> None:
    synced.sync(max_requests=6)

    runs = synced.rows(
        "select exit_code, requests, stopped, ended_at > started_at, next_repository from sync_runs order by started_at"
    )
    assert [run[0] for run in runs] == [0, 3]
    assert runs[1][1] == 6
    assert "max-requests" in runs[1][2]
    assert runs[1][3]
    assert runs[1][4] > ""


def _must_be_equal(bitbucket: Emulator, warehouse: Warehouse) -> None:
    found = differences(bitbucket, Path(warehouse.path))
    assert not found, report(found)
