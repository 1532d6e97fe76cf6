"""Runs of pipelines, and what is deployed when: automatic steps, buttons pressed later, rollbacks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bitbucket_emulator.world.actions import StepDefinition
from bitbucket_emulator.world.actions.comments import status
from bitbucket_emulator.world.actions.pipelines import (
    finish_step,
    halt_pipeline,
    redeploy_step,
    rerun_step,
    run_pipeline,
    start_step,
)
from bitbucket_emulator.world.actions.runs import test_case
from bitbucket_emulator.world.model import MILLISECOND, MINUTE, SECOND, Repair

if TYPE_CHECKING:
    from bitbucket_emulator.world.generate.desk import Desk, Play
    from bitbucket_emulator.world.generate.people import Person
    from bitbucket_emulator.world.model import Commit, Pipeline, PullRequest, Step, TestCase

_LINT = StepDefinition("Lint", parallel=1, image="python:3.12-slim", script=("make lint",))
_TEST = StepDefinition("Test", parallel=1, script=("make test",), size=2)
_BUILD = StepDefinition("Build image", script=("make image", "pipe: atlassian/aws-ecr-push-image:2.4.0"))
_DEPLOY_TEST = StepDefinition("Deploy to test", environment="Test", script=("make deploy ENV=test",))
_DEPLOY_STAGING = StepDefinition("Deploy to staging", environment="Staging", script=("make deploy ENV=staging",))
_PRODUCTION = StepDefinition("Deploy to production", environment="Production", script=("make deploy ENV=production",))
_PUBLISH = StepDefinition("Publish", script=("make publish",))
_NIGHTLY = (StepDefinition("Refresh", script=("make refresh",)), StepDefinition("Report", script=("make report",)))
_CHECKS = [_LINT, _TEST]

_SECONDS = {"Lint": 40, "Test": 210, "Build image": 130, "Publish": 60, "Refresh": 600}
_FAILURES = {"Lint": 0.02, "Test": 0.07, "Build image": 0.015, "Deploy to production": 0.03, "Deploy to staging": 0.012}
_FLAKY = 0.35  # of the failures go away when somebody runs the step again
_BAD = 0.06  # of the production deployments are taken back or mended


class Outcome(NamedTuple):
    """How a run went: when its automatic part ended, and whether it was green."""

    pipeline: Pipeline
    ended: int
    green: bool


def check_pull_request(desk: Desk, pull_request: PullRequest, person: Person) -> Outcome | None:
    """Run the checks of a pull request after a push; None where the repository has none."""
    if not (desk.plan.pipelines and desk.plan.pull_request_pipelines):
        return None
    pipeline = run_pipeline.do(
        desk.world, desk.repository, pull_request=pull_request, creator=person.user, steps=_CHECKS, at=desk.now + SECOND
    )
    return _play_automatic(desk, pipeline, pull_request.source_hash, pull_request.source_branch)


def main_moved(desk: Desk, commit: Commit, person: Person, *, again: bool = False) -> None:
    """What happens after a push to the main branch: a run, and perhaps a deployment to production much later."""
    if not desk.plan.pipelines:
        return
    steps = list(_CHECKS) if desk.plan.production == "none" else [*_CHECKS, _BUILD, _DEPLOY_TEST, _DEPLOY_STAGING]
    if desk.plan.production != "none":
        steps.append(_PRODUCTION._replace(manual=desk.plan.production == "manual"))
    pipeline = run_pipeline.do(
        desk.world,
        desk.repository,
        ref=desk.main,
        commit=commit.hash,
        trigger="MANUAL" if again else "PUSH",
        creator=person.user,
        steps=steps,
        at=desk.now + SECOND,
    )
    outcome = _play_automatic(desk, pipeline, commit.hash, desk.main)
    if not outcome.green:
        if not again and desk.chance(0.5):
            desk.start(person.later(outcome.ended, 0.5, desk.random), _run_again(desk, commit, person))
    elif desk.plan.production == "manual":
        hours = desk.random.choice((1.0, 3.0, 20.0))
        desk.start(person.later(outcome.ended, hours, desk.random), _press_the_button(desk, pipeline, person))
    elif desk.plan.production == "auto":
        _in_production(desk, pipeline, person, outcome.ended)


def release(desk: Desk, name: str, person: Person) -> None:
    """Run the pipeline of a new tag."""
    if desk.plan.pipelines:
        pipeline = run_pipeline.do(
            desk.world,
            desk.repository,
            tag=name,
            creator=person.user,
            steps=[_TEST, _BUILD, _PUBLISH],
            at=desk.now + SECOND,
        )
        _play_automatic(desk, pipeline, pipeline.target.commit, name)


def nightly(desk: Desk) -> Play:
    """A custom pipeline on a weekly schedule, for ever."""
    while True:
        if desk.main in desk.repository.branches:
            pipeline = run_pipeline.do(
                desk.world,
                desk.repository,
                custom="nightly",
                trigger="SCHEDULED",
                steps=list(_NIGHTLY),
                at=desk.now + SECOND,
            )
            _play_automatic(desk, pipeline, None, None)
        yield desk.now + 7 * 24 * 60 * MINUTE + desk.random.randrange(SECOND)


def _press_the_button(desk: Desk, pipeline: Pipeline, person: Person) -> Play:
    """Deploy to production, unless something newer is there: then this run waits for ever (FACTS 5)."""
    if pipeline.build_number < desk.released or desk.chance(0.25):
        if desk.chance(0.05):
            halt_pipeline.do(desk.world, desk.repository, pipeline, at=desk.now)
        return
    step = pipeline.steps[-1]
    ended = _play_step(desk, pipeline, step, desk.now, person)
    if step.result == "SUCCESSFUL":
        _in_production(desk, pipeline, person, ended)
    elif step.result == "FAILED" and desk.chance(0.7):
        yield person.later(ended, 0.4, desk.random)
        redeploy_step.do(desk.world, desk.repository, pipeline, step, person.user, None, at=desk.now)
        ended = _end_step(desk, pipeline, step, desk.now + 90 * SECOND, "SUCCESSFUL")
        _in_production(desk, pipeline, person, ended)


def _in_production(desk: Desk, pipeline: Pipeline, person: Person, at: int) -> None:
    previous, desk.released = desk.released, max(desk.released, pipeline.build_number)
    if at <= desk.end and desk.chance(_BAD):
        desk.start(person.later(at, 1.0, desk.random), _repair(desk, pipeline, previous, person))


def _repair(desk: Desk, pipeline: Pipeline, previous: int, person: Person) -> Play:
    """Something broke in production: deploy the run before it again, revert, or mend it in a hurry."""
    from bitbucket_emulator.world.generate.work import hotfix, revert

    before = next((each for each in desk.repository.pipelines.values() if each.build_number == previous), None)
    if before is not None and before.steps[-1].result == "SUCCESSFUL" and desk.chance(0.5):
        step = before.steps[-1]
        redeploy_step.do(desk.world, desk.repository, before, step, person.user, None, at=desk.now)
        ended = _end_step(desk, before, step, desk.now + 75 * SECOND, "SUCCESSFUL")
        desk.repository.chronicle.repairs.append(Repair(pipeline.uuid, "rollback", desk.now, before.uuid))
        yield person.later(ended, 2.0, desk.random)
    kind, mend = "hotfix", hotfix
    if desk.chance(0.5):
        kind, mend = "revert", partial(revert, commit=pipeline.target.commit)
    desk.repository.chronicle.repairs.append(Repair(pipeline.uuid, kind, desk.now))
    yield from mend(desk, person)


def _run_again(desk: Desk, commit: Commit, person: Person) -> Play:
    main_moved(desk, commit, person, again=True)
    yield from ()


def _play_automatic(desk: Desk, pipeline: Pipeline, commit: str | None, refname: str | None) -> Outcome:
    """Run the steps up to the first manual one, as far as the world's end allows, with build statuses on the commit."""
    time, green = pipeline.created_on + desk.random.randrange(3 * SECOND, 25 * SECOND), True
    _report(desk, pipeline, commit, refname, "INPROGRESS", pipeline.created_on)
    done = 0
    while green and done < len(pipeline.steps) and pipeline.steps[done].trigger == "automatic":
        group = [step for step in pipeline.steps[done:] if _together(step, pipeline.steps[done])]
        if time > desk.end:
            return Outcome(pipeline, time, green=False)
        starts = [time + index * desk.random.randrange(90, 400) * MILLISECOND for index in range(len(group))]
        for step, start in zip(group, starts, strict=True):
            start_step.do(desk.world, desk.repository, pipeline, step, at=start)
        time = max(_finish(desk, pipeline, step, start) for step, start in zip(group, starts, strict=True))
        green = all(step.result == "SUCCESSFUL" for step in group)
        done += len(group)
        time += desk.random.randrange(2 * SECOND, 12 * SECOND)
    if time <= desk.end:
        _report(desk, pipeline, commit, refname, "SUCCESSFUL" if green else "FAILED", time)
    return Outcome(pipeline, time, green)


