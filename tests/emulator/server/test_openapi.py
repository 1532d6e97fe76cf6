"""Every answer against Atlassian's OpenAPI document. Recordings beat the document: differences are listed, with why."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from bitbucket_emulator.server.app import endpoint_table
from bitbucket_emulator.server.endpoints import Endpoint

from ..client import Client
from .sampled_urls import urls

ENDPOINTS = [endpoint for endpoint in endpoint_table() if endpoint.method == "GET"]
# answers 302, whatever its schema says
REDIRECTS = {"/repositories/{workspace}/{repo_slug}/src"}
REMOVED = {"/repositories", "/workspaces", "/user/permissions/repositories", "/user/permissions/workspaces"}

# the document has no JSON schema for these
WITHOUT_SCHEMA = {
    "/repositories/{workspace}/{repo_slug}/diff/{spec:path}",
    "/repositories/{workspace}/{repo_slug}/downloads",
    "/repositories/{workspace}/{repo_slug}/downloads/{filename}",
    "/repositories/{workspace}/{repo_slug}/patch/{spec:path}",
    "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}/log",
    "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}/test_reports",
    "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}/test_reports/test_cases",
    "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}/test_reports/test_cases"
    "/{test_case_uuid}/test_case_reasons",
    "/repositories/{workspace}/{repo_slug}/pullrequests/activity",
    "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/activity",
    "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/commits",
    "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/diff",
    "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/diffstat",
    "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/patch",
}

# the document knows no null, and allows no key that it does not list; (type of the object, path, what) -> why
RECORDED_NULL = "recorded as null"
RECORDED_KEYS = "recorded with these keys"
DIFFERENCES: dict[tuple[str, str, str], str] = {
    # tasks have no type, so that paths begin at the top
    ("", "", "also has comment, links"): "FACTS 3; the document closes the task before it adds them",
    ("", "values.[]", "also has comment, links"): "FACTS 3; the document closes the task before it adds them",
    ("", "comment", "lacks 'type'"): "FACTS 3: comment?{id,links}",
    ("", "values.[].comment", "lacks 'type'"): "FACTS 3: comment?{id,links}",
    ("", "resolved_by", "is null"): RECORDED_NULL,
    ("", "resolved_on", "is null"): RECORDED_NULL,
    ("", "values.[].resolved_by", "is null"): RECORDED_NULL,
    ("", "values.[].resolved_on", "is null"): RECORDED_NULL,
    ("NUMBER", "value", "is int"): "a number is a number; the document calls the value of every type an object",
    ("branchrestriction", "value", "is null"): RECORDED_NULL,
    ("commit", "summary", "also has type"): RECORDED_KEYS,
    ("commit_comment", "content", "also has type"): "as recorded of comments on pull requests",
    ("commit_file", "attributes", "is []"): "a list in the document's own example",
    ("commit_file", "attributes", "is list"): "a list in the document's own example",
    ("deployment", "environment", "lacks 'type'"): "FACTS 6: only the uuid",
    ("diffstat", "new", "is null"): "FACTS 3: null for removed files",
    ("diffstat", "old", "is null"): "FACTS 3: null for added files",
    ("participant", "participated_on", "is null"): RECORDED_NULL,
    ("participant", "state", "is null"): "FACTS 3: approved, changes_requested or null",
    ("pipeline", "creator", "is null"): "a schedule has no creator, an account may be deleted (FACTS 10)",
    ("pipeline", "links", "lacks 'type'"): RECORDED_KEYS,
    ("pipeline", "links.self", "lacks 'type'"): RECORDED_KEYS,
    ("pipeline", "links.steps", "lacks 'type'"): RECORDED_KEYS,
    ("project", "links", "also has repositories, self"): RECORDED_KEYS,
    ("project", "links", "also has self"): RECORDED_KEYS,
    ("pullrequest", "author", "is null"): "FACTS 10: null for deleted accounts",
    ("pullrequest", "closed_by", "is null"): RECORDED_NULL,
    ("pullrequest", "destination.commit", "also has links, type"): RECORDED_KEYS,
    ("pullrequest", "destination.commit", "is null"): "FACTS 3: null once the branch is deleted",
    ("pullrequest", "links", "also has request-changes, statuses"): RECORDED_KEYS,
    ("pullrequest", "merge_commit", "also has links, type"): RECORDED_KEYS,
    ("pullrequest", "merge_commit", "is null"): RECORDED_NULL,
    ("pullrequest", "rendered.description", "also has type"): RECORDED_KEYS,
    ("pullrequest", "rendered.title", "also has type"): RECORDED_KEYS,
    ("pullrequest", "source.branch", "also has links"): "recorded since 2024",
    ("pullrequest", "source.commit", "also has links, type"): RECORDED_KEYS,
    ("pullrequest", "source.commit", "is null"): "FACTS 3: null once the fork is deleted",
    ("pullrequest", "source.repository", "is null"): RECORDED_NULL,
    ("pullrequest", "summary", "also has type"): RECORDED_KEYS,
    ("pullrequest_comment", "content", "also has type"): RECORDED_KEYS,
    ("pullrequest_comment", "inline", "also has outdated"): RECORDED_KEYS,
    ("pullrequest_comment", "inline.from", "is null"): RECORDED_NULL,
    ("pullrequest_comment", "inline.to", "is null"): RECORDED_NULL,
    ("pullrequest_comment", "parent", "lacks 'type'"): "FACTS 3: parent?{id,links}",
    ("pullrequest_comment", "user", "is null"): "FACTS 10: null for deleted accounts",
    ("repository", "links", "also has branches, source, tags"): RECORDED_KEYS,
    ("repository", "mainbranch", "is null"): "FACTS 10: null when empty",
    ("repository", "parent", "is null"): RECORDED_NULL,
    ("tag", "date", "is null"): RECORDED_NULL,
    ("tag", "message", "is null"): RECORDED_NULL,
    ("tag", "tagger", "is null"): RECORDED_NULL,
    ("workspace", "links", "also has hooks, html_overview"): RECORDED_KEYS,
}


def plain(path: str) -> str:
    """A path template without the names of its parameters, which differ between the document and the emulator."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@pytest.fixture(scope="session")
