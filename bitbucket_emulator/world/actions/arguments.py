"""From JSON values to records: what the arguments of actions may be."""

# ruff: noqa: ARG001 - resolvers share one signature

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.model import (
    END,
    Comment,
    Environment,
    FileChange,
    Pipeline,
    Project,
    PullRequest,
    Repository,
    Step,
    Task,
    User,
    Workspace,
    World,
    micros,
)

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_GREATEST = 2_147_483_647
_FILE = {"status", "lines", "old_path"}
_FILE_STATUSES = ("added", "modified", "removed", "renamed")

Author = User | str  # an account, or "Name <e-mail>"
Hash = str  # given as branch, tag, or hash
Time = int  # given as microseconds or ISO 8601
Files = list[FileChange]  # given as {path: [added, removed], gone: null, other: {status, lines, old_path}}


class ActionError(ValueError):
    """An action that cannot be done, and why."""


class StepDefinition(NamedTuple):
    """A step as bitbucket-pipelines.yml defines it; steps of one `parallel` number start together."""

    name: str
    manual: bool = False
    environment: str | None = None
    parallel: int | None = None
    image: str = "atlassian/default-image:4"
    script: tuple[str, ...] = ()
    size: int = 1


def resolve_argument(type_name: str, value: Any, name: str, world: World, bound: dict[str, Any]) -> Any:
    """The record or value that `value` stands for; `bound` holds the arguments before it. Raises ActionError."""
    if type_name.endswith(" | None"):
        if value is None:
            return None
        type_name = type_name.removesuffix(" | None")
    if type_name.startswith("list["):
        if not isinstance(value, list | tuple):
            raise ActionError(f"{name}: a list expected, not {value!r}")
        return [resolve_argument(type_name[5:-1], each, name, world, bound) for each in value]
    try:
        return RESOLVERS[type_name](value, world, bound)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, ActionError):
            raise
        raise ActionError(f"{name}: no {type_name} {value!r}") from error


def _repository(value: Any, world: World, bound: dict[str, Any]) -> Repository:
    if isinstance(value, Repository):
        return value
    for workspace in world.workspaces:
        found = world.repository(workspace, value)
        if found is not None:
            return found
    raise KeyError(value)


def _user(value: Any, world: World, bound: dict[str, Any]) -> User:
    if isinstance(value, User):
        return value
    return world.users[value] if value in world.users else world.user_named(value)


def _author(value: Any, world: World, bound: dict[str, Any]) -> Author:
    return value if isinstance(value, str) and "<" in value else _user(value, world, bound)


def _project(value: Any, world: World, bound: dict[str, Any]) -> Project:
    if isinstance(value, Project):
        return value
    return _only([project for project in world.projects.values() if value in (project.uuid, project.key)], value)


def _workspace(value: Any, world: World, bound: dict[str, Any]) -> Workspace:
    if isinstance(value, Workspace):
        return value
    return _only([each for each in world.workspaces.values() if value in (each.uuid, each.slug)], value)


def _hash(value: Any, world: World, bound: dict[str, Any]) -> str:
    found = graph.resolve(bound["repository"], value)
    if found is None:
        raise KeyError(value)
    return found


def _pull_request(value: Any, world: World, bound: dict[str, Any]) -> PullRequest:
    repository: Repository = bound["repository"]
    return value if isinstance(value, PullRequest) else repository.pull_requests[int(value)]


def _comment(value: Any, world: World, bound: dict[str, Any]) -> Comment:
    pull_request: PullRequest = bound["pull_request"]
    return value if isinstance(value, Comment) else pull_request.comments[int(value)]


def _task(value: Any, world: World, bound: dict[str, Any]) -> Task:
    pull_request: PullRequest = bound["pull_request"]
    return value if isinstance(value, Task) else pull_request.tasks[int(value)]


