"""Actions by name, with JSON values, and readable mistakes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from bitbucket_emulator.world.actions import ACTIONS, ActionError, summary
from bitbucket_emulator.world.actions.arguments import RESOLVERS
from bitbucket_emulator.world.model import SECOND, micros

if TYPE_CHECKING:
    from bitbucket_emulator.world import World
    from bitbucket_emulator.world.model import PullRequest, Repository


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_described_and_its_arguments_can_be_given_as_json(name: str) -> None:
    action = ACTIONS[name]
    assert action.description
    assert "at" in action.parameters
    for type_name in action.parameters.values():
        plain = type_name.removesuffix(" | None").removeprefix("list[").removesuffix("]")
        assert plain in RESOLVERS or type_name.removesuffix(" | None") in RESOLVERS


def test_json_values_and_records_do_the_same(world: World, repository: Repository, pull_request: PullRequest) -> None:
    arguments = json.loads(
        '{"repository": "api", "pull_request": 1, "user": "bob", "text": "Hi", "path": "a.py", "line": 3}'
    )
    made = ACTIONS["comment"](world, **arguments)
    assert pull_request.comments[made.id] is made
    assert summary(made)["type"] == "Comment"
    assert json.loads(json.dumps(summary(repository)))["slug"] == "api"
    user = world.user_named("bob")
    assert ACTIONS["approve"](world, repository.uuid, 1, user.uuid).user == user.uuid


MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("push", {"repository": "api", "branch": "main"}, "push: missing author"),
    ("push", {"repository": "nope", "branch": "x", "author": "bob"}, "repository: no Repository 'nope'"),
    ("push", {"repository": "api", "branch": 7, "author": "bob"}, "branch: no str 7"),
    ("push", {"repository": "api", "branch": "x", "author": "bob", "colour": 1}, "push: unknown colour; it takes"),
    ("approve", {"repository": "api", "pull_request": 9, "user": "bob"}, "pull_request: no PullRequest 9"),
    ("merge", {"repository": "api", "pull_request": 1, "user": "bob", "strategy": "x"}, "strategy 'x' is none of"),
    ("force_push", {"repository": "api", "branch": "main", "author": "bob", "to": "zzz"}, "to: no Hash 'zzz'"),
    ("delete_branch", {"repository": "api", "branch": "main"}, "delete_branch: main is the main branch"),
    ("tag", {"repository": "api", "name": "v1", "target": "main", "message": "One"}, "tag needs an author"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), MISTAKES, ids=[each[2] for each in MISTAKES])
@pytest.mark.usefixtures("pull_request")
def test_mistakes_are_readable(world: World, name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ActionError, match=message):
        ACTIONS[name](world, **arguments)


def test_time_passes_with_every_action(world: World, repository: Repository) -> None:
    before = world.clock
    ACTIONS["create_branch"](world, repository, "x")
    assert 0 < world.clock - before < SECOND
    ACTIONS["advance_clock"](world, seconds=60)
    assert world.clock - before >= 60 * SECOND


@pytest.mark.parametrize("as_text", [True, False], ids=["ISO", "microseconds"])
def test_a_time_can_be_given(world: World, repository: Repository, pull_request: PullRequest, as_text: bool) -> None:
    text = "2027-01-02T03:04:05.678901+00:00"
    time = micros(datetime.fromisoformat(text))
    made = ACTIONS["comment"](world, repository, 1, "bob", "Then", at=text if as_text else time)
    assert made.created_on == time
    assert world.clock == made.updated_on == pull_request.updated_on
    late = ACTIONS["comment"](world, repository, 1, "bob", "A row that shows late", at=time - 60 * SECOND)
    assert late.created_on == time - 60 * SECOND
    assert pull_request.updated_on == made.updated_on


def test_a_clock_that_was_ahead_and_goes_back_leaves_times_in_the_future(
    world: World, repository: Repository, pull_request: PullRequest
) -> None:
    right = world.clock
    ACTIONS["jump_clock"](world, seconds=7 * 3600)
    ACTIONS["push"](world, repository, "main", "bob")
    ACTIONS["comment"](world, repository, 1, "bob", "From the future")
    assert min(repository.updated_on, pull_request.updated_on) > right + 7 * 3600 * SECOND
    ACTIONS["jump_clock"](world, seconds=-7 * 3600)
    assert right < world.clock < right + 3600 * SECOND
    ACTIONS["push"](world, repository, "main", "bob")
    ACTIONS["comment"](world, repository, 1, "bob", "From now")
    assert right < repository.updated_on < pull_request.updated_on <= world.clock < right + 3600 * SECOND
    ACTIONS["jump_clock"](world, seconds=7 * 3600)
    ACTIONS["comment"](world, repository, 1, "bob", "From the future")
    ACTIONS["jump_clock"](world, seconds=-7 * 3600)
    ACTIONS["decline"](world, repository, 1, "bob")
    assert pull_request.closed_on is not None
    assert right < pull_request.closed_on == pull_request.updated_on < world.clock < right + 3600 * SECOND
