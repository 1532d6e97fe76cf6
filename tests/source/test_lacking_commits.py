"""Which of the commits that lists name are not stored is found out by one look, however many they name."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from bitbucket_source.load.database import Database
from bitbucket_source.load.stored import StoredRows
from tests.source.conftest import Warehouse

UNKNOWN = {"f" * 40, "e" * 40, "d" * 12}


def test_shortened_hashes_are_told_apart_too_in_one_look_for_each_length(
    synced: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = synced.rows("select repository_uuid, hash from commits order by all")
    repository = stored[0][0]
    whole = {sha for uuid, sha in stored if uuid == repository}
    short = {sha[:12] for sha in whole}
    statements: list[str] = []
    rows = Database.rows

    def noted(database: Database, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        statements.append(statement)
        return rows(database, statement, *parameters)

    with closing(Database(synced.pipeline())) as database:
        known = StoredRows(database)
        monkeypatch.setattr(Database, "rows", noted)
        assert known.lacking_commits(repository, whole | short | UNKNOWN) == UNKNOWN
        assert len(statements) == 2
        assert known.lacking_commits(repository, []) == set()


def test_those_of_another_repository_do_not_count(synced: Warehouse) -> None:
    (one, sha), (other, _) = synced.rows(
        "select repository_uuid, min(hash) from commits where hash in "
        "(select hash from commits group by all having count(*) = 1) group by all order by all limit 2"
    )
    with closing(Database(synced.pipeline())) as database:
        known = StoredRows(database)
        assert known.lacking_commits(one, [sha]) == set()
        assert known.lacking_commits(other, [sha]) == {sha}
