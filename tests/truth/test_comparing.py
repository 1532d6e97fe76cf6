"""The comparison finds what was done to a copy of a warehouse, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from bitbucket_emulator import Emulator
from tests.truth.company import AUTH, WORKSPACE, make_company
from tests.truth.comparing import Difference, Missing, compare, report
from tests.truth.reading import Truth, read_truth


@pytest.fixture(scope="module")
def truth() -> Iterator[Truth]:
    with Emulator(make_company()) as bitbucket:
        yield read_truth(bitbucket.base_url, WORKSPACE, AUTH)


def _after(database: Path, statement: str) -> Path:
    with duckdb.connect(str(database)) as connection:
        connection.execute("set schema = 'bitbucket_raw'")
        connection.execute(statement)
    return database


def test_a_whole_row_is_read_and_stored(truth: Truth, database: Path) -> None:
    assert compare(truth, database) == []
    # those are worked out from the warehouse
    assert [table for table, rows in truth.items() if not rows] == ["deployment_commits"]


def test_a_lost_row_is_found(truth: Truth, database: Path) -> None:
    key, row = next(iter(truth["commits"].items()))
    _after(database, f"delete from commits where repository_uuid = '{key[0]}' and hash = '{key[1]}'")
    assert compare(truth, database) == [Difference("commits", key, "", row, Missing.ROW)]


@pytest.mark.parametrize(
    ("table", "column", "wrong"),
    [
        ("pull_requests", "title", "Another"),
        ("pull_requests", "closed_on", None),
        ("pull_request_participants", "approved", None),
        ("pipelines", "build_seconds_used", -1),
        ("branches", "merge_strategies", ["squash"]),
    ],
)
def test_a_wrong_value_is_found(truth: Truth, database: Path, table: str, column: str, wrong: object) -> None:
    key, row = next((key, row) for key, row in truth[table].items() if row[column] is not None)
    literal = "null" if wrong is None else repr(wrong) if not isinstance(wrong, list) else "'[\"squash\"]'"
    where = " and ".join(f"{name} = {value!r}" for name, value in row.items() if value in key and name != column)
    _after(database, f"update {table} set {column} = {literal} where {where}")
    assert compare(truth, database) == [Difference(table, key, column, row[column], wrong)]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from deployment_commits where hash = (select max(hash) from deployment_commits)",
        "update deployment_commits set hash = 'x' where hash = (select max(hash) from deployment_commits)",
        "insert into deployment_commits by name select * replace ('{x}' as deployment_uuid) from deployment_commits",
        "update deployment_commits set previous_deployment_uuid = deployment_uuid",
    ],
    ids=["lost", "another", "too-many", "after-another"],
)
def test_what_a_deployment_did_not_carry_is_found(truth: Truth, database: Path, statement: str) -> None:
    found = compare(truth, _after(database, statement))
    assert found
    assert {each.table for each in found} == {"deployment_commits"}


def test_a_row_too_many_is_found(truth: Truth, database: Path) -> None:
    (key, row), *_ = truth["tags"].items()
    _after(database, f"insert into tags select * replace ('v0' as name) from tags where name = '{key[1]}'")
    assert compare(truth, database) == [Difference("tags", (key[0], "v0"), "", Missing.ROW, {**row, "name": "v0"})]


def test_a_row_that_is_there_twice_is_found(truth: Truth, database: Path) -> None:
    (key, row), *_ = truth["projects"].items()
    _after(database, f"insert into projects select * from projects where uuid = '{key[0]}'")
    assert compare(truth, database) == [Difference("projects", key, "", row, [row, row])]


def test_a_missing_table_and_a_missing_column_are_found(truth: Truth, database: Path) -> None:
    _after(database, "drop table tags; alter table projects drop column description")
    assert compare(truth, database) == [
        Difference("projects", (), "description", "", Missing.COLUMN),
        Difference("tags", (), "", f"{len(truth['tags'])} rows", Missing.TABLE),
    ]


def test_rows_marked_as_deleted_do_not_count(truth: Truth, database: Path) -> None:
    _after(
        database,
        """
        insert into tags by name select * replace ('v0' as name, now() as deleted_at) from tags limit 1;
        insert into repositories by name
        select * replace ('{gone}' as uuid, now() as deleted_at) from repositories limit 1;
        insert into branches by name select * replace ('{gone}' as repository_uuid) from branches limit 1
        """,
    )
    assert compare(truth, database) == []


def test_users_may_be_more_but_not_fewer(truth: Truth, database: Path) -> None:
    (key, row), *_ = truth["users"].items()
    _after(database, f"update users set uuid = '{{somebody}}' where uuid = '{key[0]}'")
    assert compare(truth, database) == [Difference("users", key, "", row, Missing.ROW)]


def test_the_report_is_short_and_names_what_differs() -> None:
    found = [Difference("commits", ("{r}", str(number)), "message", "a", "b") for number in range(13)]
    found.append(Difference("tags", ("{r}", "v1"), "", Missing.ROW, {"name": "v1"}))
    lines = report(found).splitlines()
    assert lines[:2] == ["commits: 13 differences", "  commits {r}, 0 message: truth 'a', warehouse 'b'"]
    assert lines[13:] == [
        "  and 1 more",
        "tags: 1 differences",
        "  tags {r}, v1: truth no such row, warehouse {'name': 'v1'}",
    ]
