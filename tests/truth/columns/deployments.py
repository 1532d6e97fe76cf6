"""Environments and what was deployed to them."""

from __future__ import annotations

from tests.truth.columns.values import Shape, moment, nothing, place, text, value

TABLES = {
    "environments": Shape(
        ("repository_uuid", "uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "uuid": text("uuid"),
            "name": text("name"),
            "slug": text("slug"),
            "environment_type_name": text("environment_type.name"),
            "rank": value("rank"),
            "hidden": value("hidden"),
            "lock_name": text("lock.name"),
            "environment_lock_enabled": value("environment_lock_enabled"),
            "restrictions_admin_only": value("restrictions.admin_only"),
        },
    ),
    "deployments": Shape(
        ("repository_uuid", "uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "uuid": text("uuid"),
            "environment_uuid": text("environment.uuid"),
            "step_uuid": text("step.uuid"),
            "release_pipeline_uuid": text("release.pipeline.uuid"),
            "release_name": text("release.name"),
            "commit_hash": text("commit.hash"),
            "state_name": text("state.name"),
            "state_status_name": text("state.status.name"),
            "state_deployer_uuid": text("state.deployer.uuid"),
            "state_started_on": moment("state.started_on"),
            "state_completed_on": moment("state.completed_on"),
            "version": value("version"),
            "last_update_time": moment("last_update_time"),
        },
    ),
    # not in any answer: `tests.truth.carried` works them out
    "deployment_commits": Shape(
        ("repository_uuid", "deployment_uuid", "started_on", "hash"),
        dict.fromkeys(
            (
                "repository_uuid",
                "deployment_uuid",
                "started_on",
                "hash",
                "environment_uuid",
                "previous_deployment_uuid",
                "previous_started_on",
            ),
            nothing,
        ),
    ),
}
