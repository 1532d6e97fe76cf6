"""What admins have set on a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.model import (
    DAY,
    Annotation,
    BranchRestriction,
    Comment,
    DefaultReviewer,
    Download,
    Report,
    RepositoryPermission,
    Runner,
    Schedule,
    Variable,
    Webhook,
    name_uuid,
)

if TYPE_CHECKING:
    from bitbucket_emulator.world.generate.desk import Desk
    from bitbucket_emulator.world.generate.people import Company
    from bitbucket_emulator.world.model import World

_FIRST_REMARK = 100_000_000  # below all comments on pull requests
_EVENTS = ("repo:push", "pullrequest:created", "pullrequest:fulfilled")


def configure_company(world: World, company: Company) -> None:
    """What holds for all repositories: permissions and default reviewers of projects, variables, a runner."""
    owner, reviewer = company.people[0].user.uuid, company.people[-1].user.uuid
    for project in world.projects.values():
        project.permissions += [RepositoryPermission("write", group="developers"), RepositoryPermission("admin", owner)]
        if project.key == "PLAT":
            project.default_reviewers.append(reviewer)
    founded = world.workspace.created_on
    _add_variables(world.variables, world.workspace.uuid, ("REGION", "eu-west-1", False), ("TOKEN", "", True))
    uuid = name_uuid(world.workspace.uuid, "runner")
    labels = ("self.hosted", "linux")
    world.runners[uuid] = Runner(uuid, "Basement", labels, "ONLINE", founded + DAY, founded + DAY)


def configure(desk: Desk) -> None:
    """Restrictions, default reviewers, permissions, a webhook, and a schedule where the plan has nightly runs."""
    repository, plan, created = desk.repository, desk.plan, desk.plan.created_on
    team = [person.user.uuid for person in desk.team]
    rules = (("push", None, tuple(team[:1])), ("force", None, ()), ("require_approvals_to_merge", 1, ()))
    for number, (kind, value, users) in enumerate(rules if plan.last_push else ()):
        rule = 1_000 * repository.serial + number + 1
        repository.branch_restrictions[rule] = BranchRestriction(
            rule, kind, pattern=plan.mainbranch, value=value, users=users
        )
    repository.default_reviewers.extend(DefaultReviewer(user) for user in team[:2] if plan.pull_requests > 50)
    repository.permissions.append(RepositoryPermission("write", group="developers"))
    repository.permissions.extend(RepositoryPermission("admin", user=user) for user in team[:1])
    if plan.pipelines and plan.pull_requests:
        uuid = name_uuid(repository.uuid, "webhook")
        url = f"https://hooks.acme.example/{plan.slug}"
        repository.webhooks[uuid] = Webhook(
            uuid, url, "Chat", _EVENTS, created + DAY, secret_set=plan.pull_requests > 50
        )
    if plan.pipelines:
        _add_variables(repository.variables, repository.uuid, ("LOG_LEVEL", "info", False), ("API_KEY", "", True))
    if plan.nightly:
        uuid = name_uuid(repository.uuid, "schedule")
        repository.schedules[uuid] = Schedule(
            uuid, "0 0 3 ? * MON *", plan.mainbranch, "custom", "nightly", created + DAY, created + DAY
        )


def _add_variables(variables: dict[str, Variable], owner: str, *settings: tuple[str, str, bool]) -> None:
    for key, value, secured in settings:
        uuid = name_uuid(owner, "variable", key)
        variables[uuid] = Variable(uuid, key, value, secured)


def publish_results(desk: Desk) -> None:
    """After the play: reports and remarks on the newest merges, and a file to download where there are releases."""
    repository, plan = desk.repository, desk.plan
    merged = [each for each in repository.pull_requests.values() if each.merge_commit and each.closed_on]
    for each in merged[-5:] if plan.pull_requests > 30 else []:
        commit, time = each.merge_commit or "", each.closed_on or 0
        uuid = name_uuid(repository.uuid, "report", commit)
        findings = [
            Annotation(
                name_uuid(uuid, number), f"finding-{number}", "VULNERABILITY", desk.files.lock_files[0], 10 + number,
                "Outdated package", "LOW", time, time,
            )
            for number in range(each.id % 3)
        ]  # fmt: skip
        result = "FAILED" if findings else "PASSED"
        repository.reports[commit] = {
            uuid: Report(
                uuid, commit, "scan", "Dependency scan", "Known weaknesses in packages", "scanner", "SECURITY", result,
                time, time, (("Findings", "NUMBER", len(findings)),), findings,
            )
        }  # fmt: skip
    for each in merged[-3:]:
        commit, time = each.merge_commit or "", each.closed_on or 0
        made = Comment(_FIRST_REMARK + each.id, each.author, "Watch the dashboards.", time, time)
        repository.commit_comments[commit] = {made.id: made}
    for name, tag in repository.tags.items():
        if tag.date is not None and len(repository.downloads) < 3:
            file = f"{plan.slug}-{name}.zip"
            author = desk.team[0].user.uuid
            repository.downloads[file] = Download(file, 40_000 + len(name) * 977, 3, author, tag.date + DAY // 24)
