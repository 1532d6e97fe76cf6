"""No secret in a message, a representation, a traceback, a log or an exception's history."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.client import Client
from bitbucket_source.api.credentials import AccessToken, ApiToken, Credentials, CredentialsError
from bitbucket_source.api.errors import BitbucketError, Stopped
from bitbucket_source.api.lists import Lists
from bitbucket_source.api.oauth import OAuthConsumer

from .reading import make_client, read
from .stub_server import Reply, Request, json_reply, serving

TOKEN = "ATCTT3xFfGN0-swordfish"
ISSUED = "issued-swordfish"
BASIC = "c3dvcmRmaXNo"  # swordfish, as Basic would write it


def kinds(token_url: str) -> list[Credentials]:
    """One of each, with a secret that can be recognised."""
    return [AccessToken(TOKEN), ApiToken("me@example.org", TOKEN), OAuthConsumer("id", TOKEN, token_url)]


def history(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and everything that hangs on it, shown or not."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def told(error: BaseException) -> str:
    """All that anybody could print of an exception."""
    parts = ["".join(traceback.format_exception(error))]
    for each in history(error):
        parts += [str(each), repr(each), repr(vars(each))]
        parts += [repr(getattr(getattr(value, "headers", None), "items", list)()) for value in vars(each).values()]
    return "\n".join(parts)


def assert_silent(text: str) -> None:
    assert "swordfish" not in text
    assert BASIC not in text


FAULTS: list[dict[str, Any]] = [
    *({"kind": "status", "status": status} for status in (400, 401, 403, 404, 410, 429, 500, 555)),
    {"kind": "rate_limit"},
    {"kind": "html", "status": 200},
    {"kind": "cut"},
    {"kind": "cut_before_headers"},
    {"kind": "truncate"},
    {"kind": "status", "status": 302, "headers": {"Location": "https://elsewhere.example"}},
    {"kind": "status", "status": 302, "headers": {"Location": "/2.0/user"}},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}")
def test_no_secret_in_any_error(emulator: Emulator, fault: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good = AccessToken("emulator-workspace-token")
    emulator.add_fault(Fault(**fault))
    with pytest.raises(BitbucketError) as caught:
        read(make_client(emulator.base_url, credentials=good))
    assert "emulator-workspace-token" not in told(caught.value) + caplog.text


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["access token", "API token", "OAuth consumer"])
def test_no_secret_in_errors_representations_and_logs(kind: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def answer(request: Request) -> Reply:
        if request.target == "/access_token":
            return json_reply({"access_token": ISSUED, "token_type": "bearer", "refresh_token": ISSUED})
        return json_reply({"error": {"message": "no"}}, 401)

    with serving(answer) as stub:
        credentials = kinds(stub.url)[kind]
        client = make_client(stub.url, credentials=credentials)
        with pytest.raises(BitbucketError) as caught:
            read(client)
    assert {"authorization" in request.headers for request in stub.requests} == {True}
    assert_silent(told(caught.value))
    shown = [repr(each) for each in (credentials, credentials.auth(), client, Lists(client), client.budget)]
    assert_silent("\n".join([*shown, credentials.description, caplog.text]))


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(json_reply({"error": "unauthorized_client", "error_description": TOKEN}, 401), id="refused"),
        pytest.param(json_reply({}, 503), id="in trouble"),
        pytest.param(Reply(200, b"<html>swordfish", {"Content-Type": "text/html"}), id="a page"),
        pytest.param(json_reply({"access_token": ISSUED, "expires_in": "x"}), id="a token that cannot be read"),
    ],
)
def test_no_secret_when_no_token_is_had(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(lambda _: reply) as stub, pytest.raises((BitbucketError, CredentialsError)) as caught:
        read(make_client(stub.url, credentials=OAuthConsumer("id", TOKEN, stub.url)))
    assert_silent(told(caught.value) + caplog.text)


def test_no_secret_when_the_token_server_cannot_be_reached() -> None:
    with pytest.raises(BitbucketError) as caught:
        read(make_client("http://127.0.0.1:9", credentials=OAuthConsumer("id", TOKEN, "http://127.0.0.1:9")))
    assert_silent(told(caught.value))
    assert [type(each).__module__.partition(".")[0] for each in history(caught.value)] == ["bitbucket_source"] * 2


def test_no_secret_where_a_token_is_refused_unseen() -> None:
    with pytest.raises(CredentialsError) as caught:
        AccessToken(f"{TOKEN}…")
    assert_silent(told(caught.value))


def test_the_history_of_an_error_holds_no_request(client: Client, emulator: Emulator) -> None:
    emulator.add_fault(Fault(kind="cut_before_headers"))
    with pytest.raises(BitbucketError) as caught:
        read(client)
    assert [type(each).__name__ for each in history(caught.value)] == ["ServerTrouble", "NoAnswer"]


def test_a_stop_tells_no_secret(emulator: Emulator) -> None:
    client = make_client(emulator.base_url)
    client.budget.stop("enough")
    with pytest.raises(Stopped) as caught:
        read(client)
    assert "emulator-workspace-token" not in told(caught.value)
