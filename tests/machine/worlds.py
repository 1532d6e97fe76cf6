"""Worlds that are quickly read."""

from __future__ import annotations

from bitbucket_emulator import generate_world
from bitbucket_emulator.world import actions
from bitbucket_emulator.world.model import DAY, World


def small_world() -> World:
    """Two repositories with a little of everything, and a fork with more commits than two pages hold."""
    world = generate_world(seed=7, repositories=2, people=5, years=0.2, scale=0.1)
    home, _ = world.repositories.values()
    author, *reviewers = [user.uuid for user in world.users.values() if user.kind == "user"]
    copy = actions.fork(world, home, "fork")
    actions.push(world, copy, "long", author, commits=230, at=world.clock - 10 * DAY)
    for number in range(3):
        actions.push(world, home, f"topic-{number}", author, at=world.clock - 10 * DAY)
        actions.open_pull_request(world, home, f"topic-{number}", author, reviewers=reviewers[:2])
    return world


def larger_world() -> World:
    """Four repositories whose first load takes many requests."""
    return generate_world(seed=11, repositories=4, people=8, years=1, scale=0.3)
