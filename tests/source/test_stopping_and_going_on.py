"""A sync may end at any moment: rows and cursors belong together, and the next sync goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.load import slices
from bitbucket_source.sync.agenda import SliceLimit
from tests.source.conftest import Warehouse
from tests.truth.syncing import kept_open

TABLES = (
    "repositories",
    "branches",
    "tags",
    "commits",
    "commit_parents",
    "pull_requests",
    "pipelines",
    "pipeline_steps",
)


def contents(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    with kept_open(warehouse.path):
        return {
            table: warehouse.rows(f"select * exclude (synced_at, _dlt_load_id) from {table} order by all")
            for table in TABLES
        }


@pytest.fixture
def whole(bitbucket: Emulator, first_sync: Path) -> dict[str, list[tuple[object, ...]]]:
    """What one undisturbed sync loads."""
    return contents(Warehouse(bitbucket, first_sync))


# the smaller the budgets, the more syncs it takes
@pytest.mark.parametrize("requests", [pytest.param(40, marks=pytest.mark.long), 70])
def test_many_small_budgets_add_up_to_one_large_one(
    warehouse: Warehouse, whole: dict[str, list[tuple[object, ...]]], requests: int
) -> None:
    exit_codes: list[int] = []
    while not exit_codes or exit_codes[-1]:
        result = warehouse.sync(max_requests=requests + 2 * len(exit_codes))
        exit_codes.append(result.exit_code)
        assert len(exit_codes) < 100, "the budget never reaches the end"

    assert set(exit_codes[:-1]) == {3}
    assert contents(warehouse) == whole


@pytest.mark.parametrize("limit", [SliceLimit(requests=1), SliceLimit(requests=25)])
def test_slices_add_up_to_the_whole(
    warehouse: Warehouse,
    whole: dict[str, list[tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
    limit: SliceLimit,
) -> None:
    monkeypatch.setattr(slices, "SLICE", limit)
    result = warehouse.sync(["commits", "commit_parents", "branches", "tags"] if limit.requests == 1 else None)

    assert result.exit_code == 0
    assert result.slices > 3
    arrived = contents(warehouse) if limit.requests != 1 else {"commits": warehouse.rows("select hash from commits")}
    assert {table: len(rows) for table, rows in arrived.items()} == {table: len(whole[table]) for table in arrived}


def test_a_lost_working_directory_costs_nothing(synced: Warehouse) -> None:
    synced.sync()
    idle = dict(synced.requests)
    shutil.rmtree(synced.directory / "pipelines")
    synced.sync()

    assert synced.requests == idle


def test_a_load_that_was_cut_short_is_finished_before_anything_is_read(
    bitbucket: Emulator, warehouse: Warehouse, whole: dict[str, list[tuple[object, ...]]]
) -> None:
    from bitbucket_source.source import bitbucket_source
    from tests.source.conftest import ADMIN

    pipeline = warehouse.pipeline()
    pipeline.extract(bitbucket_source("acme", credentials=ADMIN, base_url=bitbucket.base_url))
    pipeline.normalize()
    assert pipeline.has_pending_data

    warehouse.sync()

    assert not warehouse.pipeline().has_pending_data
    assert warehouse.requests["commits"] == 0, "the cursors of the finished load count"
    assert contents(warehouse) == whole


def test_cursors_of_a_load_that_never_completed_do_not_count(synced: Warehouse) -> None:
    synced.rows("update _dlt_loads set status = 1 returning load_id")
    synced.sync()

    assert synced.requests["commits"] > 0


@pytest.mark.parametrize(
    "damage",
    [
        "update sync_cursors set cursor = '{' returning 1",
        'update sync_cursors set cursor = \'{"heads": 7, "updated_on": [], "read": "x"}\' returning 1',
        "update sync_cursors set declaration = 'of a newer version' returning 1",
        "delete from sync_cursors returning 1",
    ],
    ids=["truncated", "of other types", "of another declaration", "gone"],
)
def test_a_damaged_cursor_means_that_the_list_is_read_again(
    synced: Warehouse, whole: dict[str, list[tuple[object, ...]]], damage: str
) -> None:
    synced.rows(damage)
    result = synced.sync()

    assert result.exit_code == 0
    assert synced.requests["commits"] >= 3, "every repository's history is read again"
    assert contents(synced) == whole


def test_a_database_put_back_to_its_backup_catches_up(
    bitbucket: Emulator, synced: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    backup = tmp_path_factory.mktemp("backup") / "bitbucket.duckdb"
    shutil.copy(synced.path, backup)
    repository = next(iter(bitbucket.world.repositories.values()))
    author = next(user.nickname for user in bitbucket.world.users.values() if user.kind == "user")
    head = bitbucket.act("push", repository=repository.slug, branch="since-the-backup", author=author)
    synced.sync()
    shutil.copy(backup, synced.path)
    synced.sync()

    assert synced.rows(f"select count(*) from commits where hash = '{head.hash}'") == [(1,)]


def test_one_repositorys_trouble_is_its_own(bitbucket: Emulator, warehouse: Warehouse) -> None:
    troubled = next(iter(bitbucket.world.repositories.values()))
    bitbucket.add_fault(Fault(kind="status", status=500, path=f"{troubled.uuid}/pullrequests"))
    result = warehouse.sync(["pull_requests", "commits"])

    assert result.exit_code == 1
    assert [(trouble.table.name, trouble.repository) for trouble in result.troubles] == [
        ("pull_requests", troubled.full_name if hasattr(troubled, "full_name") else f"acme/{troubled.slug}")
    ]
    assert warehouse.rows(
        f"select count(*) > 0 from commits where repository_uuid = '{troubled.uuid}' union all "
        f"select count(*) > 0 from pull_requests where repository_uuid <> '{troubled.uuid}'"
    ) == [(True,), (True,)]

    bitbucket.clear_faults()
    assert warehouse.sync(["pull_requests", "commits"]).exit_code == 0
    assert warehouse.rows(f"select count(*) from pull_requests where repository_uuid = '{troubled.uuid}'") == [
        (len(troubled.pull_requests),)
    ]


def test_steps_that_answer_404_while_their_run_is_there_are_still_owed(
    bitbucket: Emulator, warehouse: Warehouse, whole: dict[str, list[tuple[object, ...]]]
) -> None:
    repository = next(each for each in bitbucket.world.repositories.values() if each.pipelines)
    run = next(iter(repository.pipelines.values()))
    bitbucket.add_fault(Fault(kind="status", status=404, path=f"{run.uuid}/steps"))
    result = warehouse.sync()

    assert [(trouble.table.name, trouble.item) for trouble in result.troubles] == [
        ("pipeline_steps", f"pipeline {run.uuid}")
    ]
    bitbucket.clear_faults()
    assert warehouse.sync().exit_code == 0
    assert contents(warehouse) == whole


def test_one_poisonous_object_does_not_keep_the_others_out(bitbucket: Emulator, warehouse: Warehouse) -> None:
    repository = next(each for each in bitbucket.world.repositories.values() if len(each.pull_requests) > 5)
    bitbucket.add_fault(
        Fault(kind="poison", path=f"{repository.uuid}/pullrequests", field="values.2.id", value="seven", nth=1)
    )
    result = warehouse.sync(["pull_requests"])

    assert result.exit_code == 1
    assert [trouble.table.name for trouble in result.troubles] == ["pull_requests"]
    assert "Expected `int" in result.troubles[0].message
    assert warehouse.rows(f"select count(*) from pull_requests where repository_uuid = '{repository.uuid}'") == [
        (len(repository.pull_requests) - 1,)
    ]


def test_a_missing_scope_is_asked_for_once_and_told(warehouse: Warehouse) -> None:
    result = warehouse.sync(credentials={"access_token": "emulator-repository-token"}, workers=1)

    assert result.exit_code == 0
    assert any(notice.startswith("pipelines: skipped: 403") and "scope pipeline" in notice for notice in result.notices)
    assert warehouse.requests["pipelines"] == 1
    assert warehouse.rows("select count(*) > 0 from commits") == [(True,)]
