"""How often an audit loads: where it finds nothing there is nothing to load, and behind a change what was read anew."""

from __future__ import annotations

import pytest

from bitbucket_emulator import Emulator
from tests.source.conftest import Warehouse
from tests.truth.comparing import report
from tests.truth.syncing import differences

SPOILED = {
    "pull_requests": "update pull_requests set title = 'spoiled'",
    "pipeline_steps": "update pipeline_steps set name = 'spoiled'",
}


def test_an_audit_that_finds_nothing_takes_one_slice(synced: Warehouse) -> None:
    synced.sync(audit_requests="0")
    result = synced.sync(audit_requests="all")

    assert result.rows == {}
    assert result.slices == 2, "what tells of changes, and all kinds of the audit"


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_kind_of_the_audit_that_finds_a_change_ends_its_slice(
    bitbucket: Emulator, synced: Warehouse, spoiled: str
) -> None:
    synced.sync(audit_requests="0")
    synced.rows(SPOILED[spoiled])
    result = synced.sync(audit_requests="all")

    assert result.slices > 2
    assert result.rows[spoiled]
    found = differences(bitbucket, synced.directory / "bitbucket.duckdb")
    assert not found, report(found)
