"""What is worked out from the graph of commits waits while commits are lacking in it: it would stay wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from tests.truth.changing import Change, all_of, ann, bob, does
from tests.truth.company import FEATURE, HOME, make_company, newest_pipeline
from tests.truth.comparing import report
from tests.truth.syncing import HOUR, differences, sync

_SHORT_PAGES: dict[str, Any] = {"kind": "pagelen", "value": 5, "path": "/commits$"}
_MERGED = does("push", branch="main", author=ann, parents=["main", FEATURE], message="Merge by hand")
_MANY = does("push", branch="main", author=bob, commits=8)
_DEPLOY = [{"name": "Deploy", "environment": "Lab"}]
_DEPLOYED = all_of(
    does("create_environment", name="Lab"),
    _MANY,
    does("run_pipeline", ref="main", creator=bob, steps=_DEPLOY),
    does("finish_pipeline", pipeline=newest_pipeline),
    does("push", branch=FEATURE, author=ann),
    does("run_pipeline", ref=FEATURE, creator=ann, steps=_DEPLOY),
    does("finish_pipeline", pipeline=newest_pipeline),
)


@pytest.mark.parametrize(
    ("faults", "exit_code"),
    [
        pytest.param([{"kind": "status", "status": 403, "path": "/refs/tags"}], 1, id="tags cannot be read"),
        pytest.param(
            [{"kind": "status", "status": 500, "path": "/commits$", "query": "page=2"}, _SHORT_PAGES],
            1,
            id="nor the second page of the commits",
            marks=pytest.mark.long,
        ),
        pytest.param(
            [{"kind": "drop", "field": "next", "path": "/commits$"}, _SHORT_PAGES], 0, id="which nothing names"
        ),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_MANY, id="destination moves", marks=pytest.mark.long),
        pytest.param(all_of(_MERGED, _MANY), id="destination gets the commits"),
        pytest.param(_DEPLOYED, id="deployment"),
    ],
)
def test_what_follows_from_commits_is_right_once_they_are_read(
    tmp_path: Path, change: Change, faults: list[dict[str, Any]], exit_code: int
) -> None:
    database, working_directory = tmp_path / "bitbucket.duckdb", tmp_path / "pipelines"
    with Emulator(make_company()) as company:
        assert sync(company, database, working_directory, repositories=[HOME]).exit_code == 0
        company.act("advance_clock", seconds=HOUR)
        change(company.world)
        for fault in faults:
            company.add_fault(Fault(**fault))
        assert sync(company, database, working_directory, repositories=[HOME]).exit_code == exit_code

        company.clear_faults()
        for _ in range(2):
            assert sync(company, database, working_directory).exit_code == 0
        if found := differences(company, database):
            pytest.fail(report(found), pytrace=False)
