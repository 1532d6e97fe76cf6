"""Environments, what is deployed to them with each attempt, and the commits that each successful one carried."""

from bitbucket_source.tables.contract import OF_REPOSITORY, Table, account, bigint, boolean, text, timestamp

ENVIRONMENTS = Table(
    name="environments",
    description="The deployment environments of a repository.",
    key=("repository_uuid", "uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/environments/",
    scope="pipeline",
    new_when="listed whole when a deployment names one that is not stored, or when stored deployments are gone",
    costs="1 request per repository, once; 1 more whenever a deployment tells of a change",
    blind_to="what is changed without a deployment: a name, rank or lock, one made and not yet used, one deleted",
    columns=(
        OF_REPOSITORY,
        text("uuid", "Identity of the environment, with braces."),
        text("name", "Name of the environment."),
        text("slug", "Name of the environment in URLs."),
        text("environment_type.name", "Test, Staging or Production."),
        bigint("rank", "Place of the environment among those of the repository, from 0."),
        boolean("hidden", "Whether the environment is left out of Bitbucket's overview."),
        text("lock.name", "OPEN where anybody may deploy now, LOCKED while a deployment is going on."),
        boolean("environment_lock_enabled", "Whether deployments of one environment wait for each other."),
        boolean("restrictions.admin_only", "Whether only administrators may deploy."),
    ),
)

DEPLOYMENTS = Table(
    name="deployments",
    description=(
        "What a pipeline run deploys to an environment. One that is deployed again keeps one row: the newest attempt; "
        "those before it are in deployment_attempts."
    ),
    key=("repository_uuid", "uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/deployments/",
    scope="pipeline",
    new_when=(
        "among the hundred started last, or running when last read; looked for where something was deployed within "
        "90 days, or where a pipeline has changed"
    ),
    costs=(
        "1 request a sync for each repository that deployed within 90 days or whose pipelines changed, "
        "1 more per 100 new ones, 1 for each running one outside the newest hundred"
    ),
    blind_to=(
        "one that nobody has started yet, and one outside the newest hundred that is deleted; in a repository that "
        "has not deployed for 90 days, an old run that is deployed again"
    ),
    accounts=("state.deployer",),
    columns=(
        OF_REPOSITORY,
        text("uuid", "Identity of the deployment, with braces: one for each run and environment."),
        text("environment.uuid", "The environment (environments.uuid)."),
        text("step.uuid", "The step that deploys (pipeline_steps.uuid)."),
        text("release.pipeline.uuid", "The run that deploys (pipelines.uuid)."),
        text("release.name", "Name of what is deployed: # and the number of the run."),
        text("commit.hash", "The commit deployed (commits.hash)."),
        text("state.name", "UNDEPLOYED, IN_PROGRESS or COMPLETED."),
        text("state.status.name", "Of a finished deployment: SUCCESSFUL, FAILED or STOPPED."),
        account("state.deployer", "Who deployed"),
        timestamp("state.started_on", "When the newest attempt started; null until one did."),
        timestamp("state.completed_on", "When the newest attempt ended; null while it runs."),
        bigint("version", "A number that grows with the deployments of an environment."),
        timestamp("last_update_time", "When Bitbucket changed the row last; null where nobody has deployed."),
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
    blind_to="an attempt that was overwritten by the next before any sync saw it",
    columns=(
        OF_REPOSITORY,
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
        OF_REPOSITORY,
        text("deployment_uuid", "The deployment (deployments.uuid)."),
        timestamp("started_on", "Start of the attempt (deployment_attempts.started_on)."),
        text("hash", "A commit it carried (commits.hash)."),
        text("environment_uuid", "The environment (environments.uuid)."),
        text("previous_deployment_uuid", "The successful deployment before it in the environment (deployments.uuid)."),
        timestamp("previous_started_on", "Start of that one's attempt (deployment_attempts.started_on)."),
    ),
)
