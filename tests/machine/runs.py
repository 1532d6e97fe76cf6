"""Runs of pipelines and what they deploy and test. One sync sees all of it."""

from __future__ import annotations

from typing import Any

from bitbucket_emulator.world.model import Pipeline, Step
from tests.machine.chance import Chance, Choose, Deed

_TESTS = ("tests.test_a", "tests.test_b", "tests.deep.test_c")
_TEST_STATUSES = ("PASSED", "PASSED", "FAILED", "SKIPPED", "ERROR")


def run_a_pipeline(chance: Chance) -> Deed:
    repository = chance.repository()
    stage = chance.one(repository.environments)
    deploy = {"name": "Deploy", "manual": chance.one((True, False)), "environment": stage}
    return "run_pipeline", {
        "repository": repository.uuid,
        "ref": chance.one(repository.branches),
        "creator": chance.user(),
        "steps": chance.one((["Build"], ["Build", deploy], [deploy], [])),
    }


def run_a_pipeline_of_a_pull_request(chance: Chance) -> Deed:
    where, _ = chance.pull_request()
    return "run_pipeline", {**where, "creator": chance.user()}


def start_a_step(chance: Chance) -> Deed:
    where, run = chance.pipeline(finished=False)
    return "start_step", {**where, "step": chance.one(step.uuid for step in run.steps if step.state != "COMPLETED")}


def finish_a_step(chance: Chance) -> Deed:
    where, run = chance.pipeline(finished=False)
    step = chance.one(step.uuid for step in run.steps if step.state == "IN_PROGRESS")
    tests = {name: chance.one(_TEST_STATUSES) for name in _TESTS[: chance.one((1, 2, 3))]}
    return "finish_step", {
        **where,
        "step": step,
        "result": chance.one(("SUCCESSFUL", "FAILED")),
        "tests": chance.one((None, tests)),
    }


def run_a_step_again(chance: Chance) -> Deed:
    where, run = chance.pipeline(finished=True)
    step = chance.one(step.uuid for step in run.steps if step.result not in {None, "NOT_RUN"})
    return "rerun_step", {**where, "step": step, "result": chance.one(("SUCCESSFUL", "FAILED", None))}


def run_a_pipeline_again(chance: Chance) -> Deed:
    where, _ = chance.pipeline(finished=True)
    result = chance.one(("SUCCESSFUL", "FAILED", None))
    return "rerun_pipeline", {**where, "failed_only": chance.one((True, False)), "result": result}


def finish_a_pipeline(chance: Chance) -> Deed:
    where, _ = chance.pipeline(finished=False)
    return "finish_pipeline", {**where, "result": chance.one(("SUCCESSFUL", "FAILED"))}


def end_a_pipeline(chance: Chance) -> Deed:
    where, _ = chance.pipeline(finished=False)
    return chance.one(("stop_pipeline", "halt_pipeline", "expire_pipeline")), where


def deploy_again(chance: Chance) -> Deed:
    """A redeploy, or a rollback where something newer is there."""
    where, step = _deployed(chance)
    result = chance.one(("SUCCESSFUL", "SUCCESSFUL", "FAILED", None))
    return "redeploy_step", {**where, "step": step.uuid, "user": chance.user(), "result": result}


def press_the_button(chance: Chance) -> Deed:
    """A manual step is run, at once or weeks after its run began."""
    found = [
        ({"repository": home.uuid, "pipeline": run.uuid, "step": step.uuid})
        for home in chance.world.repositories.values()
        for run in home.pipelines.values()
        for step in run.steps
        if step.stage == "PAUSED"
    ]
    return "run_step", {
        **chance.one(found),
        "user": chance.user(),
        "result": chance.one(("SUCCESSFUL", "SUCCESSFUL", "FAILED")),
    }


def _deployed(chance: Chance) -> tuple[dict[str, Any], Step]:
    found: list[tuple[str, Pipeline, Step]] = [
        (home.uuid, run, step)
        for home in chance.world.repositories.values()
        for run in home.pipelines.values()
        for step in run.steps
        if step.environment in home.environments and step.state == "COMPLETED" and step.result != "NOT_RUN"
    ]
    home_uuid, run, step = chance.one(found)
    return {"repository": home_uuid, "pipeline": run.uuid}, step


RUNS: tuple[Choose, ...] = (
    run_a_pipeline, run_a_pipeline_of_a_pull_request, start_a_step, finish_a_step, run_a_step_again,
    run_a_pipeline_again, finish_a_pipeline, end_a_pipeline, deploy_again, press_the_button,
)  # fmt: skip
