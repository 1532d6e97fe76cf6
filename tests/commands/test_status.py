"""`bitbucket-source status`: a page for people, JSON for programs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.load.lock import SyncLock
from bitbucket_source.load.pipeline import make_pipeline
from tests.commands.conftest import Invoke, Run
from tests.processes import process


def test_a_page_tells_how_fresh_everything_is(bitbucket: Emulator, synced: Path, invoke: Invoke) -> None:
    done = invoke("status", "acme", BITBUCKET_EMAIL="", BITBUCKET_API_TOKEN="")

    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= 9 + 24, "a line a table"
    assert lines[0] == f"acme in {synced}, dataset bitbucket_raw"
    assert lines[1].startswith("Complete as of  20")
    assert "complete" in lines[2]
    assert lines[2].endswith("exit code 0")
    with duckdb.connect(str(synced), read_only=True) as connection:
        [(count,)] = connection.execute("select count(*) from bitbucket_raw.commits").fetchall()
    [commits] = [line.split() for line in lines if line.startswith("commits ")]
    assert commits[:4] == ["commits", f"{count:,}", "0", "-"]
    assert "Repositories: 3 complete" in lines
    assert lines[-1] == "Errors: none open."
    assert bitbucket.requests == []


def test_globs_show_complete_repositories_too(synced: Path, invoke: Invoke) -> None:
    done = invoke("status", "acme", "--repositories", "PLAT*")

    assert done.exit_code == 0
    told = done.stdout[done.stdout.index("Repositories:") :]
    assert told.splitlines()[1] == "  platform"
    assert "    complete: pipelines, pipeline_steps, pipeline_step_attempts, " in told
    assert "web-shop" not in told
    assert "No repository matches none-*." in invoke("status", "acme", "--repositories", "none-*").stdout
    assert synced.exists()


def test_json_has_everything_under_the_names_that_the_help_tells(synced: Path, invoke: Invoke) -> None:
    done = invoke("status", "acme", "--json")
    told = json.loads(done.stdout)

    assert (done.exit_code, told["workspace"], told["database"]) == (0, "acme", str(synced))
    shown = " ".join(invoke("status", "--help").stdout.split())
    repository = told["repositories"][0]
    for names in (told, told["last_run"], told["tables"][0], repository, repository["lists"][0]):
        assert [name for name in names if name not in shown] == []
    assert {each["state"] for each in told["repositories"]} == {"complete"}
    chosen = json.loads(invoke("status", "acme", "--json", "--repositories", "web-*").stdout)
    assert [each["name"] for each in chosen["repositories"]] == ["acme/web-shop"]


def test_a_stopped_sync_and_an_error_stand_on_the_page(bitbucket: Emulator, invoke: Invoke) -> None:
    bitbucket.add_fault(Fault(kind="status", status=403, path="/members"))
    assert invoke("sync", "acme", "--max-requests", "30").exit_code == 1
    page = invoke("status", "acme").stdout

    assert "Complete as of  never: no sync has read everything" in page
    assert "something could not be read (the 30 requests of --max-requests are spent)" in page
    assert "(that of " in page
    assert re.search(r"not begun: .*branches, .*tags, .*commits", page)
    assert "Errors: 1 open; each sync tries again\n  workspace_members of acme: 403 " in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["acme"], "bitbucket.duckdb: `bitbucket-source sync acme` makes it", id="no file"),
        pytest.param([], "No workspace.", id="no workspace"),
        pytest.param(["acme", "--dataset", "bitbucket"], "DuckDB refuses a dataset", id="a dataset like its file"),
    ],
)
def test_where_nothing_was_synced_one_line_says_so(
    invoke: Invoke, tmp_path: Path, arguments: list[str], told: str
) -> None:
    done = invoke("status", *arguments)

    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("*.duckdb*"))


def test_a_database_that_another_process_holds_exits_75(synced: Path, run: Run, tmp_path: Path) -> None:
    hold = f"import duckdb, sys; c = duckdb.connect({str(synced)!r}); print(flush=True); sys.stdin.read()"
    with process([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        other.stdout.readline()
        by_a_program = run("status", "acme")
        with SyncLock(make_pipeline("acme", database=str(synced), pipelines_dir=str(tmp_path / "x")), "acme"):
            by_a_sync = run("status", "acme")
        other.stdin.close()

    assert (by_a_program.returncode, by_a_sync.returncode) == (75, 75)
    assert "Another program has the DuckDB file open" in by_a_program.stderr
    assert "Another sync is loading into bitbucket.duckdb (pid " in by_a_sync.stderr
