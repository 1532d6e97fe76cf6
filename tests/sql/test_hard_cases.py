"""What the models make of things that go differently than one expects."""

from __future__ import annotations

from datetime import date

import pytest

from bitbucket_source.models import build_models

from .hard_cases import ROWS
from .hard_rows import merged, read, sha
from .raw_tables import DuckDBWarehouse, Row, Warehouse


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("hard_cases") / "bitbucket.duckdb")
    warehouse.load(ROWS)
    result = build_models(warehouse.address, variables={"reporting_timezone": "Europe/Berlin"})
    assert result.is_ok, str(result)
    return warehouse


def _query(built: DuckDBWarehouse, columns: str, relation: str, condition: str) -> list[Row]:
    return built.query(f"select {columns} from bitbucket_marts.{relation} where {condition} order by all")


def test_a_deployment_is_blamed_whose_commit_the_next_one_reverts(built: DuckDBWarehouse) -> None:
    columns = "deployment_uuid, remediation_deployment_uuid, cause, recovery_hours"

    assert _query(built, columns, "fct_deployment_failures", "repository_uuid = 'reverted'") == [
        {
            "deployment_uuid": f"reverted {blamed}",
            "remediation_deployment_uuid": f"reverted {remedy}",
            "cause": "revert",
            "recovery_hours": 24.0,
        }
        for blamed, remedy in (("b", "c"), ("c", "d"))
    ]


def test_what_nobody_knows_the_commits_of_is_no_rollback(built: DuckDBWarehouse) -> None:
    """The commits of both sides are stored, and of what lies between them one is not."""
    columns = "change_set, is_rollback, is_change_failure"

    assert _query(built, columns, "fct_deployments", "repository_uuid = 'waiting'") == [
        {"change_set": change_set, "is_rollback": False, "is_change_failure": False}
        for change_set in ("baseline", "unknown")
    ]


def test_a_step_that_was_started_by_hand_is_not_flaky_however_often(built: DuckDBWarehouse) -> None:
    found = _query(built, "result, is_flaky", "fct_pipeline_steps", "repository_uuid = 'by hand'")

    assert found == [{"result": result, "is_flaky": False} for result in ("FAILED", "FAILED", "SUCCESSFUL")]


def test_a_week_is_complete_that_was_over_when_the_sync_began_whatever_it_could_not_read_of_the_settings(
    built: DuckDBWarehouse,
) -> None:
    for relation in ("metrics_pull_requests_weekly", "metrics_pipelines_weekly", "metrics_contributors_weekly"):
        assert _query(
            built, "max(week_start_day) as week", relation, "repository_uuid = 'half read' and is_complete"
        ) == [{"week": date(2026, 3, 23)}]


def test_of_a_source_that_is_gone_the_activity_tells_whether_its_head_was_taken_as_it_is(
    built: DuckDBWarehouse,
) -> None:
    columns = "pull_request_id, merge_kind, commit_count, coding_hours"

    assert _query(built, columns, "fct_pull_requests", "repository_uuid = 'source gone'") == [
        {"pull_request_id": 1, "merge_kind": "fast_forward", "commit_count": 1, "coding_hours": 24.0},
        {"pull_request_id": 2, "merge_kind": "squash", "commit_count": 0, "coding_hours": 0.0},
        {"pull_request_id": 3, "merge_kind": "unknown", "commit_count": 0, "coding_hours": 0.0},
    ]


def test_patterns_mean_the_same_on_every_engine(warehouse: Warehouse) -> None:
    """Of a regular expression with a group all that it matches is meant; what a backslash precedes is no wildcard."""
    files = [
        read(repository_uuid="half read", pull_request_id=1, path=path, lines_added=lines, lines_removed=0)
        for path, lines in (("a_pb2.py", 100), ("webpb2.py", 1))
    ]
    pull_request = merged("half read", 1, title="PAY-12: it's done")
    warehouse.load({**ROWS, "pull_requests": [pull_request], "pull_request_files": files})

    result = build_models(
        warehouse.address,
        select=["+bitbucket__fct_pull_requests"],
        variables={"bitbucket_issue_key": "(PAY|API)-\\d+: it's", "bitbucket_generated_files": ["%\\_pb2.py"]},
    )

    assert result.is_ok, str(result)
    assert warehouse.query(
        "select issue_key, lines_added, generated_line_count from bitbucket_marts.fct_pull_requests"
    ) == [{"issue_key": "PAY-12: it's", "lines_added": 1, "generated_line_count": 100}]


def test_a_reviewers_week_is_cut_where_the_last_sync_of_the_workspace_cuts_it(built: DuckDBWarehouse) -> None:
    assert _query(built, "reviewer_uuid, week_start_day, is_complete", "metrics_review_load_weekly", "true") == [
        {"reviewer_uuid": "{bob}", "week_start_day": date(2026, 3, 2), "is_complete": True},
        {"reviewer_uuid": "{bob}", "week_start_day": date(2026, 3, 16), "is_complete": False},
    ]


def test_a_commit_whose_pull_request_is_gone_is_a_change_of_its_own(built: DuckDBWarehouse) -> None:
    condition = "metric = 'change_lead_time' and repository_uuid = 'withdrawn'"

    assert _query(built, "row_id, value, was_counted", "metrics_dora_rows", condition) == [
        {"row_id": f"commit {sha(letter)}", "value": hours, "was_counted": True}
        for letter, hours in (("j", 51 + 1 / 6), ("k", 27 + 1 / 6))
    ]
    assert _query(built, "distinct pull_request_id", "fct_commits", "repository_uuid = 'withdrawn'") == [
        {"pull_request_id": None}
    ]


def test_a_head_that_is_not_told_hides_no_push(built: DuckDBWarehouse) -> None:
    """Approved between the update without a head and the push of another one: that was no final approval."""
    columns = "push_after_review_count, final_approval_at, merge_wait_hours"

    assert _query(built, columns, "fct_pull_requests", "repository_uuid = 'head untold'") == [
        {"push_after_review_count": 1, "final_approval_at": None, "merge_wait_hours": 0.0}
    ]
