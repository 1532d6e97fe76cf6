"""What the models make of things that happen seldom."""

from __future__ import annotations

import pytest

from bitbucket_source.models import build_models

from .rare_cases import ROWS
from .raw_tables import DuckDBWarehouse, Row


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("rare_cases") / "bitbucket.duckdb")
    warehouse.load(ROWS)
    result = build_models(warehouse.address)
    assert result.is_ok, str(result)
    return warehouse


def _query(built: DuckDBWarehouse, columns: str, relation: str, condition: str = "true") -> list[Row]:
    return built.query(f"select {columns} from bitbucket_marts.{relation} where {condition} order by all")


def test_a_deployment_is_blamed_for_what_was_in_it_before_it_was_deployed_once_more(built: DuckDBWarehouse) -> None:
    columns = "deployment_uuid, cause, recovery_hours"

    assert _query(built, columns, "fct_deployment_failures", "repository_uuid = 'redeployed'") == [
        {"deployment_uuid": "redeployed b again", "cause": "revert", "recovery_hours": 18.0}
    ]


def test_who_takes_a_draft_back_out_hands_it_to_the_reviewers(built: DuckDBWarehouse) -> None:
    """Unless they had approved it already; what they say later counts, and so does a push while it was a draft."""
    columns = "pull_request_id, waits_for, hour(waits_since_at) as hour"

    assert _query(built, columns, "metrics_open_pull_requests") == [
        {"pull_request_id": 1, "waits_for": "reviewer", "hour": 11},
        {"pull_request_id": 2, "waits_for": "merge", "hour": 11},
        {"pull_request_id": 3, "waits_for": "reviewer", "hour": 11},
        {"pull_request_id": 4, "waits_for": "author", "hour": 12},
    ]


def test_a_comment_is_one_event_however_the_feed_names_it(built: DuckDBWarehouse) -> None:
    columns = "review_comment_count, inline_review_comment_count"

    assert _query(built, columns, "fct_pull_requests", "repository_uuid = 'told twice'") == [
        {"review_comment_count": 1, "inline_review_comment_count": 1}
    ]
