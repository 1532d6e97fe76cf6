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
        (r"/pullrequests/\d+/tasks", "values.*.id"),
        ("/steps/$", "values.*.uuid"),
        ("/statuses", "values.*.name"),
        ("/reports/?$", "values.*.uuid"),
        ("/annotations", "values.*.summary"),
        ("/default-reviewers", "values.*.uuid"),
        ("/permissions-config", "values.*.permission"),
        ("/downloads", "values.*.name"),
        ("/hooks", "values.*.uuid"),
        ("/refs/branches", "values.*.target.hash"),
        ("/environments/", "values.*.name"),
        ("/deployments/", "values.*.uuid"),
        ("/members", "values.*.user.uuid"),
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
