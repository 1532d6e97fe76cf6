"""The profile that a warehouse's address becomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bitbucket_source.models import ModelsError
from bitbucket_source.models.profile import profile


def _output(warehouse: str | Path) -> dict[str, Any]:
    output = json.loads(profile(warehouse, marts_schema="marts", threads=2))["bitbucket_source"]["outputs"]
    found: dict[str, Any] = output["bitbucket_source"]
    assert (found.pop("schema"), found.pop("threads")) == ("marts", 2)
    return found


def test_a_path_is_a_duckdb_file(tmp_path: Path) -> None:
    assert _output(tmp_path / "x.duckdb") == {"type": "duckdb", "path": str(tmp_path / "x.duckdb")}


def test_the_spark_session_of_this_process() -> None:
    assert _output("spark://session") == {"type": "spark", "method": "session", "host": "none"}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param(
            "postgresql://ann:p%40ss%3A@db.example.com:6543/warehouse?sslmode=require&application_name=x",
            {
                "host": "db.example.com",
                "port": 6543,
                "user": "ann",
                "password": "p@ss:",
                "dbname": "warehouse",
                "sslmode": "require",
            },
            id="everything-named",
        ),
        pytest.param(
            "postgres://localhost/warehouse",
            {"host": "localhost", "port": 5432, "user": "postgres", "password": "", "dbname": "warehouse"},
            id="defaults",
        ),
        pytest.param(
            "postgresql://postgres:@localhost:5432/postgres?host=/var/run/pg",
            {"host": "/var/run/pg", "port": 5432, "user": "postgres", "password": "", "dbname": "postgres"},
            id="socket",
        ),
    ],
)
def test_a_connection_string_is_postgres(address: str, expected: dict[str, object]) -> None:
    assert _output(address) == {"type": "postgres", **expected}


@pytest.mark.parametrize(
    ("address", "why"),
    [
        pytest.param("postgresql://localhost", "names no database", id="no-database"),
        pytest.param("postgresql://ann:secret/word@localhost/warehouse", "special characters as %40", id="not-encoded"),
        pytest.param("spark://secret.example.com:10000", "needs a dbt profile of your own", id="spark-cluster"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(address: str, why: str) -> None:
    with pytest.raises(ModelsError, match=why) as caught:
        profile(address, marts_schema="marts", threads=1)

    assert "secret" not in str(caught.value)
