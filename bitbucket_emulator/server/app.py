"""The whole application: the API, OAuth, and the control interface beside them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount

from bitbucket_emulator.server import control, oauth, storage
from bitbucket_emulator.server.api import (
    commit_comments,
    commits,
    deployments,
    diffs,
    people,
    pipelines,
    pipelines_config,
    projects,
    pull_requests,
    refs,
    reports,
    repositories,
    settings,
    sources,
    statuses,
)
from bitbucket_emulator.server.endpoints import Table
from bitbucket_emulator.server.errors import ApiError
from bitbucket_emulator.server.exchange import PREFIX, Api
from bitbucket_emulator.server.state import State

FAMILIES = (
    people,
    projects,
    repositories,
    refs,
    commits,
    commit_comments,
    diffs,
    sources,
    statuses,
    pull_requests,
    pipelines,
    pipelines_config,
    deployments,
    settings,
    reports,
)


def endpoint_table() -> Table:
    """Every endpoint that is served."""
    return Table(endpoint for family in FAMILIES for endpoint in family.endpoints)


def create_app(state: State) -> Starlette:
    """The ASGI application over a state."""
    return Starlette(
        routes=[
            Mount("/_control", routes=control.routes(state)),
            Mount("/_storage", routes=storage.routes(state.world)),
            Mount("/site/oauth2", routes=oauth.routes(state.world, state.grants)),
            Mount(PREFIX, Api(state, endpoint_table())),
        ],
        exception_handlers={ApiError: _show_error},
    )


async def _show_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body, error.status)
