"""What builds, scanners and tests say."""

from __future__ import annotations

from tests.truth.columns.values import Shape, moment, place, text, value

_STEP = ("repository_uuid", "pipeline_uuid", "step_uuid")
_COMMIT = ("repository_uuid", "commit_hash")

TABLES = {
    "commit_statuses": Shape(
        (*_COMMIT, "key"),
        {
            "repository_uuid": place("repository_uuid"),
            "commit_hash": place("commit_hash"),
            "key": text("key"),
            "uuid": text("uuid"),
            "state": text("state"),
            "name": text("name"),
            "description": text("description"),
            "url": text("url"),
            "refname": text("refname"),
            "created_on": moment("created_on"),
            "updated_on": moment("updated_on"),
        },
    ),
    "reports": Shape(
        (*_COMMIT, "uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "commit_hash": place("commit_hash"),
            "uuid": text("uuid"),
            "external_id": text("external_id"),
            "title": text("title"),
            "details": text("details"),
            "reporter": text("reporter"),
            "report_type": text("report_type"),
            "result": text("result"),
            "data": value("data"),
            "link": text("link"),
            "created_on": moment("created_on"),
            "updated_on": moment("updated_on"),
        },
    ),
    "report_annotations": Shape(
        (*_COMMIT, "report_uuid", "uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "commit_hash": place("commit_hash"),
            "report_uuid": place("report_uuid"),
            "uuid": text("uuid"),
            "external_id": text("external_id"),
            "annotation_type": text("annotation_type"),
            "path": text("path"),
            "line": value("line"),
            "summary": text("summary"),
            "details": text("details"),
            "severity": text("severity"),
            "result": text("result"),
            "link": text("link"),
            "created_on": moment("created_on"),
            "updated_on": moment("updated_on"),
        },
    ),
    "pipeline_test_reports": Shape(
        _STEP,
        {
            "repository_uuid": place("repository_uuid"),
            "pipeline_uuid": place("pipeline_uuid"),
            "step_uuid": place("step_uuid"),
            "number_of_test_cases": value("number_of_test_cases"),
            "number_of_successful_test_cases": value("number_of_successful_test_cases"),
            "number_of_failed_test_cases": value("number_of_failed_test_cases"),
            "number_of_error_test_cases": value("number_of_error_test_cases"),
            "number_of_skipped_test_cases": value("number_of_skipped_test_cases"),
        },
    ),
    "pipeline_test_cases": Shape(
        (*_STEP, "uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "pipeline_uuid": place("pipeline_uuid"),
            "step_uuid": place("step_uuid"),
            "uuid": text("uuid"),
            "name": text("name"),
            "fully_qualified_name": text("fully_qualified_name"),
            "package_name": text("package_name"),
            "status": text("status"),
            "duration": text("duration"),
            "reason_message": text("reason.message"),
            "reason_stack_trace": text("reason.stack_trace"),
        },
    ),
}