def _pipeline(value: Any, world: World, bound: dict[str, Any]) -> Pipeline:
    if isinstance(value, Pipeline):
        return value
    repository: Repository = bound["repository"]
    pipelines = repository.pipelines
    return pipelines.get(value) or _only([each for each in pipelines.values() if each.build_number == value], value)


def _step(value: Any, world: World, bound: dict[str, Any]) -> Step:
    if isinstance(value, Step):
        return value
    steps: list[Step] = bound["pipeline"].steps
    if isinstance(value, int):
        return _only(steps[value : value + 1], value)
    return _only([each for each in steps if value in (each.uuid, each.name)], value)


def _environment(value: Any, world: World, bound: dict[str, Any]) -> Environment:
    if isinstance(value, Environment):
        return value
    repository: Repository = bound["repository"]
    return _only(
        [each for each in repository.environments.values() if value in (each.uuid, each.name, each.slug)], value
    )


def _time(value: Any, world: World, bound: dict[str, Any]) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str | datetime):
        raise TypeError(value)
    given = datetime.fromisoformat(value) if isinstance(value, str) else value
    time = micros(given) if isinstance(given, datetime) else given
    if not 0 <= time < END:
        raise ValueError(value)
    return time


def _files(value: Any, world: World, bound: dict[str, Any]) -> Files:
    if isinstance(value, list):
        return [_checked_change(FileChange(*each)) for each in value]
    return [_checked_change(_file_change(path, given)) for path, given in value.items()]


def _file_change(path: str, given: Any) -> FileChange:
    if given is None:
        return FileChange(path, "removed", 0, 1)
    wanted = given if isinstance(given, dict) else {"lines": given}
    unknown = sorted(wanted.keys() - _FILE)
    if unknown:
        raise ActionError(f"{path}: unknown {', '.join(unknown)}; a file has {', '.join(sorted(_FILE))}")
    old_path = wanted.get("old_path")
    lines = wanted.get("lines", [0, 0])
    if not isinstance(lines, list | tuple) or len(lines) != 2:
        raise ActionError(f"{path}: lines are [added, removed], not {lines!r}")
    status = wanted.get("status", "modified" if old_path is None else "renamed")
    return FileChange(path, status, int(lines[0]), int(lines[1]), old_path)


def _checked_change(change: FileChange) -> FileChange:
    if change.status not in _FILE_STATUSES:
        raise ActionError(f"{change.path}: status {change.status!r} is none of {', '.join(_FILE_STATUSES)}")
    if (change.status == "renamed") is (change.old_path is None):
        raise ActionError(f"{change.path}: a renamed file, and no other, has an old_path")
    return change


def _step_definition(value: Any, world: World, bound: dict[str, Any]) -> StepDefinition:
    if isinstance(value, StepDefinition):
        return value
    return StepDefinition(value) if isinstance(value, str) else StepDefinition(**value)


def _only(found: list[T], value: Any) -> T:
    if len(found) != 1:
        raise KeyError(value)
    return found[0]


def _plain(kind: type) -> Callable[[Any, World, dict[str, Any]], Any]:
    def check(value: Any, world: World, bound: dict[str, Any]) -> Any:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TypeError(value)
        if isinstance(value, int) and abs(value) > _GREATEST:
            raise ValueError(value)
        return value

    return check


RESOLVERS: dict[str, Callable[[Any, World, dict[str, Any]], Any]] = {
    "Author": _author,
    "Comment": _comment,
    "Environment": _environment,
    "Files": _files,
    "Hash": _hash,
    "Pipeline": _pipeline,
    "Project": _project,
    "PullRequest": _pull_request,
    "Repository": _repository,
    "Step": _step,
    "StepDefinition": _step_definition,
    "Task": _task,
    "Time": _time,
    "User": _user,
    "Workspace": _workspace,
    "bool": _plain(bool),
    "dict[str, str]": _plain(dict),
    "int": _plain(int),
    "str": _plain(str),
}
