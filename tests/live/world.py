"""A company for the facts: generated, and then what a generated one has not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bitbucket_emulator import World, generate_world
from bitbucket_emulator.world.actions import ACTIONS, advance_clock

HOME = "platform"


def make_world(unsettled_moves: bool = False) -> World:
    """A dozen repositories; in the platform, which was updated last, everything that a fact looks for.

    One pull request is moved by whatever is known to move it, and then met by what is not: another destination, a task,
    an edited and a resolved comment, a build status. A pipeline waits for somebody to deploy it, the
    configuration of another could not be read. The workspace's token may read the settings of repositories too.
    """
    world = generate_world(seed=11, repositories=12, people=12, years=1, scale=0.4)
    world.unsettled_moves = unsettled_moves
    users = [each.uuid for each in world.users.values() if each.kind == "user"]

    def act(action: str, **arguments: Any) -> Any:
        advance_clock(world, seconds=60)
        return ACTIONS[action](world, repository=HOME, **arguments)

    def review(action: str, user: str, **arguments: Any) -> Any:
        return act(action, pull_request=number, user=user, **arguments)

    for branch in ("release/9", "release/10", "feature/gift-cards"):
        act("push", branch=branch, author=users[0], commits=2)
    number = act("open_pull_request", source="feature/gift-cards", author=users[0], title="Gift cards").id
    act("push", branch="feature/gift-cards", author=users[0])
    kept = review("comment", users[1], text="Why not vouchers?", path="src/cards.py", line=3)
    review("comment", users[0], text="They are taxed", parent=kept.id)
    regretted = review("comment", users[2], text="Never mind")
    review("request_changes", users[2])
    review("approve", users[1])
    act("delete_comment", pull_request=number, comment=regretted.id)
    review("edit_pull_request", users[0], title="Gift cards, taxed")
    review("retarget", users[0], destination="release/10")
    task = review("create_task", users[1], text="Tell finance")
    review("resolve_task", users[0], task=task.id)
    review("create_task", users[1], text="Tell the shop")
    act("edit_comment", pull_request=number, comment=kept.id, text="Why not vouchers instead?")
    review("resolve_comment", users[1], comment=kept.id)
    act("status", commit="feature/gift-cards", state="SUCCESSFUL", key="lint")
    act("add_schedule", branch="main", cron_pattern="0 0 4 ? * MON *")
    act("add_default_reviewer", user=users[1])
    act("add_branch_restriction", kind="force", users=[users[0]])
    act("add_download", name="release-9.zip", user=users[0])
    broken = act("begin_pipeline", creator=users[0])
    act("parse_pipeline", pipeline=broken.uuid, error="There is an error in your bitbucket-pipelines.yml.")
    run = act("run_pipeline", steps=[{"name": "Compile"}, {"name": "Unit tests"}])
    act("run_step", pipeline=run.uuid, step="Compile")
    act("start_step", pipeline=run.uuid, step="Unit tests")
    tests = {"cards.pays": "FAILED", "cards.taxes": "PASSED", "cards.expires": "SKIPPED"}
    act("finish_step", pipeline=run.uuid, step="Unit tests", result="FAILED", tests=tests)
    act("run_pipeline", steps=[{"name": "Deploy", "manual": True, "environment": "Production"}])
    token = world.credentials["workspace"]
    world.credentials["workspace"] = replace(token, scopes=token.scopes | {"repository:admin"})
    return world
