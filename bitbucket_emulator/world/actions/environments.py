"""Deployment environments: made, changed, deleted. No signal tells of any of it."""

# ruff: noqa: ARG001 - actions share one signature

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.model import Environment, name_uuid

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Time
    from bitbucket_emulator.world.model import Repository, World

ENVIRONMENT_TYPES = ("Test", "Staging", "Production")


@action
def create_environment(
    world: World, repository: Repository, name: str, environment_type: str = "Test", *, at: Time
) -> Environment:
    """Make a deployment environment; `environment_type` is Test, Staging or Production."""
    if environment_type not in ENVIRONMENT_TYPES:
        raise ActionError(f"create_environment: type {environment_type!r} is none of {', '.join(ENVIRONMENT_TYPES)}")
    _must_be_free(repository, name, "create_environment")
    # one that was deleted and is made again is another one
    uuid = name_uuid(repository.uuid, "environment", name, at)
    rank = 1 + max((each.rank for each in repository.environments.values()), default=-1)
    made = Environment(uuid, name, _slug(name), environment_type, rank)
    repository.environments[uuid] = made
    return made


@action
def edit_environment(
    world: World,
    repository: Repository,
    environment: Environment,
    name: str | None = None,
    hidden: bool | None = None,
    admin_only: bool | None = None,
    *,
    at: Time,
) -> Environment:
    """Rename an environment (its slug stays), hide it, or let only administrators deploy."""
    if name is not None and name != environment.name:
        _must_be_free(repository, name, "edit_environment")
        environment.name = name
    environment.hidden = environment.hidden if hidden is None else hidden
    environment.admin_only = environment.admin_only if admin_only is None else admin_only
    return environment


@action
def delete_environment(world: World, repository: Repository, environment: Environment, *, at: Time) -> Environment:
    """Delete an environment and its deployments; the steps that deployed to it stay."""
    del repository.environments[environment.uuid]
    gone = [each.uuid for each in repository.deployments.values() if each.environment == environment.uuid]
    for uuid in gone:
        del repository.deployments[uuid]
    return environment


def add_environments(repository: Repository) -> None:
    """The three environments every repository starts with (FACTS 6)."""
    for rank, name in enumerate(ENVIRONMENT_TYPES):
        uuid = name_uuid(repository.uuid, "environment", name)
        repository.environments[uuid] = Environment(uuid, name, _slug(name), name, rank)


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _must_be_free(repository: Repository, name: str, what: str) -> None:
    if any(each.name == name for each in repository.environments.values()):
        raise ActionError(f"{what}: {name} exists")
