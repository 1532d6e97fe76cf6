"""API tokens and access tokens: how they sign, and what happens when they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.api.credentials import (
    AccessToken,
    ApiToken,
    Credentials,
    CredentialsError,
)
from bitbucket_source.api.errors import CredentialsRefused
from bitbucket_source.api.finding import credentials_from, credentials_from_environment
from bitbucket_source.api.oauth import OAuthConsumer

from .reading import WORKSPACE_TOKEN, make_client, read, statuses
from .stub_server import json_reply, serving

API_TOKEN = ApiToken("admin@example.org", "emulator-api-token")


@pytest.mark.parametrize(
    ("credentials", "name"),
    [
        pytest.param(API_TOKEN, "admin", id="API token"),
        pytest.param(ApiToken(" admin@example.org ", "emulator-api-token\n"), "admin", id="API token with blanks"),
        pytest.param(AccessToken(WORKSPACE_TOKEN), "workspace", id="access token"),
        pytest.param(AccessToken(f"  {WORKSPACE_TOKEN}\r\n"), "workspace", id="access token with blanks"),
    ],
)
def test_tokens_sign_every_request(emulator: Emulator, credentials: Credentials, name: str) -> None:
    assert read(make_client(emulator.base_url, credentials=credentials))["full_name"] == "acme/web"
    assert [entry.credential for entry in emulator.requests] == [name]


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param(AccessToken("no-such-token"), id="unknown access token"),
        pytest.param(AccessToken("emulator-api-token"), id="API token as Bearer"),
        pytest.param(ApiToken("admin@example.org", "no-such-token"), id="unknown API token"),
        pytest.param(ApiToken("else@example.org", "emulator-api-token"), id="API token of somebody else"),
    ],
)
def test_refused_tokens_are_not_tried_again(emulator: Emulator, credentials: Credentials) -> None:
    with pytest.raises(CredentialsRefused) as caught:
        read(make_client(emulator.base_url, credentials=credentials))
    assert str(caught.value) == (
        "401 on /repositories/{repository}: Token is invalid, expired, or not supported for this endpoint. "
        "Check that the token was copied whole, has not expired, and is of the kind you named."
    )
    assert statuses(emulator) == [401]


def test_netrc_does_not_replace_our_authorization(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(lambda _: json_reply({})) as stub:
        for credentials in (AccessToken("a"), ApiToken("a", "b")):
            read(make_client(stub.url, credentials=credentials))
    assert [request.headers["authorization"] for request in stub.requests] == ["Bearer a", "Basic YTpi"]


def test_cookies_are_not_kept() -> None:
    with serving(lambda _: json_reply({}, Set_Cookie="session=1; Path=/")) as stub:
        client = make_client(stub.url)
        read(client)
        read(client)
    assert ["cookie" in request.headers for request in stub.requests] == [False, False]


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        pytest.param({"ACCESS_TOKEN": "a"}, AccessToken, id="access token"),
        pytest.param({"EMAIL": "a@example.org", "API_TOKEN": "b"}, ApiToken, id="API token"),
        pytest.param({"CLIENT_ID": "a", "CLIENT_SECRET": "b"}, OAuthConsumer, id="OAuth consumer"),
        pytest.param({"ACCESS_TOKEN": "", "CLIENT_ID": "a", "CLIENT_SECRET": "b"}, OAuthConsumer, id="empty is absent"),
        pytest.param(
            {"CLIENT_ID": "a", "CLIENT_SECRET": "b", "EMAIL": "c", "API_TOKEN": "d", "ACCESS_TOKEN": "e"},
            AccessToken,
            id="access token before API token before consumer",
        ),
        pytest.param({}, type(None), id="none"),
    ],
)
def test_credentials_of_the_environment(environment: dict[str, str], kind: type) -> None:
    named = {f"BITBUCKET_{name}": value for name, value in environment.items()}
    assert type(credentials_from_environment(named)) is kind


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"email": "a"}, "email is given without api_token: both are needed.", id="no API token"),
        pytest.param({"api_token": "a"}, "api_token is given without email: both are needed.", id="no e-mail"),
        pytest.param({"client_id": "a"}, "client_id is given without client_secret: both are needed.", id="no secret"),
        pytest.param(
            {"app_password": "a"},
            "App passwords were removed from Bitbucket on 2026-07-28. "
            "Create an API token (email + api_token), an access token, or an OAuth consumer instead.",
            id="app password",
        ),
        pytest.param(
            {"email": "a", "api_token": f"ATBB{'x' * 32}"},
            "api_token holds an app password. App passwords were removed from Bitbucket on 2026-07-28. "
            "Create an API token (email + api_token), an access token, or an OAuth consumer instead.",
            id="app password as an API token",
        ),
        pytest.param(
            {"access_token": "ATCT…5A"},
            "access_token is empty or holds a character that cannot be in it: copy it again, whole.",
            id="shortened by whoever showed it",
        ),
        pytest.param(
            {"email": "a", "api_token": "one\nX-Other: two"},
            "api_token is empty or holds a character that cannot be in it: copy it again, whole.",
            id="two lines",
        ),
    ],
)
def test_credentials_that_cannot_work_are_refused_before_any_request(values: dict[str, str], message: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        credentials_from(values)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("credentials", "identity"),
    [
        pytest.param(OAuthConsumer(" key ", "secret"), "consumer:key", id="OAuth consumer"),
        pytest.param(ApiToken("me@example.org", "one"), "account:855c94f3498940b2", id="API token"),
        pytest.param(ApiToken(" Me@Example.org ", "two"), "account:855c94f3498940b2", id="another of the same account"),
        pytest.param(AccessToken(" swordfish\n"), "token:b9f195c5cc7ef6af", id="access token"),
    ],
)
def test_the_identity_says_whose_quota_is_used_and_no_secret(credentials: Credentials, identity: str) -> None:
    assert credentials.identity == identity
