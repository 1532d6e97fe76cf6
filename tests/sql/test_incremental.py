"""An incremental build gives the tables of a full one, whatever came late, and reads no more than that again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.models import build_models
from bitbucket_source.models.project import project_directory
from tests.truth.syncing import sync

from . import widened
from .late_changes import DAYS, RAW, of_accounts, of_repositories
from .raw_tables import DuckDBWarehouse, Row, Warehouse, raw_tables_of
from .small_world import SMALL_WORLD

EVERYTHING_BEFORE = ("+int_bitbucket__inputs_built",)
LEFT_OUT = ("test_type:data",)
MODELS = project_directory() / "models"
# they say when and from where on a build went, not what the warehouse holds
OF_BUILDS = {file.stem for file in (MODELS / "intermediate/changes").glob("*.sql")}
INCREMENTAL = {
    file.stem.removeprefix("bitbucket__")
    for file in MODELS.glob("**/*.sql")
    if "incremental_or_table()" in file.read_text() or "rebuilt_where_touched(" in file.read_text()
} - OF_BUILDS


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    """Everything that a small company has, as it was synced."""
    directory = tmp_path_factory.mktemp("company")
    with Emulator(generate_world(seed=11, repositories=4, people=8, years=1, scale=0.3)) as bitbucket:
        assert sync(bitbucket, directory / "bitbucket.duckdb", directory / "pipelines").exit_code == 0
    return DuckDBWarehouse(directory / "bitbucket.duckdb")


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.long)])
def warehouse(request: pytest.FixtureRequest, company: DuckDBWarehouse) -> Warehouse:
    found: Warehouse = request.getfixturevalue(f"{request.param}_warehouse")
    found.load_arrow(raw_tables_of(company))
    return found


def _build(warehouse: Warehouse, variables: Mapping[str, object] | None = None, *, full_refresh: bool = False) -> None:
    result = build_models(
        warehouse.address,
        select=EVERYTHING_BEFORE,
        exclude=LEFT_OUT,
        full_refresh=full_refresh,
        variables=variables,
    )
    assert result.is_ok, str(result)


def _tables(warehouse: Warehouse) -> dict[str, list[Row]]:
    """Floats to 12 digits: the last ones of a sum depend on the order in which an engine happens to add."""
    return {
        name: sorted(
            (
                {column: float(f"{value:.12g}") if isinstance(value, float) else value for column, value in row.items()}
                for row in warehouse.query(f"select * from bitbucket_marts.{name}")
            ),
            key=repr,
        )
        for name in sorted(INCREMENTAL)
    }


def _assert_a_full_build_gives_the_same(
    warehouse: Warehouse, variables: Mapping[str, object] | None = None
) -> dict[str, list[Row]]:
    """Compared in a copy: the next incremental build goes on from what incremental ones made."""
    incremental = _tables(warehouse)
    copy = warehouse.copied()
    _build(copy, variables, full_refresh=True)
    full = _tables(copy)
    assert [name for name in full if incremental[name] != full[name]] == []
    return full


def test_an_incremental_build_equals_a_full_one_whatever_came_late(
    warehouse: Warehouse, pytestconfig: pytest.Config
) -> None:
    _build(warehouse)
    first = _tables(warehouse)
    # a full build beside each: what one day leaves out, another may make good
    compares_daily = pytestconfig.getoption("--long")

    for day, subjects in enumerate(DAYS):
        for statement in (statement for of_a_subject in subjects for statement in of_a_subject(day)):
            warehouse.execute(statement)
        is_second = day % 2 == 1
        if compares_daily or is_second:
            _build(warehouse)
        if compares_daily:
            _assert_a_full_build_gives_the_same(warehouse)

    full = _assert_a_full_build_gives_the_same(warehouse)
    assert [name for name in full if full[name] == first[name]] == [], "nothing came late for them"


def test_what_hangs_on_a_row_changes_with_it(duckdb_warehouse: DuckDBWarehouse) -> None:
    """Each way from a row to a fact, alone: where much changes at once, one makes good what another leaves out."""
    duckdb_warehouse.load(widened.ROWS)
    _build(duckdb_warehouse)
    before = {what: duckdb_warehouse.query(query) for what, query in widened.SAID.items()}

    for statement in widened.CHANGES:
        duckdb_warehouse.execute(statement)
    _build(duckdb_warehouse)

    after = {what: duckdb_warehouse.query(query) for what, query in widened.SAID.items()}
    _assert_a_full_build_gives_the_same(duckdb_warehouse)
    assert [what for what in after if after[what] == before[what]] == []


def test_what_a_sync_brings_that_had_not_ended_is_read_by_the_next_build(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    _build(duckdb_warehouse)
    [book] = duckdb_warehouse.query("select built_until_at from bitbucket_marts.int_bitbucket__builds")
    assert book == {"built_until_at": datetime(2026, 1, 12, 11, 59)}, "the start of the sync that has not ended"

    # its rows carry a moment before the first build
    duckdb_warehouse.execute(
        f"update {RAW}.pipelines set state_result_name = 'STOPPED', synced_at = timestamptz '2026-01-12 12:30:00+00'"
        " where uuid = '{run 2}'"
    )
    _build(duckdb_warehouse)

    [run] = duckdb_warehouse.query("select result from bitbucket_marts.fct_pipeline_runs where build_number = 2")
    assert run == {"result": "STOPPED"}


@pytest.mark.long
def test_what_no_sync_touched_is_not_read_again(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    _build(duckdb_warehouse)
    marked = {
        "fct_commits": "parent_count",
        "fct_pull_requests": "commit_count",
        "int_bitbucket__pipeline_runs_judged": "step_count",
    }
    for table, column in marked.items():
        duckdb_warehouse.execute(f"update bitbucket_marts.{table} set {column} = -1")
    duckdb_warehouse.execute(f"update {RAW}.pipelines set synced_at = now() where uuid = '{{run 2}}'")
    duckdb_warehouse.execute(f"update {RAW}.pull_requests set synced_at = now() where id = 3")

    _build(duckdb_warehouse)

    found = {
        table: duckdb_warehouse.query(f"select count(*) as n from bitbucket_marts.{table} where {column} <> -1")[0]["n"]
        for table, column in marked.items()
    }
    assert found == {"fct_commits": 0, "fct_pull_requests": 1, "int_bitbucket__pipeline_runs_judged": 1}


@pytest.mark.long
@pytest.mark.parametrize(
    ("statements", "variables"),
    [
        pytest.param(
            ["alter table bitbucket_marts.int_bitbucket__commits_attributed add column of_an_older_version text"],
            {"reporting_timezone": "Asia/Tokyo", "bitbucket_issue_key": "[a-z]+"},
            id="vars, and a column that went",
        ),
        pytest.param(
            [
                f"delete from {RAW}.pull_request_participants",
                f"insert into {RAW}.sync_forgotten (identity, forgotten_at) values ('somebody', now())",
            ],
            {},
            id="somebody is forgotten",
        ),
        pytest.param(
            [f"insert into bitbucket_marts.bitbucket_bots select uuid, 'says the seed' from {RAW}.users"],
            {},
            id="a seed",
        ),
    ],
)
def test_everything_is_read_again_where_no_row_tells_what_changed(
    statements: list[str],
    variables: dict[str, object],
    duckdb_warehouse: DuckDBWarehouse,
    company: DuckDBWarehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    duckdb_warehouse.load_arrow(raw_tables_of(company))
    _build(duckdb_warehouse)
    first = _tables(duckdb_warehouse)
    monkeypatch.setattr("tests.sql.test_incremental.LEFT_OUT", (*LEFT_OUT, "resource_type:seed"))

    for statement in statements:
        duckdb_warehouse.execute(statement)
    _build(duckdb_warehouse, variables)

    assert _assert_a_full_build_gives_the_same(duckdb_warehouse, variables) != first


@pytest.mark.long
def test_a_build_that_leaves_something_out_does_not_count(
    duckdb_warehouse: DuckDBWarehouse, company: DuckDBWarehouse
) -> None:
    """What changes back before the next one was seen changed by some models and by others not."""
    duckdb_warehouse.load_arrow(raw_tables_of(company))
    duckdb_warehouse.execute(f"create table kept as from {RAW}.repositories")
    _build(duckdb_warehouse)

    for statement in (*of_accounts(day=0), *of_repositories(day=0)):
        duckdb_warehouse.execute(statement)
    facts = ("bitbucket__fct_commits", "bitbucket__fct_pull_requests", "bitbucket__fct_deployments")
    build_models(duckdb_warehouse.address, select=EVERYTHING_BEFORE, exclude=(*LEFT_OUT, *facts))
    duckdb_warehouse.execute(f"create or replace table {RAW}.repositories as from kept")
    _build(duckdb_warehouse)

    _assert_a_full_build_gives_the_same(duckdb_warehouse)


@pytest.mark.long
def test_a_key_that_comes_twice_is_found_among_what_was_made_anew(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    select = ("+int_bitbucket__pipeline_runs_judged",)
    assert build_models(duckdb_warehouse.address).is_ok
    runs = f"insert into {RAW}.pipelines by name select * replace (now() as synced_at) from {RAW}.pipelines"
    duckdb_warehouse.execute(f"{runs} where uuid = '{{run 2}}'")

    result = build_models(duckdb_warehouse.address, select=select)

    assert [failure.name.split("_repository_uuid")[0] for failure in result.failed] == [
        "primary_key_stg_bitbucket__pipelines"
    ]
