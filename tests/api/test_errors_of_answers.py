"""Each recorded error body becomes the right exception and a sentence that says what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.client import Client
from bitbucket_source.api.credentials import AccessToken
from bitbucket_source.api.errors import (
    AccessDenied,
    BadRequest,
    BitbucketError,
    CredentialsRefused,
    Gone,
    NotFound,
    ScopeMissing,
    ServerTrouble,
)

from .reading import make_client, read, statuses

EXPECTED: dict[str, tuple[type[BitbucketError], str]] = {
    "removed cross-workspace endpoint": (
        Gone,
        "410 on /asked: CHANGE-2770 - Functionality has been deprecated: Please read the changelog entry for more "
        "details. Update bitbucket-source. See https://developer.atlassian.com/cloud/bitbucket/changelog#CHANGE-2770.",
    ),
    "file missing in src": (
        NotFound,
        "404 on /asked: No such file or directory: shard.yml. "
        "Check the spelling; a repository these credentials may not see looks the same.",
    ),
    "unknown ref/commit in src": (
        NotFound,
        "404 on /asked: Commit not found. "
        "Check the spelling; a repository these credentials may not see looks the same.",
    ),
    "unknown pull request id": (
        NotFound,
        "404 on /asked: not found. Check the spelling; a repository these credentials may not see looks the same.",
    ),
    "unknown repository or no access": (
        NotFound,
        "404 on /asked: You may not have access to this repository or it no longer exists in this workspace. If you "
        "think this repository exists and you have access, make sure you are authenticated. "
        "Check the spelling; a repository these credentials may not see looks the same.",
    ),
    "HTML 404 quirk": (
        NotFound,
        "404 on /asked: not found. Check the spelling; a repository these credentials may not see looks the same.",
    ),
    "no such API path": (
        NotFound,
        "404 on /asked: Resource not found: There is no API hosted at this URL. "
        "Check the spelling; a repository these credentials may not see looks the same.",
    ),
    "bad/expired token": (
        CredentialsRefused,
        "401 on /asked: Token is invalid, expired, or not supported for this endpoint. "
        "Check that the token was copied whole, has not expired, and is of the kind you named.",
    ),
    "API token without any Bitbucket scope": (
        CredentialsRefused,
        "401 on /asked: API Token provided has no Bitbucket scopes. "
        "Create an API token with scopes, for the app Bitbucket.",
    ),
    "missing scope": (
        ScopeMissing,
        "403 on /asked: the credentials lack the scope project (they have: runner:write, pipeline:variable, "
        "issue:write, pullrequest:write, account). "
        "Create them again with that scope, or leave the table out with --tables.",
    ),
    "endpoint refuses this credential type": (
        AccessDenied,
        "403 on /asked: This resource does not support authentication using the provided token. "
        "Use another kind of credentials, or leave the table out with --tables.",
    ),
    "pagelen too large": (BadRequest, "400 on /asked: Invalid pagelen."),
    "field not filterable in q": (BadRequest, '400 on /asked: Field ".summary.raw" does not support filtering.'),
    "deployments sort=created_on": (BadRequest, "400 on /asked: Bad request: Invalid sort attribute."),
    "pipeline not found": (
        NotFound,
        "404 on /asked: Not found: Pipeline with build number '<n>' not found in repository {uuid}. "
        "Check the spelling; a repository these credentials may not see looks the same.",
    ),
    "step log with Accept": (BadRequest, "406 on /asked: Bitbucket refuses the request."),
    "diffstat/diff/merge timed out": (
        ServerTrouble,
        "555 on /asked: Bitbucket gives no answer to this. The next sync goes on from where this list stood.",
    ),
    "url too long": (BadRequest, "400 on /asked: Bitbucket refuses the request."),
}


def recorded(shared: Path, case: str) -> dict[str, Any]:
    """The error body of errors.json whose case begins so."""
    bodies: list[dict[str, Any]] = json.loads((shared / "errors.json").read_text())
    return next(body for body in bodies if body["case"].startswith(case))


def _lacks_scopes(required: list[str], granted: list[str]) -> dict[str, Any]:
    """The body of a 403, as errors.json has it for one scope."""
    return {"type": "error", "error": {"message": "x", "detail": {"required": required, "granted": granted}}}


@pytest.mark.parametrize("case", EXPECTED)
def test_recorded_errors(emulator: Emulator, client: Client, shared: Path, case: str) -> None:
    body = recorded(shared, case)
    is_html = body.get("content_type") == "text/html"
    text = {"body": body.get("body", body.get("body_text", ""))}
    emulator.add_fault(Fault(kind="html" if is_html else "status", status=body["status"], **text))
    with pytest.raises(BitbucketError) as caught:
        read(client, endpoint="/asked")
    kind, message = EXPECTED[case]
    assert (type(caught.value), str(caught.value)) == (kind, message)
    assert statuses(emulator) == [body["status"]], "it was asked again"


def test_a_missing_scope_is_named_with_what_is_there(emulator: Emulator) -> None:
    client = make_client(emulator.base_url, credentials=AccessToken("emulator-repository-token"))
    with pytest.raises(ScopeMissing) as caught:
        read(client, "/repositories/acme/web/pipelines/")
    assert (caught.value.status, caught.value.required, caught.value.granted) == (
        403,
        ["pipeline"],
        ["pullrequest", "repository"],
    )


def test_scopes_that_are_missing_together_are_to_be_given_together(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=403, body=_lacks_scopes(["repository", "repository:admin"], [])))
    with pytest.raises(ScopeMissing) as caught:
        read(client)
    assert caught.value.next_step == "Create them again with those scopes, or leave the table out with --tables."


@pytest.mark.parametrize(
    ("path", "step"),
    [
        *[
            (
                f"/repositories/acme/{{repository_uuid}}/{path}",
                "Only administrators of the repository may read this: use credentials of one, "
                "or leave the table out with --tables.",
            )
            for path in ("branch-restrictions", "hooks", "permissions-config/{granted_to}")
        ],
        ("/repositories/hooks/{repository_uuid}/default-reviewers", "Ask an administrator for read access."),
    ],
    ids=["branch restrictions", "webhooks", "permissions", "what anybody may read"],
)
def test_what_only_administrators_may_read_is_not_asked_for_in_vain(
    emulator: Emulator, client: Client, path: str, step: str
) -> None:
    emulator.add_fault(Fault(kind="status", status=403, body={"error": {"message": "No permission"}}))
    with pytest.raises(AccessDenied) as caught:
        read(client, endpoint=path)
    assert (type(caught.value), caught.value.next_step) == (AccessDenied, step)


def test_unresolved_hashes_are_named(client: Client) -> None:
    with pytest.raises(NotFound) as caught:
        read(client, f"/repositories/acme/web/commits?include={'a' * 40}")
    assert caught.value.unresolved == ("a" * 40,)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        pytest.param(403, {"error": "no"}, "access is denied.", id="error is a text"),
        pytest.param(403, {"error": {"message": None}}, "access is denied.", id="no message"),
        pytest.param(400, {"error": {"message": "x" * 9999}}, "x" * 300 + ".", id="a novel"),
        pytest.param(404, {"error": {"message": "Gone?", "data": {"shas": None}}}, "Gone?", id="no hashes"),
        pytest.param(404, {"error": {"message": "Gone!", "data": []}}, "Gone!", id="data is a list"),
        pytest.param(
            403,
            {"error": {"message": "x", "detail": {"required": "project", "granted": None}}},
            "the credentials lack the scope project (they have: none).",
            id="scopes as a text",
        ),
        pytest.param(
            403,
            _lacks_scopes(["repository", "repository:admin"], ["account"]),
            "the credentials lack the scopes repository and repository:admin (they have: account).",
            id="two scopes, both lacking",
        ),
        pytest.param(
            403,
            _lacks_scopes(["repository", "repository:admin"], ["repository:write"]),
            "the credentials lack the scope repository:admin (they have: repository:write).",
            id="two scopes, one lacking",
        ),
        pytest.param(
            403,
            _lacks_scopes(["read:user:bitbucket", "read:workspace:bitbucket", "x"], []),
            "the credentials lack the scopes read:user:bitbucket, read:workspace:bitbucket and x (they have: none).",
            id="three scopes",
        ),
        pytest.param(404, "[" * 5000, "not found.", id="nested too deep"),
    ],
)
def test_odd_error_bodies(emulator: Emulator, client: Client, status: int, body: Any, message: str) -> None:
    emulator.add_fault(Fault(kind="status", status=status, body=body))
    with pytest.raises(BitbucketError) as caught:
        read(client)
    assert (caught.value.status, caught.value.why) == (status, message)
