"""`fields=` (FACTS 2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.server import fields
from bitbucket_emulator.world.actions import approve, open_pull_request, push

from ..client import API, Client
from ..small_world import make_world


@pytest.fixture(scope="module")
def reviewed() -> Iterator[Client]:
    """Two open pull requests of Bob's, each approved by Ada."""
    world = make_world()
    for number in (1, 2):
        push(world, "web", f"topic/{number}", "bob")
        open_pull_request(world, "web", f"topic/{number}", "bob", title=f"Topic {number}", reviewers=["ada"])
        approve(world, "web", number, "ada")
    with Emulator(world) as running:
        yield Client(running)


def listed(client: Client, wanted: str) -> Any:
    """The first page of one pull request."""
    return client.json("pullrequests", params={"pagelen": 1, "fields": wanted})


def test_plain_names_keep_only_those_and_lose_next(reviewed: Client) -> None:
    assert listed(reviewed, "values.id,values.author.nickname") == {
        "values": [{"id": 2, "author": {"nickname": "bob"}}]
    }


def test_next_is_there_when_it_is_named(reviewed: Client) -> None:
    assert listed(reviewed, "next,values.id") == {
        "values": [{"id": 2}],
        "next": f"{API}/repositories/acme/web/pullrequests?pagelen=1&fields=next%2Cvalues.id&page=2",
    }


def test_a_misspelt_name_is_silently_absent(reviewed: Client) -> None:
    assert listed(reviewed, "values.id,values.tittle") == {"values": [{"id": 2}]}


def test_minus_takes_away(reviewed: Client) -> None:
    page = listed(reviewed, "-values.author,-values.links,-next")
    assert page.keys() == {"values", "pagelen", "size", "page"}
    assert not page["values"][0].keys() & {"author", "links"}
    assert page["values"][0]["title"] == "Topic 2"


def test_plus_adds_what_the_list_leaves_out(reviewed: Client) -> None:
    plain = listed(reviewed, "")["values"][0]
    added = listed(reviewed, "+values.participants,+values.reviewers")["values"][0]
    assert added.keys() - plain.keys() == {"participants", "reviewers"}
    assert [each["nickname"] for each in added["reviewers"]] == ["ada"]
    assert [each["state"] for each in added["participants"]] == ["approved"]
    assert {key: value for key, value in added.items() if key in plain} == plain


def test_plain_names_bring_what_the_list_leaves_out(reviewed: Client) -> None:
    assert listed(reviewed, "values.participants.state,values.participants.user.nickname") == {
        "values": [{"participants": [{"user": {"nickname": "ada"}, "state": "approved"}]}]
    }


def test_plain_and_plus_together(reviewed: Client) -> None:
    assert listed(reviewed, "values.id,+values.participants.state") == {
        "values": [{"id": 2, "participants": [{"state": "approved"}]}]
    }


def test_star_stands_for_any_name(reviewed: Client) -> None:
    assert listed(reviewed, "values.*.nickname")["values"][0]["author"] == {"nickname": "bob"}
    without = listed(reviewed, "-values.*.links")["values"][0]
    assert "links" not in without["author"]
    assert "links" in without


def test_an_object_inside_another_shows_more_when_it_is_named(reviewed: Client) -> None:
    assert listed(reviewed, "values.source.repository.slug,values.source.commit.date") == {
        "values": [{"source": {"commit": {"date": "2026-11-20T17:00:02+00:00"}, "repository": {"slug": "web"}}}]
    }


def test_a_single_object_has_fields_too(reviewed: Client) -> None:
    assert reviewed.json("pullrequests/1?fields=id,state") == {"id": 1, "state": "OPEN"}


@pytest.mark.parametrize(
    ("wanted", "result"),
    [
        pytest.param("", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "f": 4}, id="nothing"),
        pytest.param("a", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}}, id="whole branch"),
        pytest.param("a,a.b", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}}, id="whole branch and a part of it"),
        pytest.param("a.b,a", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}}, id="the other way round"),
        pytest.param("a.c.e", {"a": {"c": [{"e": 3}]}}, id="through a list"),
        pytest.param("-a.c.d,-f", {"a": {"b": 1, "c": [{"e": 3}]}}, id="take away inside a list"),
        pytest.param("a,-a.b", {"a": {"c": [{"d": 2, "e": 3}]}}, id="keep and take away"),
        pytest.param("*.b", {"a": {"b": 1}, "f": 4}, id="star"),
        pytest.param("nothing.here", {}, id="no such name"),
    ],
)
def test_paths(wanted: str, result: dict[str, Any]) -> None:
    assert fields.parse([wanted]).apply({"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "f": 4}) == result
