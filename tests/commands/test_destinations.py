"""Destinations that cannot be synced into, or whose models cannot be built: told before anything is read."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.commands.conftest import Invoke


@pytest.mark.parametrize(
    ("options", "settings", "told"),
    [
        pytest.param(
            ["--destination", "filesystem"],
            {"DESTINATION__FILESYSTEM__BUCKET_URL": "bucket"},
            "filesystem is no database with SQL, which a sync needs to change rows",
            id="files",
        ),
        pytest.param(
            ["--destination", "filesystem"],
            {},
            "filesystem is no database with SQL, which a sync needs to change rows",
            id="files without their setting",
        ),
        pytest.param(
            ["--destination", "postgres"],
            {},
            "The destination needs a setting that is missing: credentials. "
            "Put it into .dlt/secrets.toml under [destination.postgres.credentials].",
            id="no credentials",
        ),
        pytest.param(
            ["--destination", "postgres"],
            {"DESTINATION__POSTGRES__CREDENTIALS": "postgresql://me:swordfish@/db?host=/run/postgresql"},
            "The destination needs a setting that is missing: credentials.host. ",
            id="credentials without a host",
        ),
        pytest.param(["--destination", "bigquery", "--models"], {}, "The models run by themselves on", id="no models"),
        pytest.param(
            ["--destination", "postgres"],
            {"DESTINATION__POSTGRES__CREDENTIALS": "postgresql:/me:swordfish@host/db"},
            "The credentials of the destination cannot be read",
            id="an address that is none",
        ),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_read(
    bitbucket: Emulator, invoke: Invoke, tmp_path: Path, options: list[str], settings: dict[str, str], told: str
) -> None:
    done = invoke("sync", "acme", *options, **settings)
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "swordfish" not in done.output
    assert bitbucket.requests == []
    assert not (tmp_path / "bucket").exists()


@pytest.mark.parametrize("command", [("sync", "acme"), ("status", "acme")], ids=lambda command: command[0])
def test_a_destination_whose_package_is_not_installed_is_told_with_it(
    bitbucket: Emulator, invoke: Invoke, command: tuple[str, ...]
) -> None:
    if find_spec("snowflake") is not None:
        pytest.skip("snowflake is installed")
    credentials = {"DESTINATION__SNOWFLAKE__CREDENTIALS": "snowflake://me:swordfish@host/db"}
    done = invoke(*command, "--destination", "snowflake", **credentials)
    assert (done.exit_code, bitbucket.requests) == (2, [])
    (told,) = done.stderr.splitlines()
    assert told.endswith(" needs a package that is not installed: pip install 'dlt[snowflake]'.")


ALL = pytest.mark.parametrize(
    "command",
    [("sync", "acme"), ("status", "acme"), ("verify", "acme"), ("plan", "acme"), ("models",), ("forget", "{0}")],
    ids=lambda command: command[0],
)


@ALL
def test_a_file_beside_another_destination_is_not_passed_over(invoke: Invoke, command: tuple[str, ...]) -> None:
    done = invoke(*command, "--destination", "postgres", "--database", "b.duckdb")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--database is a file of DuckDB's: it does not go with --destination postgres." in done.stderr


@ALL
def test_a_postgres_that_nobody_runs_is_told_by_every_command(
    bitbucket: Emulator, invoke: Invoke, command: tuple[str, ...]
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"postgresql://me:swordfish@127.0.0.1:{nobody.getsockname()[1]}/db"
        done = invoke(*command, "--destination", "postgres", DESTINATION__POSTGRES__CREDENTIALS=address)
    assert (done.exit_code, bitbucket.requests) == (2, [])
    (told,) = done.stderr.splitlines()
    assert told.startswith("Error: Postgres cannot be reached: ")
    assert told.endswith("Look at [destination.postgres.credentials] in .dlt/secrets.toml.")
    assert "swordfish" not in told
