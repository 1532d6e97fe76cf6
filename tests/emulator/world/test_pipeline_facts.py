"""Runs, steps and deployments: FACTS 5 and 6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bitbucket_emulator.world.actions import (
    ActionError,
    expire_pipeline,
    finish_pipeline,
    finish_step,
    redeploy_step,
    rerun_step,
    run_pipeline,
    run_step,
    start_step,
    stop_pipeline,
    tag,
)
from bitbucket_emulator.world.model import DAY, SECOND

if TYPE_CHECKING:
    from bitbucket_emulator.world import World
    from bitbucket_emulator.world.model import Pipeline, PullRequest, Repository

STEPS = [
    {"name": "Lint", "parallel": 1},
    {"name": "Test", "parallel": 1, "size": 2},
    {"name": "Staging", "environment": "Staging"},
    {"name": "Production", "environment": "Production", "manual": True},
]


@pytest.fixture
def pipeline(world: World, repository: Repository) -> Pipeline:
    return run_pipeline(world, repository, steps=STEPS, creator="alice")


def _states(pipeline: Pipeline) -> list[tuple[str, str | None]]:
    return [(step.state, step.result or step.stage) for step in pipeline.steps]


def test_a_new_run_waits_and_its_deployments_are_undeployed(repository: Repository, pipeline: Pipeline) -> None:
    assert (pipeline.state, pipeline.stage, pipeline.completed_on) == ("PENDING", "PENDING", None)
    assert [each.state for each in repository.deployments.values()] == ["UNDEPLOYED", "UNDEPLOYED"]
    assert pipeline.target.selector_type == "branches"


def test_a_run_with_a_manual_last_step_stays_paused(world: World, repository: Repository, pipeline: Pipeline) -> None:
    finish_pipeline(world, repository, pipeline)
    assert (pipeline.state, pipeline.stage) == ("IN_PROGRESS", "PAUSED")
    assert _states(pipeline)[-1] == ("PENDING", "PAUSED")
    run_step(world, repository, pipeline, "Production", user="bob", seconds=30)
    assert (pipeline.state, pipeline.result) == ("COMPLETED", "SUCCESSFUL")
    deployed = list(repository.deployments.values())[-1]
    assert (deployed.state, deployed.status) == ("COMPLETED", "SUCCESSFUL")
    assert deployed.deployer == world.user_named("bob").uuid
    assert pipeline.build_seconds_used == 60 + 2 * 60 + 60 + 30
    assert pipeline.first_successful


def test_duration_counts_neither_waiting_nor_parallel_steps_twice(
    world: World, repository: Repository, pipeline: Pipeline
) -> None:
    start_step(world, repository, pipeline, "Lint")
    start = start_step(world, repository, pipeline, "Test").started_on
    assert start is not None
    finish_step(world, repository, pipeline, "Lint", at=start + 20 * SECOND)
    finish_step(world, repository, pipeline, "Test", at=start + 60 * SECOND)
    run_step(world, repository, pipeline, "Staging", seconds=30)
    world.clock += 90 * DAY
    run_step(world, repository, pipeline, "Production", seconds=10)
    assert pipeline.duration_in_seconds == 60 + 30 + 10


def test_parallel_steps_run_together_and_others_wait(world: World, repository: Repository, pipeline: Pipeline) -> None:
    start_step(world, repository, pipeline, "Lint")
    start_step(world, repository, pipeline, "Test")
    with pytest.raises(ActionError, match="Lint comes first"):
        start_step(world, repository, pipeline, "Staging")
    assert (pipeline.state, pipeline.stage) == ("IN_PROGRESS", "RUNNING")


def test_after_a_failure_the_rest_is_not_run(world: World, repository: Repository, pipeline: Pipeline) -> None:
    run_step(world, repository, pipeline, "Lint", "FAILED")
    assert (pipeline.state, pipeline.result) == ("COMPLETED", "FAILED")
    assert _states(pipeline) == [("COMPLETED", "FAILED")] + [("COMPLETED", "NOT_RUN")] * 3
    assert [each.state for each in repository.deployments.values()] == ["UNDEPLOYED", "UNDEPLOYED"]


def test_running_a_failed_step_again_opens_the_run_and_overwrites_the_row(
    world: World, repository: Repository, pipeline: Pipeline
) -> None:
    step = run_step(world, repository, pipeline, "Lint", "FAILED")
    first = step.started_on
    assert first is not None
    rerun_step(world, repository, pipeline, "Lint", result=None)
    assert (pipeline.state, pipeline.stage, pipeline.result, pipeline.completed_on) == (
        "IN_PROGRESS", "RUNNING", None, None,
    )  # fmt: skip
    assert (step.run_number, step.result) == (2, None)
    assert step.started_on is not None
    assert step.started_on > first
    finish_step(world, repository, pipeline, "Lint")
    assert _states(pipeline) == [("COMPLETED", "SUCCESSFUL")] + [("PENDING", None)] * 3


def test_a_redeploy_overwrites_the_deployment(world: World, repository: Repository, pipeline: Pipeline) -> None:
    finish_pipeline(world, repository, pipeline)
    run_step(world, repository, pipeline, "Production", user="bob")
    rows = len(repository.deployments)
    deployment = list(repository.deployments.values())[-1]
    before = deployment.started_on, deployment.uuid
    step = redeploy_step(world, repository, pipeline, "Production", user="carol")
    assert (step.run_number, step.trigger) == (2, "redeploy")
    assert len(repository.deployments) == rows
    assert deployment.uuid == before[1]
    assert deployment.started_on == step.started_on != before[0]
    assert deployment.last_update_time == deployment.completed_on == pipeline.completed_on
    with pytest.raises(ActionError, match="Lint does not deploy"):
        redeploy_step(world, repository, pipeline, "Lint")


@pytest.mark.parametrize(
    ("end", "result", "first"),
    [(stop_pipeline, "STOPPED", "STOPPED"), (expire_pipeline, "EXPIRED", None)],
    ids=["stopped", "expired"],
)
def test_a_run_can_end_early(
    world: World, repository: Repository, pipeline: Pipeline, end: Any, result: str, first: str | None
) -> None:
    if first:
        start_step(world, repository, pipeline, "Lint")
    end(world, repository, pipeline)
    assert (pipeline.state, pipeline.result) == ("COMPLETED", result)
    assert [step.result for step in pipeline.steps] == [first or "NOT_RUN"] + ["NOT_RUN"] * 3


def test_targets(world: World, repository: Repository, pull_request: PullRequest) -> None:
    tag(world, repository, "v1", "main", "One", "alice")
    made = [
        run_pipeline(world, repository, ref="feature"),
        run_pipeline(world, repository, tag="v1"),
        run_pipeline(world, repository, pull_request=pull_request.id),
        run_pipeline(world, repository, commit="main", trigger="MANUAL"),
        run_pipeline(world, repository, custom="nightly", trigger="SCHEDULED", variables={"DEPTH": "2"}),
    ]
    assert [(p.target.kind, p.target.ref_type, p.target.ref_name, p.target.selector_type) for p in made] == [
        ("ref", "branch", "feature", "default"),
        ("ref", "annotated_tag", "v1", "tags"),
        ("pullrequest", None, None, "pull-requests"),
        ("commit", None, None, "default"),
        ("ref", "branch", "main", "custom"),
    ]
    assert [p.build_number for p in made] == [1, 2, 3, 4, 5]
    assert made[4].variables == (("DEPTH", "2", False),)


def test_a_report_of_tests(world: World, repository: Repository, pipeline: Pipeline) -> None:
    start_step(world, repository, pipeline, "Lint")
    step = finish_step(world, repository, pipeline, "Lint", tests={"core.test_a": "PASSED", "core.test_b": "FAILED"})
    assert step.tests is not None
    assert [(case.package_name, case.name, case.status, bool(case.message)) for case in step.tests] == [
        ("core", "test_a", "PASSED", False),
        ("core", "test_b", "FAILED", True),
    ]
