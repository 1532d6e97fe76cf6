"""Environments, and what is deployed to them."""

from bitbucket_source.tables.contract import Table, account, bigint, boolean, place, text, timestamp

_REPOSITORY = place("repository_uuid", "The repository (repositories.uuid).")

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
        _REPOSITORY,
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
        _REPOSITORY,
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
