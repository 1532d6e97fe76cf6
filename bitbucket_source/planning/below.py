"""What the lists below pull requests cost: activity, comments, commits, files and tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bitbucket_source.planning.figures import NOTHING, Figure, scaled, total
from bitbucket_source.planning.owed import Owed, Walk
from bitbucket_source.planning.sights import Seen, Sight, bounds_of, has_stirred
from bitbucket_source.sync.below import PARTS
from bitbucket_source.sync.costs import pages_by_next
from bitbucket_source.sync.known import Known
from bitbucket_source.sync.pull_request_sets import NEEDED
from bitbucket_source.sync.sides import SIDES, Sides
from bitbucket_source.tables import (
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_ACTIVITY_REVIEWERS,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUEST_TASKS,
    PULL_REQUESTS,
    Table,
)

ACTIVITY = frozenset({PULL_REQUEST_ACTIVITY, PULL_REQUEST_ACTIVITY_REVIEWERS})
_FEWEST_EVENTS = 1
"""of a pull request beside its comments: it was opened"""
_MOST_EVENTS = 15
"""FACTS 3 has two for the opening, one for each push, verdict, edit and the end: more are rare on the average"""
_DELETED = 2
"""The feed also has the deleted comments, which nobody counts: not more than the others, on the average."""


@dataclass(frozen=True)
class Met:
    """Pull requests that a walk reads: those on the newest page, and how many more."""

    rows: Sequence[Any]
    more: int = 0

    @property
    def count(self) -> int:
        """All of them."""
        return len(self.rows) + self.more

    def each(self, figure: Callable[[Any], Figure]) -> Figure:
        """What they cost together, those that were not seen judged by those that were."""
        seen = [figure(row) for row in self.rows]
        known = total(seen)
        return known + scaled([(seen, self.more)], 0) if self.more else known


def met_by(walk: Walk, owed: Owed, sight: Sight) -> Met | None:
    """The pull requests that a walk meets and that have changed since; None where it cannot be told."""
    seen = [sight.pull_requests.get(bound) for bound in bounds_of(owed, walk.cursor)]
    found = [each for each in seen if each is not None]
    if len(found) < len(seen) or (walk.cursor is not None and walk.cursor.by_ids):
        return None
    first = found[0]
    known = walk.cursor.seen if walk.cursor is not None else {}
    return Met([row for row in first.page if known.get(row.id) != row.updated_on], max(0, first.rows - len(first.page)))


def children_of(walk: Walk, owed: Owed, sight: Sight, known: Known) -> dict[Table, Figure]:
    """The requests of one walk for what is read by its pull requests' numbers; nothing where they cannot be told."""
    met = met_by(walk, owed, sight)
    if met is None:
        return {}
    cursor = walk.cursor
    older = _left_out(walk, owed, sight)
    every = Figure.of(met.count) + older
    left = Counter(part.lower() for parts in cursor.below.owed.values() for part in parts) if cursor else Counter()
    made = {PARTS[part]: Figure.of(left[part]) for part in "acft"}
    alone = Figure(0, 1) if walk.tables & ACTIVITY else NOTHING
    made[PULL_REQUEST_TASKS] += every
    files = met.each(_files_of) if cursor is None else _turned(met, owed, sight, known)
    if cursor is None and PULL_REQUESTS in walk.tables and known.keys(PULL_REQUESTS, owed.repository.place):
        # read again: the files of one that is stored just so are taken to be so, too
        files = Figure(0, files.high)
    # what an earlier slice left owed is asked for at the documented address, too
    made[PULL_REQUEST_FILES] += files + older + Figure(0, left["f"])
    if cursor is None or older.high:
        bounds = bounds_of(owed, cursor)
        whole = sight.pull_requests[bounds[min(1, len(bounds) - 1)]] or Seen(0)
        fed = Met(whole.page, max(0, whole.rows - len(whole.page)))
        made[PULL_REQUEST_COMMENTS] += Figure(0, _commented(fed).high)
        made[PULL_REQUEST_ACTIVITY] += _feed(fed, is_bounded=bool(owed.since)) + alone.map(fed.count.__mul__)
    elif cursor.below.feed is not None and cursor.below.feed.everything:
        counts = [row[0] or 0 for row in known.stored(PULL_REQUESTS, ("comment_count",), owed.repository.place)]
        most = sum(_MOST_EVENTS + _DELETED * count for count in counts)
        made[PULL_REQUEST_COMMENTS] += Figure(0, sum(map(bool, counts)) + met.count)
        made[PULL_REQUEST_ACTIVITY] += Figure(1, _pages(most) + 1) + alone.map((len(counts) + met.count).__mul__)
    elif met.count and walk.tables & ACTIVITY:
        made[PULL_REQUEST_COMMENTS] += Figure(_commented(met).low, met.count)
        made[PULL_REQUEST_ACTIVITY] += _feed(met, is_bounded=True) + alone.map(met.count.__mul__)
    else:
        made[PULL_REQUEST_COMMENTS] += Figure.of(met.count)
        made[PULL_REQUEST_ACTIVITY] += NOTHING if cursor.below.feed is None else Figure(1, 2)
    return {table: figure if is_read(table, walk.tables) else NOTHING for table, figure in made.items()}


