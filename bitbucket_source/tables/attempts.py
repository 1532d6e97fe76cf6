"""Attempts: what Bitbucket forgets when a deployment or a step runs again, because it overwrites the row (FACTS 5).

And what each successful deployment carried, which is derived from them.
"""

from bitbucket_source.tables.contract import Table, bigint, place, text, timestamp
from bitbucket_source.tables.deployments import DEPLOYMENTS
from bitbucket_source.tables.pipelines import PIPELINE_STEPS

_REPOSITORY = place("repository_uuid", "The repository (repositories.uuid).")
_NEVER_SEEN = "an attempt that was overwritten by the next before any sync saw it"

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
    blind_to=_NEVER_SEEN,
    columns=(
        _REPOSITORY,
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

DEPLOYMENT_ATTEMPTS = Table(
    name="deployment_attempts",
    description=(
        "Every start of a deployment that was ever seen, with each state it was seen in. They stay when it is deployed "
        "again; a deployment that has not started makes none."
    ),
    key=("repository_uuid", "deployment_uuid", "started_on", "status"),
    scope="pipeline",
    parent=DEPLOYMENTS,
    keeps_history=True,
    new_when="together with the deployment",
    costs="no request of its own",
    blind_to=_NEVER_SEEN,
    columns=(
        _REPOSITORY,
        text("deployment_uuid", "The deployment (deployments.uuid)."),
        timestamp("started_on", "When this attempt started."),
        text("status", "SUCCESSFUL, FAILED or STOPPED; of one that was seen before it ended, the state: IN_PROGRESS."),
        timestamp("completed_on", "When it ended; null while it ran."),
        text("environment_uuid", "The environment (environments.uuid)."),
        text("step_uuid", "The step that deploys (pipeline_steps.uuid)."),
        text("release_pipeline_uuid", "The run that deploys (pipelines.uuid)."),
        text("release_name", "Name of what was deployed: # and the number of the run."),
        text("commit_hash", "The commit deployed (commits.hash)."),
        text("deployer_uuid", "Who deployed, as in users.uuid; null where that is not told."),
        bigint("version", "A number that grows with the deployments of an environment."),
    ),
)

DEPLOYMENT_COMMITS = Table(
    name="deployment_commits",
    description=(
        "What each successful attempt carried: the commits that its commit reaches and that of the successful attempt "
        "before it in the same environment does not. None for the first one in an environment, and none for one that "
        "deployed again what was there."
    ),
    key=("repository_uuid", "deployment_uuid", "started_on", "hash"),
    scope="pipeline",
    parent=DEPLOYMENT_ATTEMPTS,
    new_when="a successful attempt is new, once its commit and that of the one before it are in commit_parents",
    costs="no request of its own",
    columns=(
        _REPOSITORY,
        text("deployment_uuid", "The deployment (deployments.uuid)."),
        timestamp("started_on", "Start of the attempt (deployment_attempts.started_on)."),
        text("hash", "A commit it carried (commits.hash)."),
        text("environment_uuid", "The environment (environments.uuid)."),
        text("previous_deployment_uuid", "The successful deployment before it in the environment (deployments.uuid)."),
        timestamp("previous_started_on", "Start of that one's attempt (deployment_attempts.started_on)."),
    ),
)
