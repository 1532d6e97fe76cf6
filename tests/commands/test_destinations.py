"""Destinations that cannot be synced into, or whose models cannot be built: told before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.commands.conftest import Invoke


@pytest.mark.parametrize(
    ("options", "settings", "told"),
    [
        pytest.param(
            ["--destination", "filesystem"],
            {"DESTINATION__FILESYSTEM__BUCKET_URL": "bucket"},
            "filesystem is no database with SQL, which a sync needs to change rows",
            id="files",
        ),
        pytest.param(["--destination", "bigquery", "--models"], {}, "The models run by themselves on", id="no models"),
        pytest.param(
            ["--destination", "postgres"],
            {"DESTINATION__POSTGRES__CREDENTIALS": "postgresql:/me:swordfish@host/db"},
            "The credentials of the destination cannot be read",
            id="an address that is none",
        ),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_read(
    bitbucket: Emulator, invoke: Invoke, tmp_path: Path, options: list[str], settings: dict[str, str], told: str
) -> None:
    done = invoke("sync", "acme", *options, **settings)
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "swordfish" not in done.output
    assert bitbucket.requests == []
    assert not (tmp_path / "bucket").exists()
