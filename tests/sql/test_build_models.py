"""`build_models`: what it returns, and what it says when something is wrong."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from importlib import metadata
from pathlib import Path

import duckdb
import pytest

from bitbucket_source.models import Failure, ModelsError, build_models
from bitbucket_source.models.outcome import error_of

from .raw_tables import DuckDBWarehouse
from .small_world import SMALL_WORLD


def test_a_selection_is_built_into_the_schemas_named(
    duckdb_warehouse: DuckDBWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    duckdb_warehouse.load(SMALL_WORLD)

    result = build_models(
        duckdb_warehouse.address,
        marts_schema="analytics",
        select=["stg_bitbucket__users", "stg_bitbucket__tags"],
        exclude=["stg_bitbucket__tags"],
    )

    assert (result.built, result.tests_passed, result.failed, result.skipped) == (("stg_bitbucket__users",), 2, (), ())
    assert len(duckdb_warehouse.query("from analytics.stg_bitbucket__users")) == 3
    assert capsys.readouterr().out == ""


def test_unit_tests_run_when_asked_for(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    select = ["+int_bitbucket__bots_identified"]

    with_unit_tests = build_models(duckdb_warehouse.address, select=select, unit_tests=True)
    without = build_models(duckdb_warehouse.address, select=select)

    assert with_unit_tests.tests_passed - without.tests_passed == 1


def test_a_failed_test_is_returned_with_what_it_kept_from_being_built(duckdb_warehouse: DuckDBWarehouse) -> None:
    twice = {**SMALL_WORLD, "projects": [*SMALL_WORLD["projects"], *SMALL_WORLD["projects"]]}
    duckdb_warehouse.load(twice)

    result = build_models(duckdb_warehouse.address, select=["stg_bitbucket__projects", "bitbucket__dim_repositories"])

    assert not result.is_ok
    assert result.failed == (
        Failure(
            name="unique_stg_bitbucket__projects_project_uuid",
            kind="test",
            path="models/staging/workspace/_workspace__models.yml",
            message="Got 1 result, configured to fail if != 0",
        ),
    )
    assert "bitbucket__dim_repositories" in result.skipped


def test_a_broken_model_is_named_with_its_cause(duckdb_warehouse: DuckDBWarehouse, project_copy: Path) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    model = project_copy / "models/staging/workspace/stg_bitbucket__users.sql"
    model.write_text(model.read_text().replace("nickname", "nick_name"))

    with pytest.raises(ModelsError) as caught:
        build_models(duckdb_warehouse.address, select=["+int_bitbucket__bots_identified"])

    message = str(caught.value).splitlines()
    assert message[0].startswith("1 model could not be built (")
    assert message[1] == "model stg_bitbucket__users (models/staging/workspace/stg_bitbucket__users.sql)"
    assert 'Binder Error: Referenced column "nick_name" not found in FROM clause!' in str(caught.value)
    assert message[-1] == "Correct the file named above and build again; `verbose=True` shows dbt's own output."
    assert caught.value.result is not None
    assert "stg_bitbucket__pull_requests" in caught.value.result.built


def test_a_model_that_cannot_be_parsed_is_named(duckdb_warehouse: DuckDBWarehouse, project_copy: Path) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    (project_copy / "models/staging/workspace/stg_bitbucket__users.sql").write_text(
        "select * from {{ ref('nowhere') }}"
    )

    with pytest.raises(ModelsError, match="depends on a node named 'nowhere' which was not found"):
        build_models(duckdb_warehouse.address)


def test_a_file_open_elsewhere_in_the_process_says_what_to_do(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)

    with (
        closing(duckdb.connect(str(duckdb_warehouse.address), read_only=True)),
        pytest.raises(ModelsError, match="This process has the DuckDB file open: close that connection"),
    ):
        build_models(duckdb_warehouse.address)


def test_after_a_build_another_program_can_write_to_the_file(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    build_models(duckdb_warehouse.address, select=["stg_bitbucket__users"])

    write = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('create table theirs (id integer)')"
    subprocess.run([sys.executable, "-c", write, str(duckdb_warehouse.address)], check=True)

    assert duckdb_warehouse.query("from theirs") == []


def test_an_unreachable_postgres_says_what_to_check() -> None:
    with pytest.raises(ModelsError, match="Check the connection string and that the server is up") as caught:
        build_models("postgresql://ann:secret-word@127.0.0.1:1/nowhere")

    assert "secret-word" not in str(caught.value)


def test_a_selection_that_matches_nothing_is_refused(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)

    with pytest.raises(
        ModelsError, match="No model matches the selection 'fct_nothing': names begin with stg_bitbucket__"
    ):
        build_models(duckdb_warehouse.address, select=["fct_nothing"])


def test_a_file_that_is_not_there_is_not_made(duckdb_warehouse: DuckDBWarehouse) -> None:
    with pytest.raises(ModelsError, match="There is no DuckDB file"):
        build_models(duckdb_warehouse.address)

    assert not duckdb_warehouse.address.exists()


@pytest.mark.parametrize(
    ("address", "extra"),
    [("bitbucket.duckdb", "models"), ("postgresql://localhost/warehouse", "postgres"), ("spark://session", "spark")],
)
def test_without_dbt_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, address: str, extra: str) -> None:
    def not_installed(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", not_installed)

    with pytest.raises(
        ModelsError, match=rf"need dbt-core, which is not installed: pip install 'bitbucket-source\[{extra}\]'"
    ):
        build_models(address)


def test_the_stack_of_a_jvm_is_left_out() -> None:
    of_spark = "[PARSE_SYNTAX_ERROR] Syntax error at or near 's'.\n\tat org.apache.spark.A$.b(C.scala:1)\n\t... 21 more"

    assert str(error_of(RuntimeError(of_spark), Path("sql"))).splitlines() == [
        "dbt could not run the models in sql:",
        "[PARSE_SYNTAX_ERROR] Syntax error at or near 's'.",
        "Correct the file named above and build again; `verbose=True` shows dbt's own output.",
    ]


def test_importing_the_package_does_not_import_dbt() -> None:
    check = "import sys, bitbucket_source.models; sys.exit('dbt' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
