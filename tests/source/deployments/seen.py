"""What arrived of deployments, and what the emulated world says of them."""

from __future__ import annotations

from datetime import UTC, datetime

from bitbucket_emulator.world import World, graph
from bitbucket_emulator.world.model import SECOND, Pipeline
from tests.source.conftest import Warehouse
from tests.source.shop import deployment, repository
from tests.truth.syncing import kept_open

_TABLES = ("environments", "deployments", "deployment_attempts", "deployment_commits", "pipeline_step_attempts")


def at(micros: int | None) -> datetime | None:
    return (
        None if micros is None else datetime.fromtimestamp(micros // SECOND, UTC).replace(microsecond=micros % SECOND)
    )


def attempts(warehouse: Warehouse, run: Pipeline) -> list[tuple[object, ...]]:
    return warehouse.rows(
        "select started_on, status, completed_on from deployment_attempts "
        f"where release_pipeline_uuid = '{run.uuid}' order by 1, 2"
    )


def step_attempts(warehouse: Warehouse, run: Pipeline) -> list[tuple[object, ...]]:
    return warehouse.rows(
        "select s.name, a.status, a.run_number, a.started_on from pipeline_step_attempts a "
        f"join pipeline_steps s on s.uuid = a.step_uuid where a.pipeline_uuid = '{run.uuid}' order by 4, 2"
    )


def row(warehouse: Warehouse, run: Pipeline) -> list[tuple[object, ...]]:
    return warehouse.rows(
        "select state_name, state_status_name, state_started_on, state_completed_on from deployments "
        f"where release_pipeline_uuid = '{run.uuid}' and deleted_at is null"
    )


def carried(warehouse: Warehouse, run: Pipeline, started_on: int | None = None) -> list[tuple[object, ...]]:
    """The commits of a run's attempts that are still said to be carried, with the deployment before."""
    when = f"and c.started_on = '{at(started_on)}'" if started_on is not None else ""
    return sorted(
        warehouse.rows(
            "select c.hash, c.previous_deployment_uuid from deployment_commits c "
            "join deployments d on d.uuid = c.deployment_uuid "
            f"where d.release_pipeline_uuid = '{run.uuid}' and c.deleted_at is null {when}"
        )
    )


def between(world: World, run: Pipeline, before: Pipeline) -> list[tuple[object, ...]]:
    """What a run carries behind another, by the emulator's own log."""
    home = repository(world)
    new = {commit.hash for commit in graph.log(home, [run.target.commit])}
    old = {commit.hash for commit in graph.log(home, [before.target.commit])}
    return sorted((sha, deployment(world, before).uuid) for sha in new - old)


def contents(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    with kept_open(warehouse.path):
        return {
            table: warehouse.rows(f"select * exclude (synced_at, _dlt_load_id) from {table} order by all")
            for table in _TABLES
        }
