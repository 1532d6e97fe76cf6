"""Which answers are asked for again, how often, and which never."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.client import Client
from bitbucket_source.api.errors import BitbucketError, ServerTrouble

from .reading import QUICK, commit_messages, make_client, read, statuses
from .stub_server import Reply, json_reply, serving

PASSING = [
    pytest.param({"kind": "status", "status": 500}, 500, "Bitbucket is in trouble", id="500"),
    pytest.param({"kind": "status", "status": 502}, 502, "Bitbucket is in trouble", id="502"),
    pytest.param({"kind": "html", "status": 503}, 503, "Bitbucket is in trouble", id="503 as a page"),
    pytest.param({"kind": "status", "status": 504}, 504, "Bitbucket is in trouble", id="504"),
    pytest.param({"kind": "status", "status": 520}, 520, "Bitbucket is in trouble", id="520 of an edge server"),
    pytest.param({"kind": "status", "status": 408}, 408, "Bitbucket is in trouble", id="408"),
    pytest.param({"kind": "status", "status": 202}, 202, "the answer has no content", id="202 while indexing"),
    pytest.param(
        {"kind": "cut_before_headers"}, None, "no answer: the connection failed (ConnectionError)", id="cut at once"
    ),
    pytest.param({"kind": "cut"}, None, "no answer: the connection failed (ChunkedEncodingError)", id="cut inside"),
    pytest.param(
        {"kind": "html", "status": 200},
        None,
        "the answer is text/html where JSON was due, as a proxy or a login page gives, "
        "or an address that is not the API's",
        id="a page",
    ),
    pytest.param({"kind": "truncate"}, None, "the answer is broken JSON", id="half of the JSON"),
    pytest.param({"kind": "bad_json", "body": ""}, None, "the answer is broken JSON", id="nothing"),
]


@pytest.mark.parametrize("fault", [pytest.param(each.values[0], id=each.id) for each in PASSING])
def test_trouble_that_passes_is_survived(emulator: Emulator, client: Client, fault: dict[str, Any]) -> None:
    armed = emulator.add_fault(Fault(**fault, times=QUICK.tries - 1))
    assert len(commit_messages(client, pagelen=100)) == 12
    assert armed.struck == QUICK.tries - 1


@pytest.mark.parametrize(("fault", "status", "why"), PASSING)
def test_trouble_that_stays_is_told_after_the_last_try(
    emulator: Emulator, client: Client, fault: dict[str, Any], status: int | None, why: str
) -> None:
    armed = emulator.add_fault(Fault(**fault))
    with pytest.raises(ServerTrouble) as caught:
        commit_messages(client)
    told = why.replace("no answer:", f"no answer from {urlsplit(emulator.base_url).netloc}:")
    assert (caught.value.status, caught.value.why) == (status, f"{told} ({QUICK.tries} tries).")
    assert armed.struck == client.budget.requests == QUICK.tries


def test_trouble_in_the_middle_of_a_list_loses_nothing(emulator: Emulator, client: Client) -> None:
    expected = commit_messages(client)
    emulator.add_fault(Fault(kind="cut", path="commits", every=2))
    assert commit_messages(client) == expected


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 409, 410, 415, 451, 501, 505, 555])
def test_final_answers_are_asked_for_once(emulator: Emulator, client: Client, status: int) -> None:
    emulator.add_fault(Fault(kind="status", status=status))
    with pytest.raises(BitbucketError) as caught:
        read(client)
    assert (caught.value.status, statuses(emulator)) == (status, [status])


@pytest.mark.parametrize("status", [204, 304])
def test_answers_that_cannot_have_a_body_are_asked_for_again(status: int) -> None:
    replies = [json_reply({"fine": True}), Reply(status, b"")]
    with serving(lambda _: replies.pop()) as stub:
        assert read(make_client(stub.url)) == {"fine": True}
    assert len(stub.requests) == 2


def test_no_try_asks_for_a_304() -> None:
    with serving(lambda _: json_reply({}, ETag='"1"')) as stub:
        client = make_client(stub.url)
        assert (read(client), read(client)) == ({}, {})
    assert [name for request in stub.requests for name in request.headers if name.startswith("if-")] == []
