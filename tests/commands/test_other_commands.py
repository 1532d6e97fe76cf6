"""`models`, `emulator`, `demo`, and help for all commands."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

import click
import duckdb
import pytest

from bitbucket_source.commands import main
from bitbucket_source.commands.models import value_of
from bitbucket_source.models.project import variables
from tests.commands.conftest import COMMAND, Invoke, Run
from tests.conftest import REPOSITORY_ROOT


def test_chosen_models_are_built_with_variables_over_what_was_loaded(synced: Path, invoke: Invoke) -> None:
    built = invoke(
        *("models", "--select", "+bitbucket__fct_pull_requests", "--exclude", "test_type:data"),
        *("--vars", "reporting_timezone=Pacific/Auckland", "--schema", "mine"),
    )

    assert built.exit_code == 0, built.stdout + built.stderr
    assert re.match(r"Models: \d+ built, .* 0 failed", built.stdout)
    with duckdb.connect(str(synced)) as connection:
        [(modelled, loaded, nearer_the_date_line)] = connection.execute(
            "select count(*), (select count(*) from bitbucket_raw.pull_requests), "
            "count(*) filter (merged_day > merged_at::date) from mine.fct_pull_requests"
        ).fetchall()
        schemas = connection.execute("select distinct schema_name from information_schema.schemata").fetchall()
    assert modelled == loaded > 0
    assert nearer_the_date_line > 0
    assert ("bitbucket_marts",) not in schemas


def test_the_variables_are_those_that_the_readme_describes() -> None:
    readme = (REPOSITORY_ROOT / "sql" / "README.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `(\w+)` \|", readme, flags=re.MULTILINE))
    assert variables() == described - {"bitbucket_raw_schema", "bitbucket_schema"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("false", False),
        ("30", 30),
        ('["fix/%"]', ["fix/%"]),
        ("2026-01-31", "2026-01-31"),
        ("[A-Z]+-[0-9]+", "[A-Z]+-[0-9]+"),
        ("Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_a_variable_is_what_its_text_is_in_json(text: str, value: object) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param(["--database", "none.duckdb"], 2, "none.duckdb: `bitbucket-source sync` makes it", id="no file"),
        pytest.param(["--dataset", "none"], 2, "There is no dataset none to build the models over", id="no dataset"),
        pytest.param(
            ["--schema", "Bitbucket_Raw"], 2, "cannot be made in bitbucket_raw, among the tables", id="no place"
        ),
        pytest.param(["--select", "issues"], 1, "No model matches the selection 'issues'", id="no model"),
        pytest.param(
            ["--select", "bitbucket__dim_dates", "--schema", "new"], 1, "select it as +NAME", id="nothing to build upon"
        ),
        pytest.param(["--vars", "bitbucket_step_day=30"], 2, "there is no bitbucket_step_day. There", id="no variable"),
        pytest.param(["--vars", "as_of"], 2, "write it NAME=VALUE", id="a variable without a value"),
        pytest.param(["--destination", "bigquery"], 2, "run by themselves on duckdb and postgres", id="a destination"),
    ],
)
def test_models_tell_what_is_wrong(synced: Path, invoke: Invoke, arguments: list[str], code: int, told: str) -> None:
    done = invoke("models", *arguments)

    assert done.exit_code == code
    assert told in done.stderr
    assert sorted(synced.parent.glob("*.duckdb")) == [synced]


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


def test_the_emulator_refuses_a_port_that_is_taken(invoke: Invoke) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = invoke("emulator", "--port", str(taken.getsockname()[1]))

    assert done.exit_code == 2
    assert "choose another with --port" in done.stderr


def test_the_demo_runs_twice_over_one_file_and_leaves_nothing_else(run: Run, tmp_path: Path) -> None:
    first, second = run("demo"), run("demo")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.count("\n-- ") == 3
    assert "Models: " in second.stdout
    assert "commits" not in second.stdout.split("Building")[0]
    assert {path.name for path in tmp_path.iterdir()} - {"dlt"} == {"bitbucket_demo.duckdb"}


def test_the_list_of_commands_has_a_whole_sentence_for_each(invoke: Invoke) -> None:
    told = invoke("--help").stdout.partition("Commands:\n")[2].splitlines()

    assert [line.split()[0] for line in told] == sorted(main.commands)
    assert [line for line in told if line.endswith("..") or not line.endswith(".")] == []


def test_every_option_of_every_command_is_explained() -> None:
    options = [(name, each) for name, command in main.commands.items() for each in command.params]
    unexplained = [(name, each.name) for name, each in options if isinstance(each, click.Option) and not each.help]
    assert unexplained == []


@pytest.mark.parametrize("command", ["", "demo", "login", "logout", "check", "sync", "status", "models", "emulator"])
def test_help_comes_at_once(run: Run, command: str) -> None:
    done = run(*filter(None, [command]), "--help")
    imported = run(*filter(None, [command]), "--help", PYTHONPROFILEIMPORTTIME="1").stderr

    assert done.returncode == 0
    assert done.stdout.startswith("Usage: bitbucket-source")
    assert " dlt\n" not in imported
    assert " pyarrow\n" not in imported


def test_settings_that_are_no_toml_are_told_with_their_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text('[sources.bitbucket\nworkspace = "acme"\n')
    done = run("status")

    assert done.returncode == 2
    assert done.stderr.startswith("Error: The file .dlt/config.toml cannot be read: ")
    assert done.stderr.endswith("at line 1 col 18.\n")
