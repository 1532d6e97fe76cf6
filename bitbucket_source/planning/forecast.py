"""What the next sync spends on one repository, and what every later one spends while nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bitbucket_source.planning.figures import NOTHING, Figure, total
from bitbucket_source.planning.owed import Owed, Walk, Walks
from bitbucket_source.planning.sights import Seen, Sight, bounds_of, has_stirred
from bitbucket_source.sync.costs import pages_by_next, pages_of_pull_requests, pages_of_runs
from bitbucket_source.sync.pipelines import PipelinesCursor
from bitbucket_source.tables import BRANCHES, COMMITS, PIPELINE_STEPS, PIPELINES, PULL_REQUESTS, TAGS, Table

LISTS: tuple[Table, ...] = (PULL_REQUESTS, PIPELINES, PIPELINE_STEPS, BRANCHES, TAGS, COMMITS)
"""What is asked for in each repository"""


@dataclass
class Forecast:
    """Requests by list. A list that is not there could not be forecast."""

    now: dict[Table, Figure] = field(default_factory=dict)
    later: dict[Table, Figure] = field(default_factory=dict)


def forecast(owed: Owed, sight: Sight, stored_commits: Callable[[str], int]) -> Forecast:
    """The requests for one repository that was looked at; `stored_commits` counts those of a repository."""
    made = Forecast()
    _pull_requests(owed, sight, made)
    _pipelines(owed, sight, made)
    _refs_and_commits(owed, sight, made, stored_commits)
    return made


def least(owed: Owed, table: Table) -> int:
    """The requests that the next sync makes at least for a list of a repository, looked at or not."""
    if table in (PULL_REQUESTS, PIPELINES):
        return sum(len(phase.get(table, ())) for phase in owed.phases)
    if table in (BRANCHES, TAGS):
        return sum(owed.lists_refs(phase, table) for phase in owed.phases)
    return 0


def _pull_requests(owed: Owed, sight: Sight, made: Forecast) -> None:
    walks = [walk for phase in owed.phases for walk in phase.get(PULL_REQUESTS, ())]
    costs = [_of_pull_requests(walk, owed, sight) for walk in walks]
    if None not in costs:
        made.now[PULL_REQUESTS] = total(cost for cost in costs if cost is not None)
        made.later[PULL_REQUESTS] = Figure.of(1 if owed.ordinary.get(PULL_REQUESTS) else 0)


def _of_pull_requests(walk: Walk, owed: Owed, sight: Sight) -> Figure | None:
    """The requests of one walk; None where they cannot be told, as of one by ids."""
    seen = [sight.pull_requests.get(bound) for bound in bounds_of(owed, walk.cursor)]
    rows = [each.rows for each in seen if each is not None]
    if len(rows) < len(seen) or (walk.cursor is not None and walk.cursor.by_ids):
        return None
    pages = Figure.of(pages_of_pull_requests(rows[0]))
    if rows[1:]:
        left_out = pages_of_pull_requests(max(0, rows[1] - rows[2]))
        pages += Figure(left_out, left_out + 1)
    return pages


def _pipelines(owed: Owed, sight: Sight, made: Forecast) -> None:
    walks = [walk for phase in owed.phases for walk in phase.get(PIPELINES, ())]
    if not walks:
        made.now[PIPELINES] = made.later[PIPELINES] = NOTHING
        made.now[PIPELINE_STEPS] = made.later[PIPELINE_STEPS] = NOTHING
        return
    if sight.runs is None:
        return
    costs = [_of_runs(walk, owed, sight, sight.runs) for walk in walks]
    made.now[PIPELINES] = total(pages for pages, _ in costs)
    made.now[PIPELINE_STEPS] = total(steps for _, steps in costs)
    with_steps = any(PIPELINE_STEPS in walk.tables for walk in walks)
    made.later[PIPELINES] = Figure(1, 1 + _old_unfinished(sight, sight.runs.rows))
    made.later[PIPELINE_STEPS] = Figure.of(sight.running if with_steps else 0)


def _of_runs(walk: Walk, owed: Owed, sight: Sight, seen: Seen) -> tuple[Figure, Figure]:
    """The requests of one walk over the runs, and for their steps."""
    cursor = walk.cursor or PipelinesCursor(since=owed.since, read=sight.too_old)
    new = max(0, seen.rows - cursor.read)
    pages = _search(seen.rows, sight.too_old) if walk.cursor is None and owed.since else NOTHING
    if not cursor.behind:
        pages += Figure.of(1)
    if cursor.behind or (new >= PIPELINES.pagelen and seen.newest != cursor.last):
        start = cursor.read if walk.cursor is None else max(0, cursor.read - 1)
        pages += Figure.of(pages_of_runs(seen.rows, start))
    is_still = seen.newest == cursor.last and sight.unfinished == len(cursor.open)
    changed = 0 if is_still else len(cursor.open)
    if cursor.open:
        pages += Figure(0, _old_unfinished(sight, seen.rows) + changed)
    steps = Figure.of(new + len(cursor.owed))
    if walk.cursor is not None:
        running = Figure(max(0, sight.running - new), sight.running if cursor.read else 0)
        steps += Figure(running.low, max(running.high, changed))
        if owed.reaches_further_back(cursor):
            left_out = Figure(0 if owed.since else cursor.first, cursor.first)
            filled = cursor.filled // PIPELINES.pagelen
            pages += left_out.map(lambda rows: max(0, -(-rows // PIPELINES.pagelen) - filled))
            pages += _search(seen.rows, cursor.first) if owed.since and not cursor.filled else NOTHING
            steps += left_out.map(lambda rows: max(0, rows - cursor.filled))
    return pages, steps if PIPELINE_STEPS in walk.tables else NOTHING


def _search(rows: int, too_old: int) -> Figure:
    """The requests that find the first run that is not too old: pages of growing distance, then halves."""
    if not rows or too_old < PIPELINES.pagelen:
        return Figure.of(1)
    return Figure(2, 2 * pages_of_runs(rows).bit_length() + 1)


def _old_unfinished(sight: Sight, rows: int) -> int:
    """The most requests for the list of unfinished runs: it is read where one of them is not among the newest."""
    return pages_of_runs(sight.unfinished) if rows > PIPELINES.pagelen and sight.unfinished else 0


def _refs_and_commits(owed: Owed, sight: Sight, made: Forecast, stored_commits: Callable[[str], int]) -> None:
    stirred = has_stirred(owed, sight)
    for table in (BRANCHES, TAGS):
        listings = sum(owed.lists_refs(phase, table) for phase in owed.phases)
        surely = owed.lists_refs(owed.ordinary, table)
        may = stirred and not surely and bool(owed.ordinary.get(table) or owed.ordinary.get(COMMITS))
        made.later[table] = NOTHING
        if not listings and not may:
            made.now[table] = NOTHING
        elif (rows := sight.refs.get(table)) is not None:
            pages = pages_by_next(table, rows)
            made.now[table] = Figure(listings * pages, (listings + may) * pages)
    made.later[COMMITS] = NOTHING
    figures = [
        _of_commits(walk, owed, phase, sight, stored_commits, stirred and phase is owed.ordinary)
        for phase in owed.phases
        for walk in phase.get(COMMITS, ())
    ]
    if None not in figures:
        made.now[COMMITS] = total(figure for figure in figures if figure is not None)


def _of_commits(
    walk: Walk, owed: Owed, phase: Walks, sight: Sight, stored_commits: Callable[[str], int], stirred: bool
) -> Figure | None:
    """The requests of one walk over the commits; None where they cannot be told."""
    if not stirred and not owed.is_stale(phase, COMMITS):
        return NOTHING
    if not sight.has_refs:
        return NOTHING
    if sight.history is None:
        return None
    commits = sight.history.commits
    if walk.cursor is None:
        pages = commits.map(lambda rows: pages_by_next(COMMITS, rows))
        return replace(pages, low=1) if owed.since else pages
    stored = stored_commits(owed.repository.uuid)
    left = commits.map(lambda rows: pages_by_next(COMMITS, rows - stored))
    if walk.cursor.targets:
        return Figure(1 if owed.since else left.low, left.high + 1)
    # whether the refs name new commits, and whether some were dropped, is seen only when the refs are read
    return Figure(0, left.high + 1)
