"""A fork that the credentials may not see is no trouble of the pull requests from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.truth.changing import cleo, does
from tests.truth.company import FORK, make_company
from tests.truth.comparing import report
from tests.truth.syncing import HOUR, differences, sync


def test_the_files_of_its_pull_request_are_read_once_it_is_shown(tmp_path: Path) -> None:
    database, working_directory = tmp_path / "bitbucket.duckdb", tmp_path / "pipelines"
    with Emulator(make_company()) as company:
        assert sync(company, database, working_directory).exit_code == 0
        company.act("advance_clock", seconds=HOUR)
        company.act("hide_repository", repository=FORK)
        does("push", repository=FORK, branch="experiment", author=cleo)(company.world)

        hidden = sync(company, database, working_directory)
        assert (hidden.exit_code, hidden.troubles) == (0, [])
        assert [each for each in hidden.notices if "its fork is hidden" in each]

        company.act("advance_clock", seconds=HOUR)
        company.act("show_repository", repository=FORK)
        assert sync(company, database, working_directory).exit_code == 0
        if found := differences(company, database):
            pytest.fail(report(found), pytrace=False)
