"""No secret of a login in a message, a page, a log, a traceback or an exception's history."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_source.api.consent import Consent
from bitbucket_source.api.credentials import CredentialsError
from bitbucket_source.api.errors import BitbucketError
from bitbucket_source.api.login import Login
from bitbucket_source.api.login_store import KeptLogin, LoginStore, Secrets
from bitbucket_source.api.loopback import Loopback
from bitbucket_source.api.oauth import TokenServer
from tests.api.reading import make_client, read
from tests.api.stub_server import Reply, Request, json_reply, serving
from tests.api.test_secrets import assert_silent, told

TOKEN = "swordfish"
ANSWERS = [
    pytest.param(json_reply({"error": "invalid_grant", "error_description": TOKEN}, 400), id="not taken"),
    pytest.param(json_reply({"error": "unauthorized_client", "error_description": TOKEN}, 401), id="refused"),
    pytest.param(json_reply({TOKEN: TOKEN}, 503), id="in trouble"),
    pytest.param(Reply(200, b"<html>swordfish", {"Content-Type": "text/html"}), id="a page"),
    pytest.param(json_reply({"access_token": TOKEN, "token_type": TOKEN, "expires_in": TOKEN}), id="unreadable"),
]


def kept_at(oauth_url: str) -> Login:
    """A login whose secrets can be recognised, and that has to be renewed."""
    store = LoginStore(oauth_url)
    kept = KeptLogin(oauth_url, "id", "Ada", "{ada}", (), "file")
    with store.locked():
        store.write(kept, Secrets(TOKEN, TOKEN, TOKEN, 0.0, 0.0))
    return Login(store, kept)


@pytest.mark.parametrize("reply", ANSWERS)
def test_no_secret_when_a_renewal_fails(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(lambda _: reply) as stub:
        login = kept_at(stub.url)
        with pytest.raises((BitbucketError, CredentialsError)) as caught:
            read(make_client(stub.url, credentials=login))
    assert_silent(told(caught.value) + caplog.text)


def test_no_secret_in_logs_when_a_renewal_succeeds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def answer(request: Request) -> Reply:
        if request.target == "/access_token":
            return json_reply({"access_token": f"{TOKEN}2", "refresh_token": f"{TOKEN}3", "token_type": "bearer"})
        return json_reply({})

    with serving(answer) as stub:
        login = kept_at(stub.url)
        read(make_client(stub.url, credentials=login))
    assert_silent(caplog.text + repr([login, vars(login), login.auth()]))


@pytest.mark.parametrize("reply", ANSWERS)
def test_no_secret_when_a_code_is_not_taken(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(lambda _: reply) as stub:
        consent = Consent(TokenServer("id", TOKEN, stub.url), "http://127.0.0.1:47813/")
        state = consent.url.partition("state=")[2].partition("&")[0]
        with pytest.raises(CredentialsError) as caught:
            consent.token_of(f"http://127.0.0.1:47813/?code={TOKEN}&state={state}")
    assert_silent(told(caught.value) + caplog.text)


def fails_with(error: Exception) -> Callable[[str], str]:
    def take(_: str) -> str:
        raise error

    return take


@pytest.mark.parametrize(
    "take",
    [
        pytest.param(str, id="taken"),
        pytest.param(fails_with(CredentialsError("no")), id="refused"),
        pytest.param(fails_with(RuntimeError(TOKEN)), id="a bug"),
    ],
)
def test_no_secret_on_the_page_nor_in_the_log_of_requests(
    take: Callable[[str], str], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bitbucket_source")
    with Loopback(0, take) as loopback:
        page = requests.get(f"{loopback.address}?code={TOKEN}&state={TOKEN}", timeout=10)
    printed = capfd.readouterr()
    assert_silent(page.text + printed.out + printed.err)
    assert "swordfish" not in "".join(
        record.getMessage() for record in caplog.records if record.name == "bitbucket_source"
    )


def test_no_secret_in_the_address_that_is_shown(emulator: Emulator) -> None:
    consent = Consent(TokenServer("emulator-consumer", "emulator-consumer-secret", emulator.oauth_url), "http://x/")
    assert "emulator-consumer-secret" not in consent.url
