"""A small company, and what may happen in it between two loads: each change by chance, and told as it was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias, TypeVar

from bitbucket_emulator import Emulator, generate_world
from bitbucket_emulator.world import actions
from bitbucket_emulator.world.actions import ActionError
from bitbucket_emulator.world.model import DAY, Pipeline, PullRequest, Repository, World

T = TypeVar("T")
Deed: TypeAlias = tuple[str, dict[str, Any]]
"""the name of an action of the emulator, and its arguments"""

_HOUR = 3600
_PAUSES = (_HOUR, 8 * _HOUR, 24 * _HOUR, 72 * _HOUR)
"""seconds between two loads, as usual schedules have them"""
_SHARE_OF_EVERY_DAY = 0.9
"""of the changes; the others happen to whole repositories"""
_SHARE_OF_RUNS_THAT_ARE_OVER = 0.8
"""of the runs that wait for nobody, when a load begins"""
_STEPS: tuple[list[Any], ...] = (["Build"], ["Build", {"name": "Deploy", "manual": True, "environment": "Test"}])
"""a run that goes through, and one that waits until somebody deploys"""


def make_world(random: Random) -> World:
    """Some months of two or three repositories, a fork with more than a page of commits, and one nobody sees yet."""
    world = generate_world(
        seed=random.randrange(10_000), repositories=random.choice((2, 3)), people=5, years=0.2, scale=0.1
    )
    home, other, *_ = world.repositories.values()
    author = next(user.uuid for user in world.users.values() if user.kind == "user")
    actions.push(world, actions.fork(world, home, "fork"), "long", author, commits=120, at=world.clock - 10 * DAY)
    secret = actions.fork(world, other, "secret")
    for number, repository in enumerate((home, home, other, secret)):
        actions.push(world, repository, f"topic-{number}", author, at=world.clock - 9 * DAY)
        actions.open_pull_request(world, repository, f"topic-{number}", author, at=world.clock - 8 * DAY)
        actions.tag(world, repository, f"v{number}", f"topic-{number}", at=world.clock - 8 * DAY)
        run = actions.run_pipeline(
            world, repository, f"topic-{number}", steps=_STEPS[number % 2], at=world.clock - 8 * DAY
        )
        actions.finish_pipeline(world, repository, run, at=world.clock - 8 * DAY)
    actions.hide_repository(world, secret)
    return world


def change(bitbucket: Emulator, random: Random) -> list[str]:
    """Let time pass and a few things happen; returns what did, in words with which it can be done again."""
    happened = [_done(bitbucket, "advance_clock", {"seconds": random.choice(_PAUSES)})]
    for _ in range(random.randint(3, 8)):
        choose = random.choice(_EVERY_DAY if random.random() < _SHARE_OF_EVERY_DAY else _NOW_AND_THEN)
        try:
            happened.append(_done(bitbucket, *choose(Chance(bitbucket.world, random))))
        except (ActionError, IndexError):
            # the world lacks what it takes, or its state forbids it
            continue
    return happened + [
        _done(bitbucket, "finish_pipeline", {"repository": repository.uuid, "pipeline": run.uuid})
        for repository in bitbucket.world.repositories.values()
        for run in repository.pipelines.values()
        if _goes_through(run) and random.random() < _SHARE_OF_RUNS_THAT_ARE_OVER
    ]


def _goes_through(run: Pipeline) -> bool:
    """Whether it runs, and waits for nobody."""
    return run.state != "COMPLETED" and not any(step.trigger == "manual" for step in run.steps)


def _done(bitbucket: Emulator, action: str, arguments: dict[str, Any]) -> str:
    """Let it happen; returns how to let it happen again."""
    bitbucket.act(action, **arguments)
    return f"{action}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"


@dataclass(frozen=True)
class Chance:
    """Choices among what the world has now. Raises IndexError where there is nothing to choose."""

    world: World
    random: Random

    def one(self, found: Iterable[T]) -> T:
        """Any of them."""
        return self.random.choice(list(found))

    def repository(self) -> Repository:
        """Any, seen or hidden."""
        return self.one(self.world.repositories.values())

    def user(self) -> str:
        """Anybody."""
        return self.one(user.uuid for user in self.world.users.values() if user.kind == "user")

    def name(self, prefix: str) -> str:
        """A name that is probably new."""
        return f"{prefix}-{self.random.randrange(10_000)}"

    def pull_request(self, *, is_open: bool) -> dict[str, Any]:
        """The arguments that name an open one, or any, and somebody who acts on it."""
        found: list[tuple[Repository, PullRequest]] = [
            (repository, request)
            for repository in self.world.repositories.values()
            for request in repository.pull_requests.values()
            if request.state == "OPEN" or not is_open
        ]
        repository, request = self.one(found)
        return {"repository": repository.uuid, "pull_request": request.id, "user": self.user()}

    def pipeline(self, *, finished: bool) -> tuple[dict[str, Any], Pipeline]:
        """One of the newest five of a repository that is finished or is not, and the arguments that name it."""
        found = [
            ({"repository": repository.uuid, "pipeline": run.uuid}, run)
            for repository in self.world.repositories.values()
            for run in list(repository.pipelines.values())[-5:]
            if (run.state == "COMPLETED") is finished
        ]
        return self.one(found)


def _push(chance: Chance) -> Deed:
    repository = chance.repository()
    branch = chance.one([*repository.branches, chance.name("feature")])
    commits = chance.one((1, 1, 3))
    return "push", {"repository": repository.uuid, "branch": branch, "author": chance.user(), "commits": commits}


def _push_old_commits(chance: Chance) -> Deed:
    action, arguments = _push(chance)
    return action, {**arguments, "date": chance.world.clock - chance.one((2, 90, 900)) * DAY}


def _force_push(chance: Chance) -> Deed:
    repository = chance.repository()
    return "force_push", {
        "repository": repository.uuid, "branch": chance.one(repository.branches), "author": chance.user()
    }  # fmt: skip


def _make_a_branch(chance: Chance) -> Deed:
    repository = chance.repository()
    target = chance.one(repository.branches)
    return "create_branch", {"repository": repository.uuid, "branch": chance.name("copy"), "target": target}


def _delete_a_branch(chance: Chance) -> Deed:
    repository = chance.repository()
    return "delete_branch", {"repository": repository.uuid, "branch": chance.one(repository.branches)}


def _make_a_tag(chance: Chance) -> Deed:
    repository = chance.repository()
    target = chance.one(repository.branches)
    return "tag", {"repository": repository.uuid, "name": chance.name("v"), "target": target}


def _move_a_tag(chance: Chance) -> Deed:
    repository = chance.repository()
    name, target = chance.one(repository.tags), chance.one(repository.branches)
    return "tag", {"repository": repository.uuid, "name": name, "target": target}


def _delete_a_tag(chance: Chance) -> Deed:
    repository = chance.repository()
    return "delete_tag", {"repository": repository.uuid, "name": chance.one(repository.tags)}


def _open_a_pull_request(chance: Chance) -> Deed:
    repository = chance.repository()
    source = chance.one(repository.branches)
    return "open_pull_request", {"repository": repository.uuid, "source": source, "author": chance.user()}


def _edit(chance: Chance) -> Deed:
    return "edit_pull_request", {**chance.pull_request(is_open=True), "title": chance.name("Title")}


def _comment(chance: Chance) -> Deed:
    return "comment", {**chance.pull_request(is_open=False), "text": "Hm"}


def _approve(chance: Chance) -> Deed:
    return "approve", chance.pull_request(is_open=True)


def _merge(chance: Chance) -> Deed:
    strategy = chance.one(("merge_commit", "squash", "fast_forward"))
    return "merge", {**chance.pull_request(is_open=True), "strategy": strategy}


def _decline(chance: Chance) -> Deed:
    return "decline", chance.pull_request(is_open=True)


def _run_a_pipeline(chance: Chance) -> Deed:
    repository = chance.repository()
    ref = chance.one(repository.branches)
    return "run_pipeline", {"repository": repository.uuid, "ref": ref, "steps": chance.one(_STEPS)}


def _finish_a_pipeline(chance: Chance) -> Deed:
    where, _ = chance.pipeline(finished=False)
    return "finish_pipeline", {**where, "result": chance.one(("SUCCESSFUL", "FAILED"))}


def _run_a_pipeline_again(chance: Chance) -> Deed:
    where, _ = chance.pipeline(finished=True)
    return "rerun_pipeline", {**where, "result": chance.one(("SUCCESSFUL", "FAILED", None))}


def _run_a_step_again(chance: Chance) -> Deed:
    where, run = chance.pipeline(finished=True)
    step = chance.one(step.uuid for step in run.steps if step.result not in {None, "NOT_RUN"})
    return "rerun_step", {**where, "step": step, "result": chance.one(("SUCCESSFUL", "FAILED", None))}


def _make_a_repository(chance: Chance) -> Deed:
    return "create_repository", {"slug": chance.name("repository")}


def _fork(chance: Chance) -> Deed:
    return "fork", {"repository": chance.repository().uuid, "slug": chance.name("fork")}


def _rename_a_repository(chance: Chance) -> Deed:
    return "rename_repository", {"repository": chance.repository().uuid, "slug": chance.name("renamed")}


def _show_a_repository(chance: Chance) -> Deed:
    hidden = [each.uuid for each in chance.world.repositories.values() if each.hidden_from]
    return "show_repository", {"repository": chance.one(hidden)}


def _hide_a_repository(chance: Chance) -> Deed:
    return "hide_repository", {"repository": chance.repository().uuid}


def _delete_a_repository(chance: Chance) -> Deed:
    return "delete_repository", {"repository": chance.repository().uuid}


_EVERY_DAY: tuple[Callable[[Chance], Deed], ...] = (
    _push, _push_old_commits, _force_push, _make_a_branch, _delete_a_branch, _make_a_tag, _move_a_tag, _delete_a_tag,
    _open_a_pull_request, _edit, _comment, _approve, _merge, _decline, _run_a_pipeline, _finish_a_pipeline,
    _run_a_pipeline_again, _run_a_step_again,
)  # fmt: skip
_NOW_AND_THEN: tuple[Callable[[Chance], Deed], ...] = (
    _make_a_repository, _fork, _rename_a_repository, _show_a_repository, _hide_a_repository, _delete_a_repository,
)  # fmt: skip
