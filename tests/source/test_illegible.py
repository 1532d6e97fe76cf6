"""What Bitbucket lists and nobody can read is not gone: it stays as it was, until it can be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, Fault
from tests.truth.columns import COLUMNS, KEPT
from tests.truth.comparing import Part, report
from tests.truth.syncing import differences, sync

EVERYTHING = (*COLUMNS, *KEPT)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (r"/pullrequests/\d+/activity", "values.*.comment.user.uuid"),
        (r"/pullrequests/\d+/comments", "values.*.id"),
        pytest.param(r"/pullrequests/\d+/tasks", "values.*.id", marks=pytest.mark.long),
        ("/steps/$", "values.*.uuid"),
        ("/statuses", "values.*.name"),
        pytest.param("/reports/?$", "values.*.uuid", marks=pytest.mark.long),
        pytest.param("/annotations", "values.*.summary", marks=pytest.mark.long),
        pytest.param("/default-reviewers", "values.*.uuid", marks=pytest.mark.long),
        ("/permissions-config", "values.*.permission"),
        pytest.param("/downloads", "values.*.name", marks=pytest.mark.long),
        pytest.param("/hooks", "values.*.uuid", marks=pytest.mark.long),
        ("/refs/branches", "values.*.target.hash"),
        pytest.param("/environments/", "values.*.name", marks=pytest.mark.long),
        ("/deployments/", "values.*.uuid"),
        pytest.param("/members", "values.*.user.uuid", marks=pytest.mark.long),
        ("/projects", "values.*.key"),
    ],
)
def test_an_object_that_cannot_be_read_is_not_gone(
    company: Emulator, everything_synced: Path, tmp_path: Path, path: str, field: str
) -> None:
    database = Path(shutil.copy(everything_synced, tmp_path))
    company.add_fault(Fault(kind="poison", path=path, field=field, value={}))
    result = sync(company, database, tmp_path / "pipelines", tables=EVERYTHING, audit_requests="all")
    company.clear_faults()
    assert result.exit_code == 1
    if found := differences(company, database, Part(tables=COLUMNS)):
        pytest.fail(report(found), pytrace=False)
