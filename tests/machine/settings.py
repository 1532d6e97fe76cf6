"""What admins set and machines report: tables that are synced on demand. One sync sees all of it."""

from __future__ import annotations

from tests.machine.chance import Chance, Choose, Deed


def ask_somebody_by_default(chance: Chance) -> Deed:
    return "add_default_reviewer", {"repository": chance.repository().uuid, "user": chance.user()}


def ask_somebody_by_default_no_longer(chance: Chance) -> Deed:
    repository = chance.repository()
    reviewer = chance.one(each.user for each in repository.default_reviewers)
    return "remove_default_reviewer", {"repository": repository.uuid, "user": reviewer}


def protect_a_branch(chance: Chance) -> Deed:
    return "add_branch_restriction", {
        "repository": chance.repository().uuid,
        "kind": chance.one(("push", "force", "delete")),
        "users": [chance.user()],
    }


def protect_a_branch_no_longer(chance: Chance) -> Deed:
    repository = chance.repository()
    return "remove_branch_restriction", {
        "repository": repository.uuid, "restriction": chance.one(repository.branch_restrictions)
    }  # fmt: skip


def grant(chance: Chance) -> Deed:
    whom = chance.one(({"user": chance.user()}, {"group": chance.one(each.slug for each in chance.world.groups)}))
    permission = chance.one(("read", "write", "admin"))
    return "grant_permission", {"repository": chance.repository().uuid, "permission": permission, **whom}


def revoke(chance: Chance) -> Deed:
    repository = chance.repository()
    given = chance.one(repository.permissions)
    whom = {"group": given.group} if given.user is None else {"user": given.user}
    return "revoke_permission", {"repository": repository.uuid, **whom}


def make_a_webhook(chance: Chance) -> Deed:
    url = f"https://example.org/{chance.name('hook')}"
    return "add_webhook", {"repository": chance.repository().uuid, "url": url}


def change_a_webhook(chance: Chance) -> Deed:
    repository = chance.repository()
    return "edit_webhook", {
        "repository": repository.uuid,
        "webhook": chance.one(repository.webhooks),
        "active": chance.one((True, False)),
    }


def delete_a_webhook(chance: Chance) -> Deed:
    repository = chance.repository()
    return "remove_webhook", {"repository": repository.uuid, "webhook": chance.one(repository.webhooks)}


def make_a_schedule(chance: Chance) -> Deed:
    repository = chance.repository()
    return "add_schedule", {"repository": repository.uuid, "branch": chance.one(repository.branches)}


def switch_a_schedule(chance: Chance) -> Deed:
    repository = chance.repository()
    return "enable_schedule", {
        "repository": repository.uuid,
        "schedule": chance.one(repository.schedules),
        "enabled": chance.one((True, False)),
    }


def delete_a_schedule(chance: Chance) -> Deed:
    repository = chance.repository()
    return "remove_schedule", {"repository": repository.uuid, "schedule": chance.one(repository.schedules)}


def offer_a_file(chance: Chance) -> Deed:
    name = f"{chance.one('ab')}.zip"
    return "add_download", {"repository": chance.repository().uuid, "name": name, "user": chance.user()}


def withdraw_a_file(chance: Chance) -> Deed:
    repository = chance.repository()
    return "remove_download", {"repository": repository.uuid, "name": chance.one(repository.downloads)}


def report_a_build(chance: Chance) -> Deed:
    repository = chance.repository()
    return "status", {
        "repository": repository.uuid,
        "commit": chance.one(repository.branches.values()),
        "state": chance.one(("INPROGRESS", "SUCCESSFUL", "FAILED", "STOPPED")),
        "key": chance.one(("build", "lint")),
    }


def report_findings(chance: Chance) -> Deed:
    repository = chance.repository()
    return "add_report", {
        "repository": repository.uuid,
        "commit": chance.one(repository.branches.values()),
        "external_id": chance.one(("scan", "coverage")),
        "findings": chance.one((0, 1, 3)),
    }


def delete_a_report(chance: Chance) -> Deed:
    repository = chance.repository()
    heads = set(repository.branches.values())
    found = [(commit, each) for commit in sorted(heads) for each in repository.reports.get(commit, {}).values()]
    commit, report = chance.one(found)
    return "remove_report", {"repository": repository.uuid, "commit": commit, "external_id": report.external_id}


SETTINGS: tuple[Choose, ...] = (
    ask_somebody_by_default, ask_somebody_by_default_no_longer, protect_a_branch, protect_a_branch_no_longer, grant,
    revoke, make_a_webhook, change_a_webhook, delete_a_webhook, make_a_schedule, switch_a_schedule, delete_a_schedule,
    offer_a_file, withdraw_a_file, report_a_build, report_findings, delete_a_report,
)  # fmt: skip
