"""What the facts and dimensions say about the small world, whole rows, on DuckDB and on Postgres."""

from __future__ import annotations

from datetime import date, datetime

from bitbucket_source.models import build_models

from .raw_tables import Row, Warehouse
from .small_world import SMALL_WORLD

API = {"repository_uuid": "{api}", "is_deleted": False, "is_repository_deleted": False}

PULL_REQUEST: Row = {
    **API,
    "is_draft": False,
    "is_queued": False,
    "decline_reason": None,
    "is_bot_author": False,
    "is_self_merged": None,
    "closed_by_uuid": None,
    "source_short_hash": None,
    "source_repository_uuid": None,
    "is_from_fork": None,
    "destination_branch_name": "main",
    "destination_short_hash": None,
    "merge_short_hash": None,
    "closed_at": None,
    "merged_at": None,
    "merged_at_source": None,
    "merged_day": None,
    "opened_to_closed_hours": None,
    "participant_count": 0,
    "reviewer_count": 0,
    "approval_count": 0,
    "changes_requested_count": 0,
    "bot_approval_count": 0,
    "comment_count": 0,
    "task_count": 0,
    "html_url": None,
}
PULL_REQUESTS: list[Row] = [
    PULL_REQUEST
    | {
        "pull_request_id": 1,
        "title": "Add paging",
        "state": "MERGED",
        "author_uuid": "{ann}",
        "closed_by_uuid": "{ann}",
        "is_self_merged": True,
        "source_repository_uuid": "{api}",
        "is_from_fork": False,
        "source_branch_name": "paging",
        "source_short_hash": "bbbbbbbbbbbb",
        "destination_short_hash": "aaaaaaaaaaaa",
        "merge_short_hash": "eeeeeeeeeeee",
        "opened_at": datetime(2026, 1, 5, 9, 0, 0, 250_000),
        "updated_at": datetime(2026, 1, 6, 10, 30, 0, 250_000),
        "closed_at": datetime(2026, 1, 6, 10, 30, 0, 250_000),
        "merged_at": datetime(2026, 1, 6, 10, 30, 0, 250_000),
        "merged_at_source": "closed_on",
        "merged_day": date(2026, 1, 6),
        "opened_to_closed_hours": 25.5,
        "participant_count": 1,
        "reviewer_count": 1,
        "approval_count": 1,
        "bot_approval_count": 1,
        "comment_count": 3,
        "html_url": "https://bitbucket.org/acme/api/pull-requests/1",
    },
    PULL_REQUEST
    | {
        "pull_request_id": 2,
        "title": "Sort",
        "state": "MERGED",
        "author_uuid": "{ann}",
        "closed_by_uuid": "{bob}",
        "is_self_merged": False,
        "source_branch_name": "sort",
        "merge_short_hash": "cccccccccccc",
        "opened_at": datetime(2026, 1, 7, 8, 15),
        "updated_at": datetime(2026, 1, 7, 9, 0, 1),
        "closed_at": datetime(2026, 1, 7, 9, 0),
        "merged_at": datetime(2026, 1, 7, 9, 0),
        "merged_at_source": "merge_commit",
        "merged_day": date(2026, 1, 7),
        "opened_to_closed_hours": 0.75,
        "participant_count": 1,
        "reviewer_count": 1,
        "changes_requested_count": 1,
        "task_count": 1,
    },
    PULL_REQUEST
    | {
        "pull_request_id": 3,
        "title": "Bump",
        "state": "OPEN",
        "is_draft": True,
        "author_uuid": "{token}",
        "is_bot_author": True,
        "source_repository_uuid": "{api}",
        "is_from_fork": False,
        "source_branch_name": "bump",
        "opened_at": datetime(2026, 1, 9, 8, 0),
        "updated_at": datetime(2026, 1, 9, 8, 0),
    },
    PULL_REQUEST
    | {
        "repository_uuid": "{old}",
        "pull_request_id": 1,
        "title": "Try",
        "state": "DECLINED",
        "decline_reason": "not needed",
        "author_uuid": "{bob}",
        "closed_by_uuid": "{ann}",
        "source_repository_uuid": "{fork}",
        "is_from_fork": True,
        "source_branch_name": "try",
        "opened_at": datetime(2025, 12, 31, 10, 0),
        "updated_at": datetime(2025, 12, 31, 22, 0),
        "closed_at": datetime(2025, 12, 31, 22, 0),
        "opened_to_closed_hours": 12.0,
        "comment_count": 1,
        "is_repository_deleted": True,
    },
]
PIPELINE_RUNS: list[Row] = [
    API
    | {
        "pipeline_uuid": "{run 1}",
        "build_number": 1,
        "run_number": 1,
        "creator_uuid": "{ann}",
        "trigger_name": "PUSH",
        "trigger_type": "pipeline_trigger_push",
        "target_type": "pipeline_ref_target",
        "ref_type": "branch",
        "ref_name": "main",
        "is_on_default_branch": True,
        "commit_hash": "c" * 40,
        "short_hash": "c" * 12,
        "selector_type": "branches",
        "selector_pattern": "main",
        "pull_request_id": None,
        "has_variables": False,
        "state": "IN_PROGRESS",
        "stage": "PAUSED",
        "result": None,
        "error_message": None,
        "automatic_result": "SUCCESSFUL",
        "is_successful": True,
        "created_at": datetime(2026, 1, 7, 9, 0, 5),
        "first_step_started_at": datetime(2026, 1, 7, 9, 0, 15, 500_000),
        "automatic_completed_at": datetime(2026, 1, 7, 9, 2, 10, 500_000),
        "automatic_completed_day": date(2026, 1, 7),
        "completed_at": None,
        "queue_seconds": 10.5,
        "running_seconds": 115,
        "elapsed_seconds": None,
        "build_seconds_used": 120,
        "step_count": 2,
        "not_automatic_step_count": 1,
    },
    API
    | {
        "pipeline_uuid": "{run 2}",
        "build_number": 2,
        "run_number": None,
        "creator_uuid": None,
        "trigger_name": "PUSH",
        "trigger_type": "pipeline_trigger_push",
        "target_type": "pipeline_pullrequest_target",
        "ref_type": None,
        "ref_name": None,
        "is_on_default_branch": False,
        "commit_hash": "f" * 40,
        "short_hash": "f" * 12,
        "selector_type": None,
        "selector_pattern": None,
        "pull_request_id": 3,
        "has_variables": None,
        "state": "COMPLETED",
        "stage": None,
        "result": "ERROR",
        "error_message": "the configuration cannot be read",
        "automatic_result": "ERROR",
        "is_successful": False,
        "created_at": datetime(2026, 1, 9, 8, 0, 10),
        "first_step_started_at": None,
        "automatic_completed_at": datetime(2026, 1, 9, 8, 0, 12, 500_000),
        "automatic_completed_day": date(2026, 1, 9),
        "completed_at": datetime(2026, 1, 9, 8, 0, 12, 500_000),
        "queue_seconds": None,
        "running_seconds": 0,
        "elapsed_seconds": 2.5,
        "build_seconds_used": 0,
        "step_count": 0,
        "not_automatic_step_count": 0,
    },
]
REPOSITORIES: list[Row] = [
    {
        "repository_uuid": "{api}",
        "workspace_uuid": "{w}",
        "workspace_slug": "acme",
        "repository_slug": "api",
        "full_name": "acme/api",
        "repository_name": "API",
        "description": "The interface",
        "project_uuid": "{p}",
        "project_key": "API",
        "project_name": "Interfaces",
        "default_branch_name": "main",
        "language": None,
        "size_bytes": 1024,
        "is_private": True,
        "is_fork": False,
        "parent_repository_uuid": None,
        "html_url": "https://bitbucket.org/acme/api",
        "created_at": datetime(2025, 12, 30, 8, 0),
        "updated_at": datetime(2026, 1, 9, 8, 0),
        "deleted_at": None,
        "is_deleted": False,
    },
    {
        "repository_uuid": "{old}",
        "workspace_uuid": "{w}",
        "workspace_slug": "acme",
        "repository_slug": "old",
        "full_name": "acme/old",
        "repository_name": "Old",
        "description": None,
        "project_uuid": None,
        "project_key": None,
        "project_name": None,
        "default_branch_name": "main",
        "language": "python",
        "size_bytes": None,
        "is_private": False,
        "is_fork": True,
        "parent_repository_uuid": "{elsewhere}",
        "html_url": None,
        "created_at": datetime(2025, 12, 31, 8, 0),
        "updated_at": datetime(2025, 12, 31, 9, 0),
        "deleted_at": datetime(2026, 1, 8, 11, 0),
        "is_deleted": True,
    },
]
NEW_YEAR_2026: Row = {
    "date_day": date(2026, 1, 1),
    "day_of_week": 4,
    "is_weekend": False,
    "week_start_day": date(2025, 12, 29),
    "month_start_day": date(2026, 1, 1),
    "quarter_start_day": date(2026, 1, 1),
    "year_number": 2026,
    "quarter_number": 1,
    "month_number": 1,
}
A_SATURDAY: Row = {
    "date_day": date(2026, 8, 29),
    "day_of_week": 6,
    "is_weekend": True,
    "week_start_day": date(2026, 8, 24),
    "month_start_day": date(2026, 8, 1),
    "quarter_start_day": date(2026, 7, 1),
    "year_number": 2026,
    "quarter_number": 3,
    "month_number": 8,
}


def test_marts_of_the_small_world(warehouse: Warehouse) -> None:
    warehouse.load(SMALL_WORLD)

    result = build_models(warehouse.address, unit_tests=True)

    assert result.is_ok, str(result)
    assert not result.warnings
    marts = "bitbucket_marts"
    in_order = "order by repository_uuid, "
    assert warehouse.query(f"select * from {marts}.fct_pull_requests {in_order} pull_request_id") == PULL_REQUESTS
    assert warehouse.query(f"select * from {marts}.fct_pipeline_runs {in_order} build_number") == PIPELINE_RUNS
    assert warehouse.query(f"select * from {marts}.dim_repositories order by repository_uuid") == REPOSITORIES
    assert warehouse.query(
        f"select * from {marts}.dim_dates where date_day in (date '2026-01-01', date '2026-08-29') order by date_day"
    ) == [NEW_YEAR_2026, A_SATURDAY]
    assert warehouse.query(f"select min(date_day) as a, max(date_day) as b, count(*) as n from {marts}.dim_dates") == [
        {"a": date(2025, 1, 1), "b": date(2026, 12, 31), "n": 730}
    ]
