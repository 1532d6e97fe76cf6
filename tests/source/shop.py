"""A shop that deploys: one small repository whose runs, commits and deployments are known one by one."""

from __future__ import annotations

from typing import Any

from bitbucket_emulator import World, generate_world
from bitbucket_emulator.world import actions
from bitbucket_emulator.world.model import DAY, SECOND, Deployment, Pipeline, Repository

SLUG = "web"
TO_PRODUCTION: list[Any] = ["Build", {"name": "Deploy", "environment": "production"}]
BY_HAND: list[Any] = ["Build", {"name": "Deploy", "environment": "production", "manual": True}]


def make_shop() -> World:
    """acme/web: main has three commits, nothing has run yet."""
    world = generate_world(seed=3, repositories=0, people=1, years=1)
    actions.create_user(world, "ada", "Ada Byte", email="ada@example.org")
    actions.add_member(world, "ada")
    actions.create_repository(world, SLUG, name="Web")
    actions.enable_pipelines(world, SLUG)
    actions.push(world, SLUG, "main", "ada", commits=3)
    return world


def repository(world: World) -> Repository:
    return next(iter(world.repositories.values()))


def wait(world: World, days: float = 0.1) -> None:
    actions.advance_clock(world, int(days * DAY // SECOND))


def start(world: World, steps: list[Any] | None = None, *, commits: int = 1) -> Pipeline:
    """Push some commits to main, and start a run of them."""
    wait(world)
    if commits:
        actions.push(world, SLUG, "main", "ada", commits=commits)
    run: Pipeline = actions.run_pipeline(world, SLUG, "main", creator="ada", steps=steps or TO_PRODUCTION)
    return run


def release(world: World, result: str = "SUCCESSFUL", *, commits: int = 1) -> Pipeline:
    """Push some commits to main, and deploy them to production."""
    run = start(world, commits=commits)
    actions.run_step(world, SLUG, run, "Build")
    actions.run_step(world, SLUG, run, "Deploy", result)
    return run


def deployment(world: World, run: Pipeline) -> Deployment:
    """What a run deploys."""
    return next(each for each in repository(world).deployments.values() if each.pipeline == run.uuid)
