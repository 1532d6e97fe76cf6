"""Every path of `fields=` names something that Bitbucket has.

A misspelt one gives no error: its column is null for ever (FACTS 12). So each path must stand in some recorded object
of its kind, or in the schema of the endpoint's answer, or here with the fact that tells of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from bitbucket_source.sync.ask import nested_tables
from bitbucket_source.tables import DATA_TABLES, PULL_REQUEST_PARTICIPANTS, PULL_REQUESTS, REPOSITORIES, USERS, Table
from bitbucket_source.tables.contract import text
from bitbucket_source.tables.rowtype import fields_of

from .recorded_objects import recorded_objects
from .redeclared import redeclared
from .shared import openapi

ENVELOPE = ("next", "pagelen", "size")

TOLD_BY_FACTS = {
    ("pipelines", "state.result.error.message"): (
        "the schema calls a state an object with anything in it; clients generated from Atlassian's earlier one have"
        " pipeline_state_completed_error{error: pipeline_error{key, message}}"
    ),
    ("pipelines", "target.selector.pattern"): "FACTS 5: selector{type, pattern}; only a custom run has one",
    ("pipelines", "target.source"): "FACTS 5: pipeline_pullrequest_target{source, ...}",
    ("pipelines", "target.destination"): "FACTS 5: pipeline_pullrequest_target{..., destination, ...}",
    ("pipelines", "target.pullrequest.id"): "FACTS 5: pipeline_pullrequest_target{..., pullrequest, ...}",
    ("pipeline_steps", "state.stage.name"): "FACTS 5: a manual step is PENDING with stage PAUSED",
    ("pull_request_activity", "update.reviewers.uuid"): "FACTS 3: update{..., reviewers[], ...}; an account has a uuid",
    **{
        ("pull_request_comments", f"resolution.user.{name}"): "FACTS 3: resolution; FACTS 10: what an account has"
        for name in ("account_id", "nickname")
    },
    **{
        ("pipeline_test_reports", f"number_of_{outcome}test_cases"): "FACTS 5: test reports"
        for outcome in ("", "successful_", "failed_", "error_", "skipped_")
    },
    **{
        ("pipeline_test_cases", path): "FACTS 5: test reports"
        for path in (
            *("uuid", "name", "fully_qualified_name", "package_name", "status", "duration"),
            *("reason.message", "reason.stack_trace"),
        )
    },
    **{
        ("deployments", f"state.deployer.{column.path}"): "FACTS 6: state{..., deployer?, ...}; an account"
        for column in USERS.object_columns
    },
    ("commit_statuses", "uuid"): "FACTS 3: statuses have a uuid",
    **{
        ("downloads", path): "no source but clients: atlassian-python-api and the documentation of the upload"
        for path in (
            *("name", "size", "downloads", "created_on"),
            *(f"user.{column.path}" for column in USERS.object_columns),
        )
    },
}
"""(table, path) -> the fact, for what neither a recording nor the schema has"""

NOT_IN_THE_DOCUMENT = {
    "pull_request_activity",
    "pull_request_commits",
    "pull_request_files",
    "pipeline_test_reports",
    "pipeline_test_cases",
    "downloads",
}
"""tables whose list the document has no schema of"""

LISTED = [table for table in DATA_TABLES if table.endpoint]

Schema = dict[str, Any]


def unknown_paths(table: Table, nested: Sequence[Table] | None = None) -> list[str]:
    """The paths that are asked for of each object of the table's list, and that nothing recorded or declared has."""
    if nested is None:
        nested = nested_tables(table, frozenset(DATA_TABLES))
    asked = fields_of(table, nested, single=True).split(",")
    return [path for path in asked if not _is_recorded(table, path) and not _is_in_schema(table, path)]


def _is_recorded(table: Table, path: str) -> bool:
    return any(_has(each, path.split(".")) for each in _raw_objects().get(table.name, ()))


@cache
def _raw_objects() -> dict[str, list[Any]]:
    return {table.name: [each.raw for each in found] for table, found in recorded_objects().items()}


def _has(value: Any, steps: list[str]) -> bool:
    """Whether the JSON has the path, through lists too; a null at its end counts, one on the way does not."""
    if not steps:
        return True
    if isinstance(value, list):
        return any(_has(item, steps) for item in value)
    return isinstance(value, dict) and steps[0] in value and _has(value[steps[0]], steps[1:])


