"""`forget`: a person leaves the warehouse and does not come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.load import forgetting, slices, texts
from bitbucket_source.load.bookkeeping import Bookkeeping
from bitbucket_source.load.forgetting import forget
from bitbucket_source.load.pipeline import DestinationError
from bitbucket_source.session import SettingsError
from bitbucket_source.source import selected_tables
from bitbucket_source.tables import DATA_TABLES
from bitbucket_source.verification import Depth, verify
from bitbucket_source.verification.repair import repair
from tests.source.conftest import Warehouse
from tests.truth.syncing import kept_open

SETTINGS: dict[str, Any] = {
    "raw": ["pull_requests", "commits"],
    "extra_columns": {"pipelines": ["creator.display_name"]},
}


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(generate_world(seed=11, repositories=1, people=5, years=1, scale=0.2)) as emulator:
        yield emulator


@pytest.fixture
def person(bitbucket: Emulator, warehouse: Warehouse) -> dict[str, str]:
    """Who wrote most commits, and is named in a commit of somebody else's; all is synced."""
    warehouse.sync(**SETTINGS)
    found = prolific(warehouse)
    share(bitbucket, found, f"Together\n\nCo-authored-by: {found['name']} <{found['address'].upper()}>")
    warehouse.sync(**SETTINGS)
    return found


def prolific(warehouse: Warehouse) -> dict[str, str]:
    """Who wrote most commits."""
    [(uuid, account_id, nickname, name, raw)] = warehouse.rows(
        "select uuid, account_id, nickname, display_name, max(author_raw) from users "
        "join commits on author_user_uuid = uuid group by all order by count(*) desc limit 1"
    )
    address = raw.rpartition("<")[2].rstrip(">")
    return {"uuid": uuid, "account_id": account_id, "nickname": nickname, "name": name, "address": address}


def share(bitbucket: Emulator, person: dict[str, str], message: str) -> None:
    """Somebody else pushes a commit with this message."""
    users = bitbucket.world.users.values()
    other = next(each for each in users if each.uuid != person["uuid"] and not each.deleted)
    home = next(iter(bitbucket.world.repositories.values()))
    bitbucket.act("push", repository=home.slug, branch="shared", author=other.nickname, message=message)


def everything(warehouse: Warehouse, schema: str = "bitbucket_raw") -> dict[str, list[str]]:
    """Each stored row, as text, by table."""
    with kept_open(warehouse.path):
        return {
            name: [str(row) for row in warehouse.rows(f"select * from {schema}.{name} order by all")]
            for (name,) in warehouse.rows(
                f"select table_name from information_schema.tables where table_schema = '{schema}'"
            )
            if not name.startswith("_dlt")
        }


def mentions(warehouse: Warehouse, person: dict[str, str]) -> set[tuple[str, str]]:
    """Where the warehouse still names the person, and by what; what dlt keeps of the last loads included."""
    return {
        (table, what)
        for schema in ("bitbucket_raw", "bitbucket_raw_staging")
        for table, rows in everything(warehouse, schema).items()
        for row in rows
        for what, value in person.items()
        if what != "nickname" and value.lower() in row.lower()
    }


def test_nothing_names_the_person_any_more_and_what_they_did_stays(
    warehouse: Warehouse, person: dict[str, str]
) -> None:
    assert {"users", "commits", "pull_requests"} <= {table for table, _ in mentions(warehouse, person)}
    before = {name: len(rows) for name, rows in everything(warehouse).items()}
    done = forget(warehouse.pipeline(), person["uuid"])

    assert mentions(warehouse, person) == set()
    after = {name: len(rows) for name, rows in everything(warehouse).items()}
    fewer = {name: before[name] - count for name, count in after.items() if count < before[name]}
    assert fewer == {name: count for name, count in done.removed.items() if count}
    assert {"users", "workspace_members"} <= set(fewer)
    assert "commits" not in fewer
    [(message,)] = warehouse.rows("select message from commits where message like 'Together%'")
    assert message == "Together\n\nCo-authored-by: <>"
    [(count,)] = warehouse.rows("select count(*) from commits where author_raw is null and author_user_uuid is null")
    assert 0 < count <= done.changed["commits"]


def test_no_sync_brings_them_back_or_writes_rows_again(warehouse: Warehouse, person: dict[str, str]) -> None:
    forget(warehouse.pipeline(), person["uuid"])
    before = everything(warehouse)
    for settings in ({}, {"audit_requests": "all"}, {"full_refresh": True}):
        result = warehouse.sync(**SETTINGS, **settings)
        assert (result.exit_code, result.rows) == (0, {}), settings
    after = everything(warehouse)
    del before["sync_runs"], after["sync_runs"], before["sync_cursors"], after["sync_cursors"]
    assert after == before


