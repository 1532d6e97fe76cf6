"""What admins and integrations set on a repository, and take away again."""

# ruff: noqa: ARG001 - actions share one signature

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.model import (
    Annotation,
    BranchRestriction,
    DefaultReviewer,
    Download,
    Report,
    RepositoryPermission,
    Schedule,
    Variable,
    Webhook,
    name_uuid,
)

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Hash, Time
    from bitbucket_emulator.world.model import Repository, User, World

_Key = TypeVar("_Key", int, str)
_Row = TypeVar("_Row")

PERMISSIONS = ("read", "write", "admin")


@action
def add_default_reviewer(world: World, repository: Repository, user: User, *, at: Time) -> DefaultReviewer:
    """Ask somebody to review every pull request opened from now on."""
    if any(each.user == user.uuid for each in repository.default_reviewers):
        raise ActionError(f"add_default_reviewer: {user.nickname} is one")
    made = DefaultReviewer(user.uuid)
    repository.default_reviewers.append(made)
    return made


@action
def remove_default_reviewer(world: World, repository: Repository, user: User, *, at: Time) -> DefaultReviewer:
    """No longer ask somebody by default."""
    found = next((each for each in repository.default_reviewers if each.user == user.uuid), None)
    if found is None:
        raise ActionError(f"remove_default_reviewer: {user.nickname} is none")
    repository.default_reviewers.remove(found)
    return found


@action
def add_branch_restriction(
    world: World,
    repository: Repository,
    kind: str,
    pattern: str = "*",
    value: int | None = None,
    users: list[User] | None = None,
    *,
    at: Time,
) -> BranchRestriction:
    """Set a rule for branches (`kind` push, force, require_approvals_to_merge ...), with exceptions for `users`."""
    number = repository.serial * 1_000_000 + at % 1_000_000
    while number in repository.branch_restrictions:
        number += 1
    exempt = tuple(each.uuid for each in users or ())
    made = BranchRestriction(number, kind, pattern=pattern, value=value, users=exempt)
    repository.branch_restrictions[number] = made
    return made


@action
def remove_branch_restriction(world: World, repository: Repository, restriction: int, *, at: Time) -> BranchRestriction:
    """Lift the rule of this id."""
    return _taken(repository.branch_restrictions, restriction, "remove_branch_restriction")


@action
def grant_permission(
    world: World,
    repository: Repository,
    permission: str,
    user: User | None = None,
    group: str | None = None,
    *,
    at: Time,
) -> RepositoryPermission:
    """Give a user or a group (its slug) read, write or admin, in place of what was given before."""
    if permission not in PERMISSIONS:
        raise ActionError(f"grant_permission: {permission!r} is none of {', '.join(PERMISSIONS)}")
    found = _permission(repository, user, group, "grant_permission")
    if found is None:
        found = RepositoryPermission(permission, user.uuid if user else None, group)
        repository.permissions.append(found)
    found.permission = permission
    return found


@action
def revoke_permission(
    world: World, repository: Repository, user: User | None = None, group: str | None = None, *, at: Time
) -> RepositoryPermission:
    """Take away what was given to a user or a group."""
    found = _permission(repository, user, group, "revoke_permission")
    if found is None:
        raise ActionError(f"revoke_permission: {user.nickname if user else group} has none")
    repository.permissions.remove(found)
    return found


@action
def add_webhook(
    world: World,
    repository: Repository,
    url: str,
    description: str = "",
    events: list[str] | None = None,
    *,
    at: Time,
) -> Webhook:
    """Subscribe a URL to events (default: repo:push)."""
    uuid = name_uuid(repository.uuid, "webhook", url, at)
    made = Webhook(uuid, url, description, tuple(events or ("repo:push",)), at)
    repository.webhooks[uuid] = made
    return made


@action
def edit_webhook(
    world: World,
    repository: Repository,
    webhook: str,
    active: bool = True,
    events: list[str] | None = None,
    *,
    at: Time,
) -> Webhook:
    """Switch the subscription of this uuid on or off, and change its `events` where they are given."""
    found = repository.webhooks.get(webhook)
    if found is None:
        raise ActionError(f"edit_webhook: there is no {webhook}")
    found.active = active
    found.events = found.events if events is None else tuple(events)
    return found


