"""Environments and deployments."""

from __future__ import annotations

from collections.abc import Callable

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope, scattered
from bitbucket_emulator.server.render import deployments as render
from bitbucket_emulator.world.model import Deployment

endpoints = Endpoints()

_ENVIRONMENTS = Envelope()
_DEPLOYMENTS = Envelope()

_REPOSITORY = "/repositories/{workspace}/{repo_slug}"

# everything else is 400, `created_on` too (FACTS 2)
_SORTS: dict[str, Callable[[Deployment], int | None]] = {
    "state.started_on": lambda row: row.started_on,
    "state.completed_on": lambda row: row.completed_on,
}


@endpoints.get(f"{_REPOSITORY}/environments", "pipeline")
def environments(call: Call) -> Json:
    """The environments, in an order that nobody knows (FACTS 12)."""
    home = lookup.open_repository(call)
    rows = scattered(home.environments.values(), lambda row: row.uuid)
    return call.page(rows, render.environment, _ENVIRONMENTS)


@endpoints.get(f"{_REPOSITORY}/environments/{{environment_uuid}}", "pipeline")
def environment(call: Call) -> Json:
    """One environment."""
    home, uuid = lookup.open_repository(call), call.parameters["environment_uuid"]
    if uuid not in home.environments:
        raise errors.pipelines_not_found(f"Environment {uuid} not found in repository {home.uuid}")
    return render.environment(home.environments[uuid])


@endpoints.get(f"{_REPOSITORY}/deployments", "pipeline")
def deployments(call: Call) -> Json:
    """The deployments; q is accepted and ignored, `environment` filters, two things can be sorted by (FACTS 2).

    Rows without the time they are sorted by come last in both directions, or first: where they land is not known
    (FACTS 2), `World.unstarted_deployments_first` decides. Without `sort` no order is known (FACTS 12).
    """
    home = lookup.open_repository(call)
    rows = scattered(home.deployments.values(), lambda row: row.uuid)
    wanted = call.one("environment")
    if wanted is not None:
        rows = [row for row in rows if row.environment == wanted]
    order = call.one("sort")
    if order is not None:
        read = _SORTS.get(order.removeprefix("-"))
        if read is None:
            raise errors.invalid_sort()
        sign = -1 if order.startswith("-") else 1
        timeless = -1 if call.world.unstarted_deployments_first else 1
        rows.sort(key=lambda row: (timeless, 0) if (time := read(row)) is None else (0, sign * time))
    return call.page(rows, lambda row: render.deployment(call.view, home, row), _DEPLOYMENTS)


@endpoints.get(f"{_REPOSITORY}/deployments/{{deployment_uuid}}", "pipeline")
def deployment(call: Call) -> Json:
    """One deployment."""
    home, uuid = lookup.open_repository(call), call.parameters["deployment_uuid"]
    if uuid not in home.deployments:
        raise errors.pipelines_not_found(f"Deployment {uuid} not found in repository {home.uuid}")
    return render.deployment(call.view, home, home.deployments[uuid])