def test_what_they_do_later_is_without_them_too(
    bitbucket: Emulator, warehouse: Warehouse, person: dict[str, str]
) -> None:
    forget(warehouse.pipeline(), person["uuid"])
    home = next(iter(bitbucket.world.repositories.values()))
    bitbucket.act("push", repository=home.slug, branch="later", author=person["nickname"], message="Later")
    warehouse.sync(**SETTINGS)

    assert mentions(warehouse, person) == set()
    [(author, raw, whole)] = warehouse.rows(
        "select author_user_uuid, author_raw, raw from commits where message = 'Later'"
    )
    assert (author, raw) == (None, None)
    assert json.loads(whole)["author"]["raw"] is None


def test_verify_knows_who_was_forgotten(warehouse: Warehouse, person: dict[str, str]) -> None:
    forget(warehouse.pipeline(), person["uuid"])
    found = verify(warehouse.pipeline(), warehouse.session(), selected_tables(None), depth=Depth.ALL)
    assert found.findings.differences == []


def test_a_repair_of_what_was_found_before_does_not_bring_them_back(
    warehouse: Warehouse, person: dict[str, str]
) -> None:
    warehouse.sync(**SETTINGS, emails="hash")
    with duckdb.connect(warehouse.path) as connection:
        connection.execute("update bitbucket_raw.commits set message = 'changed by hand'")
    session = warehouse.session()
    found = verify(warehouse.pipeline(), session, selected_tables(["commits", "users"]), depth=Depth.ALL)
    assert found.findings.differences
    warehouse.sync(**SETTINGS, emails="drop")
    forget(warehouse.pipeline(), person["uuid"])

    done = repair(warehouse.pipeline(), session, found)
    assert (done.exit_code, done.written.total() > 0) == (0, True)
    assert mentions(warehouse, person) == set()
    assert warehouse.rows("select count(*) from commits where author_raw like '%email:%'") == [(0,)]


def test_twice_is_once(warehouse: Warehouse, person: dict[str, str]) -> None:
    forget(warehouse.pipeline(), person["uuid"])
    before = everything(warehouse)
    again = forget(warehouse.pipeline(), person["uuid"].strip("{}").upper())
    assert (again.changed.total(), again.removed.total()) == (0, 0)
    assert everything(warehouse) == before


def test_two_people_in_one_pull_request_leave_one_row(warehouse: Warehouse, person: dict[str, str]) -> None:
    [(other,)] = warehouse.rows(
        "select p.user_uuid from pull_request_participants p join pull_request_participants q "
        f"using (repository_uuid, pull_request_id) where q.user_uuid = '{person['uuid']}' "
        "and p.user_uuid <> q.user_uuid group by all order by count(*) desc limit 1"
    )
    forget(warehouse.pipeline(), person["uuid"])
    done = forget(warehouse.pipeline(), other)
    assert done.removed["pull_request_participants"] > 0
    for settings in ({"audit_requests": "all"}, {"full_refresh": True}):
        assert warehouse.sync(**SETTINGS, **settings).rows.keys() <= {"pull_request_participants"}
    assert warehouse.sync(**SETTINGS, full_refresh=True).rows == {}


@pytest.mark.parametrize("uuid", ["ada", "", "{1234}", "11111111-1111-1111-1111-111111111111"])
def test_somebody_unknown_is_refused_and_nothing_is_remembered(
    warehouse: Warehouse, person: dict[str, str], uuid: str
) -> None:
    assert person
    with pytest.raises(SettingsError, match="Look it up: select uuid, display_name from users"):
        forget(warehouse.pipeline(), uuid)
    assert warehouse.rows("select count(*) from sync_forgotten") == [(0,)]


def test_every_table_is_looked_through(bitbucket: Emulator, warehouse: Warehouse) -> None:
    tables = [table.name for table in DATA_TABLES]
    warehouse.sync(tables)
    for (uuid,) in warehouse.rows("select uuid from users where type = 'user'"):
        forget(warehouse.pipeline(), uuid)
        assert mentions(warehouse, {"uuid": uuid}) == set()
    assert bitbucket.requests
    result = warehouse.sync(tables, full_refresh=True, audit_requests="all")
    assert result.exit_code == 0
    assert warehouse.rows("select count(*) from users where type = 'user'") == [(0,)]
    assert result.rows.keys() <= {"pull_request_participants"}, "which of several that are gone stands for all"
    assert warehouse.sync(tables, full_refresh=True, audit_requests="all").rows == {}


def test_a_column_that_is_asked_for_no_more_is_looked_through(warehouse: Warehouse, person: dict[str, str]) -> None:
    warehouse.sync(extra_columns={"pipelines": ["creator.display_name:text"]})
    warehouse.sync()
    assert warehouse.rows("select count(creator_display_name) > 0 from pipelines") == [(True,)]
    forget(warehouse.pipeline(), person["uuid"])
    assert mentions(warehouse, person) == set()


