"""What dbt made of the project is kept, and taken only where it would make the same of it again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bitbucket_source.models import build_models
from bitbucket_source.models.parsed import parsed_project
from bitbucket_source.models.project import project_directory

from .raw_tables import DuckDBWarehouse
from .small_world import SMALL_WORLD

SELECT = ("stg_bitbucket__users",)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is kept."""
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / "bitbucket_source"


def test_a_second_build_takes_what_the_first_one_kept(kept: Path, duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    first = build_models(duckdb_warehouse.address, select=SELECT)
    [file] = kept.iterdir()
    written = file.stat()

    second = build_models(duckdb_warehouse.address, select=SELECT)

    assert [*kept.iterdir()] == [file]
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns), "nothing read anew"
    assert (second.built, second.tests_passed) == (first.built, first.tests_passed)


def test_another_schema_is_not_the_one_that_was_kept(kept: Path, duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    build_models(duckdb_warehouse.address, select=SELECT)
    assert len([*kept.iterdir()]) == 1

    build_models(duckdb_warehouse.address, select=SELECT, marts_schema="analytics")

    assert len(duckdb_warehouse.query("from analytics.stg_bitbucket__users")) == 3


def test_a_changed_project_is_read_and_takes_the_place_of_the_other(
    kept: Path, project_copy: Path, duckdb_warehouse: DuckDBWarehouse
) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    build_models(duckdb_warehouse.address, select=SELECT)
    [before] = kept.iterdir()
    macro = project_copy / "macros" / "row_state.sql"
    macro.write_text(macro.read_text().replace("as synced_at", "as synced_at, 7 as seven"))

    build_models(duckdb_warehouse.address, select=SELECT)

    assert duckdb_warehouse.query("select distinct seven from bitbucket_marts.stg_bitbucket__users") == [{"seven": 7}]
    [after] = kept.iterdir()
    assert after != before


def test_a_file_that_dbt_cannot_read_is_made_anew(kept: Path, duckdb_warehouse: DuckDBWarehouse) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    build_models(duckdb_warehouse.address, select=SELECT)
    [file] = kept.iterdir()
    whole = file.stat().st_size
    file.write_bytes(b"\x81\xa5nodes\xc0")

    assert build_models(duckdb_warehouse.address, select=SELECT).is_ok

    assert file.stat().st_size > whole / 2


def test_nothing_is_taken_from_where_others_can_write(kept: Path, tmp_path: Path) -> None:
    kept.mkdir(parents=True)
    kept.chmod(0o777)

    with parsed_project(project_directory(), "duckdb", tmp_path) as arguments:
        assert arguments == ["--no-partial-parse"]

    kept.chmod(0o700)
    with parsed_project(project_directory(), "duckdb", tmp_path) as arguments:
        assert arguments[0] == "--partial-parse"


def test_without_a_place_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "file"))

    with parsed_project(project_directory(), "duckdb", tmp_path) as arguments:
        assert arguments == ["--no-partial-parse"]


def test_what_cannot_be_written_is_not_kept(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int, _mode: str) -> None:
        raise OSError("No space left on device")

    with parsed_project(project_directory(), "duckdb", tmp_path):
        (tmp_path / "partial_parse.msgpack").write_bytes(b"parsed")
        monkeypatch.setattr(os, "fdopen", full)

    assert [*kept.iterdir()] == []
