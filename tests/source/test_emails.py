"""The setting `emails`: what is stored of addresses, and what becomes of those that are stored already."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.personal.addresses import Emails, signature_with_emails, with_emails
from bitbucket_source.session import SettingsError
from bitbucket_source.source import make_session, selected_tables
from bitbucket_source.tables import DATA_TABLES
from bitbucket_source.verification import Depth, verify
from tests.source.conftest import ADMIN, Warehouse
from tests.truth.syncing import differences, kept_open

TABLES = ("repositories", "branches", "tags", "commits", "commit_parents", "pull_requests", "users")
WITH_TEXTS = {
    "commits": ("author_raw", "message"),
    "tags": ("tagger_raw", "message"),
    "pull_requests": ("description",),
}


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(generate_world(seed=11, repositories=2, people=5, years=1, scale=0.2)) as emulator:
        for repository in emulator.world.repositories.values():
            author = next(iter(emulator.world.users.values()))
            emulator.act("push", repository=repository.slug, branch="main", author=author.nickname, message=MESSAGE)
        yield emulator


MESSAGE = "Fix the fix\n\nCo-authored-by: Grace Hopper <Grace@Example.org>\nSee git@bitbucket.org:acme/x.git"


def texts(warehouse: Warehouse) -> str:
    """Everything that people wrote, as it is stored."""
    return "\n".join(
        str(value)
        for table, columns in WITH_TEXTS.items()
        for row in warehouse.rows(f"select {', '.join(columns)} from {table}")
        for value in row
    )


def stored(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    with kept_open(warehouse.path):
        return {table: warehouse.rows(f"select * from {table} order by all") for table in TABLES}


def addresses(text: str) -> set[str]:
    return set(re.findall(r"[\w.+-]+@[\w-]+\.[a-z]+(?![\w.-]*[:/]\S)", text))


def test_addresses_are_hashed_so_that_anybody_can_say_which_is_whose(warehouse: Warehouse) -> None:
    warehouse.sync(TABLES, emails="hash")
    [(message,)] = warehouse.rows("select distinct message from commits where message like 'Fix the fix%'")
    assert message == MESSAGE.replace("Grace@Example.org", "email:" + hashlib.sha256(b"grace@example.org").hexdigest())
    assert addresses(texts(warehouse)) == set()
    assert warehouse.rows("select count(distinct author_raw) > 1 from commits") == [(True,)]


def test_addresses_are_left_out(warehouse: Warehouse) -> None:
    warehouse.sync(TABLES, emails="drop")
    assert "Co-authored-by: Grace Hopper <>\nSee git@bitbucket.org:acme/x.git" in texts(warehouse)
    assert addresses(texts(warehouse)) == set()
    assert "email:" not in texts(warehouse)


@pytest.mark.parametrize("emails", ["hash", "drop"])
def test_nothing_is_written_again_for_it(warehouse: Warehouse, emails: str) -> None:
    warehouse.sync(TABLES, emails=emails)
    again = warehouse.sync(TABLES, emails=emails, audit_requests="all")
    assert (again.rows, again.exit_code) == ({}, 0)


def test_whole_objects_hold_no_addresses_either(warehouse: Warehouse) -> None:
    warehouse.sync(TABLES, emails="hash", raw=["commits", "pull_requests"])
    raws = "\n".join(
        raw for table in ("commits", "pull_requests") for (raw,) in warehouse.rows(f"select raw from {table}")
    )
    assert addresses(raws) == set()
    assert "email:" in raws


def test_a_stricter_setting_changes_stored_rows_without_a_request_even_deleted_ones(warehouse: Warehouse) -> None:
    warehouse.sync(TABLES, raw=["commits"])
    warehouse.rows("update commits set deleted_at = now() where hash = (select min(hash) from commits)")
    result = warehouse.sync(TABLES, emails="hash", raw=["commits"], audit_requests="0")

    assert addresses(texts(warehouse)) == set()
    assert addresses("".join(raw for (raw,) in warehouse.rows("select raw from commits"))) == set()
    assert warehouse.requests["commits"] == 0
    assert any("were changed to 'hash'" in notice and "in commits" in notice for notice in result.notices)
    hashed = stored(warehouse)
    assert warehouse.sync(TABLES, emails="hash", raw=["commits"]).rows == {}
    assert stored(warehouse) == hashed, "once"

    warehouse.sync(TABLES, emails="drop", audit_requests="0")
    assert "email:" not in texts(warehouse) + "".join(raw for (raw,) in warehouse.rows("select raw from commits"))


@pytest.mark.parametrize("emails", ["hash", "drop"])
def test_a_stricter_setting_leaves_none_in_columns_asked_for_no_more_nor_beside_the_tables(
    warehouse: Warehouse, emails: str
) -> None:
    warehouse.sync(TABLES, extra_columns={"commits": ["committer.raw", "summary.raw"]})
    warehouse.sync(TABLES)
    everywhere = [
        f"select * from {schema}.{table}" for schema in ("bitbucket_raw", "bitbucket_raw_staging") for table in TABLES
    ]
    assert all(addresses(str(warehouse.rows(query))) for query in everywhere if query.endswith("commits"))
    warehouse.sync(TABLES, emails=emails)
    assert {query for query in everywhere if addresses(str(warehouse.rows(query)))} == set()


def test_a_stricter_setting_gives_what_a_first_sync_with_it_gives(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.sync(TABLES)
    warehouse.sync(TABLES, emails="drop")
    other = Warehouse(warehouse.bitbucket, tmp_path / "other")
    other.directory.mkdir()
    other.sync(TABLES, emails="drop")
    for table, columns in WITH_TEXTS.items():
        names = ", ".join(columns)
        assert warehouse.rows(f"select {names} from {table} order by all") == other.rows(
            f"select {names} from {table} order by all"
        )


def test_a_laxer_setting_reads_again_what_was_left_out(bitbucket: Emulator, warehouse: Warehouse) -> None:
    warehouse.sync(TABLES, emails="drop")
    result = warehouse.sync(TABLES, emails="keep", audit_requests="0")
    assert any("read again" in notice for notice in result.notices)
    found = [each for each in differences(bitbucket, Path(warehouse.path)) if each.table in TABLES]
    assert found == []
    assert warehouse.sync(TABLES, audit_requests="0").rows == {}
    assert warehouse.requests["commits"] == 0, "once"


def test_it_is_remembered_in_whichever_case_the_workspace_is_written(bitbucket: Emulator, warehouse: Warehouse) -> None:
    warehouse.sync(TABLES, workspace="ACME", emails="drop")
    warehouse.sync(TABLES, audit_requests="0")

    found = [each for each in differences(bitbucket, Path(warehouse.path)) if each.table in TABLES]
    assert found == []
    assert warehouse.rows("select distinct workspace_slug from sync_runs") == [("acme",)]


def test_verify_sees_rows_as_the_last_sync_did(warehouse: Warehouse) -> None:
    warehouse.sync(TABLES, emails="hash", raw=["commits"])
    found = verify(warehouse.pipeline(), warehouse.session(), selected_tables(TABLES), depth=Depth.ALL)
    assert (found.findings.differences, found.exit_code) == ([], 0)


def test_a_setting_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="emails is 'mask': it is keep, hash, drop"):
        make_session("acme", credentials=ADMIN, emails="mask")


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("Ada <ada@example.org>", "Ada <>"),
        ("write to ada@example.org, please", "write to , please"),
        ("mail: ada@example.org: now", "mail: : now"),
        ("git@bitbucket.org:acme/web.git", "git@bitbucket.org:acme/web.git"),
        ("https://ada@bitbucket.org/acme/web", "https://ada@bitbucket.org/acme/web"),
        ("react@18.2.0 and @acme/kit@1.0", "react@18.2.0 and @acme/kit@1.0"),
        ("Señora <señora@ejemplo.es>\n<x@y>", "Señora <>\n<>"),
        ("", ""),
    ],
)
def test_what_is_an_address(text: str, dropped: str) -> None:
    assert with_emails(text, Emails.DROP) == dropped
    hashed = with_emails(text, Emails.HASH)
    assert with_emails(hashed, Emails.HASH) == hashed
    assert with_emails(hashed, Emails.DROP) == dropped


@pytest.mark.parametrize("signature", ["root <root>", "Ada <ada@example.org>", "Ada <ada at example org>"])
def test_whatever_stands_for_an_address_in_a_signature_is_one(signature: str) -> None:
    name = signature.partition(" ")[0]
    assert signature_with_emails(signature, Emails.DROP) == f"{name} <>"
    hashed = signature_with_emails(signature, Emails.HASH)
    assert re.fullmatch(rf"{name} <email:[0-9a-f]{{64}}>", hashed)
    assert signature_with_emails(hashed, Emails.HASH) == hashed
    assert signature_with_emails(hashed, Emails.DROP) == f"{name} <>"


def test_in_every_table_the_setting_made_later_gives_what_it_gives_from_the_start(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    tables = [table.name for table in DATA_TABLES]
    later = Warehouse(warehouse.bitbucket, tmp_path / "later")
    later.directory.mkdir()
    warehouse.sync(tables, emails="hash")
    later.sync(tables)
    later.sync(tables, emails="hash", audit_requests="0")

    with kept_open(warehouse.path), kept_open(later.path):
        for table in DATA_TABLES:
            columns = ", ".join(name for name in table.columns_by_name if name != "synced_at")
            found = warehouse.rows(f"select {columns} from {table.name} order by all")
            assert later.rows(f"select {columns} from {table.name} order by all") == found, table.name
            assert addresses(str(found)) == set(), table.name
    assert "email:" in str(warehouse.rows("select value from commit_trailers"))
