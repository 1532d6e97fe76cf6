"""A verification stands in the books: its requests are spent, and nothing else follows from its row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.freshness import freshness_of
from bitbucket_source.load.bookkeeping import Bookkeeping
from bitbucket_source.load.database import Database
from bitbucket_source.source import selected_tables
from bitbucket_source.verification import Depth, verify
from bitbucket_source.verification.repair import repair
from tests.source.conftest import Warehouse

TABLES = ("repositories", "branches", "tags", "commits", "commit_parents", "pull_requests", "users")
BOOKS = (
    "select coalesce(command, 'sync'), requests, exit_code, ended_at >= started_at, coalesce(covers_all, true) "
    "from sync_runs order by started_at, command"
)


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(generate_world(seed=11, repositories=1, people=5, years=1, scale=0.2)) as emulator:
        yield emulator


def test_a_verification_and_a_repair_have_a_row_each(warehouse: Warehouse) -> None:
    first = warehouse.sync(TABLES, raw=["commits"])
    warehouse.rows("update commits set message = 'spoiled' where hash = (select min(hash) from commits)")
    before = freshness_of(warehouse.pipeline(), "acme")
    pipeline, session = warehouse.pipeline(), warehouse.session()
    found = verify(pipeline, session, selected_tables(TABLES), depth=Depth.ALL)
    done = repair(pipeline, session, found)

    assert [each.table.name for each in found.findings.differences] == ["commits"]
    assert done.exit_code == 0
    assert warehouse.rows(BOOKS) == [
        ("sync", first.requests, 0, True, True),
        ("verify", found.requests, 1, True, False),
        ("repair", done.requests, 0, True, False),
    ]
    assert session.budget.requests == found.requests + done.requests
    after = freshness_of(warehouse.pipeline(), "acme")
    assert (after.as_of, after.last_run, after.outcome) == (before.as_of, before.last_run, before.outcome)


def test_a_repaired_row_keeps_its_whole_object(warehouse: Warehouse) -> None:
    warehouse.sync(TABLES, raw=["commits"], emails="hash")
    kept = warehouse.rows("select hash, raw, message from commits order by hash")
    warehouse.rows("update commits set message = 'spoiled', raw = null where hash = (select min(hash) from commits)")
    pipeline, session = warehouse.pipeline(), warehouse.session()
    repair(pipeline, session, verify(pipeline, session, selected_tables(TABLES), depth=Depth.ALL))
    assert warehouse.rows("select hash, raw, message from commits order by hash") == kept


def test_the_next_sync_counts_its_requests_as_spent_and_goes_on_where_the_last_sync_was(warehouse: Warehouse) -> None:
    first = warehouse.sync(TABLES, max_requests=5)
    session = warehouse.session()
    found = verify(warehouse.pipeline(), session, selected_tables(TABLES))
    [(next_repository,)] = warehouse.rows("select next_repository from sync_runs where command = 'sync'")

    with closing(Database(warehouse.pipeline())) as database:
        books = Bookkeeping(database, "acme", session.credentials.identity, session.started_at)
        by_quota = books.requests_of_the_last_hour()
        assert [sum(count for _, count in made) for made in by_quota.values()] == [first.requests + found.requests]
        assert books.remembered().next_repository == next_repository != ""
