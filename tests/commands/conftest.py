"""The command line against the emulated workspace.

`run` starts the installed command, where what a process does matters; `invoke` calls it in this process, which saves
the two seconds that dlt takes to import.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.commands import main

Completed = subprocess.CompletedProcess[str]
Run = Callable[..., Completed]
Invoke = Callable[..., Result]
COMMAND = str(Path(sys.executable).with_name("bitbucket-source"))
SECRETS = ("emulator-api-token", "emulator-workspace-token", "emulator-repository-token", "emulator-consumer-secret")


def environment_for(bitbucket: Emulator, directory: Path) -> dict[str, str]:
    """What a user has in the environment who follows what `bitbucket-source emulator` prints."""
    # beside it: unless somebody is root, dlt keeps something in their home, which is not what a command leaves behind
    home = directory.with_name(f"{directory.name}-home")
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "DLT_DATA_DIR": str(directory / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "BITBUCKET_BASE_URL": bitbucket.base_url,
        "BITBUCKET_OAUTH_URL": bitbucket.oauth_url,
        "BITBUCKET_EMAIL": "admin@example.org",
        "BITBUCKET_API_TOKEN": "emulator-api-token",
    }


def completed(arguments: tuple[str, ...], environment: dict[str, str], directory: Path) -> Completed:
    """`bitbucket-source` with these arguments, run to its end; whatever it does, it shows no secret."""
    done = subprocess.run(
        [COMMAND, *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert [secret for secret in SECRETS if secret in done.stdout + done.stderr] == []
    return done


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """What a query answers from a DuckDB file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def environment(bitbucket: Emulator, tmp_path: Path) -> dict[str, str]:
    return environment_for(bitbucket, tmp_path)


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Runs `bitbucket-source` in a directory of its own; keyword arguments change the environment, '' takes away."""

    def run(*arguments: str, **changes: str) -> Completed:
        changed = {name: value for name, value in {**environment, **changes}.items() if value}
        return completed(arguments, changed, tmp_path)

    return run


@pytest.fixture
def invoke(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Calls `bitbucket-source` in this process and in a directory of its own; like `run` otherwise."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, **changes: str) -> Result:
        changed: dict[str, str | None] = {
            name: value or None for name, value in {**environment, **changes}.items() if name != "PATH"
        }
        result = CliRunner().invoke(main, arguments, env=changed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert [secret for secret in SECRETS if secret in result.output] == []
        return result

    return invoke


@pytest.fixture(scope="session")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> tuple[Completed, Path]:
    """How the first sync of the workspace ended, and the directory it ran in: made once, for all."""
    directory = tmp_path_factory.mktemp("first_sync")
    with Emulator(generate_world(seed=11, repositories=3, people=8, years=1, scale=0.3)) as bitbucket:
        return completed(("sync", "acme"), environment_for(bitbucket, directory), directory), directory


@pytest.fixture
def synced(first_sync: tuple[Completed, Path], tmp_path: Path) -> Path:
    """A database of its own that holds what the first sync of the workspace loaded."""
    _, directory = first_sync
    return Path(shutil.copy(directory / "bitbucket.duckdb", tmp_path))
