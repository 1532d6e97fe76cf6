"""On Postgres the models give what they give on DuckDB, whatever language the database sorts in."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
import pytest

from bitbucket_source.models import build_models
from tests.postgres import postgres_in

from .hard_rows import commit, read, repository
from .raw_tables import DuckDBWarehouse, PostgresWarehouse, Row, Rows, Warehouse
from .small_world import EMPTY

# as many commits by an account as by each of two addresses, one of which has two names
ROWS: Rows = {
    **EMPTY,
    "users": [read(uuid="{ann}", type="user", display_name="Ann")],
    "repositories": [repository("r")],
    "commits": [
        commit("r", letter, f"2026-04-0{day} 09:00:00") | {"author_raw": author, "author_user_uuid": account}
        for day, (letter, author, account) in enumerate(
            (
                ("a", "Ann <ann@example.com>", "{ann}"),
                ("b", "Ann <ann@example.com>", "{ann}"),
                ("c", "bob <bob@example.com>", None),
                ("d", "Robert <bob@example.com>", None),
                ("e", "-cid <Cid@example.com>", None),
                ("f", "-cid <Cid@example.com>", None),
            ),
            start=1,
        )
    ],
}


@pytest.fixture
def english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresWarehouse]:
    """A database that sorts as English does, in a server that knows how."""
    if shutil.which("localedef") is None:
        pytest.skip("there is no localedef")
    locales = tmp_path / "locales"
    locales.mkdir()
    subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", locales / "en_US.UTF-8"], check=False)
    if not (locales / "en_US.UTF-8").exists():
        pytest.skip("there are no sources of locales")
    monkeypatch.setenv("LOCPATH", str(locales))
    with postgres_in(tmp_path / "postgres") as address:
        with closing(psycopg2.connect(address)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(
                    "create database english template template0 lc_collate 'en_US.UTF-8' lc_ctype 'en_US.UTF-8'"
                )
        yield PostgresWarehouse(address.replace("/postgres?", "/english?"))


def _told(warehouse: Warehouse) -> list[list[Row]]:
    warehouse.load(ROWS)
    result = build_models(
        warehouse.address,
        select=["+bitbucket__metrics_ownership", "+bitbucket__dim_contributors", "+bitbucket__audit_coverage"],
        exclude=["test_type:unit", "test_type:data"],
    )
    assert result.is_ok, str(result)
    return [
        warehouse.query(f"select {columns} from bitbucket_marts.{relation} order by commit_count, 1")
        for relation, columns in (
            ("metrics_ownership", "window_days, top_contributor_key, commit_count"),
            ("dim_contributors", "email_count, display_name, commit_count"),
        )
    ]


def test_texts_stand_in_one_order(english: PostgresWarehouse, duckdb_warehouse: DuckDBWarehouse) -> None:
    names = [{"email_count": 1, "display_name": name, "commit_count": 2} for name in ("-cid", "Ann", "bob")]

    for ownership, contributors in (_told(duckdb_warehouse), _told(english)):
        assert {row["top_contributor_key"] for row in ownership} == {"bob@example.com"}
        assert sorted(contributors, key=lambda row: str(row["display_name"])) == names
