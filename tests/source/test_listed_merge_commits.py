"""The commits of a merged pull request may begin with its merge commit (FACTS 3): it is none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.source import selected_tables
from bitbucket_source.verification import Depth, verify
from tests.conftest import small_company
from tests.source.conftest import Warehouse

TABLES = ["pull_requests", "pull_request_commits"]
WITH_GRAPH = [*TABLES, "branches", "commits", "commit_parents"]
STORED = "select repository_uuid, pull_request_id, hash, position from pull_request_commits order by all"


@pytest.mark.parametrize("tables", [TABLES, WITH_GRAPH], ids=["listed", "of the graph"])
def test_the_same_commits_are_stored_whether_bitbucket_lists_the_merge_commit_or_not(
    tmp_path: Path, tables: list[str]
) -> None:
    stored = []
    for is_listed in (False, True):
        world = small_company()
        world.merge_commits_are_listed = is_listed
        with Emulator(world) as bitbucket:
            warehouse = Warehouse(bitbucket, tmp_path / str(is_listed))
            warehouse.directory.mkdir()
            warehouse.sync(tables, audit_requests="all")
            found = verify(warehouse.pipeline(), warehouse.session(), selected_tables(tables), depth=Depth.ALL)
            assert (found.exit_code, found.findings.differences) == (0, [])
            stored.append(warehouse.rows(STORED))

    assert stored[0] == stored[1]
    assert len(stored[0]) > 50
