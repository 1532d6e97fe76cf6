"""`bitbucket-source verify`: what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.load.lock import SyncLock
from bitbucket_source.load.pipeline import make_pipeline
from tests.commands.conftest import Invoke

IN_ONE = "repository_uuid = (select max(uuid) from repositories)"


def change(database: Path, *statements: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("set schema = 'bitbucket_raw'")
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def damaged(synced: Path) -> Path:
    """A warehouse in which a title is wrong and a run is missing."""
    change(
        synced,
        f"update pull_requests set title = 'wrong' where id = 1 and {IN_ONE}",
        f"delete from pipelines where build_number = 1 and {IN_ONE}",
    )
    return synced


@pytest.mark.parametrize("depth", [(), ("--deep", "sample"), ("--deep", "all")], ids=["cheap", "sample", "all"])
def test_an_exact_warehouse_ends_with_0_and_says_how_it_was_compared(
    bitbucket: Emulator, synced: Path, invoke: Invoke, depth: tuple[str, ...]
) -> None:
    done = invoke("verify", "acme", *depth)
    assert done.exit_code == 0
    assert "No differences." in done.stdout
    assert f"{len(bitbucket.requests)} requests." in done.stdout
    assert ("chosen at random; --seed" in done.stdout) is (depth != ("--deep", "all"))
    assert synced.exists()


@pytest.mark.parametrize("option", ["--sample", "--seed"])
def test_a_sample_of_everything_is_refused(invoke: Invoke, option: str) -> None:
    done = invoke("verify", "acme", "--deep", "all", option, "7")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--deep all compares everything" in done.stderr


@pytest.mark.parametrize("depth", [(), ("--deep", "all")], ids=["cheap", "all"])
def test_a_warehouse_of_one_table_is_compared_by_that_one(
    invoke: Invoke, tmp_path: Path, depth: tuple[str, ...]
) -> None:
    assert invoke("sync", "acme", "--tables", "pipelines").exit_code == 0
    done = invoke("verify", "acme", *depth)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "No differences." in done.stdout
    assert "repositories: not compared: it is not in the warehouse" in done.stdout
    change(tmp_path / "bitbucket.duckdb", "delete from pipelines where build_number = 1")
    assert invoke("verify", "acme", "--tables", "pipelines", *depth).exit_code == 1


def test_differences_are_shown_row_by_row_and_end_with_1(damaged: Path, invoke: Invoke) -> None:
    done = invoke("verify", "acme", "--deep", "all", "--database", str(damaged))
    assert done.exit_code == 1
    assert "1: title is 'wrong', in Bitbucket '" in done.stdout
    assert ": missing in the warehouse" in done.stdout


def test_json_tells_everything(damaged: Path, invoke: Invoke) -> None:
    report = json.loads(invoke("verify", "acme", "--deep", "all", "--json", "--database", str(damaged)).stdout)
    assert {each["table"]: each["kind"] for each in report["differences"]} == {
        "pull_requests": "differs",
        "pipelines": "missing in the warehouse",
    }
    assert report["differences"][1]["columns"]["title"]["warehouse"] == "wrong"
    assert report["differences"][0]["repository"].startswith("acme/")


def test_more_than_twenty_rows_of_a_table_are_counted(synced: Path, invoke: Invoke) -> None:
    change(synced, "update commits set message = 'wrong'")
    done = invoke("verify", "acme", "--deep", "all", "--tables", "commits")
    assert done.stdout.count("message is 'wrong'") == 20
    assert "more (--json has all)" in done.stdout


def test_a_repair_that_leaves_nothing_ends_with_0(bitbucket: Emulator, damaged: Path, invoke: Invoke) -> None:
    done = invoke("verify", "acme", "--deep", "all", "--repair", "--database", str(damaged))
    assert done.exit_code == 0
    assert "Repaired: 2 rows written, 0 marked as deleted." in done.stdout
    assert "Compared again: no differences are left." in done.stdout
    assert "requests for the repair." in done.stdout
    bitbucket.clear_requests()
    assert invoke("verify", "acme", "--deep", "all", "--database", str(damaged)).exit_code == 0


def test_the_same_seed_chooses_the_same(bitbucket: Emulator, synced: Path, invoke: Invoke) -> None:
    asked = []
    for _ in range(2):
        bitbucket.clear_requests()
        invoke("verify", "acme", "--deep", "sample", "--sample", "1", "--seed", "3", "--workers", "1")
        asked.append([(entry.path, entry.query) for entry in bitbucket.requests])
    assert asked[0] == asked[1]
    assert synced.exists()


def test_a_verification_that_is_stopped_ends_with_3(synced: Path, invoke: Invoke) -> None:
    done = invoke("verify", "acme", "--max-requests", "7")
    assert done.exit_code == 3
    assert "the 7 requests of --max-requests are spent" in done.stdout
    assert "7 requests." in done.stdout
    assert synced.exists()


def test_a_repair_waits_for_no_sync_in_vain(damaged: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bitbucket_source.load.lock.PATIENCE", 0.1)
    with SyncLock(make_pipeline("acme", database=str(damaged)), "acme"):
        done = invoke("verify", "acme", "--deep", "all", "--repair")
    assert done.exit_code == 75
    assert "Another sync is loading" in done.stderr


def test_without_a_warehouse_it_says_what_to_do(invoke: Invoke) -> None:
    done = invoke("verify", "acme")
    assert done.exit_code == 2
    assert "bitbucket.duckdb: `bitbucket-source sync` makes it" in done.stderr


def test_a_table_that_was_never_synced_is_told(synced: Path, invoke: Invoke) -> None:
    change(synced, "drop table tags")
    assert "tags: not compared: it is not in the warehouse" in invoke("verify", "acme").stdout
    assert invoke("verify", "acme", "--tables", "tags").exit_code == 1


def test_a_token_of_repositories_alone_verifies_what_it_synced(invoke: Invoke) -> None:
    token = {"BITBUCKET_EMAIL": "", "BITBUCKET_API_TOKEN": "", "BITBUCKET_ACCESS_TOKEN": "emulator-repository-token"}
    assert invoke("sync", "acme", **token).exit_code == 0
    done = invoke("verify", "acme", **token)
    assert done.exit_code == 0, done.stdout
    for table in ("projects", "workspace_members"):
        assert f"Notice: {table}: not compared: 403 " in done.stdout
    assert "No differences." in done.stdout
    assert invoke("verify", "acme", "--tables", "projects", **token).exit_code == 1, "it was named"


def test_rows_before_since_are_not_told_as_compared(invoke: Invoke, tmp_path: Path) -> None:
    newest = invoke("sync", "acme", "--tables", "pipelines", "--database", "whole.db")
    assert newest.exit_code == 0
    with duckdb.connect(str(tmp_path / "whole.db")) as connection:
        [(middle,)] = connection.execute("select median(created_on)::date from bitbucket_raw.pipelines").fetchall()
    assert invoke("sync", "acme", "--tables", "pipelines", "--since", str(middle)).exit_code == 0
    with duckdb.connect(str(tmp_path / "bitbucket.duckdb")) as connection:
        [(stored,)] = connection.execute("select count(*) from bitbucket_raw.pipelines").fetchall()
    told = json.loads(invoke("verify", "acme", "--tables", "pipelines", "--json").stdout)
    assert told["tables"]["pipelines"]["counted"] == stored
    assert list(told["tables"]) == ["pipelines"], "nothing else was compared"
