"""Runs and their steps; deployments follow the steps that deploy. States: FACTS 5 and 6."""

# ruff: noqa: ARG001 - actions share one signature

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.actions.runs import (
    add_run,
    add_steps,
    automatic,
    begin_step,
    complete,
    deployment_of,
    make_target,
    reopen,
    settle,
    skip_waiting,
    test_case,
    unfinished_before,
)
from bitbucket_emulator.world.model import SECOND, Attempt
from bitbucket_emulator.world.model.pipelines import FINAL_RESULTS

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Hash, StepDefinition, Time
    from bitbucket_emulator.world.model import Pipeline, PullRequest, Repository, Step, User, World

_DEPLOYMENT_STATUS = {"SUCCESSFUL": "SUCCESSFUL", "STOPPED": "STOPPED"}  # all others are FAILED


@action
def run_pipeline(
    world: World,
    repository: Repository,
    ref: str | None = None,
    tag: str | None = None,
    pull_request: PullRequest | None = None,
    commit: Hash | None = None,
    custom: str | None = None,
    trigger: str = "PUSH",
    creator: User | None = None,
    steps: list[StepDefinition] | None = None,
    variables: dict[str, str] | None = None,
    *,
    at: Time,
) -> Pipeline:
    """Start a run of a branch (`ref`, default the main branch), a tag, a pull request or a commit.

    `custom` names a custom pipeline; `trigger` is PUSH, MANUAL, SCHEDULED or PARENT_STEP. The run is PENDING, its steps
    too, and each step with an environment has an UNDEPLOYED deployment.
    """
    target = make_target(repository, ref, tag, pull_request, commit)
    pipeline = add_run(repository, target, trigger, creator, at, custom, variables)
    add_steps(repository, pipeline, steps, at)
    return pipeline


@action
def start_step(
    world: World, repository: Repository, pipeline: Pipeline, step: Step, user: User | None = None, *, at: Time
) -> Step:
    """Start a step whose predecessors are done; `user` pressed the button of a manual one."""
    if step.state not in ("PENDING", "READY"):
        raise ActionError(f"start_step: {step.name} is {step.state}")
    blocking = unfinished_before(pipeline, step)
    if blocking is not None:
        raise ActionError(f"start_step: {blocking.name} comes first")
    return begin_step(world, repository, pipeline, step, user, at)


