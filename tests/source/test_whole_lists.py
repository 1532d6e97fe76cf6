"""Settings of a repository have no signal: each list is read whole on every sync, and says what is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world.model import Repository, User
from bitbucket_source.load import slices
from bitbucket_source.sync.agenda import SliceLimit
from bitbucket_source.sync.whole_lists import WHOLE_LISTS
from tests.source.conftest import Warehouse

WORKSPACE_TOKEN = {"access_token": "emulator-workspace-token"}
"""It has no scope repository:admin."""
ENDPOINTS = {table.name: table.endpoint.rsplit("/", 1)[1] for table in WHOLE_LISTS}
"""as requests are counted"""


@dataclass(frozen=True)
class Setting:
    """A row that somebody sets, changes and takes away: the actions, and what its row says after each."""

    columns: str
    made: tuple[str, dict[str, Any]]
    row: tuple[Any, ...]
    removed: tuple[str, dict[str, Any]]
    changed: tuple[str, dict[str, Any]] | None = None
    row_changed: tuple[Any, ...] | None = None

    @property
    def last_row(self) -> tuple[Any, ...]:
        return self.row if self.row_changed is None else self.row_changed


def settings(who: User) -> dict[str, Setting]:
    """One of each table; the actions that need the id of what was made get it as `made`."""
    file, hook, pipeline = f"{who.nickname} ü.zip", f"CI of {who.nickname}", f"weekly-{who.nickname}"
    return {
        "default_reviewers": Setting(
            "user_uuid",
            ("add_default_reviewer", {"user": who}),
            (who.uuid,),
            ("remove_default_reviewer", {"user": who}),
        ),
        "branch_restrictions": Setting(
            "kind, branch_match_kind, pattern, value, users->>'$[0].uuid', groups::varchar",
            ("add_branch_restriction", {"kind": "delete", "pattern": "release/*", "users": [who]}),
            ("delete", "glob", "release/*", None, who.uuid, "[]"),
            ("remove_branch_restriction", {"restriction": "id"}),
        ),
        "repository_permissions": Setting(
            "granted_to, user_uuid, group_slug, group_name, permission",
            ("grant_permission", {"user": who, "permission": "read"}),
            ("users", who.uuid, "", None, "read"),
            ("revoke_permission", {"user": who}),
            ("grant_permission", {"user": who, "permission": "admin"}),
            ("users", who.uuid, "", None, "admin"),
        ),
        "webhooks": Setting(
            "description, url_origin, events::varchar, active, secret_set",
            ("add_webhook", {"url": "https://ci:pass@ci.example:8443/hook/T0KEN?secret=1", "description": hook}),
            (hook, "https://ci.example:8443", '["repo:push"]', True, False),
            ("remove_webhook", {"webhook": "uuid"}),
        ),
        "downloads": Setting(
            "name, size, downloads, user_uuid",
            ("add_download", {"name": file, "user": who, "size": 7}),
            (file, 7, 0, who.uuid),
            ("remove_download", {"name": file}),
            ("add_download", {"name": file, "user": who, "size": 8}),
            (file, 8, 0, who.uuid),
        ),
        "pipeline_schedules": Setting(
            "enabled, cron_pattern, target_ref_type, target_ref_name, target_selector_type, target_selector_pattern",
            ("add_schedule", {"branch": "main", "custom": pipeline}),
            (True, "0 0 3 ? * MON *", "branch", "main", "custom", pipeline),
            ("remove_schedule", {"schedule": "uuid"}),
            ("enable_schedule", {"schedule": "uuid", "enabled": False}),
            (False, "0 0 3 ? * MON *", "branch", "main", "custom", pipeline),
        ),
    }


each_table = pytest.mark.parametrize("table", [table.name for table in WHOLE_LISTS])


@pytest.fixture
def repository(bitbucket: Emulator) -> Repository:
    return next(each for each in bitbucket.world.repositories.values() if len(each.pull_requests) > 20)


@pytest.fixture
def people(bitbucket: Emulator, repository: Repository) -> list[User]:
    """Those of whom no setting of the repository says anything."""
    named = {each.user for each in repository.default_reviewers} | {each.user for each in repository.permissions}
    people = [user for user in bitbucket.world.users.values() if user.kind == "user" and not user.deleted]
    return [user for user in people if user.uuid not in named]


def act(bitbucket: Emulator, repository: Repository, deed: tuple[str, dict[str, Any]], made: Any = None) -> Any:
    """Let an action happen; an argument that is the name of an id is that of what was `made`."""
    action, arguments = deed
    ids = {name: getattr(made, value) for name, value in arguments.items() if value in ("id", "uuid")}
    return bitbucket.act(action, repository=repository.slug, **{**arguments, **ids})


@each_table
def test_what_is_set_changed_and_taken_away_is_seen_by_the_next_sync(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, people: list[User], table: str
) -> None:
    def rows() -> set[tuple[Any, ...]]:
        assert warehouse.sync([table, "users"]).exit_code == 0
        where = f"from {table} where repository_uuid = '{repository.uuid}'"
        return set(warehouse.rows(f"select {setting.columns}, deleted_at is not null {where}"))

    setting = settings(people[1])[table]
    # something that stays: how a list becomes empty is another story
    act(bitbucket, repository, settings(people[0])[table].made)
    before = rows()

    made = act(bitbucket, repository, setting.made)
    assert rows() - before == {(*setting.row, False)}
    if setting.changed:
        act(bitbucket, repository, setting.changed, made)
        assert rows() - before == {(*setting.last_row, False)}
    act(bitbucket, repository, setting.removed, made)
    assert rows() - before == {(*setting.last_row, True)}
    assert before <= rows()


@each_table
def test_a_list_that_became_empty_is_believed_by_the_second_sync(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, people: list[User], table: str
) -> None:
    where = f"from {table} where repository_uuid = '{repository.uuid}' and deleted_at is null"
    empty(repository)
    act(bitbucket, repository, settings(people[1])[table].made)
    warehouse.sync([table])
    assert len(warehouse.rows(f"select 1 {where}")) == 1
    empty(repository)

    first = warehouse.sync([table])
    assert len(warehouse.rows(f"select 1 {where}")) == 1
    assert len(first.notices) == 1
    assert f"{table} of {repository_name(bitbucket, repository)}" in first.notices[0]
    second = warehouse.sync([table])
    assert warehouse.rows(f"select 1 {where}") == []
    assert second.notices == []
    assert (first.exit_code, second.exit_code) == (0, 0)


def test_the_two_lists_of_permissions_are_told_apart(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, people: list[User]
) -> None:
    empty(repository)
    bitbucket.act("grant_permission", repository=repository.slug, permission="write", group="developers")
    bitbucket.act("grant_permission", repository=repository.slug, permission="read", user=people[0])
    permissions = (
        "select granted_to, user_uuid, group_slug, group_name, permission, deleted_at is null from "
        f"repository_permissions where repository_uuid = '{repository.uuid}' order by granted_to"
    )
    warehouse.sync(["repository_permissions"])
    of_group = ("groups", "", "developers", "Developers", "write", True)
    assert warehouse.rows(permissions) == [of_group, ("users", people[0].uuid, "", None, "read", True)]

    bitbucket.act("revoke_permission", repository=repository.slug, user=people[0])
    warehouse.sync(["repository_permissions"])
    warehouse.sync(["repository_permissions"])
    assert warehouse.rows(permissions) == [of_group, ("users", people[0].uuid, "", None, "read", False)]


def test_accounts_that_only_settings_name_become_users(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, people: list[User]
) -> None:
    # no members of the workspace
    names = [bitbucket.act("create_user", nickname=f"guest-{n}", display_name="Guest") for n in range(4)]
    bitbucket.act("add_default_reviewer", repository=repository.slug, user=names[0])
    bitbucket.act("add_branch_restriction", repository=repository.slug, kind="push", users=[people[0], names[1]])
    bitbucket.act("grant_permission", repository=repository.slug, permission="read", user=names[2])
    bitbucket.act("add_download", repository=repository.slug, name="a.zip", user=names[3])
    warehouse.sync(["default_reviewers", "branch_restrictions", "repository_permissions", "downloads", "users"])

    uuids = ", ".join(f"'{each.uuid}'" for each in names)
    assert warehouse.rows(f"select nickname from users where uuid in ({uuids}) order by 1") == [
        (f"guest-{number}",) for number in range(4)
    ]


def test_nothing_of_a_webhook_that_may_be_secret_is_stored(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    bitbucket.act("add_webhook", repository=repository.slug, url="https://ci:passw0rd@ci.example/T0KEN?key=S3CRET#x")
    warehouse.sync(["webhooks"])
    assert ("https://ci.example",) in warehouse.rows("select url_origin from webhooks")
    stored = (warehouse.directory / "bitbucket.duckdb").read_bytes()
    assert [secret for secret in (b"passw0rd", b"T0KEN", b"S3CRET") if secret in stored] == []


@pytest.mark.parametrize("setting", [{"raw": ["webhooks"]}, {"extra_columns": {"webhooks": ["url"]}}], ids=str)
def test_no_setting_stores_the_rest_of_it(warehouse: Warehouse, setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"webhooks.*url_origin"):
        warehouse.sync(["webhooks"], **setting)


def test_schedules_of_a_repository_without_pipelines_are_none(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    for each in bitbucket.world.repositories.values():
        each.pipelines.clear()
        each.pipelines_enabled = False
    result = warehouse.sync(["pipeline_schedules"])
    assert (result.exit_code, warehouse.requests["schedules"]) == (0, 3)

    # where schedules are stored, 404 is no answer about them
    repository.pipelines_enabled = True
    bitbucket.act("add_schedule", repository=repository.slug, branch="main")
    warehouse.sync(["pipeline_schedules"])
    repository.pipelines_enabled = False
    result = warehouse.sync(["pipeline_schedules"])
    assert result.exit_code == 1
    assert warehouse.rows("select count(*) from pipeline_schedules where deleted_at is null") == [(1,)]


@pytest.mark.parametrize("table", ["branch_restrictions", "repository_permissions"])
def test_a_scope_that_is_missing_is_told_once(warehouse: Warehouse, table: str) -> None:
    result = warehouse.sync([table, "downloads"], credentials=WORKSPACE_TOKEN, workers=1)
    assert len(result.notices) == 1
    assert result.notices[0].startswith(f"{table}: skipped: 403 on ")
    assert "lack the scope repository:admin" in result.notices[0]
    assert warehouse.requests[ENDPOINTS[table]] == 1
    assert warehouse.requests["downloads"] == 3


def test_each_list_costs_one_request_a_sync(warehouse: Warehouse) -> None:
    for _ in range(2):
        warehouse.sync(list(ENDPOINTS), audit_requests="0")
        requests = {table: warehouse.requests[endpoint] for table, endpoint in ENDPOINTS.items()}
        assert requests == {**dict.fromkeys(ENDPOINTS, 3), "repository_permissions": 6}


def test_a_list_is_read_once_a_sync_however_many_slices_that_has(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", SliceLimit(requests=1))
    assert warehouse.sync(list(ENDPOINTS), audit_requests="0").slices > 3
    requests = {table: warehouse.requests[endpoint] for table, endpoint in ENDPOINTS.items()}
    assert requests == {**dict.fromkeys(ENDPOINTS, 3), "repository_permissions": 6}


def test_a_failure_on_a_later_page_takes_nothing_away(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, people: list[User]
) -> None:
    for number in range(150):
        bitbucket.act("add_download", repository=repository.slug, name=f"{number}.zip", user=people[0])
    warehouse.sync(["downloads"])
    bitbucket.act("remove_download", repository=repository.slug, name="149.zip")
    alive = f"select count(*) from downloads where repository_uuid = '{repository.uuid}' and deleted_at is null"
    [(before,)] = warehouse.rows(alive)

    bitbucket.add_fault(Fault(kind="status", status=403, path="/downloads", query="page=2"))
    assert warehouse.sync(["downloads"]).exit_code == 1
    assert warehouse.rows(alive) == [(before,)]
    bitbucket.clear_faults()
    assert warehouse.sync(["downloads"]).exit_code == 0
    assert warehouse.rows(alive) == [(before - 1,)]


def empty(repository: Repository) -> None:
    """Take away all settings of a repository at once."""
    for each in (repository.default_reviewers, repository.permissions):
        each.clear()
    for rows in (repository.branch_restrictions, repository.webhooks, repository.downloads, repository.schedules):
        rows.clear()


def repository_name(bitbucket: Emulator, repository: Repository) -> str:
    return f"{bitbucket.world.workspaces[repository.workspace].slug}/{repository.slug}"