def _is_in_schema(table: Table, path: str, *, listed: bool = True) -> bool:
    steps = path.split(".")
    if listed and table.pagelen:
        steps = ["values", *steps]
    return any(_describes(answer, steps) for answer in _answer_schemas(table))


@cache
def _document() -> Schema:
    return openapi()


def _answer_schemas(table: Table) -> list[Schema]:
    """Of the answers to the table's lists; none where the document has none."""
    paths = {table.endpoint.rstrip("/").replace("{granted_to}", to) for to in ("users", "groups")}
    answers = [_document()["paths"][path.format_map(_Parameters())]["get"]["responses"] for path in paths]
    contents = [answer["200"].get("content", {}) for answer in answers if "200" in answer]
    return [content["application/json"]["schema"] for content in contents if content]


class _Parameters(dict[str, str]):
    """What the document calls the parameters of paths."""

    def __missing__(self, ours: str) -> str:
        theirs = {"repository_uuid": "repo_slug", "commit_hash": "commit", "report_uuid": "reportId"}
        return f"{{{theirs.get(ours, ours)}}}"


def _describes(schema: Schema, steps: list[str]) -> bool:
    if not steps:
        return True
    for part in _flattened(schema):
        if "items" in part and _describes(part["items"], steps):
            return True
        if steps[0] in part.get("properties", {}) and _describes(part["properties"][steps[0]], steps[1:]):
            return True
    return False


def _flattened(schema: Schema) -> list[Schema]:
    """The schema with its references and `allOf` resolved."""
    if "$ref" in schema:
        return _flattened(_document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    return [part for each in schema["allOf"] for part in _flattened(each)] if "allOf" in schema else [schema]


@pytest.mark.parametrize("table", LISTED, ids=lambda table: table.name)
def test_every_path_is_known(table: Table) -> None:
    assert [path for path in unknown_paths(table) if (table.name, path) not in TOLD_BY_FACTS] == []


@pytest.mark.parametrize("table", [table for table in LISTED if table.pagelen], ids=lambda table: table.name)
def test_the_envelope_is_known(table: Table) -> None:
    asked = fields_of(table).split(",")
    values = ["values"] if table.asked_whole else []
    assert [path for path in asked if not path.startswith("values.")] == [*ENVELOPE, *values]
    in_schema = {name for name in ENVELOPE if _is_in_schema(table, name, listed=False)}
    assert in_schema == (set() if table.name in NOT_IN_THE_DOCUMENT else set(ENVELOPE))


def test_no_exception_is_stale() -> None:
    unknown = {(table.name, path) for table in LISTED for path in unknown_paths(table)}
    assert unknown == set(TOLD_BY_FACTS)


@pytest.mark.parametrize(
    ("table", "nested", "unknown"),
    [
        pytest.param(
            redeclared(PULL_REQUESTS, [*PULL_REQUESTS.columns, text("merge_comit.hash", "Misspelt.")]),
            (),
            ["merge_comit.hash"],
            id="in the middle",
        ),
        pytest.param(
            redeclared(REPOSITORIES, [*REPOSITORIES.columns, text("mainbranch.nam", "Misspelt.")]),
            (),
            ["mainbranch.nam"],
            id="at the end",
        ),
        pytest.param(
            redeclared(REPOSITORIES, [*REPOSITORIES.columns, text("links.clon[name=ssh].href", "Misspelt.", name="a")]),
            (),
            ["links.clon"],
            id="in a list picked from",
        ),
        pytest.param(
            PULL_REQUESTS,
            (redeclared(PULL_REQUEST_PARTICIPANTS, [text("user.uuid", "Right."), text("rol", "Misspelt.")], key=()),),
            ["participants.rol"],
            id="in a nested table",
        ),
        pytest.param(
            PULL_REQUESTS,
            (
                redeclared(
                    PULL_REQUEST_PARTICIPANTS, [text("role", "Right.")], key=(), within="participant", accounts=()
                ),
            ),
            ["participant.role"],
            id="in the place of a nested table",
        ),
        pytest.param(
            redeclared(PULL_REQUESTS, accounts=("autor",)),
            (),
            [f"autor.{column.path}" for column in USERS.object_columns],
            id="in an account",
        ),
    ],
)
def test_a_misspelt_path_is_noticed(table: Table, nested: tuple[Table, ...], unknown: list[str]) -> None:
    assert unknown_paths(table, nested) == unknown
