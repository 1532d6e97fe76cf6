"""Syncing with several credentials: what one does not see another may, and nothing is lost when one goes away."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from bitbucket_emulator import Fault
from bitbucket_emulator.world.model import Credential
from bitbucket_source.api.credentials import AccessToken
from bitbucket_source.freshness import freshness_of
from bitbucket_source.planning.planner import make_plan
from bitbucket_source.source import selected_tables
from bitbucket_source.verification.verify import verify
from tests.source.conftest import Warehouse

SCOPES = frozenset({"account", "project", "repository", "pullrequest", "pipeline"})
TABLES = ["repositories", "branches", "commits", "projects"]


@pytest.fixture
def slugs(warehouse: Warehouse) -> list[str]:
    """The repositories; the token `first` sees the first two of them, `second` the last two."""
    world = warehouse.bitbucket.world
    repositories = sorted(world.repositories.values(), key=lambda each: each.uuid)
    bot = world.credentials["workspace"].user
    for name, seen in (("first", repositories[:2]), ("second", repositories[1:])):
        uuids = frozenset(each.uuid for each in seen)
        world.credentials[name] = Credential(name, "bearer", SCOPES, bot, f"{name}-token", repositories=uuids)
    return [each.slug for each in repositories]


COMMITS = "select repository_uuid, hash from commits where deleted_at is null"


def seen_by_one_who_sees_all(warehouse: Warehouse, query: str) -> list[tuple[Any, ...]]:
    """What the query answers after a first sync with the workspace's token."""
    directory = warehouse.directory / "whole"
    directory.mkdir()
    whole = Warehouse(warehouse.bitbucket, directory)
    whole.sync(TABLES, credentials={"access_token": "emulator-workspace-token"})
    return sorted(whole.rows(query))


def tokens(*names: str) -> list[dict[str, str]]:
    return [{"access_token": f"{name}-token"} for name in names]


def alive(warehouse: Warehouse, table: str = "repositories", column: str = "slug") -> set[Any]:
    return {value for (value,) in warehouse.rows(f"select {column} from {table} where deleted_at is null")}


def askers(warehouse: Warehouse) -> Counter[str | None]:
    return Counter(entry.credential for entry in warehouse.bitbucket.requests)


def test_what_each_of_them_sees_is_united(warehouse: Warehouse, slugs: list[str]) -> None:
    result = warehouse.sync(TABLES, credentials=tokens("first", "second"))
    assert (result.exit_code, result.notices) == (0, [])
    assert alive(warehouse) == set(slugs)
    assert warehouse.rows("select count(*) from (select uuid from repositories group by uuid having count(*) > 1)") == [
        (0,)
    ]
    assert set(askers(warehouse)) == {"first", "second"}
    assert 403 not in {entry.status for entry in warehouse.bitbucket.requests}
    assert 404 not in {entry.status for entry in warehouse.bitbucket.requests}
    assert sorted(warehouse.rows(COMMITS)) == seen_by_one_who_sees_all(warehouse, COMMITS)


def test_what_the_lists_cost(warehouse: Warehouse, slugs: list[str]) -> None:
    """One list of repositories and of projects more for each more of them; everything else once."""
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    both = warehouse.requests.copy()
    warehouse.sync(TABLES, credentials={"access_token": "emulator-workspace-token"})
    warehouse.sync(TABLES, credentials={"access_token": "emulator-workspace-token"})
    assert both - warehouse.requests == {"acme": 1, "projects": 1}
    assert len(slugs) == 3