def _together(step: Step, first: Step) -> bool:
    return step is first or (step.parallel_group is not None and step.parallel_group == first.parallel_group)


def _play_step(desk: Desk, pipeline: Pipeline, step: Step, at: int, person: Person) -> int:
    start_step.do(desk.world, desk.repository, pipeline, step, person.user, at=at)
    return _finish(desk, pipeline, step, at)


def _finish(desk: Desk, pipeline: Pipeline, step: Step, at: int) -> int:
    """Let a running step end, some of them red; a flaky one is run again soon. Returns when it ended."""
    random = desk.random
    ended = at + int(_SECONDS.get(step.name, 70) * random.lognormvariate(0, 0.3) * SECOND)
    failed = desk.chance(_FAILURES.get(step.name, 0.01))
    ended = _end_step(desk, pipeline, step, ended, _failure(desk) if failed else "SUCCESSFUL")
    if step.result == "FAILED" and step.trigger == "automatic" and desk.chance(_FLAKY):
        again = ended + random.randrange(3 * MINUTE, 40 * MINUTE)
        if again <= desk.end and pipeline.state == "COMPLETED":
            desk.repository.chronicle.flaky.append((pipeline.uuid, step.uuid, step.run_number))
            rerun_step.do(desk.world, desk.repository, pipeline, step, None, None, at=again)
            ended = _end_step(desk, pipeline, step, again + _SECONDS.get(step.name, 70) * SECOND, "SUCCESSFUL")
    return ended