@action
def remove_webhook(world: World, repository: Repository, webhook: str, *, at: Time) -> Webhook:
    """End the subscription of this uuid."""
    return _taken(repository.webhooks, webhook, "remove_webhook")


@action
def add_schedule(
    world: World,
    repository: Repository,
    branch: str,
    cron_pattern: str = "0 0 3 ? * MON *",
    custom: str | None = None,
    *,
    at: Time,
) -> Schedule:
    """Run a branch's pipeline, or a `custom` one, by the clock; `cron_pattern` has the seven fields of quartz."""
    uuid = name_uuid(repository.uuid, "schedule", branch, cron_pattern, at)
    kind = "branches" if custom is None else "custom"
    made = Schedule(uuid, cron_pattern, branch, kind, custom or branch, at, at)
    repository.schedules[uuid] = made
    return made


@action
def enable_schedule(world: World, repository: Repository, schedule: str, enabled: bool = True, *, at: Time) -> Schedule:
    """Switch the schedule of this uuid on or off."""
    found = repository.schedules.get(schedule)
    if found is None:
        raise ActionError(f"enable_schedule: no {schedule}")
    found.enabled, found.updated_on = enabled, at
    return found


@action
def remove_schedule(world: World, repository: Repository, schedule: str, *, at: Time) -> Schedule:
    """Delete the schedule of this uuid."""
    return _taken(repository.schedules, schedule, "remove_schedule")


@action
def add_report(
    world: World,
    repository: Repository,
    commit: Hash,
    external_id: str = "scan",
    result: str = "PASSED",
    findings: int = 0,
    *,
    at: Time,
) -> Report:
    """Report on a commit, with so many annotations; the same `external_id` again overwrites the report."""
    kept = repository.reports.setdefault(commit, {})
    uuid = name_uuid(repository.uuid, "report", commit, external_id)
    created = kept[uuid].created_on if uuid in kept else at
    annotations = [
        Annotation(
            name_uuid(uuid, number), f"finding-{number}", "VULNERABILITY", "requirements.txt", 10 + number,
            "Outdated package", "LOW", at, at,
        )
        for number in range(findings)
    ]  # fmt: skip
    kept[uuid] = Report(
        uuid, commit, external_id, "Dependency scan", "Known weaknesses in packages", "scanner", "SECURITY", result,
        created, at, (("Findings", "NUMBER", findings),), annotations,
    )  # fmt: skip
    return kept[uuid]


@action
def remove_report(world: World, repository: Repository, commit: Hash, external_id: str = "scan", *, at: Time) -> Report:
    """Delete a report of a commit."""
    kept = repository.reports.get(commit, {})
    found = {each.external_id: each.uuid for each in kept.values()}
    if external_id not in found:
        raise ActionError(f"remove_report: there is no {external_id}")
    return kept.pop(found[external_id])


@action
def add_download(
    world: World, repository: Repository, name: str, user: User, size: int = 1_000, *, at: Time
) -> Download:
    """Offer a file of `size` bytes; the same name again replaces it."""
    made = Download(name, size, 0, user.uuid, at)
    repository.downloads[name] = made
    return made


@action
def remove_download(world: World, repository: Repository, name: str, *, at: Time) -> Download:
    """Take a file away."""
    return _taken(repository.downloads, name, "remove_download")


@action
def set_variable(
    world: World, repository: Repository, key: str, value: str, secured: bool = False, *, at: Time
) -> Variable:
    """Set a variable of a repository's pipelines, or change it."""
    uuid = name_uuid(repository.uuid, "variable", key)
    repository.variables[uuid] = Variable(uuid, key, value, secured)
    return repository.variables[uuid]


def _taken(rows: dict[_Key, _Row], key: _Key, what: str) -> _Row:
    if key not in rows:
        raise ActionError(f"{what}: there is no {key}")
    return rows.pop(key)


def _permission(repository: Repository, user: User | None, group: str | None, what: str) -> RepositoryPermission | None:
    if (user is None) is (group is None):
        raise ActionError(f"{what}: it takes a user or a group")
    wanted = (user.uuid if user else None, group)
    return next((each for each in repository.permissions if (each.user, each.group) == wanted), None)
