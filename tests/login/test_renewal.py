"""Renewals: refresh tokens work once, so none may be lost, and where one is, that is said."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import parse_qs

import msgspec
import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_source.api.client import Client
from bitbucket_source.api.credentials import AccessToken, CredentialsError
from bitbucket_source.api.errors import ServerTrouble
from bitbucket_source.api.login import Login
from bitbucket_source.api.login_store import LoginStore, Secrets
from bitbucket_source.api.oauth import OAuthConsumer
from bitbucket_source.api.pool import Several
from tests.api.reading import make_client, read, statuses
from tests.api.stub_server import Reply, Request, json_reply, serving
from tests.conftest import REPOSITORY_ROOT

from .conftest import CONSUMER, LogIn

TWO_HOURS = 7201
THREE_MONTHS = 90 * 86_400


def secrets(store: LoginStore) -> Secrets:
    found = store.read()
    assert found is not None
    return found[1]


def change(store: LoginStore, **values: float | str) -> None:
    """Let the login be kept with other secrets."""
    found = store.read()
    assert found is not None
    store.write(found[0], msgspec.structs.replace(found[1], **values))


def client_of(emulator: Emulator, login: Login) -> Client:
    return make_client(emulator.base_url, credentials=login)


def test_a_login_reads_as_whoever_agreed(emulator: Emulator, logged_in: LogIn) -> None:
    client = client_of(emulator, logged_in())
    assert read(client)["full_name"] == "acme/web"
    assert statuses(emulator) == [200, 200]  # the first asked for the account


def test_an_access_token_that_ended_is_renewed_within_the_request(
    emulator: Emulator, logged_in: LogIn, store: LoginStore
) -> None:
    client = client_of(emulator, logged_in())
    before = secrets(store)
    emulator.clear_requests()
    emulator.act("advance_clock", seconds=TWO_HOURS)
    read(client)
    after = secrets(store)
    assert statuses(emulator) == [401, 200]
    assert before.refresh_token != after.refresh_token
    assert before.access_token != after.access_token


def test_an_access_token_is_renewed_before_it_ends(emulator: Emulator, logged_in: LogIn, store: LoginStore) -> None:
    login = logged_in()
    assert 6_800 < secrets(store).renew_at - time.time() < 7_000
    change(store, renew_at=time.time() - 1)
    emulator.clear_requests()
    read(client_of(emulator, login))
    assert statuses(emulator) == [200]
    assert secrets(store).renew_at > time.time()


def test_the_next_process_goes_on_with_what_was_kept(emulator: Emulator, logged_in: LogIn, store: LoginStore) -> None:
    logged_in()
    for _ in range(3):
        emulator.act("advance_clock", seconds=TWO_HOURS)
        kept = store.look()
        assert kept is not None
        assert read(client_of(emulator, Login(store, kept)))["full_name"] == "acme/web"


def test_threads_that_are_refused_together_renew_once(emulator: Emulator, logged_in: LogIn, store: LoginStore) -> None:
    logged_in()
    with relayed(emulator) as (relay, asked), ThreadPoolExecutor(8) as pool:
        client = client_at(relay, emulator, store)
        read(client)
        emulator.act("advance_clock", seconds=TWO_HOURS)
        assert [each["full_name"] for each in pool.map(lambda _: read(client), range(16))] == ["acme/web"] * 16
    assert len(asked) == 1


@pytest.mark.parametrize("rounds", [20])
def test_two_processes_renew_at_once_and_lose_nothing(
    emulator: Emulator, logged_in: LogIn, store: LoginStore, rounds: int
) -> None:
    user = logged_in().kept.account_uuid
    command = [sys.executable, "-m", "tests.login.child", emulator.oauth_url, emulator.base_url]
    tokens = {secrets(store).refresh_token}
    children = [
        subprocess.Popen(
            command, cwd=REPOSITORY_ROOT, env={**os.environ}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        assert [said(child) for child in children] == ["ready"] * 2
        for _ in range(rounds):
            emulator.act("advance_clock", seconds=TWO_HOURS)
            for child in children:
                assert child.stdin is not None
                child.stdin.write("go\n")
                child.stdin.flush()
            assert [said(child) for child in children] == [user] * 2
            tokens.add(secrets(store).refresh_token)
    finally:
        for child in children:
            child.communicate(timeout=20)
    assert [child.returncode for child in children] == [0, 0]
    assert len(tokens) == rounds + 1
    emulator.act("advance_clock", seconds=TWO_HOURS)
    kept = store.look()
    assert kept is not None
    assert read(client_of(emulator, Login(store, kept)))["full_name"] == "acme/web"


def said(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


@contextmanager
def relayed(
    emulator: Emulator, answer: Callable[[Callable[[], Reply]], Reply] = lambda forward: forward()
) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """A token server that passes on what it is asked, and may lose an answer; what it was asked stands in the list."""
    asked: list[dict[str, list[str]]] = []

    def relay(request: Request) -> Reply:
        asked.append(parse_qs(request.body.decode()))

        def forward() -> Reply:
            got = requests.post(
                f"{emulator.oauth_url}/access_token",
                data=request.body,
                headers={
                    "Authorization": request.headers["authorization"],
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                timeout=10,
            )
            return json_reply(got.json(), got.status_code)

        return answer(forward)

    with serving(relay) as stub:
        yield stub.url, asked


def client_at(oauth_url: str, emulator: Emulator, store: LoginStore) -> Client:
    """A client whose login is the kept one, renewed at another address."""
    found = store.read()
    assert found is not None
    kept, elsewhere = msgspec.structs.replace(found[0], oauth_url=oauth_url), LoginStore(oauth_url)
    elsewhere.write(kept, found[1])
    return client_of(emulator, Login(elsewhere, kept))


def test_a_connection_that_is_cut_before_bitbucket_hears_costs_nothing(
    emulator: Emulator, logged_in: LogIn, store: LoginStore
) -> None:
    troubles = [json_reply({}, 503), json_reply({}, 502)]
    logged_in()
    with relayed(emulator, lambda forward: troubles.pop() if troubles else forward()) as (relay, asked):
        client = client_at(relay, emulator, store)
        emulator.act("advance_clock", seconds=TWO_HOURS)
        assert read(client)["full_name"] == "acme/web"
    assert len({form["refresh_token"][0] for form in asked}) == 1
    assert len(asked) == 3


@pytest.mark.parametrize("is_cut", [True, False], ids=["connection cut", "gateway in trouble"])
def test_an_answer_that_was_lost_is_told(emulator: Emulator, logged_in: LogIn, store: LoginStore, is_cut: bool) -> None:
    lost: list[Reply] = []

    def lose_the_first(forward: Callable[[], Reply]) -> Reply:
        reply = forward()
        if lost:
            return reply
        lost.append(reply)
        if is_cut:
            raise ConnectionAbortedError("the server closes the connection without a byte")
        return json_reply({}, 502)

    logged_in()
    with relayed(emulator, lose_the_first) as (relay, asked):
        client = client_at(relay, emulator, store)
        emulator.act("advance_clock", seconds=TWO_HOURS)
        with pytest.raises(CredentialsError) as caught:
            read(client)
    assert lost[0].status == 200
    assert len(asked) == 2, "the old one was tried once more"
    assert "a renewal that began on " in str(caught.value)
    assert str(caught.value).endswith("was cut off, and what it was given is lost. Run `bitbucket-source login` again.")


def test_a_process_that_died_before_it_could_keep_the_answer_is_told_by_the_next(
    emulator: Emulator, logged_in: LogIn, store: LoginStore
) -> None:
    logged_in()
    found = store.read()
    assert found is not None
    store.note_renewal(found[0], time.time())
    form = {"grant_type": "refresh_token", "refresh_token": found[1].refresh_token}
    assert requests.post(f"{emulator.oauth_url}/access_token", data=form, auth=CONSUMER, timeout=10).ok
    emulator.act("advance_clock", seconds=TWO_HOURS)
    kept = store.look()
    assert kept is not None
    with pytest.raises(CredentialsError, match=r"was cut off, and what it was given is lost\. Run"):
        read(client_of(emulator, Login(store, kept)))


def test_a_token_server_that_stays_away_ends_like_an_api_that_does(
    emulator: Emulator, logged_in: LogIn, store: LoginStore
) -> None:
    logged_in()
    client = client_at("http://127.0.0.1:9", emulator, store)
    emulator.act("advance_clock", seconds=TWO_HOURS)
    with pytest.raises(ServerTrouble, match=r"127\.0\.0\.1:9/access_token cannot be reached"):
        read(client)


def test_three_months_without_use_are_told(emulator: Emulator, logged_in: LogIn, store: LoginStore) -> None:
    login = logged_in()
    emulator.act("advance_clock", seconds=THREE_MONTHS)
    change(store, renewed_at=time.time() - THREE_MONTHS - 86_400)
    with pytest.raises(CredentialsError) as caught:
        read(client_of(emulator, login))
    assert str(caught.value) == (
        "The login is no longer good: it was not used for 91 days, and Bitbucket lets a login lapse after three "
        "months. Run `bitbucket-source login` again."
    )


def test_a_login_that_was_withdrawn_is_told(emulator: Emulator, logged_in: LogIn) -> None:
    login = logged_in()
    emulator.revoke_tokens()
    with pytest.raises(CredentialsError, match="it was withdrawn, or another copy of it was renewed"):
        read(client_of(emulator, login))


def test_logging_out_meanwhile_is_told(emulator: Emulator, logged_in: LogIn, store: LoginStore) -> None:
    client = client_of(emulator, logged_in())
    read(client)
    store.delete()
    emulator.act("advance_clock", seconds=TWO_HOURS)
    with pytest.raises(CredentialsError, match="You have logged out meanwhile"):
        read(client)


def test_a_login_that_can_no_longer_be_kept_goes_on_to_the_end_of_the_run(
    emulator: Emulator, logged_in: LogIn, store: LoginStore, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(emulator, logged_in())
    emulator.act("advance_clock", seconds=TWO_HOURS)
    # a folder where the new file would be written
    store.path.with_name(f".{store.path.name}.{os.getpid()}").mkdir()
    assert read(client)["full_name"] == "acme/web"
    assert "cannot be kept in" in caplog.text
    assert "log in again" in caplog.text


def test_a_login_shares_the_hour_of_its_consumer_and_sees_what_its_user_sees(
    emulator: Emulator, logged_in: LogIn, store: LoginStore
) -> None:
    login, consumer = logged_in(), OAuthConsumer(*CONSUMER, emulator.oauth_url)
    assert login.rationed_as == consumer.rationed_as
    assert login.identity != consumer.identity
    client = make_client(emulator.base_url, credentials=Several((login, consumer)))
    for _ in range(4):
        read(client)
    assert client.budget.left_this_hour == 996
    kept = store.look()
    assert kept is not None
    assert Login(store, kept).identity == login.identity
    somebody_else = msgspec.structs.replace(kept, account_uuid="{somebody-else}")
    assert Login(store, somebody_else).identity != login.identity


def test_a_login_that_lapsed_is_left_out_where_others_are_left(
    emulator: Emulator, logged_in: LogIn, caplog: pytest.LogCaptureFixture
) -> None:
    login = logged_in()
    emulator.revoke_tokens()
    client = make_client(emulator.base_url, credentials=Several((login, AccessToken("emulator-workspace-token"))))
    assert [read(client)["full_name"] for _ in range(3)] == ["acme/web"] * 3
    assert list(client.pool.lost) == [login.identity]
    assert "The login is no longer good" in caplog.text
