"""What holds for every model of the project: described, free of deprecations, nothing left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.cli.main import dbtRunner

from bitbucket_source.models import build_models
from bitbucket_source.models.build import dbt_arguments
from bitbucket_source.models.project import project_directory
from bitbucket_source.tables import DATA_TABLES

from .raw_tables import DuckDBWarehouse
from .small_world import SMALL_WORLD

PROJECT = project_directory()


def described() -> dict[str, dict[str, str]]:
    """Relation -> column -> description, from the properties files."""
    files: list[dict[str, Any]] = [yaml.safe_load(file.read_text()) for file in PROJECT.glob("**/_*.yml")]
    return {
        model.get("config", {}).get("alias", model["name"]): {
            column["name"]: column["description"] for column in model["columns"]
        }
        for file in files
        for model in (*file.get("models", ()), *file.get("seeds", ()))
        if model["description"]
    }


def test_every_data_table_has_a_staging_model_with_its_state() -> None:
    staged = {name.removeprefix("stg_bitbucket__"): columns for name, columns in described().items()}

    for table in DATA_TABLES:
        own = [] if table.keeps_history else ["deleted_at", "is_deleted"]
        state = [*own, *["is_repository_deleted"] * table.is_per_repository, "synced_at"]
        assert list(staged[table.name])[-len(state) :] == state, table.name


def test_as_of_looks_at_every_data_table() -> None:
    model = (PROJECT / "models/intermediate/int_bitbucket__as_of.sql").read_text()

    assert [table.name for table in DATA_TABLES if f"'{table.name}'" not in model] == []


def test_children_of_a_deleted_repository_say_so(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    build_models(duckdb_warehouse.address, select=["stg_bitbucket__repositories", "stg_bitbucket__tags"])

    assert duckdb_warehouse.query(
        "select tag_name, is_deleted, is_repository_deleted from bitbucket_marts.stg_bitbucket__tags"
    ) == [{"tag_name": "v1", "is_deleted": False, "is_repository_deleted": True}]


def test_the_project_parses_without_deprecations(duckdb_warehouse: DuckDBWarehouse) -> None:
    with dbt_arguments(duckdb_warehouse.address) as common:
        outcome = dbtRunner().invoke(["parse", "--warn-error-options", '{"error": ["Deprecations"]}', *common])

    assert outcome.success, outcome.exception


@pytest.mark.parametrize("word", ["qualify", "filter", "ignore nulls", "recursive", "lateral", "current_timestamp"])
def test_models_leave_out_what_one_engine_lacks(word: str) -> None:
    models = [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("tests/**/*.sql")]

    assert [file.name for file in models if word in file.read_text().lower()] == []


def test_a_build_leaves_nothing_in_the_project(duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    before = _files()
    build_models(duckdb_warehouse.address, select=["stg_bitbucket__users"])

    assert _files() == before


def _files() -> set[Path]:
    return set(PROJECT.rglob("*"))
