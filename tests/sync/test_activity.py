"""What a row of a pull request's activity becomes, whatever Bitbucket puts into it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from bitbucket_source.api.client import Client
from bitbucket_source.api.credentials import AccessToken
from bitbucket_source.api.lists import Lists
from bitbucket_source.sync.activity import Happening, Happenings
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Event
from bitbucket_source.sync.job import Job, Refs
from bitbucket_source.sync.known import NothingKnown
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.tables import (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_ACTIVITY_REVIEWERS,
    PULL_REQUEST_COMMENTS,
    USERS,
)

DATE = "2026-01-02T03:04:05.678901+00:00"
MICROSECONDS = 1767323045678901
ADA = {"type": "user", "uuid": "{ada}", "display_name": "Ada"}


def read(*rows: Any) -> tuple[list[Happening], list[Event]]:
    """The rows of one page, and what is said of those that cannot be read. Nothing is asked."""
    tables = frozenset(
        {PULL_REQUEST_ACTIVITY, PULL_REQUEST_ACTIVITY_REVIEWERS, PULL_REQUEST_COMMENTS, USERS},
    )
    ask = Ask(Lists(Client(AccessToken("none"))), "acme", tables)
    repository = Repository("{r}", "web", "acme/web", DATE)
    happenings = Happenings(ask, Job(repository, Refs(ask, repository), NothingKnown()))
    said: list[Event] = []
    walk = happenings.of_page([msgspec.Raw(json.dumps(row).encode()) for row in rows])
    while True:
        try:
            said.append(next(walk))
        except StopIteration as end:
            return end.value, said


def of(number: int, **what: Any) -> dict[str, Any]:
    return {"pull_request": {"type": "pullrequest", "id": number}, **what}


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        pytest.param({"approval": {"date": DATE, "user": ADA}}, ("approval", "{ada}"), id="an approval"),
        pytest.param({"changes_requested": {"date": DATE, "user": ADA}}, ("changes_requested", "{ada}"), id="changes"),
        pytest.param({"update": {"date": DATE, "author": ADA}}, ("update", "{ada}"), id="an update"),
        pytest.param({"update": {"date": DATE, "author": None}}, ("update", None), id="an account that is gone"),
        pytest.param({"queued": {"date": DATE, "user": ADA}}, ("queued", "{ada}"), id="a kind that nobody knows"),
        pytest.param(
            {"approval": {"date": DATE, "user": ADA}, "comment": None, "update": None},
            ("approval", "{ada}"),
            id="the others null",
        ),
    ],
)
def test_a_row_is_named_by_its_kind_and_date(what: dict[str, Any], expected: tuple[str, str | None]) -> None:
    (found,), said = read(of(7, **what))
    row = found.row
    assert (row.kind, row.user_uuid) == expected
    assert (found.number, row.activity_id, row.date) == (7, f"{expected[0]}:{MICROSECONDS}", DATE)
    assert said == []


def test_a_comment_is_named_by_its_number_and_kept_whole() -> None:
    comment = {"id": 5, "created_on": DATE, "user": ADA, "deleted": True, "content": {"raw": ""}}
    (found,), _ = read(of(7, comment=comment))
    assert (found.row.activity_id, found.row.date, found.row.user_uuid) == ("comment:5", DATE, "{ada}")
    assert (found.comment.id, found.comment.deleted, found.comment.content.raw) == (5, True, "")


def test_a_row_with_nothing_but_its_pull_request_is_kept() -> None:
    (found,), said = read(of(7))
    assert (found.row.kind, found.row.activity_id, found.row.date, said) == ("", ":", None, [])


def test_rows_of_one_kind_and_moment_are_counted_within_their_pull_request() -> None:
    approval = {"approval": {"date": DATE, "user": ADA}}
    another = {"approval": {"date": DATE, "user": {"type": "user", "uuid": "{bob}"}}}
    found, _ = read(of(7, **approval), of(8, **approval), of(7, **another), of(7, update={"date": DATE}))
    assert [(each.number, each.row.activity_id) for each in found] == [
        (7, f"approval:{MICROSECONDS}"),
        (8, f"approval:{MICROSECONDS}"),
        (7, f"approval:{MICROSECONDS}:2"),
        (7, f"update:{MICROSECONDS}"),
    ]


def test_a_row_that_comes_twice_is_one() -> None:
    approval = {"approval": {"date": DATE, "user": ADA}}
    found, _ = read(of(7, **approval), of(8, **approval), of(7, **approval))
    assert [each.row.activity_id for each in found] == [f"approval:{MICROSECONDS}"] * 2


def test_moments_in_other_forms_are_the_same_moment() -> None:
    found, _ = read(
        of(1, approval={"date": "2026-01-02T03:04:05.678901999Z"}),
        of(2, approval={"date": "2026-01-02T05:04:05.678901+02:00"}),
    )
    assert {each.row.activity_id for each in found} == {f"approval:{MICROSECONDS}"}


def test_the_accounts_of_a_row_are_who_did_it_and_who_was_asked() -> None:
    bob = {"type": "user", "uuid": "{bob}"}
    (found,), _ = read(of(7, update={"date": DATE, "author": ADA, "reviewers": [bob, None]}))
    assert [account.uuid for account in found.accounts] == ["{ada}", "{bob}"]
    assert [reviewer.uuid for reviewer in found.row.update.reviewers] == ["{bob}"]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"approval": {"date": DATE}}, id="no pull request"),
        pytest.param(of(7, approval={"date": "yesterday"}), id="no moment"),
        pytest.param(of(7, update={"date": DATE, "source": 3}), id="another shape"),
    ],
)
def test_a_row_that_cannot_be_read_is_said_and_the_next_one_is(broken: dict[str, Any]) -> None:
    found, said = read(broken, of(8, approval={"date": DATE}))
    assert [each.number for each in found] == [8]
    assert len(said) == 1
