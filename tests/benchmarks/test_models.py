"""The large warehouse of the models' benchmark hangs together as the small one does."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.models.multiplying import Size, multiply
from bitbucket_emulator import Emulator
from tests.truth.company import make_company
from tests.truth.syncing import sync


def test_copies_are_whole_and_histories_long(tmp_path: Path) -> None:
    database = tmp_path / "large.duckdb"
    with Emulator(make_company()) as bitbucket:
        sync(bitbucket, database, tmp_path / "pipelines")
    with duckdb.connect(str(database)) as connection:
        connection.execute("set schema = 'bitbucket_raw'")

        def count(query: str) -> int:
            ((found,),) = connection.execute(f"select count(*) from {query}").fetchall()
            return int(found)

        before = count("pull_requests"), count("pipeline_steps"), count("users")
        size = Size(before[0] * 3, before[1], 5000)

        assert multiply(connection, size) == 3
        assert (count("pull_requests"), count("pipeline_steps"), count("users")) == (
            before[0] * 3,
            before[1] * 3,
            before[2],
        )
        assert count("commits") >= 5000
        assert count("(select distinct repository_uuid, hash from commits)") == count("commits")
        for child, key, parent in (
            ("pipeline_steps", "repository_uuid, pipeline_uuid", "(select repository_uuid, uuid from pipelines)"),
            ("commit_parents", "repository_uuid, parent_hash", "(select repository_uuid, hash from commits)"),
            ("pull_requests", "repository_uuid", "(select uuid from repositories)"),
        ):
            assert count(f"{child} where ({key}) not in {parent}") == 0, child
