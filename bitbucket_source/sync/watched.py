"""Which commits are asked what builds and scanners say of them.

No signal tells that a build reported. So the commits that builds report on are watched: the heads of the branches and
the sources of open pull requests, for WATCHED_DAYS from the day they became that, and after they were replaced for a
day, or as long as something of them is unfinished. Days are Bitbucket's, not this machine's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.job import Job, moment
from bitbucket_source.tables import BRANCHES, COMMITS, PULL_REQUESTS

WATCHED_DAYS = 30
"""How long a head is asked for on every sync, and a replaced one of which something is unfinished."""
WATCHED_DAYS_AFTERWARDS = 1
"""How long one is that was replaced and has nothing unfinished."""

Days = dict[str, str]
"""commit hash -> since which day, as in 2026-01-31"""


class Watched(msgspec.Struct, frozen=True):
    """The commits that are watched, and those that were."""

    occasion: str = ""
    """on which the refs were looked at"""
    heads: Days = {}
    """the heads, since they are heads: the old ones too, so that they are not taken for new"""
    replaced: Days = {}
    """the commits that were heads, since they were replaced"""
    unfinished: tuple[str, ...] = ()
    """those of which something was not finished when last read"""

    def to_ask(self, today: str) -> list[str]:
        """The commits that this sync asks for, beside those that were never asked for."""
        heads = [sha for sha, day in self.heads.items() if _age(day, today) <= WATCHED_DAYS]
        return [*heads, *self.replaced]

    def on(self, occasion: str, heads: Mapping[str, str], today: str) -> Watched:
        """The same after the refs were looked at: `heads` with the day each became one, where it is new."""
        kept = {sha: self.heads.get(sha, day) for sha, day in sorted(heads.items())}
        gone = {sha: self.replaced.get(sha, today) for sha in (*self.heads, *self.replaced) if sha not in kept}
        return msgspec.structs.replace(self, occasion=occasion, heads=kept, replaced=gone)

    def without_old(self, today: str) -> Watched:
        """The same without the replaced ones that are watched no longer."""
        kept = {sha: day for sha, day in self.replaced.items() if _age(day, today) <= self._days(sha)}
        unfinished = tuple(sha for sha in self.unfinished if sha in self.heads or sha in kept)
        return msgspec.structs.replace(self, replaced=kept, unfinished=unfinished)

    def after_reading(self, sha: str, *, is_unfinished: bool) -> Watched:
        """The same after a commit was read."""
        others = {*self.unfinished} - {sha}
        return msgspec.structs.replace(self, unfinished=tuple(sorted(others | {sha} if is_unfinished else others)))

    def _days(self, sha: str) -> int:
        return WATCHED_DAYS if sha in self.unfinished else WATCHED_DAYS_AFTERWARDS


def today(ask: Ask) -> str:
    """The day, by the newest answer of Bitbucket's."""
    try:
        now = parsedate_to_datetime(ask.lists.date)
    except ValueError:
        now = datetime.now(UTC)
    return now.astimezone(UTC).date().isoformat()


def heads_now(ask: Ask, job: Job, known: Iterable[str], day: str, *, is_first: bool) -> Days:
    """The heads of branches and the sources of open pull requests, with the day on which each new one became that.

    That is `day`; on a first reading the date of the commit, so that old branches are not watched. `known` are hashes
    among which those of pull requests, which are shortened, are looked up.
    """
    heads: Days = {}
    for page in job.refs.pages(BRANCHES):
        for row in page.rows:
            if row.target is not None and row.target.hash:
                heads[row.target.hash] = _day_of(row.target.date, day) if is_first else day
    found = [*heads, *known]
    for short in _sources(ask, job):
        sha = next((each for each in found if each.startswith(short)), None) or _full_hash(ask, job, short)
        if sha is not None:
            heads.setdefault(sha, day)
    return heads


def _sources(ask: Ask, job: Job) -> Iterator[str]:
    """The sources of open pull requests, shortened: those from forks and of branches that are gone are no heads."""
    last = 0
    while True:
        params = {"q": f'state="OPEN" AND id>{last}', "sort": "id"}
        page = next(iter(ask.pages(PULL_REQUESTS, job.repository.place, params)))
        for row in page.rows:
            source = row.source
            if source is not None and source.commit is not None and source.commit.hash:
                yield source.commit.hash
        if page.next_url is None or not page.rows:
            return
        last = page.rows[-1].id


def _full_hash(ask: Ask, job: Job, short: str) -> str | None:
    """The commit of a shortened hash; None where the repository does not have it."""
    try:
        row: Any = ask.glance(COMMITS, job.repository.place, {"include": short}).rows
    except NotFound:
        return None
    return row[0].hash if row else None


def _day_of(timestamp: str | None, otherwise: str) -> str:
    return otherwise if timestamp is None else min(moment(timestamp).astimezone(UTC).date().isoformat(), otherwise)


def _age(day: str, today: str) -> int:
    return (date.fromisoformat(today) - date.fromisoformat(day)).days
