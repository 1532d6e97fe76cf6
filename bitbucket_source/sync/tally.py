"""Whether the activity and the comments that are known of pull requests are all there are.

The feed of a repository tells of everything that happened, but its reach is known to nobody, a row may slide over the
edge of a page while it is read, and what is taken back leaves no time of its own (FACTS 3). What the pull requests
themselves say is held against it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bitbucket_source.sync.activity import Happening
from bitbucket_source.sync.job import Job, moment
from bitbucket_source.tables import (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_COMMENTS,
    PULL_REQUESTS,
)

OPENING = timedelta(minutes=1)
"""How long after a pull request was made the updates that tell of it are dated at most; FACTS 3 has 0.1 s."""
_VERDICTS = {"approval": "approved", "changes_requested": "changes_requested"}


@dataclass(frozen=True)
class _Told:
    """What a pull request says of itself."""

    created_on: datetime
    state: str | None
    comment_count: int | None
    verdicts: dict[str, str] | None
    """state of each participant who has one, by account; None where it is not known"""


@dataclass(frozen=True)
class _Event:
    kind: str
    date: datetime | None
    user: str | None
    state: str | None


class Tally:
    """What is known of the pull requests of a repository: what was read in this job, and what is stored."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._told: dict[int, _Told] = {}
        self._events: defaultdict[int, dict[str, _Event]] = defaultdict(dict)
        self._comments: defaultdict[int, dict[int, bool]] = defaultdict(dict)
        self._left_behind: set[int] = set()
        """the pull requests of whose activity a load that never was completed has stored what was not read since"""

    @property
    def numbers(self) -> Collection[int]:
        """The pull requests that were read in this job."""
        return self._told.keys()

    def add_pull_requests(self, rows: Iterable[Any]) -> None:
        """Pull requests were read, with their participants."""
        for row in rows:
            verdicts = {
                each.user.uuid: each.state
                for each in row.participants or ()
                if each.state and each.user is not None and each.user.uuid
            }
            made = moment(row.created_on or row.updated_on)
            self._told[row.id] = _Told(made, row.state, row.comment_count, verdicts)

    def add_happenings(self, happenings: Iterable[Happening]) -> None:
        """Activity was read."""
        for each in happenings:
            row = each.row
            date = moment(row.date) if row.date else None
            state = row.update.state if row.update else None
            self._events[each.number][row.activity_id] = _Event(row.kind, date, row.user_uuid, state)
            if each.comment is not None:
                self._comments[each.number][each.comment.id] = bool(each.comment.deleted)

    def add_stored(self, numbers: Sequence[int] | None) -> None:
        """Look up what is stored of some pull requests, or of all; what was read in this job goes before it."""
        place, stored = self._job.repository.place, self._job.known.stored
        among = {} if numbers is None else {"pull_request_id": numbers}
        of_ids = {} if numbers is None else {"id": numbers}
        told = ("id", "created_on", "state", "comment_count")
        for number, created_on, state, count in stored(PULL_REQUESTS, told, place, **of_ids):
            self._told.setdefault(number, _Told(_aware(created_on), state, count, None))
        for _, number, name in self._job.known.left_behind(PULL_REQUEST_ACTIVITY, place, **among):
            if name not in self._events[number]:
                self._left_behind.add(number)
        columns = ("pull_request_id", "activity_id", "kind", "date", "user_uuid", "update_state")
        for number, name, kind, date, user, state in stored(PULL_REQUEST_ACTIVITY, columns, place, **among):
            self._events[number].setdefault(name, _Event(kind, date and _aware(date), user, state))
        for number, comment, deleted in stored(
            PULL_REQUEST_COMMENTS, ("pull_request_id", "id", "deleted"), place, **among
        ):
            self._comments[number].setdefault(comment, bool(deleted))

    def has_comments(self, number: int) -> bool:
        """Whether a pull request read in this job has comments, or any, deleted or not, are known of it."""
        told = self._told.get(number)
        return told is None or bool(told.comment_count) or bool(self._comments.get(number))

    def lacking_comments(self) -> list[int]:
        """The pull requests that count other comments than are known."""
        return [number for number, told in self._told.items() if not self._counts_right(number, told)]

    def lacking_activity(self, numbers: Iterable[int], *, since_opened: bool) -> list[int]:
        """Those of the pull requests of whose activity something is missing, or too much is known.

        `since_opened`: also those that lack the updates of their opening.
        """
        return [number for number in numbers if not self._is_consistent(number, since_opened)]

    def _counts_right(self, number: int, told: _Told) -> bool:
        known = sum(not deleted for deleted in self._comments[number].values())
        return told.comment_count is None or told.comment_count == known

    def _is_consistent(self, number: int, since_opened: bool) -> bool:
        told, events = self._told.get(number), list(self._events[number].values())
        if told is None or number in self._left_behind:
            return False
        updates = [(each.date, each.state) for each in events if each.kind == "update" and each.date is not None]
        if since_opened and (not updates or min(date for date, _ in updates) > told.created_on + OPENING):
            return False
        newest = max((date for date, _ in updates), default=None)
        if updates and (newest, told.state) not in updates:
            return False
        return _verdicts_fit(told, events)


def _verdicts_fit(told: _Told, events: Sequence[_Event]) -> bool:
    """Whether the last verdict of each account is the one that stands, and no account gave the same one twice."""
    if told.verdicts is None:
        return True
    verdicts = [each for each in events if each.kind in _VERDICTS and each.user and each.date is not None]
    if any(count > 1 for count in Counter((each.kind, each.user) for each in verdicts).values()):
        return False
    return dict(_last_verdicts(verdicts)) == told.verdicts


def _last_verdicts(verdicts: Iterable[_Event]) -> Iterator[tuple[str, str]]:
    for each in sorted(verdicts, key=lambda each: each.date or datetime.min):
        yield each.user or "", _VERDICTS[each.kind]


def _aware(stored: datetime) -> datetime:
    """A stored moment, comparable with one that was read."""
    return moment(stored.isoformat())
