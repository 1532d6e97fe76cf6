"""What every declaration of a table keeps to."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from string import Formatter
from urllib.parse import quote, urlencode

import pytest
from dlt.common.normalizers.naming.snake_case import NamingConvention

from bitbucket_source import tables
from bitbucket_source.api.decode import decode_page
from bitbucket_source.load.arrow import arrow_schema
from bitbucket_source.load.resources import column_hints
from bitbucket_source.personal.discretion import PROSE
from bitbucket_source.sync.ask import nested_tables
from bitbucket_source.sync.commits import HASHES_IN_A_URL
from bitbucket_source.sync.pipelines import OPEN_STATUSES
from bitbucket_source.tables import (
    BOOKKEEPING_TABLES,
    COMMITS,
    DATA_TABLES,
    PIPELINES,
    PULL_REQUESTS,
    TABLES,
    USERS,
    Column,
    Origin,
    Table,
    Type,
)
from bitbucket_source.tables.contract import place, text
from bitbucket_source.tables.rowtype import fields_of, row_type

from .redeclared import redeclared

KEYS = {
    "workspaces": ("uuid",),
    "projects": ("uuid",),
    "workspace_members": ("workspace_uuid", "user_uuid"),
    "users": ("uuid",),
    "repositories": ("uuid",),
    "branches": ("repository_uuid", "name"),
    "tags": ("repository_uuid", "name"),
    "commits": ("repository_uuid", "hash"),
    "commit_parents": ("repository_uuid", "hash", "position"),
    "commit_trailers": ("repository_uuid", "hash", "position"),
    "pull_requests": ("repository_uuid", "id"),
    "pull_request_participants": ("repository_uuid", "pull_request_id", "user_uuid"),
    "pull_request_activity": ("repository_uuid", "pull_request_id", "activity_id"),
    "pull_request_activity_reviewers": ("repository_uuid", "pull_request_id", "activity_id", "user_uuid"),
    "pull_request_comments": ("repository_uuid", "pull_request_id", "id"),
    "pull_request_commits": ("repository_uuid", "pull_request_id", "hash"),
    "pull_request_files": ("repository_uuid", "pull_request_id", "path"),
    "pull_request_tasks": ("repository_uuid", "pull_request_id", "id"),
    "pipelines": ("repository_uuid", "uuid"),
    "pipeline_steps": ("repository_uuid", "pipeline_uuid", "uuid"),
    "pipeline_step_attempts": ("repository_uuid", "pipeline_uuid", "step_uuid", "started_on", "status"),
    "pipeline_test_reports": ("repository_uuid", "pipeline_uuid", "step_uuid"),
    "pipeline_test_cases": ("repository_uuid", "pipeline_uuid", "step_uuid", "uuid"),
    "pipeline_schedules": ("repository_uuid", "uuid"),
    "environments": ("repository_uuid", "uuid"),
    "deployments": ("repository_uuid", "uuid"),
    "deployment_attempts": ("repository_uuid", "deployment_uuid", "started_on", "status"),
    "deployment_commits": ("repository_uuid", "deployment_uuid", "started_on", "hash"),
    "commit_statuses": ("repository_uuid", "commit_hash", "key"),
    "reports": ("repository_uuid", "commit_hash", "uuid"),
    "report_annotations": ("repository_uuid", "commit_hash", "report_uuid", "uuid"),
    "default_reviewers": ("repository_uuid", "user_uuid"),
    "branch_restrictions": ("repository_uuid", "id"),
    "repository_permissions": ("repository_uuid", "granted_to", "user_uuid", "group_slug"),
    "webhooks": ("repository_uuid", "uuid"),
    "downloads": ("repository_uuid", "name"),
}
"""by the table of DESIGN 3; what it calls natural is what Bitbucket tells the rows apart by"""

OTHER_NAMES = {
    # the URLs of links
    "clone_https": "links.clone[name=https].href",
    "clone_ssh": "links.clone[name=ssh].href",
    "html_url": "links.html.href",
    # foreign keys
    "pull_request_id": "id",
    "user_uuid": "uuid",
    # what activity says of an update has no prefix
    "source_commit_hash": "update.source.commit.hash",
    "destination_branch_name": "update.destination.branch.name",
    # not the value itself, but what is told of it
    "parent_count": "parents[#]",
    "url_origin": "url[origin]",
    # the only camelCase name of the API that a column comes from
    "max_time": "maxTime",
    # `hash` is the child
    "parent_hash": "hash",
}
"""columns not called like their path: DESIGN 3 "Names", and what a comment explains"""

NEVER_GONE = {"pipeline_step_attempts", "deployment_attempts"}
"""the two tables of attempts keep what Bitbucket forgets: DESIGN 3"""

LONGEST_URL = 4000
"""Bitbucket refuses request lines above 4,094 characters (FACTS 2)."""

each_table = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
each_data_table = pytest.mark.parametrize("table", DATA_TABLES, ids=lambda table: table.name)
each_asked_table = pytest.mark.parametrize(
    "table", [table for table in DATA_TABLES if table.endpoint], ids=lambda table: table.name
)


def test_names_of_tables_are_unique() -> None:
    assert [*TABLES] == [table.name for table in (*DATA_TABLES, *BOOKKEEPING_TABLES)]


def test_every_table_that_a_module_declares_is_there() -> None:
    names = [f"{tables.__name__}.{module.name}" for module in pkgutil.iter_modules(tables.__path__)]
    declared = {each for name in names for each in vars(importlib.import_module(name)).values() if type(each) is Table}
    assert declared == {*TABLES.values()}


def test_the_tables_of_the_design_are_there_in_its_order() -> None:
    assert [table.name for table in DATA_TABLES] == [*KEYS]


@each_table
def test_every_table_and_column_is_described(table: Table) -> None:
    described = {table.name: table.description} | {column.name: column.description for column in table.columns}
    assert [name for name, description in described.items() if not description.strip().endswith(".")] == []


@each_table
def test_names_of_columns_follow_the_path(table: Table) -> None:
    named = {column.name: column.path for column in table.columns if column.name != column.path.replace(".", "_")}
    assert named.items() <= OTHER_NAMES.items()


def test_no_other_name_is_stale() -> None:
    assert OTHER_NAMES.items() <= {(column.name, column.path) for table in DATA_TABLES for column in table.columns}


@each_table
def test_names_reach_the_warehouse_as_they_are(table: Table) -> None:
    naming = NamingConvention()
    names = [table.name, *table.columns_by_name]
    assert [naming.normalize_identifier(name) for name in names] == names


@each_data_table
def test_keys_are_those_of_the_design(table: Table) -> None:
    assert table.key == KEYS[table.name]


@each_table
def test_keys_are_never_null(table: Table) -> None:
    nullable = {name: name not in table.key for name in table.columns_by_name}
    assert {name: arrow_schema(table).field(name).nullable for name in table.columns_by_name} == nullable
    assert {hint["name"]: hint["nullable"] for hint in column_hints(table)} == nullable


@each_asked_table
def test_an_object_without_its_key_is_no_row(table: Table) -> None:
    page = decode_page(b'{"values": [{}]}', row_type(table, nested_tables(table, frozenset(DATA_TABLES))))
    own = [name for name in table.key if table.columns_by_name[name].origin is Origin.OBJECT]
    may_be_gone = all(table.columns_by_name[name].account for name in own)
    assert len(page.misfits) == (0 if may_be_gone else 1)


@each_data_table
def test_what_lies_below_a_repository_has_it_first_in_its_key(table: Table) -> None:
    has_it = "repository_uuid" in table.columns_by_name
    assert table.is_per_repository == has_it
    if has_it:
        assert table.columns_by_name["repository_uuid"].origin is Origin.PLACE
        assert not table.endpoint or "{repository_uuid}" in table.endpoint
    else:
        assert "{repository_uuid}" not in table.endpoint


@each_data_table
def test_every_row_says_when_it_was_written_and_whether_it_is_gone(table: Table) -> None:
    ours = [(c.name, c.type) for c in table.columns if c.origin is Origin.OURS]
    gone = [] if table.name in NEVER_GONE else [("deleted_at", Type.TIMESTAMP)]
    assert ours == [*gone, ("synced_at", Type.TIMESTAMP)]


@each_data_table
def test_every_account_named_becomes_a_user(table: Table) -> None:
    told = [c.path for c in table.object_columns if "(users.uuid)" in c.description]
    named = {"" if path == "uuid" else path.removesuffix(".uuid") for path in told}
    assert named == set(table.accounts)


def test_the_names_of_what_people_wrote() -> None:
    assert {"raw", "html", "message", "title", "description", "display_name", "nickname", "reason"} <= PROSE


@each_data_table
def test_what_is_called_like_prose_is_declared_as_prose(table: Table) -> None:
    called = {column.name for column in table.object_columns if column.path.split(".")[-1] in PROSE}
    assert called == {column.name for column in table.columns if column.is_prose}


@each_data_table
def test_a_gone_account_can_be_part_of_a_key(table: Table) -> None:
    in_keys = [table.columns_by_name[name] for name in table.key if name == "user_uuid"]
    assert all(column.account for column in in_keys)
    assert {column.name for column in table.columns if column.account} <= set(table.key), "elsewhere null is stored"


@each_data_table
def test_it_is_said_where_a_table_comes_from_and_what_that_costs(table: Table) -> None:
    assert table.new_when
    assert table.costs
    if table.endpoint:
        assert table.scope
    elif table is not USERS:
        assert table.parent
        assert bool(table.within) != table.is_derived


@pytest.mark.parametrize("table", [table for table in DATA_TABLES if table.listed_whole], ids=lambda table: table.name)
def test_lists_that_are_read_whole_fill_their_endpoint(table: Table) -> None:
    named = {name for _, name, _, _ in Formatter().parse(table.endpoint) if name}
    for place_of_list in table.lists:
        assert named == {"workspace", "repository_uuid", *place_of_list}
        assert place_of_list.keys() <= set(table.key), "else rows of two lists could not be told apart"


@each_data_table
def test_the_cursor_is_a_moment(table: Table) -> None:
    if table.cursor:
        assert table.columns_by_name[table.cursor].type is Type.TIMESTAMP


@each_asked_table
def test_a_list_asks_for_its_next_page(table: Table) -> None:
    asked = fields_of(table, nested_tables(table, frozenset(DATA_TABLES))).split(",")
    assert ("next" in asked) == bool(table.pagelen)
    assert len(set(asked)) == len(asked)


@each_asked_table
def test_the_request_of_one_object_names_no_page(table: Table) -> None:
    asked = fields_of(table, single=True).split(",")
    assert "next" not in asked
    assert [path for path in asked if path.startswith("values.")] == []


@each_asked_table
def test_the_url_stays_short_enough(table: Table) -> None:
    url = _longest_url(table)
    assert len(url) < LONGEST_URL


def _longest_url(table: Table) -> str:
    """The URL with all fields and the longest parameters that are sent for the table."""
    uuid = quote("{01234567-89ab-cdef-0123-456789abcdef}")
    path = table.endpoint.format_map(defaultdict(lambda: uuid, workspace="w" * 64))
    moment = "2026-11-24T12:00:00.123456+00:00"
    others: dict[Table, dict[str, object]] = {
        COMMITS: {"include": ["f" * 40] * HASHES_IN_A_URL},
        PIPELINES: {"sort": "created_on", "status": OPEN_STATUSES, "page": 12345},
        PULL_REQUESTS: {"q": f'updated_on>="{moment}"', "sort": "updated_on"},
    }
    fields = fields_of(table, nested_tables(table, frozenset(DATA_TABLES)))
    params = {"fields": fields, "pagelen": table.pagelen, **others.get(table, {})}
    return f"https://api.bitbucket.org/2.0{path}?{urlencode(params, doseq=True)}"


def _with_first(change: Callable[[Column], Column]) -> Table:
    """`commits` with its first own column changed."""
    place_of, first, *others = COMMITS.columns
    return redeclared(COMMITS, [place_of, change(first), *others])


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(redeclared(COMMITS, [*COMMITS.columns, text("summary.raw", "Added.")]), id="a column added"),
        pytest.param(redeclared(COMMITS, [c for c in COMMITS.columns if c.name != "message"]), id="a column removed"),
        pytest.param(
            redeclared(COMMITS, [replace(c, name="text") if c.name == "message" else c for c in COMMITS.columns]),
            id="a name",
        ),
        pytest.param(_with_first(lambda column: replace(column, type=Type.JSON)), id="a type"),
        pytest.param(_with_first(lambda column: replace(column, path="sha")), id="a path"),
        pytest.param(_with_first(lambda _: place("hash", "Elsewhere.")), id="an origin"),
        pytest.param(redeclared(COMMITS, key=("hash",)), id="the key"),
    ],
)
def test_the_fingerprint_changes_with(changed: Table) -> None:
    assert changed.fingerprint != COMMITS.fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(redeclared(COMMITS), id="nothing"),
        pytest.param(redeclared(COMMITS, description="Other words."), id="the description of the table"),
        pytest.param(_with_first(lambda column: replace(column, description="Other.")), id="a description"),
        pytest.param(redeclared(COMMITS, costs="nothing", new_when="never", blind_to=""), id="what is said of it"),
    ],
)
def test_the_fingerprint_stays_with(changed: Table) -> None:
    assert changed.fingerprint == COMMITS.fingerprint


@pytest.mark.parametrize(
    ("columns", "key", "why"),
    [
        pytest.param((text("a.b", "One."), text("a_b", "Two.")), (), "declared twice", id="two columns of one name"),
        pytest.param((text("a", "One."),), ("b",), "key columns not declared: ['b']", id="a key that is no column"),
        pytest.param((text("synced_at", "Ours."),), (), "declared twice", id="a name of ours"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(
    columns: tuple[Column, ...], key: tuple[str, ...], why: str
) -> None:
    with pytest.raises(ValueError, match=why.replace("[", r"\[")):
        Table(name="things", description="Things.", key=key, columns=columns)
