"""`/_control`: let people in the world act, set the clock, arm faults, read the request log.

Everything is JSON. Mistakes are 400 with `{"error": "..."}`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any, Literal, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bitbucket_emulator.server.auth import CREDENTIAL_TYPES
from bitbucket_emulator.server.faults import Armed, Fault
from bitbucket_emulator.server.rate_limit import RateLimits
from bitbucket_emulator.server.state import State
from bitbucket_emulator.world.actions import ACTIONS, ActionError, action_named, summary
from bitbucket_emulator.world.model import Credential, World, moment
from bitbucket_emulator.world.truth import truth_of

_SCOPE = re.compile(r"[a-z][a-z0-9:_-]*")

# what nobody knows of Bitbucket, to be had either way (`World` says what each decides)
Switch = Literal[
    "merge_commits_are_listed",
    "probable_moves",
    "refs_compare_naturally",
    "unsettled_moves",
    "unstarted_deployments_first",
]

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]


def routes(state: State) -> list[Route]:
    """The routes, to be mounted at `/_control`."""
    control = _Control(state)
    return [
        Route("/actions", _checked(control.list_actions)),
        Route("/actions/{name}", _checked(control.act), methods=["POST"]),
        Route("/clock", _checked(control.clock), methods=["GET", "POST"]),
        Route("/credentials", _checked(control.credentials), methods=["GET", "POST", "DELETE"]),
        Route("/faults", _checked(control.faults), methods=["GET", "POST", "DELETE"]),
        Route("/grants", _checked(control.revoke), methods=["DELETE"]),
        Route("/rate_limits", _checked(control.rate_limits), methods=["GET", "POST"]),
        Route("/requests", _checked(control.requests), methods=["GET", "DELETE"]),
        Route("/switches", _checked(control.switches), methods=["GET", "POST"]),
        Route("/truth/{repository}", _checked(control.truth)),
        Route("/world", _checked(control.show_world)),
    ]


class _Control:
    def __init__(self, state: State) -> None:
        self._state = state
        self._world = state.world

    async def list_actions(self, _request: Request) -> Response:
        return JSONResponse(
            [
                {
                    "name": name,
                    "description": action.description,
                    "parameters": dict(action.parameters),
                    "required": sorted(action.required),
                }
                for name, action in ACTIONS.items()
            ]
        )

    async def act(self, request: Request) -> Response:
        action = action_named(request.path_params["name"])
        arguments = await _json(request)
        with self._world.lock:
            return JSONResponse(summary(action(self._world, **arguments)))

    async def clock(self, request: Request) -> Response:
        if request.method == "POST":
            wanted = await _json(request)
            if not wanted.keys() or wanted.keys() - {"time", "seconds"}:
                raise ActionError("the clock takes time (set it) or seconds (advance it)")
            if "time" in wanted:
                ACTIONS["set_clock"](self._world, time=wanted["time"])
            if "seconds" in wanted:
                ACTIONS["advance_clock"](self._world, seconds=wanted["seconds"])
        return JSONResponse({"time": moment(self._world.clock).isoformat(), "micros": self._world.clock})

    async def faults(self, request: Request) -> Response:
        faults = self._state.faults
        if request.method == "DELETE":
            faults.clear()
        if request.method == "POST":
            wanted = msgspec.json.decode(await request.body(), type=Fault | list[Fault])
            for fault in wanted if isinstance(wanted, list) else [wanted]:
                faults.add(fault)
        return JSONResponse([_armed(each) for each in faults.armed])

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._state.log.clear()
        return JSONResponse([asdict(entry) for entry in self._state.log.entries])

    async def show_world(self, _request: Request) -> Response:
        with self._world.lock:
            return JSONResponse(_world(self._world))

    async def switches(self, request: Request) -> Response:
        world = self._world
        if request.method == "POST":
            for name, on in msgspec.json.decode(await request.body(), type=dict[Switch, bool]).items():
                setattr(world, name, on)
        return JSONResponse({name: getattr(world, name) for name in sorted(get_args(Switch))})

    async def truth(self, request: Request) -> Response:
        world, name = self._world, request.path_params["repository"]
        with world.lock:
            found = world.repository(world.workspace.uuid, name)
            if found is None:
                raise ActionError(f"no repository {name!r}")
            return JSONResponse(truth_of(world, found).as_json())

    async def credentials(self, request: Request) -> Response:
        known = self._world.credentials
        if request.method == "POST":
            credential = _credential(await _json(request))
            known[credential.name] = credential
        if request.method == "DELETE":
            name = request.query_params.get("name", "")
            if known.pop(name, None) is None:
                raise ActionError(f"no credential {name!r}")
        return JSONResponse([_shown(each) for each in known.values()])

    async def rate_limits(self, request: Request) -> Response:
        limiter = self._state.limiter
        if request.method == "POST":
            limiter.limits = msgspec.json.decode(await request.body(), type=RateLimits)
            limiter.clear()
        return JSONResponse(msgspec.to_builtins(limiter.limits))

    async def revoke(self, _request: Request) -> Response:
        self._state.grants.revoke()
        return JSONResponse([])


def _checked(handler: Handler) -> Handler:
    async def checked(request: Request) -> Response:
        try:
            return await handler(request)
        except (ActionError, msgspec.MsgspecError, re.error, ValueError) as problem:
            return JSONResponse({"error": str(problem)}, 400)

    return checked


async def _json(request: Request) -> Json:
    body = await request.body()
    return msgspec.json.decode(body, type=dict[str, Any]) if body else {}


def _armed(armed: Armed) -> Json:
    shown: Json = msgspec.to_builtins(armed.fault)
    return {**shown, "met": armed.met, "struck": armed.struck, "errors": armed.errors}


def _credential(wanted: Json) -> Credential:
    known = {field.name for field in fields(Credential)}
    if not {"name", "kind", "user"} <= wanted.keys() <= known:
        raise ActionError(f"a credential has name, kind and user, and may have {', '.join(sorted(known))}")
    made = msgspec.convert({"scopes": [], **wanted}, Credential)
    if made.kind not in CREDENTIAL_TYPES:
        raise ActionError(f"kind is one of {', '.join(CREDENTIAL_TYPES)}, not {made.kind!r}")
    if not all(_SCOPE.fullmatch(scope) for scope in made.scopes):  # they are sent in a header
        raise ActionError(f"scopes are words like repository:admin, not {sorted(made.scopes)}")
    return made


def _shown(credential: Credential) -> Json:
    return {
        **asdict(credential),
        "scopes": sorted(credential.scopes),
        "repositories": None if credential.repositories is None else sorted(credential.repositories),
    }


def _world(world: World) -> Json:
    """What is in the world; repositories whose contents nobody looked at yet stay unmade and uncounted."""
    return {
        "seed": world.seed,
        "time": moment(world.clock).isoformat(),
        "workspaces": [{"uuid": each.uuid, "slug": each.slug} for each in world.workspaces.values()],
        "people": [
            {
                "uuid": each.uuid,
                "nickname": each.nickname,
                "kind": each.kind,
                "deleted": each.deleted,
                "robot": each.robot,
            }
            for each in world.users.values()
        ],
        "repositories": [
            {
                "uuid": each.uuid,
                "workspace": world.workspaces[each.workspace].slug,
                "slug": each.slug,
                "hidden_from": sorted(each.hidden_from),
                "blocked_status": each.blocked_status,
                "counts": None
                if each.generate is not None
                else {
                    "branches": len(each.branches),
                    "commits": len(each.commits),
                    "pull_requests": len(each.pull_requests),
                    "pipelines": len(each.pipelines),
                    "deployments": len(each.deployments),
                },
            }
            for each in world.repositories.values()
        ],
    }
