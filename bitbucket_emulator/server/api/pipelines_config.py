"""How Pipelines is set up: schedules, variables, runners, caches, keys of hosts."""

from __future__ import annotations

from collections.abc import Mapping

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import pipelines as render
from bitbucket_emulator.server.render import variables
from bitbucket_emulator.world.model import Repository, Variable

endpoints = Endpoints()

_LIST = Envelope()
_REPOSITORY = "/repositories/{workspace}/{repo_slug}"
_CONFIG = f"{_REPOSITORY}/pipelines_config"
_WORKSPACE = "/workspaces/{workspace}/pipelines-config"


@endpoints.get(f"{_CONFIG}/schedules", "pipeline")
def schedules(call: Call) -> Json:
    """The schedules; 404 until Pipelines was enabled once (FACTS 5)."""
    home = _enabled(call)
    return call.page(list(home.schedules.values()), render.schedule, _LIST)


@endpoints.get(f"{_CONFIG}/schedules/{{schedule_uuid}}", "pipeline")
def schedule(call: Call) -> Json:
    """One schedule."""
    home, uuid = _enabled(call), call.parameters["schedule_uuid"]
    if uuid not in home.schedules:
        raise errors.pipelines_not_found(f"Schedule {uuid} not found")
    return render.schedule(home.schedules[uuid])


@endpoints.get(f"{_CONFIG}", "repository:admin")
def pipelines_config(call: Call) -> Json:
    """Whether Pipelines is on."""
    home = _enabled(call)
    return {"type": "repository_pipelines_configuration", "enabled": home.pipelines_enabled}


def _enabled(call: Call) -> Repository:
    home = lookup.open_repository(call)
    if not home.pipelines_enabled and not home.pipelines:
        raise errors.pipelines_not_found(f"Pipelines configuration of repository {home.uuid} not found")
    return home


@endpoints.get(f"{_CONFIG}/schedules/{{schedule_uuid}}/executions", "pipeline")
def executions(call: Call) -> Json:
    """The runs that a schedule started."""
    home, uuid = _enabled(call), call.parameters["schedule_uuid"]
    if uuid not in home.schedules:
        raise errors.pipelines_not_found(f"Schedule {uuid} not found")
    pattern = home.schedules[uuid].selector_pattern
    rows = [
        run for run in home.pipelines.values() if run.trigger == "SCHEDULED" and run.target.selector_pattern == pattern
    ]
    return call.page(rows, lambda row: variables.execution(row), _LIST)


@endpoints.get(f"{_CONFIG}/variables", "pipeline")
def repository_variables(call: Call) -> Json:
    """The variables of a repository."""
    return _variables(call, lookup.open_repository(call).variables)


@endpoints.get(f"{_CONFIG}/variables/{{variable_uuid}}", "pipeline")
def repository_variable(call: Call) -> Json:
    """One of them."""
    return _variable(call, lookup.open_repository(call).variables)


@endpoints.get(f"{_WORKSPACE}/variables", "pipeline")
def workspace_variables(call: Call) -> Json:
    """The variables of a workspace."""
    lookup.workspace(call)
    return _variables(call, call.world.variables)


@endpoints.get(f"{_WORKSPACE}/variables/{{variable_uuid}}", "pipeline")
def workspace_variable(call: Call) -> Json:
    """One of them."""
    lookup.workspace(call)
    return _variable(call, call.world.variables)


@endpoints.get(f"{_REPOSITORY}/deployments_config/environments/{{environment_uuid}}/variables", "pipeline")
def environment_variables(call: Call) -> Json:
    """Always an empty page: so the API answered although there were variables (FACTS 6)."""
    home, uuid = lookup.open_repository(call), call.parameters["environment_uuid"]
    if uuid not in home.environments:
        raise errors.pipelines_not_found(f"Environment {uuid} not found in repository {home.uuid}")
    return _variables(call, {})


@endpoints.get(f"{_WORKSPACE}/runners", "runner", token_scopes=("read:runner:bitbucket",))
def workspace_runners(call: Call) -> Json:
    """The machines of the company's own that run steps."""
    lookup.workspace(call)
    return call.page(list(call.world.runners.values()), variables.runner, _LIST)


@endpoints.get(f"{_WORKSPACE}/runners/{{runner_uuid}}", "runner", token_scopes=("read:runner:bitbucket",))
def workspace_runner(call: Call) -> Json:
    """One of them."""
    lookup.workspace(call)
    uuid = call.parameters["runner_uuid"]
    if uuid not in call.world.runners:
        raise errors.pipelines_not_found(f"Runner {uuid} not found")
    return variables.runner(call.world.runners[uuid])


@endpoints.get(f"{_REPOSITORY}/pipelines-config/runners", "runner", token_scopes=("read:runner:bitbucket",))
@endpoints.get(f"{_REPOSITORY}/pipelines-config/caches", "pipeline")
@endpoints.get(f"{_CONFIG}/ssh/known_hosts", "pipeline")
def nothing(call: Call) -> Json:
    """Lists of which the world has no rows."""
    lookup.open_repository(call)
    return call.page([], lambda _row: {}, _LIST)


def _variables(call: Call, found: Mapping[str, Variable]) -> Json:
    return call.page(list(found.values()), variables.variable, _LIST)


def _variable(call: Call, found: Mapping[str, Variable]) -> Json:
    uuid = call.parameters["variable_uuid"]
    if uuid not in found:
        raise errors.pipelines_not_found(f"Variable {uuid} not found")
    return variables.variable(found[uuid])
