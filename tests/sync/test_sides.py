"""Which commit merging made is told by what a pull request says of its two sides."""

from __future__ import annotations

import pytest

from bitbucket_source.sync.sides import Sides


@pytest.mark.parametrize(
    ("source", "merge_commit", "made"),
    [
        pytest.param("a" * 12, "b" * 12, "b" * 12, id="merged or squashed"),
        pytest.param("a" * 12, "a" * 12, None, id="fast-forward"),
        pytest.param("a" * 12, None, None, id="not merged"),
        pytest.param(None, "a" * 12, None, id="source gone: it may have been a fast-forward"),
    ],
)
def test_the_commit_that_merging_made(source: str | None, merge_commit: str | None, made: str | None) -> None:
    sides = Sides("MERGED", None, source, "main", "c" * 12, merge_commit)
    assert sides.made_by_merging == made
