"""Rows that are stored just so are not written again; that they are not is looked up, as often as it may be true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.load.arrow import arrow_schema
from bitbucket_source.load.database import Database
from bitbucket_source.load.stored import StoredRows
from bitbucket_source.tables import COMMITS
from tests.source.conftest import Warehouse

_MANY = 1000
"""rows in a batch"""


class Looks(StoredRows):
    """Counts how often rows are looked for."""

    count = 0

    def _differ(self, *given: Any) -> list[bool]:
        self.count += 1
        return super()._differ(*given)


@pytest.fixture
def stored(bitbucket: Emulator, tmp_path: Path) -> Iterator[Looks]:
    warehouse = Warehouse(bitbucket, tmp_path)
    warehouse.sync(["repositories", "commits"])
    with closing(Database(warehouse.pipeline())) as database:
        yield Looks(database)


def _home(stored: StoredRows) -> str:
    [(uuid,)] = stored.values(COMMITS, ["repository_uuid"])[:1]
    return str(uuid)


def _new(repository_uuid: str, batch: int) -> pa.Table:
    rows = [
        {"repository_uuid": repository_uuid, "hash": f"{batch:08}{row:032}", "synced_at": datetime.now(UTC)}
        for row in range(_MANY)
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(COMMITS))


def _of_before(stored: StoredRows, repository_uuid: str) -> pa.Table:
    names = [name for name in arrow_schema(COMMITS).names if not name.startswith("_dlt")]
    rows = stored.values(COMMITS, names, repository_uuid=[repository_uuid])
    whole = [dict(zip(names, row, strict=True)) for row in rows]
    # as many as are looked for seldom
    return pa.Table.from_pylist(whole * (_MANY // len(whole) + 1), schema=arrow_schema(COMMITS))


def test_of_many_new_rows_few_are_looked_for(stored: Looks) -> None:
    home = _home(stored)
    for batch in range(40):
        assert stored.fresh(COMMITS, _new(home, batch)).num_rows == _MANY
    assert stored.count < 10


def test_rows_that_are_stored_are_looked_for_always_and_left_out(stored: Looks) -> None:
    known = _of_before(stored, _home(stored))
    for _ in range(5):
        assert stored.fresh(COMMITS, known).num_rows == 0
    assert stored.count == 5


def test_after_new_rows_stored_ones_are_left_out_again_soon(stored: Looks) -> None:
    home = _home(stored)
    known = _of_before(stored, home)
    for batch in range(20):
        stored.fresh(COMMITS, _new(home, batch))
    written = [bool(stored.fresh(COMMITS, known).num_rows) for _ in range(20)]
    assert sum(written) <= 8
    assert not any(written[8:])


def test_a_few_rows_are_looked_for_always(stored: Looks) -> None:
    home = _home(stored)
    for batch in range(20):
        stored.fresh(COMMITS, _new(home, batch).slice(0, 10))
    assert stored.count == 20
