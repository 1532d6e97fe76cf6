"""A table that somebody dropped in the warehouse, or a column of it, is made again and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.source.conftest import Warehouse
from tests.truth.comparing import report
from tests.truth.syncing import HOUR, differences


@pytest.mark.parametrize(
    ("dropped", "table"),
    [
        ("drop table pull_request_comments", "pull_request_comments"),
        ("alter table commits drop column message", "commits"),
        ("drop table commit_parents", "commit_parents"),
        ("drop table users; delete from sync_cursors where table_name like 'users%'", "users"),
        ("drop table sync_errors", "sync_errors"),
    ],
)
def test_what_was_dropped_is_there_again(bitbucket: Emulator, synced: Warehouse, dropped: str, table: str) -> None:
    synced.rows(dropped)
    bitbucket.act("advance_clock", seconds=HOUR)

    result = synced.sync()

    assert result.exit_code == 0
    told = f"{table}: somebody dropped the table or a column: it is made again, and what Bitbucket has is read"
    assert told in result.notices
    found = differences(bitbucket, Path(synced.path))
    assert not found, report(found)
    assert told not in synced.sync().notices, "once"
