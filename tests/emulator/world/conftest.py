"""A small hand-made world, and the generated company."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bitbucket_emulator.world import World, generate_world
from bitbucket_emulator.world.actions import create_repository, create_user, open_pull_request, push
from bitbucket_emulator.world.model import Workspace

if TYPE_CHECKING:
    from bitbucket_emulator.world.model import PullRequest, Repository


@pytest.fixture
def world() -> World:
    made = World(seed=1, clock=1_760_000_000_123_457)
    made.workspaces["{w}"] = Workspace("{w}", "acme", "Acme", 0)
    for nickname in ("alice", "bob", "carol"):
        create_user(made, nickname, nickname.title(), f"{nickname}@acme.example")
    return made


@pytest.fixture
def repository(world: World) -> Repository:
    """Repository `api`, three commits on main."""
    made = create_repository(world, "api")
    push(world, made, "main", "alice", commits=3)
    return made


@pytest.fixture
def pull_request(world: World, repository: Repository) -> PullRequest:
    """Alice's pull request of two commits, Bob is asked to review."""
    push(world, repository, "feature", "alice", commits=2, files={"a.py": [5, 2]})
    return open_pull_request(world, repository, "feature", "alice", reviewers=["bob"])


@pytest.fixture(scope="session")
def company() -> World:
    """The default generated world; not to be changed by tests."""
    return generate_world()
