"""Attempts: the starts of deployments and steps, kept because Bitbucket overwrites them (FACTS 5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bitbucket_source.tables import DEPLOYMENT_ATTEMPTS, PIPELINE_STEP_ATTEMPTS
from bitbucket_source.tables.rowtype import row_type

SUCCESSFUL = "SUCCESSFUL"


def deployment_attempts(deployments: Iterable[Any]) -> list[Any]:
    """The rows of deployment_attempts that deployments tell of; one that nobody has started tells of none."""
    row = row_type(DEPLOYMENT_ATTEMPTS)
    return [
        row(
            deployment_uuid=each.uuid,
            started_on=started_on(each),
            status=_name(each.state.status) or each.state.name or "",
            completed_on=each.state.completed_on,
            environment_uuid=_uuid(each.environment),
            step_uuid=_uuid(each.step),
            release_pipeline_uuid=_uuid(each.release.pipeline) if each.release is not None else None,
            release_name=each.release.name if each.release is not None else None,
            commit_hash=each.commit.hash if each.commit is not None else None,
            deployer_uuid=_uuid(each.state.deployer),
            version=each.version,
        )
        for each in deployments
        if started_on(each)
    ]


def started_on(deployment: Any) -> str:
    """When the newest attempt of a deployment started; '' where nobody has started it."""
    return (deployment.state.started_on or "") if deployment.state is not None else ""


def step_attempts(steps: Iterable[Any]) -> list[Any]:
    """The rows of pipeline_step_attempts that steps tell of; one that has not started tells of none."""
    row = row_type(PIPELINE_STEP_ATTEMPTS)
    return [
        row(
            step_uuid=each.uuid,
            started_on=each.started_on,
            status=(_name(each.state.result) or each.state.name or "") if each.state is not None else "",
            completed_on=each.completed_on,
            run_number=each.run_number,
            trigger_type=each.trigger.type if each.trigger is not None else None,
            build_seconds_used=each.build_seconds_used,
            duration_in_seconds=each.duration_in_seconds,
        )
        for each in steps
        if each.started_on
    ]


def _name(named: Any) -> str | None:
    return named.name if named is not None else None


def _uuid(identified: Any) -> str | None:
    return identified.uuid if identified is not None else None
