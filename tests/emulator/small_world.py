"""A world small enough to know by heart."""

from __future__ import annotations

from bitbucket_emulator import World, generate_world
from bitbucket_emulator.world.actions import add_member, create_repository, create_user, push


def make_world() -> World:
    """Ada (owner), Bob (member) and Cleo (no member) beside the generated owner; acme/web with 12 commits on main."""
    world = generate_world(repositories=0, people=1, years=0.1)
    create_user(world, "ada", "Ada Byte", email="ada@example.org")
    create_user(world, "bob", "Bob Shell", email="bob@example.org")
    create_user(world, "cleo", "Cleo Loop", email="cleo@example.org")
    add_member(world, "ada", permission="owner")
    add_member(world, "bob")
    create_repository(world, "web", name="Web", project="SHOP")
    push(world, "web", "main", "ada", commits=12)
    return world