def _failure(desk: Desk) -> str:
    return "FAILED" if desk.chance(0.9) else desk.random.choice(("ERROR", "STOPPED"))


def _end_step(desk: Desk, pipeline: Pipeline, step: Step, at: int, result: str) -> int:
    """End a step, unless the world ends first: then it is still running."""
    if at <= desk.end:
        finish_step.do(desk.world, desk.repository, pipeline, step, result, at=at)
        if step.name == "Test" and desk.tests:
            step.tests = _tests(desk, failed=result == "FAILED")
    return at


def _tests(desk: Desk, *, failed: bool) -> list[TestCase]:
    """The repository's tests; of a failed step at least one is red."""
    tests = list(desk.tests)
    if failed:
        for index in {desk.random.randrange(len(tests)) for _ in range(2)}:
            case = tests[index]
            tests[index] = test_case(desk.repository, f"{case.package_name}.{case.name}", "FAILED")
    return tests


def _report(desk: Desk, pipeline: Pipeline, commit: str | None, refname: str | None, state: str, at: int) -> None:
    """The build status that Pipelines itself puts on a commit."""
    if commit is not None:
        number = pipeline.build_number
        url = f"https://bitbucket.org/{desk.world.workspace.slug}/{desk.plan.slug}/addon/pipelines/home#!/results/{number}"
        name = f"Pipeline #{number} for {refname}"
        status.do(desk.world, desk.repository, commit, state, f"pipeline-{number}", name, "", url, refname, at=at)
