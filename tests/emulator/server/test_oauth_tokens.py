"""`/site/oauth2` (FACTS 8, CHANGE-3052)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import advance_clock

CONSUMER = ("emulator-consumer", "emulator-consumer-secret")
CALLBACK = "http://localhost:9999/callback"


def ask(emulator: Emulator, status: int = 200, **form: str) -> Any:
    response = requests.post(f"{emulator.oauth_url}/access_token", data=form, auth=CONSUMER, timeout=5)
    assert response.status_code == status, response.text
    return response.json()


def user(emulator: Emulator, token: str) -> tuple[int, str | None]:
    response = requests.get(f"{emulator.base_url}/user", headers={"Authorization": f"Bearer {token}"}, timeout=5)
    return response.status_code, response.json().get("uuid")


def test_client_credentials_act_as_the_owner(emulator: Emulator) -> None:
    answer = ask(emulator, grant_type="client_credentials")
    consumer = emulator.world.credentials["oauth"]
    assert answer == {
        "access_token": answer["access_token"],
        "scopes": " ".join(sorted(consumer.scopes)),
        "expires_in": 7200,
        "refresh_token": answer["refresh_token"],
        "token_type": "bearer",
    }
    assert user(emulator, answer["access_token"]) == (200, consumer.user)


def test_client_may_sign_in_in_the_form(emulator: Emulator) -> None:
    form = {"grant_type": "client_credentials", "client_id": CONSUMER[0], "client_secret": CONSUMER[1]}
    assert requests.post(f"{emulator.oauth_url}/access_token", data=form, timeout=5).status_code == 200


def test_a_wrong_secret(emulator: Emulator) -> None:
    response = requests.post(
        f"{emulator.oauth_url}/access_token",
        data={"grant_type": "client_credentials"},
        auth=(CONSUMER[0], "wrong"),
        timeout=5,
    )
    assert (response.status_code, response.json()["error"]) == (401, "unauthorized_client")


def test_an_access_token_ends_after_two_hours(emulator: Emulator) -> None:
    token = ask(emulator, grant_type="client_credentials")["access_token"]
    advance_clock(emulator.world, 7190)
    assert user(emulator, token)[0] == 200
    advance_clock(emulator.world, 20)
    assert user(emulator, token) == (401, None)


def test_a_refresh_token_works_once(emulator: Emulator) -> None:
    first = ask(emulator, grant_type="client_credentials")
    second = ask(emulator, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert user(emulator, second["access_token"])[0] == 200
    assert ask(emulator, 400, grant_type="refresh_token", refresh_token=first["refresh_token"]) == {
        "error_description": "Invalid refresh_token",
        "error": "invalid_grant",
    }
    ask(emulator, grant_type="refresh_token", refresh_token=second["refresh_token"])


@pytest.mark.parametrize(("days", "status"), [pytest.param(89, 200, id="used"), pytest.param(90, 400, id="unused")])
def test_a_refresh_token_lapses_after_three_months(emulator: Emulator, days: int, status: int) -> None:
    token = ask(emulator, grant_type="client_credentials")["refresh_token"]
    advance_clock(emulator.world, days * 86_400)
    ask(emulator, status, grant_type="refresh_token", refresh_token=token)


def test_an_unknown_grant(emulator: Emulator) -> None:
    assert ask(emulator, 400) == {"error_description": "Unsupported grant type: None", "error": "invalid_grant"}


def test_tokens_can_be_revoked(emulator: Emulator) -> None:
    answer = ask(emulator, grant_type="client_credentials")
    emulator.revoke_tokens()
    assert user(emulator, answer["access_token"])[0] == 401
    ask(emulator, 400, grant_type="refresh_token", refresh_token=answer["refresh_token"])


@pytest.mark.parametrize("state", [None, "abc"])
def test_somebody_agrees_on_the_page(emulator: Emulator, state: str | None) -> None:
    query = {"client_id": CONSUMER[0], "response_type": "code", "redirect_uri": CALLBACK}
    if state is not None:
        query["state"] = state
    address = f"{emulator.oauth_url}/authorize"
    page = requests.get(address, params=query, timeout=5)
    assert (page.status_code, "Grant access" in page.text) == (200, True)
    agreed = requests.post(address, params=query, data={"authorize": "Grant access"}, allow_redirects=False, timeout=5)
    assert (agreed.status_code, agreed.headers["Location"].split("?")[0]) == (302, CALLBACK)
    answer = parse_qs(urlsplit(agreed.headers["Location"]).query)
    assert answer.get("state") == (None if state is None else [state])
    code = answer["code"][0]
    token = ask(emulator, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert user(emulator, token["access_token"])[0] == 200
    ask(emulator, 400, grant_type="authorization_code", code=code)


def test_somebody_refuses_on_the_page(emulator: Emulator) -> None:
    query = {"client_id": CONSUMER[0], "response_type": "code", "redirect_uri": CALLBACK}
    refused = requests.post(
        f"{emulator.oauth_url}/authorize",
        params=query,
        data={"authorize": "Cancel"},
        allow_redirects=False,
        timeout=5,
    )
    assert refused.headers["Location"] == f"{CALLBACK}?error=access_denied"


@pytest.mark.parametrize(
    "query",
    [
        {"client_id": "nobody", "response_type": "code", "redirect_uri": CALLBACK},
        {"client_id": CONSUMER[0], "response_type": "code"},
        {"client_id": CONSUMER[0], "response_type": "token", "redirect_uri": CALLBACK},
    ],
)
def test_a_page_for_nobody(emulator: Emulator, query: dict[str, str]) -> None:
    assert requests.get(f"{emulator.oauth_url}/authorize", params=query, timeout=5).status_code == 400


@pytest.mark.parametrize(
    ("redirect_uri", "status"),
    [
        pytest.param("http://127.0.0.1:4711/", 200, id="the callback URL"),
        pytest.param("http://127.0.0.1:4711/done", 200, id="below it"),
        pytest.param(None, 200, id="left out"),
        pytest.param("http://127.0.0.1:4712/", 400, id="another port"),
        pytest.param("https://elsewhere.example/", 400, id="another host"),
    ],
)
def test_the_answer_goes_to_the_callback_url_only(emulator: Emulator, redirect_uri: str | None, status: int) -> None:
    emulator.world.credentials["oauth"].callback_url = "http://127.0.0.1:4711/"
    query = {"client_id": CONSUMER[0], "response_type": "code", "redirect_uri": redirect_uri}
    answer = requests.get(f"{emulator.oauth_url}/authorize", params=query, timeout=5)
    emulator.world.credentials["oauth"].callback_url = ""
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("form", "status"),
    [
        # the pair of RFC 7636, appendix B
        pytest.param({"code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}, 200, id="the right one"),
        pytest.param({"code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj"}, 400, id="a wrong one"),
        pytest.param({}, 400, id="none"),
    ],
)
def test_a_code_with_a_challenge_takes_its_verifier(emulator: Emulator, form: dict[str, str], status: int) -> None:
    query = {
        "client_id": CONSUMER[0],
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    code = agreed_code(emulator, query)
    ask(emulator, status, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **form)


def test_a_code_takes_the_redirect_uri_it_was_sent_to(emulator: Emulator) -> None:
    code = agreed_code(emulator, {"client_id": CONSUMER[0], "response_type": "code", "redirect_uri": CALLBACK})
    ask(emulator, 400, grant_type="authorization_code", code=code, redirect_uri="http://localhost:9999/else")
    ask(emulator, 200, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)


def agreed_code(emulator: Emulator, query: dict[str, str]) -> str:
    agreed = requests.post(
        f"{emulator.oauth_url}/authorize",
        params=query,
        data={"authorize": "Grant access"},
        allow_redirects=False,
        timeout=5,
    )
    return parse_qs(urlsplit(agreed.headers["Location"]).query)["code"][0]
