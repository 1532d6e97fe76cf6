"""The activity of pull requests: what a row of it is, and the whole list of one pull request.

A row is a pull request beside one key that says what happened (FACTS 3). Nobody knows for sure which keys there are,
and a row has no identity: both are worked out here.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec

from bitbucket_source.api.decode import decode_row
from bitbucket_source.decoders import decoder_of
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Event, Gone, Rows, Trouble
from bitbucket_source.sync.job import Job, moment
from bitbucket_source.tables import (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_ACTIVITY_REVIEWERS,
    PULL_REQUEST_COMMENTS,
    USERS,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _What(msgspec.Struct):
    """What happened, as far as all kinds have it in common: comments and updates name date and account otherwise."""

    date: str | None = None
    created_on: str | None = None
    user: dict[str, Any] | None = None
    author: dict[str, Any] | None = None
    reviewers: list[dict[str, Any] | None] | None = None


@dataclass(frozen=True)
class Happening:
    """A row of the activity of a pull request."""

    row: Any
    """as `pull_request_activity` holds it"""
    comment: Any
    """as `pull_request_comments` holds it; None where it is no comment"""
    accounts: Sequence[Any]
    asked: Sequence[str]
    """the reviewers it names, by uuid"""

    @property
    def number(self) -> int:
        """Of its pull request."""
        number: int = self.row.pull_request.id
        return number


class Happenings:
    """The rows of one reading of activity, newest first."""

    def __init__(self, ask: Ask, job: Job) -> None:
        self._ask = ask
        self._job = job
        self._met: Counter[tuple[int, str]] = Counter()
        self._seen: set[bytes] = set()
        self.are_legible = True
        """whether every row could be read"""

    def of_page(self, rows: Iterable[msgspec.Raw]) -> Generator[Event, None, list[Happening]]:
        """The happenings of a page; a row that cannot be read is said, and the others go on."""
        found = []
        for raw in rows:
            # a row that slid over the edge of a page comes twice, to the byte: what happens twice has two dates
            digest = hashlib.blake2b(bytes(raw), digest_size=16).digest()
            if digest in self._seen:
                continue
            self._seen.add(digest)
            try:
                found.append(self._happening(raw))
            except (msgspec.ValidationError, ValueError) as error:
                self.are_legible = False
                yield Trouble(PULL_REQUEST_ACTIVITY, self._job.repository.full_name, _label(raw), str(error))
        return found

    def _happening(self, raw: msgspec.Raw) -> Happening:
        keys = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        kind = next((key for key, value in keys.items() if key != "pull_request" and _is_object(value)), "")
        what = decoder_of(_What).decode(keys[kind]) if kind else _What()
        row = decode_row(
            _without_gone_reviewers(raw, kind) if None in (what.reviewers or ()) else raw,
            self._ask.row_type_of(PULL_REQUEST_ACTIVITY),
        )
        user = what.user or what.author
        row.kind, row.date, row.user_uuid = kind, what.date or what.created_on, user and user.get("uuid")
        row.activity_id = self._identity(row)
        comment = decode_row(keys[kind], self._ask.row_type_of(PULL_REQUEST_COMMENTS)) if kind == "comment" else None
        named = [each for each in (user, *(what.reviewers or ())) if each is not None and each.get("uuid")]
        asked = [each.get("uuid") or "" for each in what.reviewers or () if each is not None]
        return Happening(row, comment, [_account(each) for each in named], asked)

    def _identity(self, row: Any) -> str:
        if row.kind == "comment" and row.comment.id is not None:
            return f"comment:{row.comment.id}"
        microseconds = (moment(row.date) - _EPOCH) // timedelta(microseconds=1) if row.date else ""
        name = f"{row.kind}:{microseconds}"
        self._met[row.pull_request.id, name] += 1
        count = self._met[row.pull_request.id, name]
        return name if count == 1 else f"{name}:{count}"


def happenings_said(job: Job, happenings: Sequence[Happening], *, with_comments: bool = False) -> Iterator[Event]:
    """The rows of happenings; `with_comments` also those of the comments among them."""
    place = job.repository.place
    yield Rows(PULL_REQUEST_ACTIVITY, [each.row for each in happenings], place)
    yield Rows(USERS, [account for each in happenings for account in each.accounts])
    if not with_comments:
        return
    by_number = defaultdict(list)
    for each in happenings:
        if each.comment is not None:
            by_number[each.number].append(each.comment)
    for number, comments in by_number.items():
        yield Rows(PULL_REQUEST_COMMENTS, comments, job.place_of(number))


def activity_of(ask: Ask, job: Job, number: int) -> Iterator[Event]:
    """The activity of one pull request, whole, and what is stored of it and is gone.

    Raises BitbucketError where it cannot be read.
    """
    happenings = Happenings(ask, job)
    found: list[Happening] = []
    for page in ask.raw_pages(PULL_REQUEST_ACTIVITY, job.place_of(number)):
        found += yield from happenings.of_page(page.rows)
    yield from happenings_said(job, found)
    if happenings.are_legible:
        yield from _gone(job, number, found)


def _gone(job: Job, number: int, found: Sequence[Happening]) -> Iterator[Event]:
    """What is stored of a pull request's activity and was not in the whole list of it."""
    of_one = job.place_of(number)
    there = {(job.repository.uuid, number, each.row.activity_id) for each in found}
    yield Gone(PULL_REQUEST_ACTIVITY, job.known.keys(PULL_REQUEST_ACTIVITY, of_one) - there)
    asked = {
        (job.repository.uuid, number, each.row.activity_id, reviewer_uuid)
        for each in found
        for reviewer_uuid in each.asked
    }
    yield Gone(PULL_REQUEST_ACTIVITY_REVIEWERS, job.known.keys(PULL_REQUEST_ACTIVITY_REVIEWERS, of_one) - asked)


def _without_gone_reviewers(raw: msgspec.Raw, kind: str) -> msgspec.Raw:
    """The row without the nulls that stand for accounts that are gone: of whom was asked they tell nothing."""
    content = msgspec.json.decode(raw)
    content[kind]["reviewers"] = [each for each in content[kind]["reviewers"] if each is not None]
    return msgspec.Raw(msgspec.json.encode(content))


def _account(found: dict[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(**{column.path: found.get(column.path) for column in USERS.object_columns})


def _is_object(value: msgspec.Raw) -> bool:
    return bytes(value).lstrip().startswith(b"{")


def _label(raw: msgspec.Raw) -> str:
    """Which pull request the row belongs to."""
    found = msgspec.json.decode(raw)
    of = found.get("pull_request") if isinstance(found, dict) else None
    return f"pull request {of['id']}" if isinstance(of, dict) and "id" in of else "without pull request"
