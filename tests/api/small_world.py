"""The world that the tests of the API layer read."""

from __future__ import annotations

from bitbucket_emulator import World, generate_world
from bitbucket_emulator.world.actions import (
    add_member,
    create_repository,
    create_user,
    enable_pipelines,
    push,
    run_pipeline,
)


def make_world() -> World:
    """acme/web with 12 commits on main and 12 pipelines, acme/busy with 130 pipelines."""
    world = generate_world(repositories=0, people=1, years=0.1)
    create_user(world, "ada", "Ada Byte", email="ada@example.org")
    add_member(world, "ada")
    for slug, commits, pipelines in (("web", 12, 12), ("busy", 1, 130)):
        create_repository(world, slug, name=slug.title(), project="SHOP")
        push(world, slug, "main", "ada", commits=commits)
        enable_pipelines(world, slug)
        for _ in range(pipelines):
            run_pipeline(world, slug, steps=[])
    return world
