"""The outlet tells whether what was read has to be loaded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from bitbucket_source.api.decode import decode_page
from bitbucket_source.load.outlet import Outlet
from bitbucket_source.sync.events import Rows
from bitbucket_source.tables import BRANCHES, PULL_REQUESTS, USERS, Table
from bitbucket_source.tables.rowtype import row_type

TABLES = frozenset({PULL_REQUESTS, BRANCHES, USERS})
PULL_REQUEST = {
    "id": 1,
    "updated_on": "2026-01-02T03:04:05+00:00",
    "author": {"uuid": "{ann}", "type": "user", "nickname": "ann"},
}


def outlet(*changed: Table) -> Outlet:
    """One over a warehouse in which everything is stored just so, but in the `changed` tables."""

    def fresh(table: Table, rows: pa.Table) -> pa.Table:
        return rows if table in changed else rows.slice(0, 0)

    return Outlet(TABLES, datetime.now(UTC), on_unfit=lambda *_: None, fresh=fresh)


def read(*objects: Any) -> Rows:
    page = decode_page(json.dumps({"values": objects}).encode(), row_type(PULL_REQUESTS))
    return Rows(PULL_REQUESTS, page.rows, {"repository_uuid": "{r}"})


@pytest.mark.parametrize("changed", [PULL_REQUESTS, USERS], ids=lambda table: table.name)
def test_a_row_or_an_account_that_is_not_stored_just_so_is_a_change_until_it_is_loaded(changed: Table) -> None:
    made = outlet(changed)
    assert made.is_unchanged()
    made.put(read(PULL_REQUEST), TABLES)

    assert not made.is_unchanged()
    made.finish()
    taken = made.take(changed)
    assert taken is not None
    assert taken.num_rows == 1
    assert not made.is_unchanged(), "it was taken, and is not loaded"


def test_what_is_stored_just_so_is_let_go_of() -> None:
    made = outlet()
    made.put(read(PULL_REQUEST), TABLES)

    assert made.is_unchanged()
    made.finish()
    assert [made.take(table) for table in (PULL_REQUESTS, USERS)] == [None, None]
