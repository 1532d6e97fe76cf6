"""Choosing by chance among what the world has now.

A deed gives the action and its arguments, in plain JSON, so that it can be done at once or between two requests of a
reader. A deed that needs something the world does not have raises IndexError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias, TypeVar

from bitbucket_emulator.world.model import Pipeline, PullRequest, Repository, World

T = TypeVar("T")
Deed: TypeAlias = tuple[str, dict[str, Any]]
"""the name of an action, and its arguments"""


@dataclass(frozen=True)
class Chance:
    """Choices among what the world has now; the same number makes the same choices."""

    world: World
    random: Random

    def one(self, found: Iterable[T]) -> T:
        """Any of them. Raises IndexError where there is none."""
        return self.random.choice(list(found))

    def repository(self) -> Repository:
        """Any that exists, seen or hidden."""
        return self.one(self.world.repositories.values())

    def user(self) -> str:
        """Any account that can act."""
        return self.one(user.uuid for user in self.world.users.values() if user.kind == "user" and not user.deleted)

    def pull_request(self, state: str | None = "OPEN") -> tuple[dict[str, Any], PullRequest]:
        """Any of this state, and the arguments that name it."""
        found = [
            ({"repository": repository.uuid, "pull_request": request.id}, request)
            for repository in self.world.repositories.values()
            for request in repository.pull_requests.values()
            if state in {None, request.state}
        ]
        return self.one(found)

    def pipeline(self, *, finished: bool) -> tuple[dict[str, Any], Pipeline]:
        """Any that is finished or is not, and the arguments that name it."""
        found = [
            ({"repository": repository.uuid, "pipeline": run.uuid}, run)
            for repository in self.world.repositories.values()
            for run in repository.pipelines.values()
            if (run.state == "COMPLETED") is finished
        ]
        return self.one(found)

    def name(self, prefix: str) -> str:
        """A name that is probably new."""
        return f"{prefix}-{self.random.randrange(10_000)}"


Choose: TypeAlias = Callable[[Chance], Deed]
"""What somebody may do: it names the deed by chance"""
