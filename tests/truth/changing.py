"""How a change is told: an action in `tests.truth.company`, and who and what it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from bitbucket_emulator.world.actions import ACTIONS
from bitbucket_emulator.world.model import DAY, Deployment, World
from tests.truth.company import HOME, home, newest_pipeline, people, pull_request

Change: TypeAlias = Callable[[World], Any]


def does(action: str, **arguments: Any) -> Change:
    """One action in the home repository. An argument that is a function is asked what the world says."""

    def change(world: World) -> Any:
        given = {name: value(world) if callable(value) else value for name, value in arguments.items()}
        home = {"repository": HOME} if "repository" in ACTIONS[action].parameters else {}
        return ACTIONS[action](world, **{**home, **given})

    return change


def ann(world: World) -> str:
    return people(world)[0].uuid


def bob(world: World) -> str:
    return people(world)[1].uuid


def cleo(world: World) -> str:
    return people(world)[2].uuid


def the_anns(world: World) -> list[str]:
    return [ann(world)]


def the_bobs(world: World) -> list[str]:
    return [bob(world)]


def refunds(world: World) -> int:
    """Ann's pull request, approved by Bob, commented by Cleo."""
    return pull_request(world, "Refunds").id


def from_fork(world: World) -> int:
    return pull_request(world, "Experiment").id


def revival(world: World) -> int:
    return pull_request(world, "Revival").id


def a_comment(world: World) -> int:
    return next(iter(pull_request(world, "Refunds").comments))


def failed_run(world: World) -> int:
    return newest_pipeline(world)


def paused_run(world: World) -> int:
    return newest_pipeline(world, before=1)


def an_environment(world: World) -> str:
    """One that was deployed to."""
    return _old_deployment(world).environment


def old_run(world: World) -> str:
    """The first that was deployed."""
    return _old_deployment(world).pipeline


def old_step(world: World) -> str:
    """The step of it that deployed."""
    return _old_deployment(world).step


def _old_deployment(world: World) -> Deployment:
    return next(each for each in home(world).deployments.values() if each.status == "SUCCESSFUL")


def all_of(*changes: Change) -> Change:
    def change(world: World) -> None:
        for each in changes:
            each(world)

    return change


def late(days: int) -> Callable[[World], int]:
    return lambda world: world.clock - days * DAY