def document(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = _loosened(json.loads((shared / "openapi.json").read_text()))
    return loaded


def _loosened(value: Any, *, inside_all_of: bool = False) -> Any:
    """`additionalProperties: false` in a branch of `allOf` would forbid what the other branches define: dropped."""
    if isinstance(value, list):
        return [_loosened(item, inside_all_of=inside_all_of) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _loosened(item, inside_all_of=key == "allOf")
        for key, item in value.items()
        if not (inside_all_of and key == "additionalProperties" and item is False)
    }


def operation(document: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    """What the document says about an endpoint."""
    for path, methods in document["paths"].items():
        if plain(path) == plain(endpoint.path):
            found: dict[str, Any] = methods["get"]
            return found
    raise AssertionError(f"{endpoint.path} is not in the document")


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """A validator whose references point into the document."""
    registry: Registry[Any] = Registry().with_resource("urn:bitbucket", DRAFT202012.create_resource(document))
    return Draft202012Validator({"$ref": f"urn:bitbucket{schema['$ref']}"}, registry=registry)


def difference(instance: Any, error: ValidationError) -> tuple[str, str, str]:
    """Where an error is: the innermost object with a type, the path in it, and the rule that is broken."""
    kind = ""
    inside: list[str] = []
    for part in error.absolute_path:
        if isinstance(instance, dict) and isinstance(instance.get("type"), str):
            kind, inside = instance["type"], []
        inside.append("[]" if isinstance(part, int) else str(part))
        instance = instance[part]
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        return kind, ".".join(inside), f"also has {', '.join(sorted(instance.keys() - known.keys()))}"
    if error.validator == "required":
        return kind, ".".join(inside), f"lacks {error.message.split()[0]}"
    shown = "null" if instance is None else repr(instance) if error.validator == "enum" else type(instance).__name__
    return kind, ".".join(inside), f"is {shown}"


@pytest.mark.parametrize(
    "endpoint",
    [each for each in ENDPOINTS if each.path not in REMOVED | REDIRECTS | WITHOUT_SCHEMA],
    ids=lambda endpoint: endpoint.path.replace("/repositories/{workspace}/{repo_slug}", "…"),
)
def test_answers_fit_the_document(company: Client, document: dict[str, Any], endpoint: Endpoint) -> None:
    schema = operation(document, endpoint)["responses"]["200"]["content"]["application/json"]["schema"]
    checker = validator(document, schema)
    read = 0
    unexplained: dict[tuple[str, str, str], str] = {}
    for url in urls(company.emulator.world, endpoint.path):
        response = company.get(f"{url}?pagelen=50", auth=("admin@example.org", "emulator-api-token"))
        if response.status_code != 200 or "json" not in response.headers["Content-Type"]:
            continue
        read += 1
        body = response.json()
        for error in checker.iter_errors(body):
            found = difference(body, error)
            if found not in DIFFERENCES:
                unexplained[found] = url
    assert unexplained == {}
    assert read > 0


def test_only_these_have_no_schema(document: dict[str, Any]) -> None:
    found = {
        endpoint.path
        for endpoint in ENDPOINTS
        if "schema"
        not in operation(document, endpoint)["responses"].get("200", {}).get("content", {}).get("application/json", {})
    }
    assert found == WITHOUT_SCHEMA


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if each.path not in REMOVED], ids=lambda endpoint: endpoint.path
)
def test_scopes_are_those_of_the_document(document: dict[str, Any], endpoint: Endpoint) -> None:
    described = operation(document, endpoint)
    legacy = {scope for each in described.get("security", []) for scope in each.get("oauth2", [])}
    granular = {
        scope
        for each in described.get("x-atlassian-oauth2-scopes", [])
        if each["state"] == "Current"
        for scope in each["scopes"]
    }
    assert (set(endpoint.scopes), set(endpoint.token_scopes)) == (legacy, granular)


