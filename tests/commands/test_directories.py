"""Whoever stands in another directory works with what is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb
import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.load.pipeline import make_pipeline
from tests.commands.conftest import COMMAND, Invoke


def count(database: Path, table: str) -> int:
    with duckdb.connect(str(database), read_only=True) as connection:
        [(rows,)] = connection.execute(f"select count(*) from bitbucket_raw.{table}").fetchall()
    return int(rows)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    directory = tmp_path / "else where ü"
    directory.mkdir()
    return directory


def test_a_sync_writes_into_the_directory_it_is_started_in(
    invoke: Invoke, tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke("sync", "acme", "--tables", "projects").exit_code == 0
    before = (tmp_path / "bitbucket.duckdb").read_bytes()
    monkeypatch.chdir(elsewhere)
    done = invoke("sync", "acme", "--tables", "projects")
    assert done.exit_code == 0
    assert count(elsewhere / "bitbucket.duckdb", "projects") == count(tmp_path / "bitbucket.duckdb", "projects") > 0
    assert (tmp_path / "bitbucket.duckdb").read_bytes() == before
    (elsewhere / "bitbucket.duckdb").unlink()
    status = invoke("status", "acme")
    assert (status.exit_code, status.stdout) == (2, "")
    assert invoke("models").exit_code == 2, "nor does it build the models of the other directory's"


def test_syncs_of_one_workspace_into_two_files_do_not_meet(
    bitbucket: Emulator, environment: dict[str, str], tmp_path: Path, elsewhere: Path
) -> None:
    bitbucket.add_fault(Fault(kind="delay", path="/commits", seconds=1))
    command = [COMMAND, "sync", "acme", "--tables", "commits,pull_requests"]
    running = [
        subprocess.Popen(
            command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for directory in (tmp_path, elsewhere)
    ]
    told = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], told
    for table in ("commits", "pull_requests"):
        counted = {count(directory / "bitbucket.duckdb", table) for directory in (tmp_path, elsewhere)}
        assert len(counted) == 1, table


def test_each_warehouse_has_a_working_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.duckdb").symlink_to("bitbucket.duckdb")
    same = [{}, {"database": str(tmp_path / "bitbucket.duckdb")}, {"database": "link.duckdb"}]
    others = [{"database": "other.duckdb"}, {"dataset": "raw"}, {"destination": "postgres"}, {"destination": "dummy"}]
    places = [make_pipeline("acme", **where).working_dir for where in (*same, *others)]
    assert len(set(places)) == 1 + len(others)
    # one name for dlt, and two locks on Postgres
    assert make_pipeline("a.b").working_dir != make_pipeline("a_b").working_dir
    assert {Path(place).parents[2] for place in places} == {tmp_path / "dlt"}
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert make_pipeline("acme", destination="postgres").working_dir not in places, "its configuration is another"


@pytest.mark.parametrize("command", ["sync", "verify"])
def test_a_working_directory_that_cannot_be_made_is_told(
    bitbucket: Emulator, synced: Path, invoke: Invoke, command: str
) -> None:
    in_the_way = synced.with_name("a_file")
    in_the_way.touch()
    done = invoke(command, "acme", "--database", str(synced), DLT_DATA_DIR=str(in_the_way / "dlt"))
    assert (done.exit_code, bitbucket.requests) == (2, [])
    assert done.stderr.startswith(f"Error: What is read cannot be kept in {in_the_way}/dlt/bitbucket_source/")
    assert done.stderr.endswith(
        " until it is loaded: Not a directory. Let DLT_DATA_DIR name a directory that can be written to.\n"
    )
