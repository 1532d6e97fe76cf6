"""The mechanics of runs: targets, steps, and how a run's state follows from its steps'. States: FACTS 5 and 6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.actions.arguments import ActionError, StepDefinition
from bitbucket_emulator.world.model import Deployment, Pipeline, PipelineTarget, Step, TestCase, name_uuid

if TYPE_CHECKING:
    from bitbucket_emulator.world.model import Environment, PullRequest, Repository, User, World


TRIGGERS = ("PUSH", "MANUAL", "SCHEDULED", "PARENT_STEP")
DEFAULT_STEPS = (StepDefinition("Build and test", script=("make test",)),)


def test_case(repository: Repository, name: str, status: str) -> TestCase:
    """A test of a report; `name` is "package.name", durations follow from the name."""
    package, _, short = name.rpartition(".")
    failed = status in ("FAILED", "ERROR")
    uuid = name_uuid(repository.uuid, "test", name, status)
    message = f"AssertionError: {short} did not hold" if failed else None
    trace = f'File "tests/{package.replace(".", "/")}.py", line {len(name) * 3}, in {short}' if failed else None
    return TestCase(uuid, short, package, status, len(name) * 1_731 + 950, message, trace)


test_case.__test__ = False  # type: ignore[attr-defined]  # it is no test of pytest's


def make_target(
    repository: Repository,
    ref: str | None,
    tag: str | None,
    pull_request: PullRequest | None,
    commit: str | None,
) -> PipelineTarget:
    """What a run of these arguments runs on. Raises ActionError for refs that are not there."""
    if pull_request is not None:
        return PipelineTarget(
            "pullrequest",
            commit or pull_request.source_hash,
            "pull-requests",
            "**",
            pull_request=pull_request.id,
            source=pull_request.source_branch,
            destination=pull_request.destination_branch,
            destination_commit=pull_request.destination_hash,
        )
    if tag is not None:
        found = repository.tags.get(tag)
        if found is None:
            raise ActionError(f"run_pipeline: no tag {tag}")
        kind = "annotated_tag" if found.message is not None else "tag"
        return PipelineTarget("ref", found.target, "tags", "v*", kind, tag)
    if ref is None and commit is not None:
        return PipelineTarget("commit", commit)
    branch = ref or repository.mainbranch or ""
    if branch not in repository.branches:
        raise ActionError(f"run_pipeline: no branch {branch or '(the repository is empty)'}")
    head = commit or repository.branches[branch]
    if branch == repository.mainbranch:
        return PipelineTarget("ref", head, "branches", branch, "branch", branch)
    return PipelineTarget("ref", head, "default", None, "branch", branch)


def add_run(
    repository: Repository,
    target: PipelineTarget,
    trigger: str,
    creator: User | None,
    at: int,
    custom: str | None = None,
    variables: dict[str, str] | None = None,
) -> Pipeline:
    """A new run of the repository, PENDING and without steps; `custom` names a custom pipeline. Raises ActionError."""
    if trigger not in TRIGGERS:
        raise ActionError(f"run_pipeline: trigger {trigger!r} is none of {', '.join(TRIGGERS)}")
    if custom is not None:
        target.selector_type, target.selector_pattern = "custom", custom
    number = len(repository.pipelines) + 1
    pipeline = Pipeline(
        uuid=name_uuid(repository.uuid, "pipeline", number),
        repository=repository.uuid,
        build_number=number,
        creator=creator.uuid if creator else None,
        created_on=at,
        target=target,
        trigger=trigger,
        variables=tuple((key, value, False) for key, value in (variables or {}).items()),
    )
    repository.pipelines[pipeline.uuid] = pipeline
    return pipeline


def add_steps(repository: Repository, pipeline: Pipeline, definitions: list[StepDefinition] | None, at: int) -> None:
    """Give a run its steps, by default one, and the state that follows from them."""
    for index, definition in enumerate(DEFAULT_STEPS if definitions is None else definitions):
        add_step(repository, pipeline, index, definition)
    settle(repository, pipeline, at)


def add_step(repository: Repository, pipeline: Pipeline, index: int, definition: StepDefinition) -> None:
    """Append a PENDING step and, where it deploys, an UNDEPLOYED deployment."""
    environment = find_environment(repository, definition.environment)
    step = Step(
        uuid=name_uuid(pipeline.uuid, "step", index),
        name=definition.name,
        trigger="manual" if definition.manual else "automatic",
        image=definition.image,
        script=tuple(definition.script),
        size=definition.size,
        parallel_group=definition.parallel,
        environment=environment.uuid if environment else None,
    )
    pipeline.steps.append(step)
    if environment is not None:
        counts = repository.contents.deployment_counts
        counts[environment.uuid] = counts.get(environment.uuid, 0) + 1
        uuid = name_uuid(pipeline.uuid, "deployment", environment.uuid)
        repository.deployments[uuid] = Deployment(
            uuid=uuid,
            environment=environment.uuid,
            pipeline=pipeline.uuid,
            step=step.uuid,
            commit=pipeline.target.commit,
            number=counts[environment.uuid],
            release_name=f"#{pipeline.build_number}",
            release_created_on=pipeline.created_on,
            last_update_time=pipeline.created_on,
        )


def find_environment(repository: Repository, name: str | None) -> Environment | None:
    """The environment of this name, slug or uuid. Raises ActionError."""
    if name is None:
        return None
    for each in repository.environments.values():
        if name in (each.name, each.slug, each.uuid):
            return each
    raise ActionError(f"run_pipeline: no environment {name}")


def deployment_of(repository: Repository, pipeline: Pipeline, step: Step) -> Deployment | None:
    """The deployment that follows this step."""
    if step.environment is None:
        return None
    return repository.deployments.get(name_uuid(pipeline.uuid, "deployment", step.environment))


def begin_step(
    world: World, repository: Repository, pipeline: Pipeline, step: Step, user: User | None, at: int
) -> Step:
    """Let a step run, whatever its state was; pipeline and deployment follow."""
    step.state, step.stage, step.result = "IN_PROGRESS", None, None
    step.started_on, step.completed_on = world.reach(at), None
    pipeline.state, pipeline.stage, pipeline.result, pipeline.completed_on = "IN_PROGRESS", "RUNNING", None, None
    deployment = deployment_of(repository, pipeline, step)
    if deployment is not None:
        deployment.state, deployment.status = "IN_PROGRESS", None
        deployment.started_on = deployment.last_update_time = at
        deployment.completed_on = None
        deployment.deployer = user.uuid if user else pipeline.creator
    return step


def unfinished_before(pipeline: Pipeline, step: Step) -> Step | None:
    """The first step that has to end before this one may start."""
    for each in pipeline.steps:
        if each is step:
            return None
        together = each.parallel_group is not None and each.parallel_group == step.parallel_group
        if each.state != "COMPLETED" and not together:
            return each
    return None


def automatic(pipeline: Pipeline) -> list[Step]:
    """The steps that come before the next manual one and are not done."""
    found = []
    for step in pipeline.steps:
        if step.state == "PENDING" and step.trigger == "manual":
            break
        if step.state != "COMPLETED":
            found.append(step)
    return found


def settle(repository: Repository, pipeline: Pipeline, at: int) -> None:
    """Let the run's state follow from its steps'."""
    states = {step.state for step in pipeline.steps}
    failures = [step.result for step in pipeline.steps if step.result not in (None, "SUCCESSFUL", "NOT_RUN")]
    if "IN_PROGRESS" in states:
        return
    if failures:
        skip_waiting(pipeline)
        complete(repository, pipeline, failures[0] or "FAILED", at)
        return
    waiting = next((step for step in pipeline.steps if step.state == "PENDING"), None)
    if waiting is None:
        complete(repository, pipeline, "SUCCESSFUL", at)
    elif waiting.trigger == "manual":
        waiting.stage = "PAUSED"
        pipeline.state, pipeline.stage = "IN_PROGRESS", "PAUSED"


def reopen(pipeline: Pipeline, steps: list[Step]) -> None:
    """Let these steps wait again, and the run with them; what they were before is nowhere any more."""
    for step in steps:
        step.run_number += step.result != "NOT_RUN"
        step.state, step.stage, step.result = "PENDING", None, None
        step.started_on = step.completed_on = None
        if step.trigger == "redeploy":
            step.trigger = "manual"
    pipeline.state, pipeline.stage, pipeline.result, pipeline.completed_on = "PENDING", "PENDING", None, None


def skip_waiting(pipeline: Pipeline) -> None:
    """Mark what has not started as NOT_RUN."""
    for step in pipeline.steps:
        if step.state == "PENDING":
            step.state, step.stage, step.result = "COMPLETED", None, "NOT_RUN"


def complete(repository: Repository, pipeline: Pipeline, result: str, at: int) -> None:
    """End a run."""
    pipeline.state, pipeline.stage, pipeline.result, pipeline.completed_on = "COMPLETED", None, result, at
    pipeline.build_seconds_used = sum(step.build_seconds_used for step in pipeline.steps)
    if result == "SUCCESSFUL" and not repository.contents.had_success:
        pipeline.first_successful = repository.contents.had_success = True
