"""`check`, `models`, `emulator`, `demo`, and help for all of them."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import duckdb
import pytest

from tests.commands.conftest import COMMAND, Run


def test_check_says_who_and_that_everything_can_be_read(run: Run) -> None:
    done = run("check", "acme")

    assert done.returncode == 0, done.stderr
    assert "API token, of " in done.stdout
    assert "3 repositories selected" in done.stdout
    assert "CANNOT" not in done.stdout
    assert "  pipeline_steps             can be read" in done.stdout


def test_check_says_what_cannot_be_read_and_why(run: Run) -> None:
    done = run(
        "check", "acme", BITBUCKET_EMAIL="", BITBUCKET_API_TOKEN="", BITBUCKET_ACCESS_TOKEN="emulator-repository-token"
    )

    assert done.returncode == 1
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.startswith("  ")}
    assert "lack the scope pipeline (they have: pullrequest, repository)" in lines["pipelines"]
    assert "can be read" in lines["commits"]
    assert "emulator-repository-token" not in done.stdout + done.stderr


def test_models_are_built_over_what_was_loaded(run: Run, tmp_path: Path) -> None:
    assert run("sync", "acme").returncode == 0
    built = run("models")
    assert built.returncode == 0, built.stdout + built.stderr

    chosen = run("models", "--select", "bitbucket__dim_dates")
    assert chosen.returncode == 0
    assert "1 built" in chosen.stdout
    with duckdb.connect(str(tmp_path / "bitbucket.duckdb")) as connection:
        [(modelled, loaded)] = connection.execute(
            "select (select count(*) from bitbucket_marts.fct_pull_requests),"
            " (select count(*) from bitbucket_raw.pull_requests)"
        ).fetchall()
    assert modelled == loaded > 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["models", "--database", "none.duckdb"], "none.duckdb"),
        (["models", "--vars", "as_of"], "write it NAME=VALUE"),
        (["models", "--destination", "bigquery"], "The models run by themselves on duckdb and postgres"),
    ],
)
def test_models_tell_what_is_wrong(run: Run, arguments: list[str], told: str) -> None:
    done = run(*arguments)

    assert done.returncode in {1, 2}
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_emulator_says_what_to_type_next(run: Run, environment: dict[str, str], tmp_path: Path) -> None:
    emulator = subprocess.Popen(
        [COMMAND, "emulator", "--port", "0", "--repositories", "2", "--scale", "0.1"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with emulator:
        assert emulator.stdout is not None
        printed: list[str] = []
        while not printed or "Ctrl-C" not in printed[-1]:
            printed.append(emulator.stdout.readline())
        exported = dict(
            assignment.split("=", 1)
            for line in printed
            if line.strip().startswith("export")
            for assignment in line.split()[1:]
        )
        commands = [line.split()[1:] for line in printed if line.strip().startswith("bitbucket-source")]
        codes = [run(*command, **exported).returncode for command in commands]
        emulator.terminate()

    assert [command[0] for command in commands] == ["check", "sync"]
    assert codes == [0, 0]
    assert (tmp_path / "bitbucket.duckdb").exists()


def test_the_emulator_refuses_a_port_that_is_taken(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("emulator", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 2
    assert "choose another with --port" in done.stderr


def test_the_demo_runs_twice_over_one_file_and_leaves_nothing_else(run: Run, tmp_path: Path) -> None:
    first, second = run("demo"), run("demo")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.count("\n-- ") == 3
    assert "Models: " in second.stdout
    assert "commits" not in second.stdout.split("Building")[0]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "dlt") == ["bitbucket_demo.duckdb"]


@pytest.mark.parametrize("command", ["", "demo", "check", "sync", "models", "emulator"])
def test_help_comes_at_once(run: Run, command: str) -> None:
    done = run(*filter(None, [command]), "--help")
    imported = run(*filter(None, [command]), "--help", PYTHONPROFILEIMPORTTIME="1").stderr

    assert done.returncode == 0
    assert done.stdout.startswith("Usage: bitbucket-source")
    assert " dlt\n" not in imported
    assert " pyarrow\n" not in imported
