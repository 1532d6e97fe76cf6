"""Pipelines: runs, their steps with each attempt and the tests they report, and what starts runs by the clock."""

from bitbucket_source.tables.contract import (
    OF_REPOSITORY,
    Table,
    account,
    bigint,
    boolean,
    place,
    position,
    prose,
    text,
    timestamp,
)

PIPELINES = Table(
    name="pipelines",
    description="Runs of Bitbucket Pipelines.",
    key=("repository_uuid", "uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/pipelines/",
    scope="pipeline",
    cursor="created_on",
    new_when="among the newest hundred, or not finished when last read",
    costs="1 request a sync and repository, 1 more per 100 new ones, 1 per 100 unfinished ones outside the newest 100",
    blind_to="a re-run of a finished pipeline that is no longer among the newest hundred",
    accounts=("creator",),
    columns=(
        OF_REPOSITORY,
        text("uuid", "Identity of the run, with braces."),
        bigint("build_number", "Number of the run in its repository."),
        bigint("run_number", "How many times it was started; null in old rows."),
        account("creator", "Who or what started it"),
        text("state.name", "PARSING, PENDING, IN_PROGRESS or COMPLETED."),
        text("state.stage.name", "Of a run that is not finished: RUNNING, PAUSED, HALTED or PENDING."),
        text("state.result.name", "Of a finished run: SUCCESSFUL, FAILED, ERROR, STOPPED or EXPIRED."),
        prose("state.result.error.message", "Why a run ended in ERROR."),
        text("target.type", "pipeline_ref_target, pipeline_pullrequest_target or pipeline_commit_target."),
        text("target.ref_type", "branch, tag and the like."),
        text("target.ref_name", "Name of the branch or tag."),
        text("target.commit.hash", "The commit built (commits.hash)."),
        text("target.selector.type", "Part of the configuration: default, branches, tags, custom, pull-requests."),
        text("target.selector.pattern", "Pattern of that part, or the name of a custom pipeline."),
        text("target.source", "Source branch, of a run for a pull request."),
        text("target.destination", "Destination branch, of a run for a pull request."),
        bigint("target.pullrequest.id", "The pull request (pull_requests.id), of a run for one."),
        text("trigger.name", "PUSH, MANUAL, SCHEDULE and the like."),
        text("trigger.type", "pipeline_trigger_push, pipeline_trigger_manual and the like."),
        bigint("build_seconds_used", "Build seconds paid for, all steps together."),
        bigint("duration_in_seconds", "Seconds in which something ran."),
        boolean("first_successful", "Whether it was the first green run after a red one."),
        boolean("expired", "Whether its logs and artifacts are gone."),
        boolean("has_variables", "Whether it was started with variables."),
        timestamp("created_on", "When it was started."),
        timestamp("completed_on", "When it finished; null until then."),
    ),
)

PIPELINE_STEPS = Table(
    name="pipeline_steps",
    description="The steps of a pipeline run. A step that was run again keeps one row: the newest attempt.",
    key=("repository_uuid", "pipeline_uuid", "uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/pipelines/{pipeline_uuid}/steps/",
    scope="pipeline",
    parent=PIPELINES,
    new_when="its pipeline is new, runs, or its row has changed",
    costs="1 request per pipeline that changed or runs",
    blind_to="a step that changes while the row of its finished pipeline stays as it is",
    columns=(
        OF_REPOSITORY,
        place("pipeline_uuid", "The run (pipelines.uuid)."),
        text("uuid", "Identity of the step, with braces."),
        position("Place of the step in the run, from 0."),
        text("name", "Name of the step in the configuration; null where it has none."),
        bigint("run_number", "Which attempt this is, from 1."),
        text("state.name", "PENDING, READY, IN_PROGRESS or COMPLETED."),
        text("state.stage.name", "PAUSED where the step waits for somebody to start it."),
        text("state.result.name", "SUCCESSFUL, FAILED, ERROR, STOPPED, EXPIRED or NOT_RUN."),
        text("trigger.type", "pipeline_step_trigger_automatic, _manual or _redeploy."),
        text("image.name", "The build image."),
        bigint("maxTime", "Minutes after which the step is stopped.", name="max_time"),
        bigint("build_seconds_used", "Build seconds paid for."),
        bigint("duration_in_seconds", "Seconds from start to end."),
        timestamp("started_on", "When it started; null until then."),
        timestamp("completed_on", "When it finished; null until then."),
    ),
)

PIPELINE_STEP_ATTEMPTS = Table(
    name="pipeline_step_attempts",
    description=(
        "Every start of a step that was ever seen, with each state it was seen in. They stay when the step is run "
        "again; a step that has not started makes none."
    ),
    key=("repository_uuid", "pipeline_uuid", "step_uuid", "started_on", "status"),
    scope="pipeline",
    parent=PIPELINE_STEPS,
    keeps_history=True,
    new_when="together with the step",
    costs="no request of its own",
    blind_to="an attempt that was overwritten by the next before any sync saw it",
    columns=(
        OF_REPOSITORY,
        place("pipeline_uuid", "The run (pipelines.uuid)."),
        text("step_uuid", "The step (pipeline_steps.uuid)."),
        timestamp("started_on", "When this attempt started."),
        text("status", "The result of the attempt; of one that was seen before it had any, the state: IN_PROGRESS."),
        timestamp("completed_on", "When it ended; null while it ran."),
        bigint("run_number", "Which attempt of the step this is, from 1."),
        text("trigger_type", "pipeline_step_trigger_automatic, _manual or _redeploy."),
        bigint("build_seconds_used", "Build seconds paid for, of all attempts so far."),
        bigint("duration_in_seconds", "Seconds from start to end."),
    ),
)

_OF_STEP = (
    OF_REPOSITORY,
    place("pipeline_uuid", "The run (pipelines.uuid)."),
    place("step_uuid", "The step (pipeline_steps.uuid)."),
)
_TESTS_NEW_WHEN = "its step has finished, and is new or has changed"
_TESTS_BLIND_TO = "a report that changes while its finished step stays as it is; steps whose change is not seen"

PIPELINE_TEST_REPORTS = Table(
    name="pipeline_test_reports",
    description="How many tests a step reported, by outcome. A step without a report has no row.",
    key=("repository_uuid", "pipeline_uuid", "step_uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/pipelines/{pipeline_uuid}/steps/{step_uuid}/test_reports",
    scope="pipeline",
    pagelen=0,
    parent=PIPELINES,
    new_when=_TESTS_NEW_WHEN,
    costs="1 request per step that has finished; select pipelines and pipeline_steps too, else unchanged steps count",
    blind_to=_TESTS_BLIND_TO,
    default=False,
    columns=(
        *_OF_STEP,
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
    new_when=_TESTS_NEW_WHEN,
    costs="1 request per 100 tests of a step that has finished, beside that of pipeline_test_reports",
    blind_to=_TESTS_BLIND_TO,
    default=False,
    columns=(
        *_OF_STEP,
        text("uuid", "Identity of the test in this report, with braces."),
        text("name", "Name of the test."),
        text("fully_qualified_name", "Name of the test with its class or module."),
        text("package_name", "The class or module."),
        text("status", "PASSED, FAILED, ERROR, SKIPPED or UNKNOWN."),
        text("duration", "How long it took, as a duration of ISO 8601 (PT0.123S)."),
        prose("reason.message", "Why it failed, where Bitbucket tells."),
        text("reason.stack_trace", "Where it failed, where Bitbucket tells."),
    ),
)

PIPELINE_SCHEDULES = Table(
    name="pipeline_schedules",
    description="The pipelines that are started by the clock.",
    key=("repository_uuid", "uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/pipelines_config/schedules",
    scope="pipeline",
    listed_whole=True,
    # a repository that never had pipelines answers so (FACTS 5)
    not_found_is_empty=True,
    costs="1 request per 100 schedules a sync and repository",
    default=False,
    columns=(
        OF_REPOSITORY,
        text("uuid", "Identity of the schedule, with braces."),
        boolean("enabled", "Whether it starts pipelines."),
        text("cron_pattern", "When, as a cron expression of seven fields, seconds first (quartz)."),
        text("target.ref_type", "branch or tag."),
        text("target.ref_name", "Name of the branch or tag the pipeline runs on."),
        text("target.selector.type", "Part of the configuration: default, branches, custom and the like."),
        text("target.selector.pattern", "Pattern of that part, or the name of a custom pipeline."),
        timestamp("created_on", "When it was made."),
        timestamp("updated_on", "When it was changed last."),
    ),
)
