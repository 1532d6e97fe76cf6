"""The truth is read without the connector's help, and covers all that the documentation of the tables names."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from bitbucket_source.source import selected_tables
from tests.conftest import REPOSITORY_ROOT
from tests.truth.columns import COLUMNS, DEFAULT, KEPT, KEYS
from tests.truth.columns.values import moment_of

_OURS = {"deleted_at", "synced_at"}
_BOOKKEEPING = {"sync_cursors", "sync_runs", "sync_errors", "sync_forgotten"}


def test_no_code_is_shared_with_the_connector() -> None:
    program = "import sys, tests.truth.comparing; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY_ROOT, capture_output=True, check=True)
    assert "requests" in loaded.stdout.decode().split()
    assert "bitbucket_source" not in loaded.stdout.decode().split()


def test_every_documented_column_has_a_truth() -> None:
    documented = _documented_tables()
    assert {table: set(columns) for table, columns in documented.items()} == {
        table: set(columns) for table, columns in COLUMNS.items()
    }
    keys = {table: {name for name, in_key in columns.items() if in_key} for table, columns in documented.items()}
    assert keys == {table: set(key) for table, key in KEYS.items()}


def test_what_is_synced_on_demand_is_known() -> None:
    selected = {table.name for table in selected_tables(None)}
    assert selected - _BOOKKEEPING == {*DEFAULT, *KEPT}


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-01T10:00:00+00:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00.5+02:00", datetime(2026, 3, 1, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-01T10:00:00-0130", datetime(2026, 3, 1, 11, 30, tzinfo=UTC)),
        ("2026-03-01T10:00:00.123456999Z", datetime(2026, 3, 1, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-03-01T10:00:00.123", datetime(2026, 3, 1, 10, 0, 0, 123_000, tzinfo=UTC)),
    ],
    ids=["whole-seconds", "offset", "offset-without-colon", "cut-not-rounded", "naive-is-utc"],
)
def test_a_timestamp_is_read_in_each_of_its_forms(written: str, moment: datetime) -> None:
    assert moment_of(written) == moment


def _documented_tables() -> dict[str, dict[str, bool]]:
    """Table -> column -> whether it is part of the key, as `docs/tables.md` has them."""
    found: dict[str, dict[str, bool]] = {}
    for section in (REPOSITORY_ROOT / "docs" / "tables.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        table = section.split("\n", 1)[0].strip()
        rows = re.findall(r"^\| (\*\*)?(\w+)(?:\*\*)? \| (?:text|bigint|bool|timestamp|json|double) \|", section, re.M)
        if table not in {*_BOOKKEEPING, *KEPT}:
            found[table] = {name: bool(bold) for bold, name in rows if name not in _OURS}
    return found
