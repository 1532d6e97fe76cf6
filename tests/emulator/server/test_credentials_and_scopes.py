"""Who gets in, and how far (FACTS 8)."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from bitbucket_emulator import Credential, Emulator
from bitbucket_emulator.world.actions import create_repository

from ..client import Client

INVALID = {"type": "error", "error": {"message": "Token is invalid, expired, or not supported for this endpoint."}}
NO_REPOSITORY = {
    "type": "error",
    "error": {
        "message": "You may not have access to this repository or it no longer exists in this workspace. If you think "
        "this repository exists and you have access, make sure you are authenticated."
    },
}
ADMIN = ("admin@example.org", "emulator-api-token")


def test_api_token_is_basic(client: Client) -> None:
    response = client.get("", auth=ADMIN)
    assert response.status_code == 200
    assert response.headers["X-Credential-Type"] == "apitoken"
    assert response.headers["X-Accepted-OAuth-Scopes"] == "read:repository:bitbucket"
    assert "read:pullrequest:bitbucket" in response.headers["X-OAuth-Scopes"].split(", ")


def test_access_token_is_bearer(client: Client) -> None:
    response = client.get("")
    assert response.status_code == 200
    assert response.headers["X-Accepted-OAuth-Scopes"] == "repository"
    assert "pullrequest" in response.headers["X-OAuth-Scopes"].split(", ")
    assert client.json("/user")["type"] == "app_user"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer nobody"},
        {"Authorization": "Bearer emulator-api-token"},
        {"Authorization": "Basic !"},
        {"Authorization": "Digest x"},
    ],
    ids=["unknown", "API token as Bearer", "no Basic", "other scheme"],
)
def test_wrong_credentials(client: Client, headers: dict[str, str]) -> None:
    assert client.error("", headers=headers) == (401, INVALID)


@pytest.mark.parametrize(
    "auth",
    [("admin@example.org", "wrong"), ("other@example.org", "emulator-api-token"), ("x", "emulator-workspace-token")],
)
def test_wrong_basic(client: Client, auth: tuple[str, str]) -> None:
    assert client.error("", auth=auth) == (401, INVALID)


def test_a_token_in_the_query_is_not_looked_at(emulator: Emulator) -> None:
    anonymous = Client(emulator, token=None)
    assert anonymous.error("/user?access_token=emulator-workspace-token") == (401, INVALID)


def test_an_api_token_without_any_scope(emulator: Emulator, client: Client) -> None:
    known = emulator.world.credentials
    known["bare"] = replace(known["admin"], name="bare", token="bare", scopes=frozenset())
    assert client.error("", auth=("admin@example.org", "bare")) == (
        401,
        {"type": "error", "error": {"message": "API Token provided has no Bitbucket scopes"}},
    )


def test_a_missing_scope_is_named_in_an_object(emulator: Emulator) -> None:
    narrow = Client(emulator, token="emulator-repository-token")
    assert narrow.get("pullrequests").status_code == 200
    assert narrow.error("pipelines") == (
        403,
        {
            "type": "error",
            "error": {
                "message": "Your credentials lack one or more required privilege scopes.",
                "detail": {"required": ["pipeline"], "granted": ["pullrequest", "repository"]},
            },
        },
    )


def test_api_tokens_need_granular_names(emulator: Emulator, client: Client) -> None:
    known = emulator.world.credentials
    scopes = frozenset({"read:repository:bitbucket"})
    known["narrow"] = replace(known["admin"], name="narrow", token="narrow", scopes=scopes)
    auth = ("admin@example.org", "narrow")
    assert client.get("commits", auth=auth).status_code == 200
    status, body = client.error("pullrequests", auth=auth)
    assert (status, body["error"]["detail"]["required"]) == (403, ["read:pullrequest:bitbucket"])


def test_scopes_do_not_imply_each_other(emulator: Emulator) -> None:
    known = emulator.world.credentials
    known["only"] = replace(known["workspace"], name="only", token="only", scopes=frozenset({"pullrequest"}))
    only = Client(emulator, token="only")
    assert only.get("pullrequests").status_code == 200
    assert only.get("commits").status_code == 403
    known["admin-only"] = replace(
        known["workspace"],
        name="admin-only",
        token="admin-only",
        scopes=frozenset({"repository:admin"}),
    )
    assert Client(emulator, token="admin-only").get("").status_code == 403


def test_some_endpoints_refuse_access_tokens(client: Client) -> None:
    assert client.error("/user/workspaces/acme/permission") == (
        403,
        {
            "type": "error",
            "error": {"message": "This resource does not support authentication using the provided token"},
        },
    )
    assert client.json("/user/workspaces/acme/permission", auth=ADMIN)["permission"] == "owner"


def test_a_revoked_credential(emulator: Emulator, client: Client) -> None:
    del emulator.world.credentials["workspace"]
    assert client.error("") == (401, INVALID)


def test_without_credentials_only_public_repositories(emulator: Emulator) -> None:
    create_repository(emulator.world, "open", name="Open", is_private=False)
    anonymous = Client(emulator, token=None)
    assert anonymous.values("/repositories/acme", "slug") == ["open"]
    assert anonymous.json("/repositories/acme/open/refs/branches")["values"] == []
    assert anonymous.error("") == (404, NO_REPOSITORY)
    assert anonymous.error("/repositories/acme/open/hooks") == (401, INVALID)
    assert anonymous.error("/workspaces/acme/members") == (401, INVALID)


def test_a_credential_for_some_repositories(emulator: Emulator) -> None:
    world = emulator.world
    other = create_repository(world, "other", name="Other")
    bot = world.credentials["workspace"].user
    scopes = frozenset({"repository", "pullrequest"})
    world.credentials["one"] = Credential("one", "bearer", scopes, bot, "one", repositories=frozenset({other.uuid}))
    one = Client(emulator, token="one")
    assert one.values("/repositories/acme", "slug") == ["other"]
    assert one.error("") == (404, NO_REPOSITORY)
    assert one.error("pullrequests") == (404, NO_REPOSITORY)


def test_headers_of_every_answer(client: Client) -> None:
    response = client.get("")
    assert response.headers["Server"] == "AtlassianEdge"
    assert response.headers["Vary"] == "Authorization"
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["X-Request-Count"] == "1"
    assert client.get("").headers["X-Request-Count"] == "2"


def test_an_unchanged_answer_is_304(emulator: Emulator, client: Client) -> None:
    tag = client.get("").headers["ETag"]
    same = client.get("", headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    emulator.act("push", repository="web", branch="main", author="ada")
    assert client.get("", headers={"If-None-Match": tag}).status_code == 200


def test_head_and_other_methods(client: Client) -> None:
    head = client.send("HEAD", "")
    assert (head.status_code, head.content) == (200, b"")
    assert client.send("DELETE", "").status_code == 404


def test_two_sessions_do_not_mix(emulator: Emulator) -> None:
    with requests.Session() as session:
        first = session.get(f"{emulator.base_url}/user", auth=ADMIN, timeout=5).json()
        second = session.get(
            f"{emulator.base_url}/user", headers={"Authorization": "Bearer emulator-workspace-token"}, timeout=5
        ).json()
    assert (first["type"], second["type"]) == ("user", "app_user")
