"""How an action is called: by name with plain JSON values, or in Python with records."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from bitbucket_emulator.world.actions.arguments import ActionError, resolve_argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from bitbucket_emulator.world.model import World

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Action(Generic[P, R]):
    """Something people do. `do` is the plain function over records, without lock, clock or look-ups.

    Calling the action takes records or JSON values (`arguments.RESOLVERS` says which), holds the world's lock and lets
    a few milliseconds pass before. `at` sets another time instead; one in the past is allowed, because Bitbucket can
    show a row late.
    """

    name: str
    do: Callable[P, R]
    parameters: dict[str, str]  # name -> type name
    required: frozenset[str]
    description: str

    def __call__(self, world: World, /, *args: Any, at: Any = None, **kwargs: Any) -> R:
        """Do it now. Raises ActionError for unknown names, wrong values and what the state of the world forbids."""
        names = [name for name in self.parameters if name != "at"]
        given = dict(zip(names, args, strict=False)) | kwargs
        self._check(given, len(args), names)
        with world.lock:
            bound: dict[str, Any] = {}
            for name in names:
                if name in given:
                    bound[name] = resolve_argument(self.parameters[name], given[name], name, world, bound)
            time = world.tick() if at is None else world.reach(resolve_argument("Time", at, "at", world, bound))
            try:
                return self.do(world, **bound, at=time)  # type: ignore[arg-type]
            except LookupError as gone:  # commits that were forgotten, and what else nobody can act on any more
                raise ActionError(f"{self.name}: there is no {gone}") from gone

    def check(self, given: dict[str, Any]) -> None:
        """Raises ActionError unless these are names of arguments and none is missing; values are not looked at."""
        names = [name for name in self.parameters if name != "at"]
        self._check({name: value for name, value in given.items() if name != "at"}, 0, names)

    def _check(self, given: dict[str, Any], positional: int, names: list[str]) -> None:
        unknown = [name for name in given if name not in names]
        missing = [name for name in names if name in self.required and name not in given]
        if unknown or missing or positional > len(names):
            wrong = "too many arguments" if positional > len(names) else ""
            wrong = f"unknown {', '.join(unknown)}" if unknown else wrong
            wrong = f"missing {', '.join(missing)}" if missing else wrong
            raise ActionError(f"{self.name}: {wrong}; it takes {', '.join(names)}")


ACTIONS: dict[str, Action[..., Any]] = {}


def action_named(name: str) -> Action[..., Any]:
    """The action of this name. Raises ActionError."""
    if name not in ACTIONS:
        raise ActionError(f"no action {name!r}; there are {', '.join(sorted(ACTIONS))}")
    return ACTIONS[name]


def action(function: Callable[P, R]) -> Action[P, R]:
    """Register a function `f(world, ..., *, at)` whose annotations name argument types of `arguments.RESOLVERS`."""
    parameters = list(signature(function).parameters.values())[1:]
    made = Action(
        name=function.__name__,
        do=function,
        parameters={each.name: str(each.annotation) for each in parameters},
        required=frozenset(each.name for each in parameters if each.default is Parameter.empty) - {"at"},
        description=(function.__doc__ or "").strip(),
    )
    ACTIONS[made.name] = made
    return made
