"""`bitbucket-source sync`, as people and schedulers run it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import duckdb
import pytest

from bitbucket_emulator import Emulator, Fault
from tests.commands.conftest import COMMAND, Run


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_first_sync_loads_and_a_second_finds_nothing_new(bitbucket: Emulator, run: Run, tmp_path: Path) -> None:
    first = run("sync", "acme")
    assert (first.returncode, first.stderr) == (0, "")
    assert "  pull_requests  " in first.stdout

    bitbucket.clear_requests()
    second = run("sync", "acme")
    assert second.returncode == 0
    assert f"with {len(bitbucket.requests)} requests." in second.stdout
    assert "commits" not in second.stdout
    assert rows(tmp_path / "bitbucket.duckdb", "select exit_code, requests > 0 from bitbucket_raw.sync_runs") == [
        (0, True),
        (0, True),
    ]


def test_repositories_are_selected_by_globs_in_any_case(bitbucket: Emulator, run: Run, tmp_path: Path) -> None:
    slugs = sorted(each.slug for each in bitbucket.world.repositories.values())
    done = run(
        *("sync", "acme", "--tables", "repositories", "--exclude", slugs[0].upper()),
        *("--repositories", f"{slugs[0][:3]}*", "--repositories", slugs[1].upper()),
    )
    assert done.returncode == 0
    assert rows(tmp_path / "bitbucket.duckdb", "select slug from bitbucket_raw.repositories") == [(slugs[1],)]


def test_a_spent_budget_exits_3_and_the_next_sync_goes_on(run: Run) -> None:
    stopped = run("sync", "acme", "--max-requests", "30")
    assert stopped.returncode == 3
    assert "Stopped: the 30 requests of --max-requests are spent." in stopped.stdout
    assert run("sync", "acme").returncode == 0


MISTAKES = {
    "no such workspace": (["sync", "nobody"], {}, "404 on /workspaces/nobody"),
    "a wrong token": (["sync", "acme"], {"BITBUCKET_API_TOKEN": "wrong"}, "401 on /workspaces/acme"),
    "no credentials": (["sync", "acme"], {"BITBUCKET_EMAIL": "", "BITBUCKET_API_TOKEN": ""}, "No credentials."),
    "half of the credentials": (["sync", "acme"], {"BITBUCKET_EMAIL": ""}, "api_token is given without email"),
    "an app password": (["sync", "acme"], {"BITBUCKET_APP_PASSWORD": "x"}, "App passwords were removed"),
    "no such table": (["sync", "acme", "--tables", "issues"], {}, "no such table: issues"),
    "no workspace": (["sync"], {}, "No workspace."),
    "a duration of no kind": (["sync", "acme", "--max-time", "soon"], {}, "max_time is 'soon'"),
    "no workers": (["sync", "acme", "--workers", "0"], {}, "workers is 0"),
    "no address": (["sync", "acme", "--base-url", "api.bitbucket.org"], {}, "base_url is 'api.bitbucket.org'"),
    "no such destination": (["sync", "acme", "--destination", "nowhere"], {}, "dlt knows no such destination"),
    "a dataset like its file": (["sync", "acme", "--dataset", "bitbucket"], {}, "DuckDB refuses a dataset"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_users_mistake_gets_one_readable_line_and_exit_code_2(mistake: str, run: Run) -> None:
    arguments, changes, told = MISTAKES[mistake]
    done = run(*arguments, **changes)

    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "emulator-api-token" not in done.stdout + done.stderr


def test_a_database_that_another_program_writes_exits_75(run: Run, tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            str(Path(COMMAND).with_name("python")),
            "-c",
            "import duckdb; c = duckdb.connect('bitbucket.duckdb'); print('held', flush=True); input()",
        ],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        done = run("sync", "acme")
        holder.communicate(b"\n")

    assert done.returncode == 75
    assert "Another program has the DuckDB file open" in done.stderr


def test_the_first_ctrl_c_saves_what_was_read(
    bitbucket: Emulator, environment: dict[str, str], run: Run, tmp_path: Path
) -> None:
    bitbucket.add_fault(Fault(kind="delay", path="/steps", seconds=0.3))
    sync = subprocess.Popen(
        [COMMAND, "sync", "acme"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any("/steps" in entry.path for entry in bitbucket.requests):
        assert sync.poll() is None, "the sync ended before its first step"
    sync.send_signal(signal.SIGINT)
    out, err = sync.communicate(timeout=60)

    assert sync.returncode == 3
    assert "Stopped: you asked to stop." in out
    assert "Stopping and saving." in err
    assert rows(tmp_path / "bitbucket.duckdb", "select count(*) > 0 from bitbucket_raw.pull_requests") == [(True,)]
    bitbucket.clear_faults()
    assert run("sync", "acme").returncode == 0


def test_settings_come_from_config_toml_and_from_the_environment(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text(
        '[sources.bitbucket]\nworkspace = "acme"\ndatabase = "of_config.duckdb"\nmax_requests = 6\n'
    )
    assert run("sync").returncode == 3
    assert (tmp_path / "of_config.duckdb").exists()
    assert run("sync", SOURCES__BITBUCKET__MAX_REQUESTS="1000").returncode == 0
    assert run("sync", "--max-requests", "5", SOURCES__BITBUCKET__MAX_REQUESTS="1000").returncode == 3


def test_credentials_of_the_environment_go_before_those_of_secrets_toml(
    bitbucket: Emulator, run: Run, tmp_path: Path
) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "secrets.toml").write_text(
        '[sources.bitbucket.credentials]\naccess_token = "emulator-workspace-token"\n'
    )
    run("sync", "acme", "--tables", "repositories")
    assert {entry.credential for entry in bitbucket.requests} == {"admin"}

    bitbucket.clear_requests()
    run("sync", "acme", "--tables", "repositories", BITBUCKET_EMAIL="", BITBUCKET_API_TOKEN="")
    assert {entry.credential for entry in bitbucket.requests} == {"workspace"}
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secrets.toml"]
    assert [path for path in written if b"emulator-workspace-token" in path.read_bytes()] == []
