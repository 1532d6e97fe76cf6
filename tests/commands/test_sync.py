"""`bitbucket-source sync`, as people and schedulers run it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.load import lock
from tests.commands.conftest import COMMAND, Completed, Invoke, Run, rows
from tests.processes import process, wait_until


def test_a_first_sync_loads_everything(first_sync: tuple[Completed, Path]) -> None:
    done, directory = first_sync
    assert (done.returncode, done.stderr) == (0, "")
    told = dict(re.findall(r"^  (\w+) +([\d,]+)$", done.stdout, flags=re.MULTILINE))
    for table, count in told.items():
        [(stored,)] = rows(directory / "bitbucket.duckdb", f"select count(*) from bitbucket_raw.{table}")
        assert stored == int(count.replace(",", "")) > 0, table
    assert {"commits", "pull_requests", "pipeline_steps", "users", "pull_request_activity_reviewers"} <= told.keys()
    assert len({len(line) for line in done.stdout.splitlines() if line.startswith("  ")}) == 1


def test_a_second_sync_finds_nothing_new(bitbucket: Emulator, synced: Path, run: Run) -> None:
    second = run("sync", "acme")
    assert (second.returncode, second.stderr) == (0, "")
    assert f"with {len(bitbucket.requests)} requests." in second.stdout
    assert len(bitbucket.requests) < 20
    assert "commits" not in second.stdout
    assert rows(synced, "select exit_code, requests > 0 from bitbucket_raw.sync_runs") == [(0, True), (0, True)]


def test_a_sync_that_only_marks_deletions_says_so(bitbucket: Emulator, invoke: Invoke) -> None:
    [repository, *_] = [each for each in bitbucket.world.repositories.values() if each.webhooks]
    # not its only one: a list that became empty is not believed at once
    hook = bitbucket.act("add_webhook", repository=repository.slug, url="https://ci.example/hook", description="CI")
    assert invoke("sync", "acme", "--tables", "webhooks").exit_code == 0
    bitbucket.act("remove_webhook", repository=repository.slug, webhook=hook.uuid)
    done = invoke("sync", "acme", "--tables", "webhooks")
    first, table = done.stdout.splitlines()
    assert re.fullmatch(r"0 rows, 1 marked as deleted, in [\d.]+ s with \d+ requests\.", first)
    assert re.fullmatch(r"  webhooks +0, 1 marked as deleted", table)
    again = invoke("sync", "acme", "--tables", "webhooks")
    assert again.stdout.startswith("0 rows in "), "it is marked already"


def test_marks_are_told_by_table_however_many_rows_a_key_stands_for(
    bitbucket: Emulator, synced: Path, invoke: Invoke
) -> None:
    [repository, *_] = bitbucket.world.repositories.values()
    author = next(user for user in bitbucket.world.users.values() if user.kind == "user" and not user.deleted)
    message = "Fix the cart\n\nRefs: ABC-1\nReviewed-by: Ann"
    pushed = {"repository": repository.slug, "branch": "short-lived"}
    bitbucket.act("push", **pushed, author=author, message=message, commits=3)
    assert invoke("sync", "acme").exit_code == 0
    bitbucket.act("delete_branch", **pushed)
    done = invoke("sync", "acme")
    told = dict(re.findall(r"^  (\w+) .*, ([\d,]+) marked as deleted$", done.stdout, flags=re.MULTILINE))
    assert told == {"branches": "1", "commits": "3", "commit_parents": "3", "commit_trailers": "6"}
    for table, count in told.items():
        newest = "(select max(started_at) from bitbucket_raw.sync_runs)"
        query = f"select count(*) from bitbucket_raw.{table} where deleted_at = {newest}"
        assert rows(synced, query) == [(int(count),)], table
    [(noted,)] = rows(
        synced, "select rows_marked_by_table from bitbucket_raw.sync_runs order by started_at desc limit 1"
    )
    assert json.loads(str(noted)) == {table: int(count) for table, count in told.items()}


def test_only_the_tables_that_were_named_are_loaded(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("sync", "acme", "--tables", "projects, repositories")
    assert done.exit_code == 0
    assert re.findall(r"^  (\w+)", done.stdout, flags=re.MULTILINE) == ["projects", "repositories"]
    assert rows(
        tmp_path / "bitbucket.duckdb",
        "select table_name from information_schema.tables where table_schema = 'bitbucket_raw'"
        " and table_name not like '\\_dlt%' escape '\\' order by all",
    ) == [("projects",), ("repositories",), ("sync_cursors",), ("sync_errors",), ("sync_forgotten",), ("sync_runs",)]


def test_repositories_are_selected_by_globs_in_any_case_and_by_project(
    bitbucket: Emulator, invoke: Invoke, tmp_path: Path
) -> None:
    [first, second, _] = sorted(bitbucket.world.repositories.values(), key=lambda each: each.slug)
    project = bitbucket.world.projects[str(second.project)].key
    globs = [f"{first.slug[:3]}*", second.slug.upper()]
    selections = {
        "globs": ["--exclude", first.slug.upper(), "--repositories", globs[0], "--repositories", globs[1]],
        "project": ["--projects", project.lower(), "--repositories", f"*{second.slug[1:]}"],
    }
    for name, options in selections.items():
        assert invoke("sync", "acme", "--tables", "repositories", "--database", f"{name}.db", *options).exit_code == 0
        assert rows(tmp_path / f"{name}.db", "select slug from bitbucket_raw.repositories") == [(second.slug,)]


def test_a_selection_that_matches_nothing_is_told(invoke: Invoke) -> None:
    done = invoke("sync", "acme", "--tables", "repositories", "--repositories", "no-such-*")
    assert done.exit_code == 2
    assert "Notice: no repository is selected" in done.stdout


def test_a_spent_budget_exits_3_and_the_next_sync_goes_on(
    first_sync: tuple[Completed, Path], invoke: Invoke, tmp_path: Path
) -> None:
    stopped = invoke("sync", "acme", "--max-requests", "30")
    assert stopped.exit_code == 3
    assert "Stopped: the 30 requests of --max-requests are spent." in stopped.stdout
    assert invoke("sync", "acme").exit_code == 0
    for table in ("commits", "pull_requests", "pipeline_steps"):
        query = f"select count(*) from bitbucket_raw.{table}"
        assert rows(tmp_path / "bitbucket.duckdb", query) == rows(first_sync[1] / "bitbucket.duckdb", query)


def test_time_that_is_over_exits_3(invoke: Invoke) -> None:
    stopped = invoke("sync", "acme", "--max-time", "0s")
    assert stopped.exit_code == 3
    assert "Stopped: the time of --max-time is over." in stopped.stdout


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_budget_too_small_for_the_workspace_says_that_nothing_could_be_read(invoke: Invoke, most: int) -> None:
    stopped = invoke("sync", "acme", "--max-requests", str(most))
    assert stopped.exit_code == 3
    told = f"Stopped: the {most} requests of --max-requests are spent. Nothing could be read of any repository"
    assert f"{told} with so few" in stopped.stdout
    assert "goes on from there" not in stopped.stdout


def test_an_api_that_cannot_be_reached_is_told_at_once_and_exits_2(invoke: Invoke) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{nobody.getsockname()[1]}"
        done = invoke("sync", "acme", "--max-requests", "1", "--base-url", f"http://{host}/2.0")
    assert done.exit_code == 2
    trying, error = done.stderr.splitlines()
    assert re.fullmatch(rf"no answer from {host}: the connection failed \(\w+\); trying again in 1 s", trying)
    assert error == (
        f"Error: on /workspaces/acme: no answer from {host}: the connection failed (ConnectionError). "
        "Nothing was read. Check the network, and the address in --base-url."
    )


MISTAKES = {
    "no such workspace": (["sync", "nobody"], {}, "404 on /workspaces/nobody"),
    "a wrong token": (["sync", "acme"], {"BITBUCKET_API_TOKEN": "wrong"}, "401 on /workspaces/acme"),
    "no credentials": (["sync", "acme"], {"BITBUCKET_EMAIL": "", "BITBUCKET_API_TOKEN": ""}, "No credentials."),
    "half of the credentials": (["sync", "acme"], {"BITBUCKET_EMAIL": ""}, "api_token is given without email"),
    "an app password": (["sync", "acme"], {"BITBUCKET_APP_PASSWORD": "x"}, "App passwords were removed"),
    "no such table": (["sync", "acme", "--tables", "issues"], {}, "no such table: issues"),
    "no workspace": (["sync"], {}, "No workspace."),
    "a duration of no kind": (["sync", "acme", "--max-time", "soon"], {}, "max_time is 'soon'"),
    "a list that is none": (["sync", "acme"], {"SOURCES__BITBUCKET__TABLES": "users"}, "setting tables cannot be read"),
    "a number that is none": (["sync", "acme"], {"SOURCES__BITBUCKET__WORKERS": "x"}, "setting workers cannot be read"),
    "no table": (["sync", "acme", "--tables", ","], {}, "tables names no table"),
    "no requests": (["sync", "acme", "--max-requests", "0"], {}, "max_requests is 0"),
    "a file in no folder": (["sync", "acme", "--database", "nowhere/b.duckdb"], {}, "No such file or directory"),
    "no workers": (["sync", "acme", "--workers", "0"], {}, "workers is 0"),
    "no address": (["sync", "acme", "--base-url", "api.bitbucket.org"], {}, "base_url is 'api.bitbucket.org'"),
    "a broken address": (["sync", "acme", "--base-url", "http://[::1/2.0"], {}, "base_url is 'http://[::1/2.0'"),
    "a port that is none": (["sync", "acme", "--base-url", "http://a:99999"], {}, "base_url is 'http://a:99999'"),
    "an address without a host": (["sync", "acme", "--base-url", "https:///2.0"], {}, "base_url is 'https:///2.0'"),
    "a password in the address": (
        ["sync", "acme", "--base-url", "https://me:emulator-api-token@a/2.0"],
        {},
        "base_url holds a name or a password",
    ),
    "a broken token server": (["sync", "acme"], {"BITBUCKET_OAUTH_URL": "http://[::1"}, "oauth_url is 'http://[::1'"),
    "a password in the token server": (
        ["sync", "acme"],
        {"BITBUCKET_OAUTH_URL": "https://me:emulator-api-token@a"},
        "oauth_url holds a name or a password",
    ),
    "no such destination": (["sync", "acme", "--destination", "nowhere"], {}, "dlt knows no such destination"),
    "a dataset like its file": (["sync", "acme", "--dataset", "bitbucket"], {}, "DuckDB refuses a dataset"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_users_mistake_gets_one_readable_line_and_exit_code_2(mistake: str, invoke: Invoke) -> None:
    arguments, changes, told = MISTAKES[mistake]
    done = invoke(*arguments, **changes)

    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


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


def test_a_damaged_database_is_told_with_what_to_do_and_nothing_is_asked(
    bitbucket: Emulator, synced: Path, run: Run
) -> None:
    block, header = 256 * 1024, 3 * 4096
    with synced.open("r+b") as file:
        for start in range(header, synced.stat().st_size, block):
            file.seek(start + 100)
            file.write(b"damaged")
    bitbucket.clear_requests()
    done = run("sync", "acme")
    assert (done.returncode, bitbucket.requests) == (2, [])
    (told,) = done.stderr.splitlines()
    assert told.startswith("Error: The DuckDB file is damaged")
    assert "move it away" in told


def test_a_second_sync_into_the_same_file_exits_75_and_a_killed_one_is_in_nobodys_way(
    bitbucket: Emulator, environment: dict[str, str], invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    bitbucket.add_fault(Fault(kind="delay", path="/steps", seconds=5))
    command = [COMMAND, "sync", "acme"]
    with process(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL) as first:
        wait_until(lambda: any("/steps" in entry.path for entry in bitbucket.requests), first)
        second = invoke("sync", "acme", "--tables", "repositories")
        first.kill()
    bitbucket.clear_faults()
    third = invoke("sync", "acme", "--tables", "repositories")

    assert second.exit_code == 75
    assert re.fullmatch(
        rf"Error: Another sync is loading into bitbucket.duckdb \(pid {first.pid} on \S+ since .* UTC\)\. "
        r"Wait until it has ended, or end it: its lock goes with it\.\n",
        second.stderr,
    )
    assert third.exit_code == 0
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".lock"] == []


def test_a_misspelt_setting_is_named_with_the_one_that_is_meant(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    config = tmp_path / ".dlt" / "config.toml"
    config.write_text("[sources.bitbucket]\nmax_request = 10\nmax_table_nesting = 2\n")
    done = run("sync", "acme")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: max_request in [sources.bitbucket] is no setting. Is max_requests meant?\n"

    config.unlink()
    credentials = {"SOURCES__BITBUCKET__CREDENTIALS__ACCESS_TOKEN": "t"}
    done = run("sync", "acme", SOURCES__BITBUCKET__EXLUDE='["api"]', **credentials)
    assert "Error: exlude in [sources.bitbucket] is no setting. Is exclude meant?" in done.stderr


def test_settings_come_from_the_argument_then_the_environment_then_config_toml(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text(
        '[sources.bitbucket]\nworkspace = "acme"\ndatabase = "of_config.db"\ntables = ["projects"]\nmax_requests = 1\n'
    )
    by_config = run("sync")
    assert by_config.returncode == 3
    assert "the 1 requests of --max-requests" in by_config.stdout
    assert (tmp_path / "of_config.db").exists()

    by_environment = {"SOURCES__BITBUCKET__MAX_REQUESTS": "9", "SOURCES__BITBUCKET__TABLES": '["repositories"]'}
    done = run("sync", **by_environment)
    assert done.returncode == 0
    assert re.findall(r"^  (\w+)", done.stdout, flags=re.MULTILINE) == ["repositories"]

    by_argument = run("sync", "--max-requests", "2", "--tables", "projects,workspace_members", **by_environment)
    assert by_argument.returncode == 3
    assert "the 2 requests of --max-requests" in by_argument.stdout


def test_the_size_of_the_terminal_is_no_setting(invoke: Invoke) -> None:
    assert invoke("sync", "acme", "--tables", "workspaces", COLUMNS="80", LINES="24").exit_code == 0


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
