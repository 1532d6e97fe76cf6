"""What the models make of things that happen seldom."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from bitbucket_source.models import build, build_models
from bitbucket_source.models.project import project_directory

from .rare_cases import MANY, ROWS, ROWS_OF_SEEDS, SEEDS
from .raw_tables import DuckDBWarehouse, Row


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("rare_cases") / "bitbucket.duckdb")
    warehouse.load(ROWS)
    result = build_models(warehouse.address)
    assert result.is_ok, str(result)
    return warehouse


@pytest.fixture(scope="module")
def built_with_seeds(tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    directory = tmp_path_factory.mktemp("seeds")
    project = directory / "sql"
    shutil.copytree(project_directory(), project)
    for name, lines in SEEDS.items():
        (project / "seeds" / f"{name}.csv").write_text("\n".join(lines) + "\n")
    warehouse = DuckDBWarehouse(directory / "bitbucket.duckdb")
    warehouse.load(ROWS_OF_SEEDS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(build, "project_directory", lambda: project)
        result = build_models(warehouse.address, variables={"bitbucket_use_incidents": True})
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

    assert _query(built, columns, "metrics_open_pull_requests", "repository_uuid = 'handed over'") == [
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


def test_what_one_deployment_carries_in_two_ways_is_deployed(built: DuckDBWarehouse) -> None:
    found = _query(built, "count(deployed_at) as deployed", "fct_pull_requests", "repository_uuid = 'many'")

    assert found == [{"deployed": len(MANY)}]


def test_a_stacked_pull_request_is_in_the_train_that_squashes_what_it_was_squashed_into(built: DuckDBWarehouse) -> None:
    condition = "metric = 'change_lead_time' and repository_uuid = 'stacked' and was_counted"

    assert _query(built, "pull_request_id, deployment_uuid, value", "metrics_dora_rows", condition) == [
        {"pull_request_id": number, "deployment_uuid": "stacked f", "value": 28 + 1 / 6} for number in (1, 2)
    ]


def test_nobody_waits_for_an_answer_to_a_draft(built: DuckDBWarehouse) -> None:
    """Also before it is known when it will be ready."""
    assert _query(built, "response_hours", "fct_pull_request_reviews", "repository_uuid = 'still a draft'") == [
        {"response_hours": 0.0}
    ]


def test_an_incident_is_the_fault_of_the_deployment_it_names_also_if_that_went_on(
    built_with_seeds: DuckDBWarehouse,
) -> None:
    assert _query(built_with_seeds, "incident_id, deployment_uuid, recovery_hours", "fct_deployment_failures") == [
        {"incident_id": "after", "deployment_uuid": "with incidents b", "recovery_hours": 2.0},
        {"incident_id": "during", "deployment_uuid": "with incidents a", "recovery_hours": 1.0},
        {"incident_id": "of the last", "deployment_uuid": "with incidents c", "recovery_hours": 1.0},
    ]


def test_a_kind_of_environment_may_be_written_as_bitbucket_shows_it(built_with_seeds: DuckDBWarehouse) -> None:
    assert _query(built_with_seeds, "environment_kind, is_production", "dim_environments") == [
        {"environment_kind": "production", "is_production": True}
    ]


def test_an_address_that_is_listed_twice_is_one(built_with_seeds: DuckDBWarehouse) -> None:
    assert _query(built_with_seeds, "contributor_key, author_email", "fct_commits") == [
        {"contributor_key": "{ann}", "author_email": "ann@home.example"}
    ]


def test_what_is_paid_in_several_currencies_has_no_sum(built_with_seeds: DuckDBWarehouse) -> None:
    dollars, both = {"cost": 0.6, "currency": "USD"}, {"cost": None, "currency": "several"}

    assert _query(built_with_seeds, "pipeline_uuid, round(cost, 6) as cost, currency", "fct_pipeline_runs") == [
        {"pipeline_uuid": "run 1", **dollars},
        {"pipeline_uuid": "run 2", "cost": 0.1, "currency": "USD"},
        {"pipeline_uuid": "run 3", "cost": 0.2, "currency": "EUR"},
        {"pipeline_uuid": "run 4", **both},
    ]
    assert _query(
        built_with_seeds,
        "week_start_day, round(cost, 6) as cost, currency",
        "metrics_pipelines_weekly",
        "currency is not null",
    ) == [{"week_start_day": date(2026, 3, 2), **dollars}, {"week_start_day": date(2026, 3, 9), **both}]
    assert _query(built_with_seeds, "step_name, round(cost, 6) as cost, currency", "metrics_step_reliability") == [
        {"step_name": "build", "cost": 0.3, "currency": "USD"},
        {"step_name": "lint", "cost": 0.5, "currency": "USD"},
        {"step_name": "release", "cost": 0.4, "currency": "EUR"},
    ]