def is_read(table: Table, selected: frozenset[Table]) -> bool:
    """Whether a list below pull requests is asked for: comments come with the feed, which is the activity."""
    return bool(selected & ({*ACTIVITY, PULL_REQUEST_COMMENTS} if table is PULL_REQUEST_ACTIVITY else {table}))


def _files_of(row: Any) -> Figure:
    """Without its source a pull request names no list of its files: asking at the documented address takes two."""
    return Figure(1, 2) if Sides.of(row).is_orphan else Figure.of(1)


def _turned(met: Met, owed: Owed, sight: Sight, known: Known) -> Figure:
    """Those that do not merge the same into the same as when they were stored."""
    columns = ("id", *SIDES)
    ids = [row.id for row in met.rows]
    rows = known.stored(PULL_REQUESTS, columns, owed.repository.place, id=ids) if ids else []
    stored = {number: list(values) for number, *values in rows}
    unlike = sum(stored.get(row.id) != Sides.of(row).values for row in met.rows)
    return Figure(unlike, unlike + met.more + _open_ones(owed, sight))


def commits_below(owed: Owed, sight: Sight, *, reads: frozenset[Table], is_plain: bool) -> Figure | None:
    """The requests for the commits of pull requests; `is_plain`: they hold nothing that the graph does not."""
    has_graph = is_plain and reads >= NEEDED
    figures = []
    for walk in (walk for phase in owed.phases for walk in phase.get(PULL_REQUEST_COMMITS, ())):
        figure = _commits_of(walk, owed, sight, has_graph=has_graph)
        if figure is None:
            return None
        figures.append(figure)
    return total(figures)


def _commits_of(walk: Walk, owed: Owed, sight: Sight, *, has_graph: bool) -> Figure | None:
    walks = owed.ordinary.get(PULL_REQUESTS, ())
    if not walks:
        return NOTHING
    of_list = walks[0]
    met = met_by(Walk(of_list.cursor if walk.cursor is not None else None, walk.tables), owed, sight)
    if met is None:
        return None
    left = Figure.of(len(walk.cursor.owed)) if walk.cursor is not None else NOTHING
    left += _left_out(of_list, owed, sight)
    if not has_graph:
        return left + Figure(met.count if walk.cursor is None else 0, met.count)
    may_turn = _open_ones(owed, sight) if walk.cursor is not None else 0
    asked = met.each(lambda row: _of_one(row, owed))
    return Figure(0, left.high) + Figure(asked.low if walk.cursor is None else 0, asked.high + may_turn)


def _of_one(row: Any, owed: Owed) -> Figure:
    """A fork's commits are not in the graph; what an open one of this repository brings is, behind no bound."""
    sides = Sides.of(row)
    if sides.source_repository != owed.repository.uuid:
        return Figure.of(1)
    return NOTHING if sides.state == "OPEN" and not owed.since else Figure(0, 1)


def _open_ones(owed: Owed, sight: Sight) -> int:
    """The most open pull requests that a push to their destination may have turned."""
    if not has_stirred(owed, sight) and not owed.is_pushed:
        return 0
    return sight.open_pull_requests


def _left_out(walk: Walk, owed: Owed, sight: Sight) -> Figure:
    """The pull requests that an earlier sync left out because they were too old, and this one reads."""
    seen = [sight.pull_requests.get(bound) for bound in bounds_of(owed, walk.cursor)]
    rows = [each.rows for each in seen if each is not None]
    if len(rows) < 3:
        return NOTHING
    left_out = max(0, rows[1] - rows[2])
    return Figure(left_out, left_out + 1)


def _commented(met: Met) -> Figure:
    return met.each(lambda row: Figure.of(int(bool(row.comment_count))))


def _feed(met: Met, *, is_bounded: bool) -> Figure:
    """Pages of the feed. How many events a pull request has beside its comments is seen only when it is read."""
    fewest = met.each(lambda row: Figure.of(_FEWEST_EVENTS + (row.comment_count or 0)))
    most = met.each(lambda row: Figure.of(_MOST_EVENTS + _DELETED * (row.comment_count or 0)))
    low = met.count * _FEWEST_EVENTS if is_bounded else fewest.low
    return Figure(_pages(0 if is_bounded and met.count < 2 else low), _pages(most.high) + is_bounded)


def _pages(events: int) -> int:
    return pages_by_next(PULL_REQUEST_ACTIVITY, events)
