"""A --database that cannot be used: what is told, and that nobody's password is in it."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.commands.conftest import COMMAND, Invoke

COMMANDS = {
    "sync": ["sync", "acme", "--tables", "projects"],
    "verify": ["verify", "acme", "--tables", "projects"],
    "plan": ["plan", "acme", "--tables", "projects"],
    "status": ["status", "acme"],
    "models": ["models"],
    "forget": ["forget", "{00000000-0000-0000-0000-000000000000}"],
}
commands = pytest.mark.parametrize("command", COMMANDS)


@commands
@pytest.mark.parametrize("database", ["/", ".", "folder"])
def test_a_directory_is_no_database(
    bitbucket: Emulator, invoke: Invoke, tmp_path: Path, command: str, database: str
) -> None:
    (tmp_path / "folder").mkdir()
    done = invoke(*COMMANDS[command], "--database", database)
    assert (done.exit_code, bitbucket.requests) == (2, [])
    (told,) = done.stderr.splitlines()
    assert told.startswith("Error: The database ")
    assert " is a directory: name a file in it, as in " in told


@commands
@pytest.mark.parametrize(
    "database", ["postgresql://me:swordfish@host/warehouse", "md:warehouse?motherduck_token=swordfish", ":memory:"]
)
def test_an_address_is_no_file(
    bitbucket: Emulator, invoke: Invoke, tmp_path: Path, command: str, database: str
) -> None:
    done = invoke(*COMMANDS[command], "--database", database)
    assert (done.exit_code, bitbucket.requests, done.stdout) == (2, [], "")
    (told,) = done.stderr.splitlines()
    assert told.startswith("Error: --database takes the path of a file of DuckDB's")
    assert "--destination" in told
    assert "swordfish" not in told
    assert [path for path in tmp_path.iterdir() if path.name != "dlt"] == []


@commands
def test_a_file_of_another_kind_is_told_with_what_to_do(
    bitbucket: Emulator, invoke: Invoke, tmp_path: Path, command: str
) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    done = invoke(*COMMANDS[command], "--database", "notes.txt")
    assert (done.exit_code, bitbucket.requests) == (2, [])
    (told,) = done.stderr.splitlines()
    assert told.startswith("Error: The database cannot be used: The file ")
    assert told.endswith("not a valid DuckDB database file! Name another with --database.")
    assert (tmp_path / "notes.txt").read_text() == "hello"


def test_a_file_that_cannot_be_written_to_is_told_with_what_to_do(
    bitbucket: Emulator, synced: Path, invoke: Invoke
) -> None:
    # as in a directory that cannot be written to, which nothing is to root
    synced.with_name(f"{synced.name}.wal").mkdir()
    done = invoke("sync", "acme", "--tables", "projects")
    assert (done.exit_code, bitbucket.requests) == (2, [])
    (told,) = done.stderr.splitlines()
    assert told.startswith("Error: The database cannot be used: ")
    assert f'{synced.name}.wal": Is a directory' in told
    assert told.endswith("Name another with --database.")


def test_a_disk_that_is_full_is_trouble_and_the_next_sync_goes_on(
    environment: dict[str, str], invoke: Invoke, tmp_path: Path
) -> None:
    # one of these bytes, that is
    full = subprocess.run(
        [COMMAND, "sync", "acme"],
        cwd=tmp_path,
        env=environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_900_000, 1_900_000)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert full.returncode == 1, full.stderr
    told = full.stderr.splitlines()[-1]
    assert told.startswith("Error: The database cannot be written to: Could not write file ")
    assert told.endswith("Make room for it; the next sync goes on.")
    assert invoke("sync", "acme").exit_code == 0


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize("command", ["sync", "status"])
def test_an_output_that_cannot_be_written_is_told(environment: dict[str, str], tmp_path: Path, command: str) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has /dev/full")
    with full.open("w") as out:
        done = subprocess.run(
            [COMMAND, command, "acme"],
            cwd=tmp_path,
            env=environment,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Something could not be written: No space left on device.")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("synced")
def test_a_sync_needs_no_stderr(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {COMMAND} sync acme 2>&-"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("0 rows in ")
