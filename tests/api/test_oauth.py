"""OAuth consumers: when a token is fetched, by whom, and what happens when there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.api import oauth
from bitbucket_source.api.credentials import CredentialsError
from bitbucket_source.api.errors import CredentialsRefused, ServerTrouble
from bitbucket_source.api.oauth import OAuthConsumer

from .reading import QUICK, make_client, read, statuses
from .stub_server import Reply, Request, Stub, json_reply, serving


def consumer(emulator: Emulator) -> OAuthConsumer:
    """The emulator's consumer."""
    return OAuthConsumer("emulator-consumer", "emulator-consumer-secret", emulator.oauth_url)


class Bitbucket:
    """API and token server in one: each token is the number of its request; the newest one is good for `uses`."""

    def __init__(self, expires_in: Any = 7200, uses: int = 1_000_000) -> None:
        self.expires_in = expires_in
        self.uses = uses
        self.tokens = 0
        self._lock = threading.Lock()
        self._used = 0

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            if request.target == "/access_token":
                self.tokens += 1
                self._used = 0
                return json_reply(
                    {"access_token": f"{self.tokens}", "token_type": "bearer", "expires_in": self.expires_in}
                )
            self._used += 1
            is_good = request.headers["authorization"] == f"Bearer {self.tokens}" and self._used <= self.uses
            return json_reply({}, 200 if is_good else 401)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many seconds pass for the credentials."""
    ahead = 0.0

    def advance(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    class Time:
        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + ahead

    monkeypatch.setattr(oauth, "time", Time)
    return advance


def token_requests(stub: Stub) -> list[Request]:
    """The requests to the token server."""
    return [request for request in stub.requests if request.target == "/access_token"]


def test_a_consumer_reads_with_one_token(emulator: Emulator) -> None:
    client = make_client(emulator.base_url, credentials=consumer(emulator))
    assert [read(client)["full_name"] for _ in range(3)] == ["acme/web"] * 3
    assert [entry.credential for entry in emulator.requests] == ["oauth"] * 3


def test_the_token_is_asked_for_by_client_credentials_with_basic() -> None:
    with serving(Bitbucket()) as stub:
        read(make_client(stub.url, credentials=OAuthConsumer("id", "secret", f"{stub.url}/")))
    (asked,) = token_requests(stub)
    assert (asked.method, parse_qs(asked.body.decode()), asked.headers["authorization"]) == (
        "POST",
        {"grant_type": ["client_credentials"]},
        "Basic aWQ6c2VjcmV0",
    )


def test_a_revoked_token_is_replaced_within_the_request(emulator: Emulator) -> None:
    client = make_client(emulator.base_url, credentials=consumer(emulator))
    read(client)
    emulator.revoke_tokens()
    assert read(client)["full_name"] == "acme/web"
    assert statuses(emulator) == [200, 401, 200]


def test_a_second_401_is_the_end() -> None:
    with serving(Bitbucket(uses=0)) as stub, pytest.raises(CredentialsRefused):
        read(make_client(stub.url, credentials=OAuthConsumer("id", "secret", stub.url)))
    assert [request.target for request in stub.requests] == [
        "/access_token",
        "/repositories/acme/web",
        "/access_token",
        "/repositories/acme/web",
    ]


@pytest.mark.parametrize(
    ("expires_in", "kept_for", "replaced_after"),
    [
        pytest.param(7200, 6890, 6910, id="five minutes before two hours are over"),
        pytest.param(None, 3290, 3310, id="without a lifetime it is an hour"),
        pytest.param(60, 25, 35, id="a short one after half its life"),
    ],
)
def test_a_token_is_replaced_before_it_expires(
    clock: Callable[[float], None], expires_in: int | None, kept_for: float, replaced_after: float
) -> None:
    server = Bitbucket(expires_in)
    with serving(server) as stub:
        client = make_client(stub.url, credentials=OAuthConsumer("id", "secret", stub.url))
        read(client)
        clock(kept_for)
        read(client)
        assert server.tokens == 1
        clock(replaced_after - kept_for)
        read(client)
        assert server.tokens == 2


def test_threads_that_start_together_fetch_one_token() -> None:
    server = Bitbucket()
    with serving(server) as stub, ThreadPoolExecutor(8) as pool:
        client = make_client(stub.url, credentials=OAuthConsumer("id", "secret", stub.url))
        assert list(pool.map(lambda _: read(client), range(16))) == [{}] * 16
    assert server.tokens == 1


def test_threads_that_are_refused_together_fetch_one_token() -> None:
    server = Bitbucket()
    with serving(server) as stub:
        tried = OAuthConsumer("id", "secret", stub.url)
        old = tried.auth()
        barrier = threading.Barrier(2)

        def refused() -> Any:
            barrier.wait(10)
            tried.renew(old)
            return tried.auth()

        with ThreadPoolExecutor(2) as pool:
            first, second = (each.result() for each in [pool.submit(refused), pool.submit(refused)])
    assert first is second is not old
    assert server.tokens == 2


def test_a_late_refusal_of_the_old_token_keeps_the_new_one() -> None:
    server = Bitbucket()
    with serving(server) as stub:
        credentials = OAuthConsumer("id", "secret", stub.url)
        old = credentials.auth()
        credentials.renew(old)
        new = credentials.auth()
        credentials.renew(old)
        assert credentials.auth() is new
    assert server.tokens == 2


def test_a_refused_consumer_is_told_what_to_do(emulator: Emulator) -> None:
    credentials = OAuthConsumer("emulator-consumer", "wrong", emulator.oauth_url)
    with pytest.raises(CredentialsError) as caught:
        read(make_client(emulator.base_url, credentials=credentials))
    assert str(caught.value) == (
        f"{emulator.oauth_url}/access_token refuses the OAuth consumer (unauthorized_client). "
        "Check the client id and secret, and that the consumer is marked private and has a callback URL."
    )
    assert emulator.requests == []


def test_a_token_server_that_cannot_be_reached_is_tried_again(emulator: Emulator) -> None:
    client = make_client(emulator.base_url, credentials=OAuthConsumer("id", "secret", "http://127.0.0.1:9"))
    with pytest.raises(ServerTrouble) as caught:
        read(client)
    assert (
        caught.value.why
        == f"http://127.0.0.1:9/access_token cannot be reached (ConnectionError) ({QUICK.tries} tries)."
    )
    assert client.budget.requests == 0


def test_a_token_server_in_trouble_is_tried_again() -> None:
    healthy = Bitbucket()
    troubles = [json_reply({}, 503), Reply(502, b"<html>", {"Content-Type": "text/html"})]

    def answer(request: Request) -> Reply:
        return troubles.pop() if request.target == "/access_token" and troubles else healthy(request)

    with serving(answer) as stub:
        assert read(make_client(stub.url, credentials=OAuthConsumer("id", "secret", stub.url))) == {}
    assert len(token_requests(stub)) == 3


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(404, b"<html>", {"Content-Type": "text/html"}), id="a page that is not there"),
        pytest.param(Reply(200, b"<html>", {"Content-Type": "text/html"}), id="somebody's login page"),
        pytest.param(json_reply([]), id="a list"),
    ],
)
def test_what_is_no_token_server_is_called_so(reply: Reply) -> None:
    with serving(lambda _: reply) as stub, pytest.raises(CredentialsError) as caught:
        OAuthConsumer("id", "secret", stub.url).auth()
    assert str(caught.value) == (
        f"{stub.url}/access_token answers {reply.status} and no token: is BITBUCKET_OAUTH_URL right?"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param({}, "{} refuses the OAuth consumer (missing_token).", id="no token"),
        pytest.param(
            {"access_token": "a", "token_type": "bearer", "expires_in": "soon"},
            "{} gives a token that cannot be read.",
            id="an odd lifetime",
        ),
    ],
)
def test_an_odd_token_is_refused(content: dict[str, str], message: str) -> None:
    with serving(lambda _: json_reply(content)) as stub, pytest.raises(CredentialsError) as caught:
        OAuthConsumer("id", "secret", stub.url).auth()
    assert str(caught.value).startswith(message.format(f"{stub.url}/access_token"))


def test_the_secret_is_not_sent_over_plain_http_to_another_machine() -> None:
    with pytest.raises(CredentialsError) as caught:
        OAuthConsumer("id", "secret", "http://bitbucket.example/site/oauth2").auth()
    assert str(caught.value) == (
        "http://bitbucket.example/site/oauth2/access_token is plain http, which would show the secret: use https."
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_server_that_redirects_is_not_followed(status: int) -> None:
    """With 307 and 308 whatever is posted would go along: the refresh token."""
    token = json_reply({"access_token": "1", "token_type": "bearer"})
    with serving(lambda _: token) as elsewhere:
        moved = Reply(status, b"", {"Location": f"{elsewhere.url}/access_token"})
        with serving(lambda _: moved) as stub:
            server = oauth.TokenServer("id", "secret", stub.url)
            for ask in (server.token_of_the_owner, lambda: server.token_of_refresh("swordfish")):
                with pytest.raises(
                    CredentialsError, match=f"answers {status} and no token: is BITBUCKET_OAUTH_URL right"
                ):
                    ask()
        assert (len(stub.requests), elsewhere.requests) == (2, [])
