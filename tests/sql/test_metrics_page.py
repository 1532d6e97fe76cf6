"""docs/metrics.md is generated from the descriptions of the models, and they say where a definition is from."""

from __future__ import annotations

from bitbucket_source.models.reference import PAGE, metrics_page
from tests.conftest import REPOSITORY_ROOT


def test_the_page_is_up_to_date() -> None:
    on_disk = (REPOSITORY_ROOT / PAGE).read_text(encoding="utf-8")

    assert on_disk == metrics_page(), "run: uv run python -m bitbucket_source.models.reference"