def test_the_document_names_what_is_served(document: dict[str, Any]) -> None:
    known = {plain(path) for path in document["paths"]}
    assert [endpoint.path for endpoint in ENDPOINTS if plain(endpoint.path) not in known] == []


# what the document names and nobody is served: beginning of the path -> why
_NONE = "the world has none of these: their list is empty"
_PERSONAL = "things of persons, for which no credential of the world has the scope"
LEFT_OUT = {
    "/addon/": "apps of Connect",
    "/hook_events": "the catalogue of webhooks: no data of a workspace",
    "/repositories/{workspace}/{repo_slug}/commit/{commit}/properties/": "apps of Connect",
    "/repositories/{workspace}/{repo_slug}/deploy-keys/{key_id}": _NONE,
    "/repositories/{workspace}/{repo_slug}/pipelines-config/caches/{cache_uuid}/": _NONE,
    "/repositories/{workspace}/{repo_slug}/pipelines-config/runners/{runner_uuid}": _NONE,
    "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}/logs/": "logs of services: "
    "the world's steps use none",
    "/repositories/{workspace}/{repo_slug}/pipelines_config/ssh/key_pair": "404 until somebody makes one",
    "/repositories/{workspace}/{repo_slug}/pipelines_config/ssh/known_hosts/{known_host_uuid}": _NONE,
    "/repositories/{workspace}/{repo_slug}/properties/": "apps of Connect",
    "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/conflicts": "302: no source says where to",
    "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/merge/task-status/": "only after a merge "
    "over the API, which only reads here",
    "/repositories/{workspace}/{repo_slug}/pullrequests/{pullrequest_id}/properties/": "apps of Connect",
    "/snippets": "no part of a repository",
    "/teams/": "gone since 2019 (FACTS 9)",
    "/user/emails": _PERSONAL,
    "/users/{selected_user}/gpg-keys": _PERSONAL,
    "/users/{selected_user}/pipelines_config/": "deprecated, and of a person",
    "/users/{selected_user}/properties/": "apps of Connect",
    "/users/{selected_user}/search/code": "deprecated for November 2026 (FACTS 9)",
    "/users/{selected_user}/ssh-keys": _PERSONAL,
    "/workspaces/{workspace}/hooks/{uid}": _NONE,
    "/workspaces/{workspace}/pipelines-config/identity/": "keys that steps of pipelines sign with",
    "/workspaces/{workspace}/projects/{project_key}/deploy-keys/{key_id}": _NONE,
    "/workspaces/{workspace}/search/code": "deprecated for November 2026 (FACTS 9)",
    "/workspaces/{workspace}/settings/gpg/public-key": "the key that Bitbucket signs merges with",
}


def test_nothing_is_left_out_without_a_reason(document: dict[str, Any]) -> None:
    served = {plain(endpoint.path) for endpoint in ENDPOINTS}
    missing = {path for path, methods in document["paths"].items() if "get" in methods and plain(path) not in served}
    assert {path for path in missing if not path.startswith(tuple(LEFT_OUT))} == set()
    assert [start for start in LEFT_OUT if not any(path.startswith(start) for path in missing)] == []
