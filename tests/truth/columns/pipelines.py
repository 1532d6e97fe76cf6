"""Pipelines and their steps."""

from __future__ import annotations

from tests.truth.columns.values import Shape, moment, place, position, text, value

TABLES = {
    "pipelines": Shape(
        ("repository_uuid", "uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "uuid": text("uuid"),
            "build_number": value("build_number"),
            "run_number": value("run_number"),
            "creator_uuid": text("creator.uuid"),
            "state_name": text("state.name"),
            "state_stage_name": text("state.stage.name"),
            "state_result_name": text("state.result.name"),
            "state_result_error_message": text("state.result.error.message"),
            "target_type": text("target.type"),
            "target_ref_type": text("target.ref_type"),
            "target_ref_name": text("target.ref_name"),
            "target_commit_hash": text("target.commit.hash"),
            "target_selector_type": text("target.selector.type"),
            "target_selector_pattern": text("target.selector.pattern"),
            "target_source": text("target.source"),
            "target_destination": text("target.destination"),
            "target_pullrequest_id": value("target.pullrequest.id"),
            "trigger_name": text("trigger.name"),
            "trigger_type": text("trigger.type"),
            "build_seconds_used": value("build_seconds_used"),
            "duration_in_seconds": value("duration_in_seconds"),
            "first_successful": value("first_successful"),
            "expired": value("expired"),
            "has_variables": value("has_variables"),
            "created_on": moment("created_on"),
            "completed_on": moment("completed_on"),
        },
    ),
    "pipeline_steps": Shape(
        ("repository_uuid", "pipeline_uuid", "uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "pipeline_uuid": place("pipeline_uuid"),
            "uuid": text("uuid"),
            "position": position,
            "name": text("name"),
            "run_number": value("run_number"),
            "state_name": text("state.name"),
            "state_stage_name": text("state.stage.name"),
            "state_result_name": text("state.result.name"),
            "trigger_type": text("trigger.type"),
            "image_name": text("image.name"),
            "max_time": value("maxTime"),
            "build_seconds_used": value("build_seconds_used"),
            "duration_in_seconds": value("duration_in_seconds"),
            "started_on": moment("started_on"),
            "completed_on": moment("completed_on"),
        },
    ),
}
