"""Credentials that are refused while others go on, and who several of them say they are."""

from __future__ import annotations

from collections import Counter

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.credentials import Credentials
from bitbucket_source.api.errors import (
    CredentialsRefused,
    OutOfSight,
)
from tests.api.reading import read, statuses
from tests.api.several.asking import USER, askers, client_with, look, path_of, restrict, tokens


def test_one_that_is_revoked_is_left_out_and_told(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    client = client_with(emulator, "one", "two")
    for _ in range(4):
        read(client)
    del emulator.world.credentials["one"]
    emulator.clear_requests()
    for _ in range(6):
        assert read(client)["slug"] == "web"
    assert Counter(statuses(emulator)) == {200: 6, 401: 1}
    read(client, USER, USER)
    one, two = client.pool.members
    assert statuses(emulator)[-2:] == [401, 200]
    assert list(client.pool.lost) == [one.identity]
    assert client.budget.quotas.limit == 1000
    assert client.pool.alive == [two]
    (warning,) = caplog.messages
    assert warning.startswith("access token from the list, one: 401 on /user: Token is invalid")
    assert warning.endswith("Going on without it.")


def test_one_401_is_no_proof(emulator: Emulator) -> None:
    """Its text may mean that the endpoint does not take this kind of token."""
    client = client_with(emulator, "one", "two")
    emulator.add_fault(Fault(kind="status", status=401, times=1))
    read(client)
    for _ in range(4):
        read(client, USER, USER)
    assert Counter(askers(emulator)) == {"one": 3, "two": 3}
    assert client.pool.lost == {}


def test_what_only_a_revoked_one_sees_is_not_called_gone(emulator: Emulator) -> None:
    restrict(emulator, "one", "busy")
    restrict(emulator, "two", "web")
    client = client_with(emulator, "one", "two")
    look(client, emulator)
    path = path_of(emulator, "busy")
    del emulator.world.credentials["one"]
    with pytest.raises(OutOfSight, match="nobody who sees this repository is accepted any more"):
        read(client, path)
    before = len(emulator.requests)
    with pytest.raises(OutOfSight):
        read(client, f"{path}/commits", "/repositories/{repository}/commits")
    assert len(emulator.requests) == before == 2
    with pytest.raises(OutOfSight):
        # as links in Bitbucket's answers name it
        read(client, "/repositories/acme/busy/diffstat/x", "/repositories/{repository}/diffstat")
    assert len(emulator.requests) == before
    assert read(client)["slug"] == "web"


def test_when_all_are_revoked_it_ends(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    read(client)
    for name in ("one", "two"):
        del emulator.world.credentials[name]
    with pytest.raises(CredentialsRefused, match="Token is invalid"):
        read(client)
    with pytest.raises(CredentialsRefused, match=r"none of the credentials is accepted any more\. access token from"):
        read(client)
    assert Counter(statuses(emulator)) == {200: 1, 401: 4}


def test_one_alone_is_asked_always(emulator: Emulator) -> None:
    client = client_with(emulator, "one")
    del emulator.world.credentials["one"]
    for _ in range(2):
        with pytest.raises(CredentialsRefused, match="Token is invalid"):
            read(client)
    assert statuses(emulator) == [401, 401]


def test_several_tell_who_they_are(emulator: Emulator) -> None:
    several = tokens("one", "two")
    one, two = several.members
    assert several.identity == " ".join(sorted([one.identity, two.identity]))
    assert several.description == "2 credentials (access token, access token)"
    assert several.origin == "the list, one; the list, two"
    members: list[Credentials] = [member for member, _ in client_with(emulator, "one", "two").of_each()]
    assert [member.identity for member in members] == [one.identity, two.identity]
