"""How runs ended, and how long they took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from bitbucket_emulator.world.model import Attempt, Pipeline, Repository, Step, World

from .attempts import attempts_shown
from .figure import HOUR, SECOND, Figure


def _automatic_results(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str], str]]:
    succeeded = _first_successes(repository)
    by_hand = _steps_by_hand(repository)
    for run in repository.pipelines.values():
        steps = [step for step in run.steps if step.name not in by_hand]
        results = ["SUCCESSFUL" if (run.uuid, step.uuid) in succeeded else step.result for step in steps]
        for result in ("FAILED", "ERROR", "STOPPED"):
            if result in results:
                yield (run.uuid,), result
                break
        else:
            if None not in results:
                yield (run.uuid,), "SUCCESSFUL"


def _steps_by_hand(repository: Repository) -> set[str]:
    """The names of the steps that wait for somebody; one that was run again is triggered otherwise."""
    return {step.name for run in repository.pipelines.values() for step in run.steps if step.trigger == "manual"}


def _seconds(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str], int]]:
    return (((run.uuid,), run.duration_in_seconds) for run in repository.pipelines.values() if run.completed_on)


def _elapsed(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str], float]]:
    for run in repository.pipelines.values():
        if run.completed_on is not None:
            yield (run.uuid,), (run.completed_on - run.created_on) / SECOND


def _queue_seconds(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str, str], float]]:
    ends: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for attempt in repository.contents.chronicle.attempts:
        ends[attempt.pipeline].append((attempt.step, attempt.completed_on))
    for run in repository.pipelines.values():
        for step in run.steps:
            if step.trigger == "automatic" and step.started_on is not None:
                yield (run.uuid, step.uuid), _waited(run, step, step.started_on, ends[run.uuid]) / SECOND


def _waited(run: Pipeline, step: Step, started: int, ends: list[tuple[str, int]]) -> int:
    return started - max((end for other, end in ends if other != step.uuid and end <= started), default=run.created_on)


def _flaky(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str, str, int], bool]]:
    """The failures of automatic steps that went well in the same kind of run, with no push between."""
    by_hand = _steps_by_hand(repository)
    stays = _stays(repository)
    ends: defaultdict[tuple[Any, ...], list[Attempt]] = defaultdict(list)
    for attempt in attempts_shown(repository):
        run = repository.pipelines[attempt.pipeline]
        name = next(step.name for step in run.steps if step.uuid == attempt.step)
        if not run.variables and name not in by_hand:
            target = run.target
            kind = (target.ref_name, target.pull_request, target.selector_type, target.selector_pattern)
            ends[(attempt.commit, stays[run.uuid], *kind, name)].append(attempt)
    for attempts in ends.values():
        if {"SUCCESSFUL", "FAILED"} <= {each.result for each in attempts}:
            for each in attempts:
                if each.result == "FAILED":
                    yield (each.pipeline, each.step, each.started_on), True


def _stays(repository: Repository) -> dict[str, int]:
    """By run: how many pushes its branch, tag or pull request had seen."""
    found: dict[str, int] = {}
    last: dict[tuple[str | None, str | None, int | None], tuple[str, int]] = {}
    for run in sorted(repository.pipelines.values(), key=lambda each: each.created_on):
        ref = (run.target.ref_type, run.target.ref_name, run.target.pull_request)
        commit, stay = last.get(ref, ("", 0))
        found[run.uuid] = stay if run.target.commit == commit else stay + 1
        last[ref] = (run.target.commit, found[run.uuid])
    return found


def _build_minutes(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str], float]]:
    for run in repository.pipelines.values():
        if run.steps:
            yield (run.uuid,), sum(step.build_seconds_used for step in run.steps) / 60


def _red_hours(world: World, repository: Repository, as_of: int) -> Iterator[tuple[tuple[str], float | None]]:
    """By the run that broke the main branch: how long it was red, or none where it still is."""
    results = dict(_automatic_results(world, repository, as_of))
    succeeded = _first_successes(repository)
    by_hand = _steps_by_hand(repository)
    judged = []
    for run in repository.pipelines.values():
        result = results.get((run.uuid,))
        on_main = run.target.ref_type == "branch" and run.target.ref_name == repository.mainbranch
        if not on_main or result not in {"SUCCESSFUL", "FAILED", "ERROR"}:
            continue
        own = [step for step in run.steps if step.name not in by_hand]
        ended = max(
            (end for step in own if (end := succeeded.get((run.uuid, step.uuid), step.completed_on)) is not None),
            default=run.completed_on,
        )
        if not by_hand:
            ended = run.completed_on
        if ended is not None:
            selector = (run.target.selector_type, run.target.selector_pattern or "")
            judged.append((*selector, ended, run.uuid, result == "SUCCESSFUL"))
    for _, runs in groupby(sorted(judged), key=lambda each: each[:2]):
        broke: tuple[str, int] | None = None
        for *_, ended, uuid, is_green in runs:
            if is_green and broke is not None:
                yield (broke[0],), (ended - broke[1]) / HOUR
                broke = None
            elif not is_green and broke is None:
                broke = uuid, ended
        if broke is not None:
            yield (broke[0],), None


def _first_successes(repository: Repository) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for each in repository.contents.chronicle.attempts:
        if each.result == "SUCCESSFUL":
            found.setdefault((each.pipeline, each.step), each.completed_on)
    return found


_RUNS = "select repository_uuid, pipeline_uuid, {} from fct_pipeline_runs where "
OF_RUNS = (
    Figure("pipeline success", _RUNS.format("automatic_result") + "automatic_result is not null", _automatic_results),
    Figure("running seconds", _RUNS.format("running_seconds") + "completed_at is not null", _seconds),
    Figure("elapsed seconds", _RUNS.format("elapsed_seconds") + "completed_at is not null", _elapsed),
    Figure(
        "queue seconds",
        "select repository_uuid, pipeline_uuid, step_uuid, queue_seconds from fct_pipeline_steps"
        " where is_latest_attempt and queue_seconds is not null",
        _queue_seconds,
    ),
    Figure("build minutes", _RUNS.format("build_minutes") + "step_count > 0", _build_minutes),
    Figure(
        "pipeline recovery",
        "select repository_uuid, broke_pipeline_uuid, red_hours from fct_branch_breakages",
        _red_hours,
    ),
    Figure(
        "flaky steps",
        "select repository_uuid, pipeline_uuid, step_uuid, epoch_us(started_at), true from fct_pipeline_steps"
        " where is_flaky and result = 'FAILED'",
        _flaky,
    ),
)
