"""Redirects are followed inside Bitbucket only, and not for ever."""

from __future__ import annotations

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.client import Client
from bitbucket_source.api.errors import BadRequest, ServerTrouble, UnsafeLink

from .reading import REPOSITORY, make_client, read, statuses, urls
from .stub_server import Reply, json_reply, serving


def redirect(emulator: Emulator, location: str, path: str = "/old$", status: int = 302) -> None:
    """Redirects what matches `path`."""
    emulator.add_fault(Fault(kind="status", status=status, path=path, headers={"Location": location}))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_inside_is_followed_with_credentials(emulator: Emulator, client: Client, status: int) -> None:
    redirect(emulator, f"{emulator.base_url}{REPOSITORY}", status=status)
    assert read(client, "/old")["full_name"] == "acme/web"
    assert [(entry.status, entry.credential) for entry in emulator.requests] == [
        (status, "workspace"),
        (200, "workspace"),
    ]
    assert client.budget.requests == 2


def test_a_relative_location_is_understood(emulator: Emulator, client: Client) -> None:
    redirect(emulator, f"/2.0{REPOSITORY}")
    assert read(client, "/old")["full_name"] == "acme/web"


@pytest.mark.parametrize(
    "location",
    ["https://elsewhere.example/2.0/new", "//elsewhere.example/2.0/new", "http://127.0.0.1:1/", "ftp://127.0.0.1/"],
)
def test_a_redirect_outside_is_refused(emulator: Emulator, client: Client, location: str) -> None:
    redirect(emulator, location)
    with pytest.raises(UnsafeLink):
        read(client, "/old")
    assert statuses(emulator) == [302]


def test_a_redirect_to_a_broken_address_is_no_crash(emulator: Emulator, client: Client) -> None:
    redirect(emulator, "http://[::1")
    with pytest.raises(ServerTrouble, match="the answer points to a broken address"):
        read(client, "/old")


def test_three_redirects_are_followed(emulator: Emulator, client: Client) -> None:
    for step, following in ((1, "/2.0/step2"), (2, "/2.0/step3"), (3, f"/2.0{REPOSITORY}")):
        redirect(emulator, following, path=f"/step{step}$")
    assert read(client, "/step1")["full_name"] == "acme/web"
    assert urls(emulator) == ["/step1", "/step2", "/step3", REPOSITORY]


@pytest.mark.parametrize("location", ["/2.0/old", ""])
def test_a_circle_ends_after_three(emulator: Emulator, client: Client, location: str) -> None:
    redirect(emulator, location)
    with pytest.raises(BadRequest) as caught:
        read(client, "/old", "/asked")
    assert str(caught.value) == "302 on /asked: redirected too often, or to nowhere."
    assert statuses(emulator) == [302] * 4


def test_a_form_is_posted_again_where_it_is_sent_to() -> None:
    replies = [json_reply({}), Reply(307, b"", {"Location": "/new"})]
    with serving(lambda _: replies.pop()) as stub:
        client = make_client(stub.url)
        client.ask(client.url("/old"), "/asked", bytes, [("include", "a"), ("include", "b")])
    asked = [(request.method, request.target, request.body) for request in stub.requests]
    assert asked == [("POST", "/old", b"include=a&include=b"), ("POST", "/new", b"include=a&include=b")]
