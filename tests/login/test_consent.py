"""Consent: only the answer to this very request counts, and it counts once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_source.api import login_store
from bitbucket_source.api.consent import AnswerRefused, Consent
from bitbucket_source.api.credentials import CredentialsError
from bitbucket_source.api.login_store import LoginStore
from bitbucket_source.api.loopback import Loopback
from bitbucket_source.api.oauth import TokenServer
from bitbucket_source.login import log_in

from .conftest import CONSUMER, LogIn, answer_of

REDIRECT = "http://127.0.0.1:47813/"


def consent(emulator: Emulator, secret: str = CONSUMER[1]) -> Consent:
    return Consent(TokenServer(CONSUMER[0], secret, emulator.oauth_url), REDIRECT)


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_the_request_names_the_consumer_a_state_and_a_challenge(emulator: Emulator) -> None:
    first, second = consent(emulator), consent(emulator)
    asked = query_of(first.url)
    assert first.url.startswith(f"{emulator.oauth_url}/authorize?")
    assert {name: asked[name] for name in ("client_id", "response_type", "redirect_uri", "code_challenge_method")} == {
        "client_id": CONSUMER[0],
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "code_challenge_method": "S256",
    }
    assert len(asked["state"]) >= 32
    assert {asked["state"], asked["code_challenge"]} & set(query_of(second.url).values()) == set()


def test_the_answer_is_exchanged_for_a_token_of_whoever_agreed(emulator: Emulator) -> None:
    asked = consent(emulator)
    token = asked.token_of(f"  {answer_of(asked.url)}\n")
    user = requests.get(
        f"{emulator.base_url}/user", headers={"Authorization": f"Bearer {token.access}"}, timeout=10
    ).json()
    assert user["uuid"] == emulator.world.credentials["oauth"].user
    assert "pipeline" in token.scopes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"state": "other"}, "This answers another login, an older one perhaps", id="wrong state"),
        pytest.param({"state": ""}, "This answers another login, an older one perhaps", id="no state"),
        pytest.param({"code": ""}, "This is no answer of Bitbucket's: it begins with", id="no code"),
    ],
)
def test_an_answer_to_something_else_is_refused_before_anything_is_asked(
    emulator: Emulator, change: dict[str, str], message: str
) -> None:
    asked = consent(emulator)
    told = {**query_of(answer_of(asked.url)), **change}
    changed = f"{REDIRECT}?{urlencode({name: value for name, value in told.items() if value})}"
    with pytest.raises(AnswerRefused, match=message):
        asked.token_of(changed)
    assert asked.token_of(f"{REDIRECT}?{urlencode({**query_of(asked.url), 'code': code_of(asked)})}").access


def code_of(asked: Consent) -> str:
    return query_of(answer_of(asked.url))["code"]


def test_a_code_from_another_request_is_worth_nothing(emulator: Emulator) -> None:
    theirs, mine = consent(emulator), consent(emulator)
    slipped_in = {"code": code_of(theirs), "state": query_of(mine.url)["state"]}
    with pytest.raises(CredentialsError, match="Bitbucket does not take its own code"):
        mine.token_of(f"{REDIRECT}?{urlencode(slipped_in)}")


def test_the_same_answer_twice_is_refused_by_bitbucket(emulator: Emulator) -> None:
    asked = consent(emulator)
    answer = answer_of(asked.url)
    asked.token_of(answer)
    with pytest.raises(CredentialsError, match=r"Nothing was kept: log in again\."):
        asked.token_of(answer)


def test_refusing_is_told_and_keeps_nothing(logged_in: LogIn, store: LoginStore) -> None:
    with pytest.raises(CredentialsError) as caught:
        logged_in(press="Cancel")
    assert str(caught.value) == "Access was not granted: nothing was kept."
    assert store.read() is None


def test_a_wrong_secret_is_told(emulator: Emulator) -> None:
    asked = consent(emulator, secret="wrong")
    with pytest.raises(CredentialsError, match=r"refuses the OAuth consumer \(unauthorized_client\)"):
        asked.token_of(answer_of(asked.url))


def opened(emulator: Emulator, open_at: Callable[[str], None]) -> str:
    """Who is logged in when a browser is opened with `open_at`, which may take any time."""
    threads: list[threading.Thread] = []

    def show(url: str) -> None:
        threads.append(threading.Thread(target=open_at, args=(url,)))
        threads[0].start()

    made = log_in(*CONSUMER, show=show, port=0, oauth_url=emulator.oauth_url, base_url=emulator.base_url)
    threads[0].join()
    return made.kept.account


def test_a_browser_brings_the_answer_to_this_machine(emulator: Emulator) -> None:
    pages: list[requests.Response] = []
    account = opened(emulator, lambda url: pages.append(requests.get(answer_of(url), timeout=10)))
    assert account == emulator.world.users[emulator.world.credentials["oauth"].user].display_name
    assert (pages[0].status_code, "Logged in" in pages[0].text) == (200, True)


def test_what_is_no_answer_does_not_end_the_waiting(emulator: Emulator) -> None:
    pages: list[tuple[int, bool]] = []

    def browse(url: str) -> None:
        answer = answer_of(url)
        here = answer.partition("?")[0]
        for address in (f"{here}favicon.ico", here, f"{here}?code=stolen&state=guessed", answer):
            page = requests.get(address, timeout=10)
            pages.append((page.status_code, "Logged in" in page.text))

    assert opened(emulator, browse)
    assert pages == [(404, False), (400, False), (400, False), (200, True)]


def test_a_browser_that_answers_twice_is_told_so(emulator: Emulator) -> None:
    asked: list[Consent] = []
    with Loopback(0, lambda answer: asked[0].token_of(answer)) as loopback:
        asked.append(Consent(TokenServer(*CONSUMER, emulator.oauth_url), loopback.address))
        answer = answer_of(asked[0].url)
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: requests.get(answer, timeout=10).status_code, range(8)))
        token = loopback.wait(10)
    assert sorted(pages) == [200, *[409] * 7]
    assert token.access


def test_a_browser_in_which_somebody_refuses_shows_it(emulator: Emulator) -> None:
    pages: list[str] = []

    def browse(url: str) -> None:
        pages.append(requests.get(answer_of(url, "Cancel"), timeout=10).text)

    with pytest.raises(CredentialsError, match="Access was not granted"):
        opened(emulator, browse)
    assert "Not logged in" in pages[0]


def test_an_answer_that_never_comes_ends_the_waiting() -> None:
    with Loopback(0, str) as loopback, pytest.raises(CredentialsError, match="No answer came from the browser"):
        loopback.wait(0.01)


def test_a_port_that_is_taken_is_told() -> None:
    with Loopback(0, str) as other:
        port = int(other.address.rstrip("/").rpartition(":")[2])
        with pytest.raises(CredentialsError, match=f"Port {port} of this machine cannot be listened on"):
            Loopback(port, str)


def test_the_callback_url_must_be_the_consumers(emulator: Emulator) -> None:
    emulator.world.credentials["oauth"].callback_url = "http://127.0.0.1:47813/"
    asked = Consent(TokenServer(*CONSUMER, emulator.oauth_url), "http://127.0.0.1:47814/")
    assert requests.get(asked.url, timeout=10).status_code == 400
    assert requests.get(consent(emulator).url, timeout=10).status_code == 200


def test_the_file_is_the_users_own(logged_in: LogIn, store: LoginStore) -> None:
    logged_in()
    assert oct(store.path.stat().st_mode & 0o777) == "0o600"
    assert oct(store.path.parent.stat().st_mode & 0o777) == "0o700"
    assert sorted(path.name for path in store.path.parent.iterdir()) == [
        store.path.name,
        store.path.with_suffix(".lock").name,
    ]
    assert store.path.parent.name == login_store.FOLDER
