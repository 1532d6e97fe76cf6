"""What derives from the table contract is generated, and is never stale."""

from __future__ import annotations

import pytest

from bitbucket_source.tables.generated import generated_files
from tests.conftest import REPOSITORY_ROOT


@pytest.mark.parametrize("path", list(generated_files()))
def test_a_generated_file_is_up_to_date(path: str) -> None:
    on_disk = (REPOSITORY_ROOT / path).read_text(encoding="utf-8")
    assert on_disk == generated_files()[path], "run: uv run python -m bitbucket_source.tables.generated"
