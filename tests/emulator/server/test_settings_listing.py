"""Reviewers, restrictions, hooks, permissions, downloads and code insights, in the generated company."""

from __future__ import annotations

from collections.abc import Callable, Sized

import pytest

from bitbucket_emulator.world.model import Repository

from ..client import Client

ADMIN = ("admin@example.org", "emulator-api-token")


def home_with(company: Client, read: Callable[[Repository], Sized]) -> Repository:
    return next(each for each in company.emulator.world.repositories.values() if read(each))


@pytest.mark.parametrize(
    ("path", "read", "kind"),
    [
        ("default-reviewers", lambda home: home.default_reviewers, "user"),
        ("branch-restrictions", lambda home: home.branch_restrictions, "branchrestriction"),
        ("hooks", lambda home: home.webhooks, "webhook_subscription"),
        (
            "permissions-config/users",
            lambda home: [p for p in home.permissions if p.user],
            "repository_user_permission",
        ),
        (
            "permissions-config/groups",
            lambda home: [p for p in home.permissions if p.group],
            "repository_group_permission",
        ),
        ("downloads", lambda home: home.downloads, "download"),
    ],
)
def test_every_row_is_listed(company: Client, path: str, read: Callable[[Repository], Sized], kind: str) -> None:
    home = home_with(company, read)
    rows = company.json(f"/repositories/acme/{home.slug}/{path}", auth=ADMIN)["values"]
    assert [row["type"] for row in rows] == [kind] * len(read(home))


def test_reviewers_of_the_project_are_in_effect_too(company: Client) -> None:
    world = company.emulator.world
    home = home_with(company, lambda each: world.projects[each.project or ""].default_reviewers)
    inherited = company.json("/workspaces/acme/projects/PLAT/default-reviewers", auth=ADMIN)["values"]
    assert [row["reviewer_type"] for row in inherited] == ["project"]
    rows = company.json(f"/repositories/acme/{home.slug}/effective-default-reviewers", auth=ADMIN)["values"]
    assert rows[-1:] == inherited
    assert [row["reviewer_type"] for row in rows[:-1]] == ["repository"] * len(home.default_reviewers)


def test_single_objects(company: Client) -> None:
    home = home_with(company, lambda each: each.branch_restrictions)
    base = f"/repositories/acme/{home.slug}"
    for path, name in (("branch-restrictions", "id"), ("hooks", "uuid"), ("default-reviewers", "uuid")):
        for row in company.json(f"{base}/{path}", auth=ADMIN)["values"]:
            assert company.json(f"{base}/{path}/{row[name]}", auth=ADMIN) == row
        assert company.error(f"{base}/{path}/0", auth=ADMIN)[0] == 404


def test_restrictions_can_be_filtered(company: Client) -> None:
    home = home_with(company, lambda each: each.branch_restrictions)
    kind = next(iter(home.branch_restrictions.values())).kind
    base = f"/repositories/acme/{home.slug}/branch-restrictions"
    rows = company.json(f"{base}?kind={kind}", auth=ADMIN)["values"]
    assert {row["kind"] for row in rows} == {kind}
    assert company.json(f"{base}?pattern=nothing", auth=ADMIN)["values"] == []


def test_settings_need_the_admin_scope(company: Client) -> None:
    home = home_with(company, lambda each: each.branch_restrictions)
    status, body = company.error(f"/repositories/acme/{home.slug}/branch-restrictions")
    assert (status, body["error"]["detail"]["required"]) == (403, ["repository:admin"])


def test_effective_permissions_count_groups(company: Client) -> None:
    home = home_with(company, lambda each: [p for p in each.permissions if p.group])
    given = next(each for each in home.permissions if each.group)
    group = next(each for each in company.emulator.world.groups if each.slug == given.group)
    rows = company.values(f"/workspaces/acme/permissions/repositories/{home.slug}?pagelen=100", "user.uuid")
    assert set(group.members) & set(rows)
    everywhere = company.values("/workspaces/acme/permissions/repositories?pagelen=100", "repository.uuid")
    assert everywhere.count(home.uuid) == len(rows)
    own = company.json("/user/workspaces/acme/permissions/repositories", auth=ADMIN)["values"]
    assert {row["user"]["uuid"] for row in own} <= {company.emulator.world.credentials["admin"].user}


def test_code_insights(company: Client) -> None:
    home = home_with(company, lambda each: each.reports)
    commit_hash, reports = next(iter(home.reports.items()))
    base = f"/repositories/acme/{home.slug}/commit/{commit_hash}/reports"
    rows = company.json(base)["values"]
    assert [row["uuid"] for row in rows] == list(reports)
    for row in rows:
        assert company.json(f"{base}/{row['uuid']}") == row
        assert company.json(f"{base}/{row['external_id']}") == row
        annotations = company.json(f"{base}/{row['uuid']}/annotations?pagelen=100")["values"]
        assert len(annotations) == len(reports[row["uuid"]].annotations)
        for each in annotations[:1]:
            assert company.json(f"{base}/{row['uuid']}/annotations/{each['external_id']}") == each
    assert company.error(f"{base}/nothing")[0] == 404


@pytest.mark.parametrize("path", ["watchers", "deploy-keys"])
def test_lists_of_which_there_is_nothing(company: Client, path: str) -> None:
    oauth = company.emulator.world.credentials["oauth"]
    assert oauth.scopes >= {"repository", "repository:admin"}
    assert company.json(f"/repositories/acme/platform/{path}", auth=ADMIN)["values"] == []


def test_branching_models(company: Client) -> None:
    model = company.json("/repositories/acme/platform/branching-model")
    assert [each["kind"] for each in model["branch_types"]] == ["bugfix", "feature", "hotfix", "release"]
    effective = company.json("/repositories/acme/platform/effective-branching-model")
    assert effective == {**model, "type": "effective_repo_branching_model"}


def test_forks(company: Client) -> None:
    fork = next(each for each in company.emulator.world.repositories.values() if each.parent)
    parent = company.emulator.world.repositories[fork.parent or ""]
    assert company.values(f"/repositories/acme/{parent.slug}/forks", "uuid") == [fork.uuid]
    assert company.json(f"/repositories/acme/{fork.slug}?fields=parent.uuid") == {"parent": {"uuid": parent.uuid}}