def test_an_account_is_found_by_its_account_id_alone(warehouse: Warehouse, person: dict[str, str]) -> None:
    author = "target.author.user"
    warehouse.sync(extra_columns={"branches": [f"{author}.account_id", f"{author}.nickname"]})
    assert ("branches", "account_id") in mentions(warehouse, person)
    forget(warehouse.pipeline(), person["uuid"])
    assert mentions(warehouse, person) == set()
    nicknames = "select count(*) from branches where target_author_user_nickname"
    assert warehouse.rows(f"{nicknames} = '{person['nickname']}'") == [(0,)]


@pytest.mark.parametrize("after", [1, 2])
def test_the_second_time_finishes_what_was_cut_short(
    bitbucket: Emulator, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    tables = ["repositories", "users", "commits", "commit_trailers"]
    warehouse.sync(tables)
    person = prolific(warehouse)
    share(bitbucket, person, f"Together\n\nCo-authored-by: A. <{person['address'].upper()}>")
    warehouse.sync(tables)
    changed: list[int] = []

    def change_texts(*given: Any) -> int:
        changed.extend([count] if (count := texts.change_texts(*given)) else [])
        if len(changed) == after:
            raise KeyboardInterrupt
        return count

    with monkeypatch.context() as patched:
        patched.setattr(forgetting, "change_texts", change_texts)
        with pytest.raises(KeyboardInterrupt):
            forget(warehouse.pipeline(), person["uuid"])
    forget(warehouse.pipeline(), person["uuid"])
    assert mentions(warehouse, person) == set()


@pytest.mark.parametrize("by_repair", [False, True])
def test_a_load_from_before_that_arrives_later_does_not_bring_them_back(
    bitbucket: Emulator,
    warehouse: Warehouse,
    person: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    by_repair: bool,
) -> None:
    _forget_before_a_load_arrives(bitbucket, warehouse, person, monkeypatch)
    if by_repair:
        session = warehouse.session()
        repair(warehouse.pipeline(), session, verify(warehouse.pipeline(), session, selected_tables(None)))
    warehouse.sync(**SETTINGS)
    assert warehouse.rows("select count(*) from commits where message like 'Again%'") == [(1,)]
    assert mentions(warehouse, person) == set()


def test_nor_does_it_where_the_sync_that_let_it_arrive_was_killed(
    bitbucket: Emulator, warehouse: Warehouse, person: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _forget_before_a_load_arrives(bitbucket, warehouse, person, monkeypatch)
    with monkeypatch.context() as patched:
        patched.setattr(slices, "forget_again", _die)
        patched.setattr(Bookkeeping, "end", _die)
        with pytest.raises(KeyboardInterrupt):
            warehouse.sync(**SETTINGS)
    assert mentions(warehouse, person) != set()
    warehouse.sync(**SETTINGS)
    assert mentions(warehouse, person) == set()


def test_a_name_that_json_writes_in_another_way_is_found(bitbucket: Emulator, warehouse: Warehouse) -> None:
    user = next(each for each in bitbucket.world.users.values() if each.kind == "user" and not each.deleted)
    user.display_name = 'Zoë "Zed" Lind\\quist 100%'
    share(bitbucket, {"uuid": user.uuid}, f"Together\n\nApproved-by: {user.display_name} <elsewhere>")
    warehouse.sync(**SETTINGS)
    forget(warehouse.pipeline(), user.uuid)
    assert mentions(warehouse, {"name": "Zed"}) == set()


def test_without_a_warehouse_that_is_told(tmp_path: Path, bitbucket: Emulator) -> None:
    with pytest.raises(DestinationError):
        forget(Warehouse(bitbucket, tmp_path).pipeline(), "{11111111-1111-1111-1111-111111111111}")


def test_no_file_of_rows_stays_behind_in_the_working_directory(warehouse: Warehouse) -> None:
    warehouse.sync(["repositories", "commits", "users"])
    files = [path for path in (warehouse.directory / "pipelines").rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if path.suffix in {".parquet", ".jsonl", ".gz"}] == []


def _die(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def _forget_before_a_load_arrives(
    bitbucket: Emulator, warehouse: Warehouse, person: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forget a person while a load that names them lies in the working directory."""
    share(bitbucket, person, f"Again\n\nCo-authored-by: A. <{person['address']}>")
    with monkeypatch.context() as patched:
        patched.setattr(dlt.Pipeline, "load", _die)
        with pytest.raises(KeyboardInterrupt):
            warehouse.sync(**SETTINGS)
    forget(warehouse.pipeline("elsewhere"), person["uuid"])
