"""Environments and deployments."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.server.fields import Abbreviated
from bitbucket_emulator.server.render import git, people
from bitbucket_emulator.server.render.view import SITE, View
from bitbucket_emulator.world.model import Deployment, Environment, Repository
from bitbucket_emulator.world.model.identity import name_uuid

Json = dict[str, Any]


def environment(entry: Environment) -> Json:
    """An environment; its category repeats the type (recordings)."""
    rank = ("Test", "Staging", "Production").index(entry.type)
    return {
        "uuid": entry.uuid,
        "name": entry.name,
        "type": "deployment_environment",
        "slug": entry.slug,
        "category": {"name": entry.type},
        "restrictions": {"admin_only": entry.admin_only, "type": "deployment_restrictions_configuration"},
        "environment_lock_enabled": True,
        "lock": {"type": "deployment_environment_lock_open", "name": "OPEN"},
        "deployment_gate_enabled": False,
        "rank": entry.rank,
        "hidden": entry.hidden,
        "environment_type": {"name": entry.type, "type": "deployment_environment_type", "rank": rank},
    }


def deployment(view: View, repo: Repository, entry: Deployment) -> Json:
    """A deployment; of its environment only the uuid, unless `fields` names more (FACTS 6)."""
    stage = repo.environments.get(entry.environment)
    short = {"uuid": entry.environment}
    release = _release(view, repo, entry)
    shown: Json = {
        "uuid": entry.uuid,
        "type": "deployment",
        "environment": short if stage is None else Abbreviated(short, lambda: environment(stage)),
        "step": {"uuid": entry.step},
        "commit": git.short_commit(view, repo, entry.commit),
        "key": f"steps-{entry.step}",
        "state": _state(view, repo, entry),
        "version": entry.number,
        "deployable": {**release, "created_on": timestamps.java_style(entry.release_created_on)},
        "release": release,
    }
    # recorded rows that were never deployed have no last_update_time
    if entry.state != "UNDEPLOYED":
        shown["last_update_time"] = timestamps.java_style(entry.last_update_time)
    return shown


def _page(view: View, repo: Repository, entry: Deployment) -> str:
    number = entry.release_name.removeprefix("#")
    return f"{SITE}/{view.full_name(repo)}/addon/pipelines/home#!/results/{number}"


def _release(view: View, repo: Repository, entry: Deployment) -> Json:
    return {
        "type": "deployment_release",
        "uuid": name_uuid("release", entry.pipeline),
        "pipeline": {"uuid": entry.pipeline, "type": "pipeline"},
        "key": f"pipelines-{entry.pipeline}",
        "name": entry.release_name,
        "url": _page(view, repo, entry),
        "commit": git.short_commit(view, repo, entry.commit),
    }


def _state(view: View, repo: Repository, entry: Deployment) -> Json:
    shown: Json = {"type": f"deployment_state_{entry.state.lower()}", "name": entry.state}
    if entry.state == "UNDEPLOYED":
        return {**shown, "status": {}}
    if entry.status is not None:
        shown["status"] = {"name": entry.status, "type": f"deployment_state_completed_{entry.status.lower()}"}
    shown["url"] = f"{_page(view, repo, entry)}/steps/{quote(entry.step)}"
    deployer = people.user_by_uuid(view, entry.deployer)
    if deployer is not None:
        shown["deployer"] = deployer
    shown["started_on"] = timestamps.java_style(entry.started_on)
    if entry.completed_on is not None:
        shown["completed_on"] = timestamps.java_style(entry.completed_on)
    return shown