@action
def finish_step(
    world: World,
    repository: Repository,
    pipeline: Pipeline,
    step: Step,
    result: str = "SUCCESSFUL",
    tests: dict[str, str] | None = None,
    *,
    at: Time,
) -> Step:
    """End a running step; after a failure the steps behind it are NOT_RUN. `tests` maps "package.name" to a status."""
    if step.state != "IN_PROGRESS" or step.started_on is None:
        raise ActionError(f"finish_step: {step.name} is {step.state}")
    if result not in FINAL_RESULTS:
        raise ActionError(f"finish_step: result {result!r} is none of {', '.join(FINAL_RESULTS)}")
    step.state, step.result, step.completed_on = "COMPLETED", result, world.reach(at)
    step.build_seconds_used += max(1, (at - step.started_on) // SECOND) * step.size
    if tests is not None:
        step.tests = [test_case(repository, name, status) for name, status in tests.items()]
    deployment = deployment_of(repository, pipeline, step)
    if deployment is not None:
        deployment.state, deployment.status = "COMPLETED", _DEPLOYMENT_STATUS.get(result, "FAILED")
        deployment.completed_on = deployment.last_update_time = at
    repository.chronicle.attempts.append(
        Attempt(
            pipeline.uuid,
            step.uuid,
            pipeline.target.commit,
            step.run_number,
            step.started_on,
            at,
            result,
            step.environment,
            deployment.uuid if deployment else None,
        )
    )
    settle(repository, pipeline, at)
    return step


@action
def run_step(
    world: World,
    repository: Repository,
    pipeline: Pipeline,
    step: Step,
    result: str = "SUCCESSFUL",
    seconds: int = 60,
    user: User | None = None,
    *,
    at: Time,
) -> Step:
    """Start a step and end it `seconds` later."""
    start_step.do(world, repository, pipeline, step, user, at=at)
    return finish_step.do(world, repository, pipeline, step, result, at=at + seconds * SECOND)


@action
def finish_pipeline(
    world: World,
    repository: Repository,
    pipeline: Pipeline,
    result: str = "SUCCESSFUL",
    seconds: int = 60,
    *,
    at: Time,
) -> Pipeline:
    """Run the automatic steps up to the first manual one, `seconds` each; another `result` is the last one's."""
    time = at
    todo = automatic(pipeline)
    for step in todo:
        if step.state == "PENDING":
            start_step.do(world, repository, pipeline, step, at=time)
        time += seconds * SECOND
        ends = result if step is todo[-1] else "SUCCESSFUL"
        finish_step.do(world, repository, pipeline, step, ends, at=time)
    return pipeline


@action
def stop_pipeline(world: World, repository: Repository, pipeline: Pipeline, *, at: Time) -> Pipeline:
    """Stop a run: what runs is STOPPED, what waits is NOT_RUN."""
    if pipeline.state == "COMPLETED":
        raise ActionError(f"stop_pipeline: pipeline {pipeline.build_number} is COMPLETED")
    for step in pipeline.steps:
        if step.state == "IN_PROGRESS":
            finish_step.do(world, repository, pipeline, step, "STOPPED", at=at)
    skip_waiting(pipeline)
    complete(repository, pipeline, "STOPPED", at)
    return pipeline


@action
def halt_pipeline(world: World, repository: Repository, pipeline: Pipeline, *, at: Time) -> Pipeline:
    """Let a run wait for somebody to look at it: IN_PROGRESS, HALTED."""
    if pipeline.state == "COMPLETED":
        raise ActionError(f"halt_pipeline: pipeline {pipeline.build_number} is COMPLETED")
    pipeline.state, pipeline.stage = "IN_PROGRESS", "HALTED"
    return pipeline


@action
def expire_pipeline(world: World, repository: Repository, pipeline: Pipeline, *, at: Time) -> Pipeline:
    """End a run that nobody cared for: EXPIRED, its waiting steps NOT_RUN."""
    if pipeline.state == "COMPLETED":
        raise ActionError(f"expire_pipeline: pipeline {pipeline.build_number} is COMPLETED")
    skip_waiting(pipeline)
    complete(repository, pipeline, "EXPIRED", at)
    return pipeline


@action
def rerun_step(
    world: World,
    repository: Repository,
    pipeline: Pipeline,
    step: Step,
    user: User | None = None,
    result: str | None = "SUCCESSFUL",
    seconds: int = 60,
    *,
    at: Time,
) -> Step:
    """Run a finished step again: the same row with the next `run_number`, the COMPLETED pipeline open again.

    The attempt before is nowhere any more. Steps that were NOT_RUN wait again. With `result` None it is left running.
    """
    if step.state != "COMPLETED" or step.result == "NOT_RUN":
        raise ActionError(f"rerun_step: {step.name} is {step.result or step.state}")
    step.run_number += 1
    pipeline.run_number += 1
    for each in pipeline.steps:
        if each.result == "NOT_RUN":
            each.state, each.result = "PENDING", None
    begin_step(world, repository, pipeline, step, user, at)
    if result is not None:
        finish_step.do(world, repository, pipeline, step, result, at=at + seconds * SECOND)
    return step


@action
def rerun_pipeline(
    world: World,
    repository: Repository,
    pipeline: Pipeline,
    failed_only: bool = False,
    result: str | None = "SUCCESSFUL",
    seconds: int = 60,
    *,
    at: Time,
) -> Pipeline:
    """Run all steps of a finished run again, or those that did not succeed: the same rows, counted by `run_number`.

    The COMPLETED run is open again, and ends as by `finish_pipeline`; with `result` None it is left waiting.
    """
    if pipeline.state != "COMPLETED":
        raise ActionError(f"rerun_pipeline: pipeline {pipeline.build_number} is {pipeline.state}")
    if not pipeline.parsed:
        raise ActionError(f"rerun_pipeline: pipeline {pipeline.build_number} has never been parsed")
    pipeline.run_number += 1
    reopen(pipeline, [step for step in pipeline.steps if not failed_only or step.result != "SUCCESSFUL"])
    settle(repository, pipeline, at)
    if result is not None:
        finish_pipeline.do(world, repository, pipeline, result, seconds, at=at)
    return pipeline


@action
def redeploy_step(
    world: World,
    repository: Repository,
    pipeline: Pipeline,
    step: Step,
    user: User | None = None,
    result: str | None = "SUCCESSFUL",
    seconds: int = 60,
    *,
    at: Time,
) -> Step:
    """Deploy an old run again (a rollback): as `rerun_step`, trigger `redeploy`, the deployment row overwritten."""
    if step.environment is None:
        raise ActionError(f"redeploy_step: {step.name} does not deploy")
    rerun_step.do(world, repository, pipeline, step, user, result, seconds, at=at)
    step.trigger = "redeploy"
    return step
