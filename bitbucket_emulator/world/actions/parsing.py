"""Runs before their configuration is read: they have neither a selector nor steps yet (FACTS 5)."""

# ruff: noqa: ARG001 - actions share one signature

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.actions.runs import add_run, add_steps, complete, make_target

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Hash, StepDefinition, Time
    from bitbucket_emulator.world.model import Pipeline, PullRequest, Repository, User, World


@action
def begin_pipeline(
    world: World,
    repository: Repository,
    ref: str | None = None,
    tag: str | None = None,
    pull_request: PullRequest | None = None,
    commit: Hash | None = None,
    trigger: str = "PUSH",
    creator: User | None = None,
    *,
    at: Time,
) -> Pipeline:
    """Start a run as `run_pipeline` does, of which the configuration is still to be read: PARSING, without steps."""
    pipeline = add_run(repository, make_target(repository, ref, tag, pull_request, commit), trigger, creator, at)
    pipeline.state, pipeline.stage, pipeline.parsed = "PARSING", None, False
    return pipeline


@action
def parse_pipeline(
    world: World,
    repository: Repository,
    pipeline: Pipeline,
    steps: list[StepDefinition] | None = None,
    error: str | None = None,
    *,
    at: Time,
) -> Pipeline:
    """Read the configuration of a run that `begin_pipeline` made: it waits with its steps, or ends for the `error`."""
    if pipeline.state != "PARSING":
        raise ActionError(f"parse_pipeline: pipeline {pipeline.build_number} is {pipeline.state}")
    if error is not None:
        pipeline.error = error
        complete(repository, pipeline, "ERROR", at)
        return pipeline
    pipeline.state, pipeline.stage, pipeline.parsed = "PENDING", "PENDING", True
    add_steps(repository, pipeline, steps, at)
    return pipeline