def test_nothing_is_deleted_because_one_sees_less(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    result = warehouse.sync(TABLES, credentials=tokens("second"))
    assert result.exit_code == 0
    assert alive(warehouse) == set(slugs)
    result = warehouse.sync(TABLES, credentials=tokens("first"))
    assert alive(warehouse) == set(slugs)


def test_nothing_is_deleted_because_an_upgrade_changed_a_declaration(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    projects = alive(warehouse, "projects", "uuid")
    warehouse.rows("update sync_cursors set declaration = 'of an older version' returning 1")
    warehouse.bitbucket.add_fault(Fault(kind="empty_list", path="/workspaces/acme/projects$"))
    for _ in range(2):
        warehouse.sync(TABLES, credentials=tokens("second"))
    assert alive(warehouse) == set(slugs)
    assert alive(warehouse, "projects", "uuid") == projects != set()
    visible = {each.name: each.visible for each in freshness_of(warehouse.pipeline(), "acme").repositories}
    assert visible[f"acme/{slugs[0]}"] is False


def test_what_is_deleted_is_gone_when_all_that_saw_it_have_looked(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    warehouse.bitbucket.act("delete_repository", repository=slugs[1])
    warehouse.sync(TABLES, credentials=tokens("first"))
    assert alive(warehouse) == set(slugs), "the second may still see it"
    warehouse.sync(TABLES, credentials=tokens("second"))
    assert alive(warehouse) == {slugs[0], slugs[2]}


@pytest.mark.usefixtures("slugs")
def test_what_a_token_saw_that_was_replaced_counts_no_more_once_that_is_said(warehouse: Warehouse) -> None:
    credentials = warehouse.bitbucket.world.credentials
    warehouse.sync(TABLES, credentials=tokens("first"))
    seen = alive(warehouse)
    old = credentials.pop("first")
    credentials["new"] = Credential("new", "bearer", SCOPES, old.user, "new-token", repositories=old.repositories)
    deleted, hidden = sorted(seen)
    warehouse.bitbucket.act("delete_repository", repository=deleted)
    warehouse.sync(TABLES, credentials=tokens("new"))
    assert alive(warehouse) == seen, "for all it knows the old one may still see it"

    warehouse.sync(TABLES, credentials=tokens("new"), replaces_credentials=True)
    assert alive(warehouse) == {hidden}

    warehouse.bitbucket.act("hide_repository", repository=hidden, credential="new")
    for _ in range(2):
        # an empty list is believed when it is seen twice
        warehouse.sync(TABLES, credentials=tokens("new"))
    assert alive(warehouse) == set(), "the old one is no witness any more"


def test_a_deleted_one_is_gone_at_once_when_all_look(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    warehouse.bitbucket.act("delete_repository", repository=slugs[1])
    warehouse.sync(TABLES, credentials=tokens("second", "first"))
    assert alive(warehouse) == {slugs[0], slugs[2]}


def test_a_repository_that_one_no_longer_sees_goes_on_with_the_other(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    world = warehouse.bitbucket.world
    first = world.credentials["first"]
    first.repositories = frozenset(list(first.repositories or ())[:0])
    author = next(iter(world.users))
    pushed = warehouse.bitbucket.act("push", repository=slugs[1], branch="main", author=author, commits=2)
    result = warehouse.sync(TABLES, credentials=tokens("first", "second"))
    assert result.exit_code == 0
    assert pushed.hash in alive(warehouse, "commits", "hash")
    warehouse.bitbucket.act("delete_repository", repository=slugs[1])
    warehouse.sync(TABLES, credentials=tokens("second"))
    assert slugs[1] not in alive(warehouse), "the first no longer counts: it looked, and did not see it"


def test_one_that_is_revoked_before_the_sync_is_told_and_the_rest_goes_on(
    warehouse: Warehouse, slugs: list[str]
) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    before = alive(warehouse, "commits", "hash")
    gone = warehouse.bitbucket.world.credentials.pop("first")
    result = warehouse.sync(TABLES, credentials=tokens("first", "second"))
    assert result.exit_code == 1
    (trouble,) = result.troubles
    assert trouble.item == f"credentials {AccessToken('first-token').identity}"
    assert trouble.message.startswith("access token from an argument, no. 1: 401 on ")
    assert alive(warehouse) == set(slugs)
    assert alive(warehouse, "commits", "hash") == before

    warehouse.bitbucket.world.credentials["first"] = gone
    result = warehouse.sync(TABLES, credentials=tokens("first", "second"))
    assert result.exit_code == 0
    assert warehouse.rows("select count(*) from sync_errors where resolved_at is null") == [(0,)]


def test_one_that_is_revoked_half_way_loses_nothing(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    before = {
        table: alive(warehouse, table, column) for table, column in (("repositories", "uuid"), ("commits", "hash"))
    }
    world = warehouse.bitbucket.world
    author = next(iter(world.users))
    for slug in slugs:
        warehouse.bitbucket.act("push", repository=slug, branch="main", author=author, commits=1)
    # what only the first sees
    uuid = next(each.uuid for each in world.repositories.values() if each.slug == slugs[0])
    fault = warehouse.bitbucket.add_fault(
        Fault(kind="status", status=401, path=rf"/repositories/acme/.*{uuid[1:-1]}.*")
    )
    result = warehouse.sync(TABLES, credentials=tokens("first", "second"))
    # the refused one, and those under way when it came back
    assert 2 <= fault.struck <= 4
    assert result.exit_code == 1
    assert any(each.item.startswith("credentials token:") for each in result.troubles)
    assert {each.repository for each in result.troubles} == {"acme", f"acme/{slugs[0]}"}
    assert before["repositories"] <= alive(warehouse, "repositories", "uuid")
    assert before["commits"] <= alive(warehouse, "commits", "hash")

    warehouse.bitbucket.clear_faults()
    result = warehouse.sync(TABLES, credentials=tokens("first", "second"))
    assert result.exit_code == 0
    assert sorted(warehouse.rows(COMMITS)) == seen_by_one_who_sees_all(warehouse, COMMITS)


def test_a_list_that_one_cannot_read_now_deletes_nothing(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    # the first asks first
    warehouse.bitbucket.add_fault(Fault(kind="status", status=403, path="/repositories/acme", times=1))
    result = warehouse.sync(TABLES, credentials=tokens("first", "second"))
    assert result.exit_code == 0
    (notice,) = result.notices
    assert notice.startswith("repositories: not shown to the access token from an argument, no. 1: 403 on ")
    assert alive(warehouse) == set(slugs)


def test_a_scope_that_one_of_them_has_suffices(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.bitbucket.world.credentials["first"].scopes = frozenset({"repository"})
    result = warehouse.sync(["repositories", "pull_requests"], credentials=tokens("first", "second"))
    assert (result.exit_code, len(result.notices)) == (1, 0)
    unread = {each.repository for each in result.troubles}
    assert unread == {f"acme/{slugs[0]}"}, "which only the first sees"
    pull_requests = {
        (entry.credential, entry.status) for entry in warehouse.bitbucket.requests if "pullrequests" in entry.path
    }
    assert ("second", 200) in pull_requests


@pytest.mark.usefixtures("slugs")
def test_the_books_tell_whose_quota_was_used(warehouse: Warehouse) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    ((written, total),) = warehouse.rows("select requests_by_quota, requests from sync_runs")
    by_quota = json.loads(written)
    assert set(by_quota) == {AccessToken(f"{name}-token").rationed_as for name in ("first", "second")}
    assert sum(by_quota.values()) == total
    counted = {AccessToken(f"{name}-token").rationed_as: count for name, count in askers(warehouse).items()}
    assert by_quota == counted


def test_status_says_what_these_see(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    freshness = freshness_of(warehouse.pipeline(), "acme")
    assert [each.visible for each in freshness.repositories] == [True] * 3
    warehouse.sync(TABLES, credentials=tokens("second"))
    freshness = freshness_of(warehouse.pipeline(), "acme")
    assert {each.name: each.visible for each in freshness.repositories} == {
        f"acme/{slug}": slug != slugs[0] for slug in slugs
    }


def test_a_project_that_one_sees_is_not_deleted_because_the_other_does_not(
    warehouse: Warehouse, slugs: list[str]
) -> None:
    both = tokens("first", "second")
    warehouse.sync(TABLES, credentials=both)
    projects = alive(warehouse, "projects", "uuid")
    # the second is shown none from now on
    hidden = warehouse.bitbucket.add_fault(Fault(kind="empty_list", path="/workspaces/acme/projects$", nth=2))
    assert warehouse.sync(TABLES, credentials=both).exit_code == 0
    assert hidden.struck == 1
    assert alive(warehouse, "projects", "uuid") == projects != set()
    warehouse.bitbucket.clear_faults()
    warehouse.bitbucket.add_fault(Fault(kind="empty_list", path="/workspaces/acme/projects$"))
    for _ in range(3):
        warehouse.sync(TABLES, credentials=tokens("second"))
    assert alive(warehouse, "projects", "uuid") == projects
    for _ in range(2):
        warehouse.sync(TABLES, credentials=both)
    assert alive(warehouse, "projects", "uuid") == set(), "both looked, twice, and saw none"
    assert slugs


def test_verify_compares_what_they_see_together(warehouse: Warehouse, slugs: list[str]) -> None:
    warehouse.sync(TABLES, credentials=tokens("first", "second"))
    whole = verify(
        warehouse.pipeline(), warehouse.session(credentials=tokens("first", "second")), selected_tables(TABLES)
    )
    assert (whole.exit_code, whole.findings.notices) == (0, [])
    part = verify(warehouse.pipeline(), warehouse.session(credentials=tokens("second")), selected_tables(TABLES))
    assert part.exit_code == 0
    assert part.findings.notices == [
        f"repository {slugs[0]}: not compared: these credentials do not see it, others did"
    ]


def test_verify_and_plan_tell_of_one_that_is_revoked(warehouse: Warehouse, slugs: list[str]) -> None:
    both = tokens("first", "second")
    warehouse.sync(TABLES, credentials=both)
    del warehouse.bitbucket.world.credentials["first"]
    verified = verify(warehouse.pipeline(), warehouse.session(credentials=both), selected_tables(TABLES))
    assert verified.exit_code == 1
    (trouble,) = verified.findings.troubles
    assert trouble.startswith("access token from an argument, no. 1: 401 on ")
    assert verified.findings.differences == []
    plan = make_plan(warehouse.session(credentials=both), selected_tables(TABLES))
    assert (plan.repositories, plan.per_hour) == (len(slugs) - 1, 1000)
    assert [note for note in plan.notes if note.startswith("access token from an argument, no. 1: 401 on ")]


def test_a_plan_counts_the_hours_of_all(warehouse: Warehouse, slugs: list[str]) -> None:
    plan = make_plan(warehouse.session(credentials=tokens("first", "second")), selected_tables(TABLES))
    assert (plan.repositories, plan.per_hour) == (len(slugs), 2000)
    assert plan.left == 2000 - plan.requests
