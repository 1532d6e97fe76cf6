"""What reached production, and what was taken back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.model import Attempt, Repository, World

from .attempts import attempts_shown
from .figure import HOUR, Figure


def _production(repository: Repository) -> list[Attempt]:
    stages = {uuid for uuid, stage in repository.environments.items() if stage.type == "Production"}
    return [each for each in attempts_shown(repository) if each.environment in stages]


def _successes(repository: Repository) -> Iterator[tuple[Attempt, Attempt]]:
    """(success in production, the next in the same environment)"""
    for environment in repository.environments:
        yield from pairwise(
            each for each in _production(repository) if each.result == "SUCCESSFUL" and each.environment == environment
        )


def _carried(repository: Repository, before: Attempt, after: Attempt) -> set[str]:
    return graph.reachable(repository, [after.commit]) - graph.reachable(repository, [before.commit])


def _releases(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[()], int]]:
    attempts = [each for each in _production(repository) if each.result == "SUCCESSFUL"]
    if attempts:
        yield (), len({(each.pipeline, each.commit) for each in attempts})


def _deployed_at(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[int], int]]:
    first: dict[str, int] = {}
    for before, after in _successes(repository):
        for commit in _carried(repository, before, after):
            first[commit] = min(after.completed_on, first.get(commit, after.completed_on))
    for request in repository.pull_requests.values():
        if request.state == "MERGED" and request.merge_commit in first:
            yield (request.id,), first[request.merge_commit]


def _failed_attempts(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str, int], bool]]:
    for each in _production(repository):
        yield (each.pipeline, each.started_on), each.result not in {"SUCCESSFUL", "STOPPED"}


def _rollbacks(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str], str]]:
    for _before, after in _rolled_back(repository):
        yield (after.pipeline,), "rollback"


def _rolled_back(repository: Repository) -> Iterator[tuple[Attempt, Attempt]]:
    """(what was taken back, what was deployed instead): it brings nothing that was not there."""
    for before, after in _successes(repository):
        if after.commit != before.commit and not _carried(repository, before, after):
            yield before, after


def _recovery_hours(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str], float]]:
    """Of what was taken back: from its end to the end of what took its place."""
    for before, after in _rolled_back(repository):
        yield (before.pipeline,), (after.completed_on - before.completed_on) / HOUR


def _repaired(_: World, repository: Repository, __: int) -> Iterator[tuple[tuple[str], bool]]:
    """The runs whose deployment broke something, as only the people of the company know."""
    for repair in repository.contents.chronicle.repairs:
        yield (repair.pipeline,), True


OF_DEPLOYMENTS = (
    Figure(
        "deployment frequency",
        "select repository_uuid, count(*) from metrics_dora_rows"
        " where metric = 'deployment_frequency' and was_counted group by repository_uuid",
        _releases,
    ),
    Figure(
        "change lead time: deployed_at",
        "select repository_uuid, pull_request_id, epoch_us(deployed_at) from fct_pull_requests"
        " where state = 'MERGED' and deployed_at is not null",
        _deployed_at,
    ),
    Figure(
        "failed attempts",
        "select repository_uuid, pipeline_uuid, epoch_us(started_at), status = 'FAILED' from fct_deployments"
        " where is_production and status in ('SUCCESSFUL', 'FAILED', 'STOPPED')",
        _failed_attempts,
    ),
    Figure(
        "rollback",
        "select repository_uuid, pipeline_uuid, 'rollback' from fct_deployments where is_production and is_rollback",
        _rollbacks,
    ),
    Figure(
        "failed deployment recovery time, of rollbacks",
        "select failures.repository_uuid, deployments.pipeline_uuid, failures.recovery_hours"
        " from fct_deployment_failures as failures join fct_deployments as deployments"
        " using (repository_uuid, deployment_uuid, started_at)"
        " where failures.is_production and failures.cause = 'rollback'",
        _recovery_hours,
    ),
    Figure(
        "change failure: the deployment blamed",
        "select distinct failures.repository_uuid, deployments.pipeline_uuid, true"
        " from fct_deployment_failures as failures join fct_deployments as deployments"
        " using (repository_uuid, deployment_uuid, started_at) where failures.is_production",
        _repaired,
        least=0.5,
        because="a proxy: what somebody mends without a rollback, a revert or a branch named hotfix is not seen",
    ),
)
