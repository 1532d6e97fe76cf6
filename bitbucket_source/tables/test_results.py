"""The tests that the steps of pipelines report."""

from bitbucket_source.tables.contract import Table, bigint, place, text
from bitbucket_source.tables.pipelines import PIPELINES

_STEP = (
    place("repository_uuid", "The repository (repositories.uuid)."),
    place("pipeline_uuid", "The run (pipelines.uuid)."),
    place("step_uuid", "The step (pipeline_steps.uuid)."),
)
_NEW_WHEN = "its step has finished, and is new or has changed"
_BLIND_TO = "a report that changes while its finished step stays as it is; steps whose change is not seen"

PIPELINE_TEST_REPORTS = Table(
    name="pipeline_test_reports",
    description="How many tests a step reported, by outcome. A step without a report has no row.",
    key=("repository_uuid", "pipeline_uuid", "step_uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/pipelines/{pipeline_uuid}/steps/{step_uuid}/test_reports",
    scope="pipeline",
    pagelen=0,
    parent=PIPELINES,
    new_when=_NEW_WHEN,
    costs="1 request per step that has finished; select pipelines and pipeline_steps too, else unchanged steps count",
    blind_to=_BLIND_TO,
    default=False,
    columns=(
        *_STEP,
        bigint("number_of_test_cases", "How many tests there were."),
        bigint("number_of_successful_test_cases", "How many passed."),
        bigint("number_of_failed_test_cases", "How many failed."),
        bigint("number_of_error_test_cases", "How many could not be run to their end."),
        bigint("number_of_skipped_test_cases", "How many were skipped."),
    ),
)

PIPELINE_TEST_CASES = Table(
    name="pipeline_test_cases",
    description="The single tests of a step's report.",
    key=("repository_uuid", "pipeline_uuid", "step_uuid", "uuid"),
    endpoint=(
        "/repositories/{workspace}/{repository_uuid}/pipelines/{pipeline_uuid}/steps/{step_uuid}/test_reports/test_cases"
    ),
    scope="pipeline",
    parent=PIPELINES,
    askable=False,
    new_when=_NEW_WHEN,
    costs="1 request per 100 tests of a step that has finished, beside that of pipeline_test_reports",
    blind_to=_BLIND_TO,
    default=False,
    columns=(
        *_STEP,
        text("uuid", "Identity of the test in this report, with braces."),
        text("name", "Name of the test."),
        text("fully_qualified_name", "Name of the test with its class or module."),
        text("package_name", "The class or module."),
        text("status", "PASSED, FAILED, ERROR, SKIPPED or UNKNOWN."),
        text("duration", "How long it took, as a duration of ISO 8601 (PT0.123S)."),
        text("reason.message", "Why it failed, where Bitbucket tells."),
        text("reason.stack_trace", "Where it failed, where Bitbucket tells."),
    ),
)
