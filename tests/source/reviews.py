"""A repository whose pull requests are known one by one, and a warehouse of all that hangs below them."""

from __future__ import annotations

from bitbucket_emulator import Emulator, World, generate_world
from bitbucket_emulator.world import actions
from bitbucket_emulator.world.model import PullRequest, Repository
from tests.source.conftest import ADMIN, Warehouse
from tests.truth.comparing import Part, compare
from tests.truth.difference import Difference
from tests.truth.reading import read_truth

SLUG = "web"
BELOW = (
    "pull_request_activity",
    "pull_request_activity_reviewers",
    "pull_request_comments",
    "pull_request_commits",
    "pull_request_files",
    "pull_request_tasks",
)
TABLES = (
    "repositories",
    "branches",
    "tags",
    "commits",
    "commit_parents",
    "pull_requests",
    "pull_request_participants",
    *BELOW,
)
NO_AUDIT = {"audit_requests": "0"}


def make_reviews(pull_requests: int = 3, comments: int = 2) -> World:
    """acme/web, where ada has opened some pull requests that bob has commented."""
    world = generate_world(seed=3, repositories=0, people=1, years=1)
    for nickname in ("ada", "bob"):
        actions.create_user(world, nickname, nickname.title(), email=f"{nickname}@example.org")
        actions.add_member(world, nickname)
    actions.create_repository(world, SLUG, name="Web")
    actions.push(world, SLUG, "main", "ada", commits=3)
    for number in range(1, pull_requests + 1):
        actions.push(world, SLUG, f"topic/{number}", "ada", commits=1)
        opened = actions.open_pull_request(world, SLUG, f"topic/{number}", "ada", reviewers=["bob"])
        for each in range(comments):
            actions.comment(world, SLUG, opened, "bob", f"Remark {each}")
        later(world, 20)
    later(world, 3600)
    return world


def later(world: World, seconds: int = 3600) -> None:
    """Time goes by."""
    actions.advance_clock(world, seconds)


def pull_request(world: World, number: int) -> PullRequest:
    return _repository(world).pull_requests[number]


def wrong(bitbucket: Emulator, warehouse: Warehouse) -> list[Difference]:
    """Where the warehouse differs from a full read."""
    truth = read_truth(bitbucket.base_url, "acme", (ADMIN["email"], ADMIN["api_token"]), TABLES)
    return compare(truth, warehouse.path, part=Part(TABLES))


def _repository(world: World) -> Repository:
    return next(iter(world.repositories.values()))
