"""`bitbucket-source forget`, and the settings of what is stored, as people give them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.commands.conftest import Invoke


def one(path: Path, query: str) -> object:
    with duckdb.connect(str(path), read_only=True) as connection:
        [(value,)] = connection.execute(query).fetchall()
    return value


def test_a_person_is_forgotten_and_what_changed_is_told(invoke: Invoke, synced: Path) -> None:
    uuid = one(synced, "select max(uuid) from bitbucket_raw.users where type = 'user'")
    done = invoke("forget", str(uuid))
    assert done.exit_code == 0
    assert done.output.startswith("Forgotten, with ")
    assert "users" in done.output
    assert "bitbucket-source models" in done.output
    assert one(synced, f"select count(*) from bitbucket_raw.users where uuid = '{uuid}'") == 0
    again = invoke("forget", str(uuid))
    assert (again.exit_code, again.output) == (0, "Nothing was left to forget.\n")


@pytest.mark.parametrize("uuid", ["ada", "{11111111-1111-1111-1111-111111111111}"])
def test_somebody_unknown(invoke: Invoke, synced: Path, uuid: str) -> None:
    done = invoke("forget", uuid)
    assert done.exit_code == 2
    assert done.output.startswith("Error: ")
    assert uuid in done.output
    assert "Look it up: select uuid, display_name from users" in done.output
    assert one(synced, "select count(*) from bitbucket_raw.sync_forgotten") == 0


def test_without_a_warehouse(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("forget", "{11111111-1111-1111-1111-111111111111}")
    assert done.exit_code == 2
    assert "There is no database" in done.output
    assert list(tmp_path.glob("*.duckdb")) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--raw", "nothing"], "raw: no such table: nothing. There are: workspaces, "),
        (
            ["--extra-columns", "links.self.href"],
            "extra_columns is 'links.self.href': write it like pull_requests=links.self.href.",
        ),
        (["--extra-columns", "nothing=a"], "extra_columns: no such table: nothing. There are: "),
        (["--extra-columns", "commits=a b"], "extra_columns: commits a b is no path in an object of Bitbucket's"),
        (["--extra-columns", "commits=a:number"], "extra_columns: commits a: number is no type: it is one of text, "),
        (["--emails", "mask"], "'mask' is not one of 'keep', 'hash', 'drop'"),
        (["--max-staleness", "long"], "max_staleness is 'long': write it like 90s, 50m, 2h or 30d."),
        (["--max-staleness", "5m"], "max_staleness is '5m': it must be at least 1h."),
    ],
)
def test_a_setting_that_cannot_be_right_is_told_before_anything_is_asked(
    invoke: Invoke, options: list[str], message: str
) -> None:
    done = invoke("sync", "acme", *options)
    assert done.exit_code == 2
    assert message in done.output


def test_columns_are_added_from_the_command_line(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke(
        "sync",
        "acme",
        "--tables",
        "repositories",
        "--raw",
        "repositories",
        "--extra-columns",
        "repositories=has_issues:bool",
    )
    assert done.exit_code == 0
    count = "select count(*) from bitbucket_raw.repositories where raw is null or has_issues is null"
    assert one(tmp_path / "bitbucket.duckdb", count) == 0
