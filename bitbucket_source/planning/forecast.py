"""What the next sync spends on one repository, and what every later one spends while nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bitbucket_source.planning.figures import NOTHING, Figure
from bitbucket_source.planning.sights import Sight, bound_of, has_stirred
from bitbucket_source.planning.standing import Standing, Walk, Walks
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


def forecast(standing: Standing, sight: Sight, stored_commits: Callable[[str], int]) -> Forecast:
    """The requests for one repository that was looked at; `stored_commits` counts those of a repository."""
    made = Forecast()
    _pull_requests(standing, sight, made)
    _pipelines(standing, sight, made)
    _refs_and_commits(standing, sight, made, stored_commits)
    return made


def least(standing: Standing, table: Table) -> int:
    """The requests that the next sync makes at least for a list of a repository, looked at or not."""
    if table in (PULL_REQUESTS, PIPELINES):
        return sum(len(phase.get(table, ())) for phase in standing.phases)
    if table in (BRANCHES, TAGS):
        return sum(standing.lists_refs(phase, table) for phase in standing.phases)
    return 0


def _pull_requests(standing: Standing, sight: Sight, made: Forecast) -> None:
    seen = [
        sight.pull_requests.get(bound_of(walk.cursor))
        for phase in standing.phases
        for walk in phase.get(PULL_REQUESTS, ())
    ]
    if all(seen):
        made.now[PULL_REQUESTS] = Figure.of(sum(pages_of_pull_requests(each.rows) for each in seen if each))
        made.later[PULL_REQUESTS] = Figure.of(1 if standing.ordinary.get(PULL_REQUESTS) else 0)


def _pipelines(standing: Standing, sight: Sight, made: Forecast) -> None:
    walks = [walk for phase in standing.phases for walk in phase.get(PIPELINES, ())]
    if not walks:
        made.now[PIPELINES] = made.later[PIPELINES] = NOTHING
        made.now[PIPELINE_STEPS] = made.later[PIPELINE_STEPS] = NOTHING
        return
    if sight.runs is None:
        return
    costs = [_of_runs(walk, sight, sight.runs.rows, sight.runs.newest) for walk in walks]
    made.now[PIPELINES] = sum((pages for pages, _ in costs), NOTHING)
    made.now[PIPELINE_STEPS] = sum((steps for _, steps in costs), NOTHING)
    with_steps = any(PIPELINE_STEPS in walk.tables for walk in walks)
    made.later[PIPELINES] = Figure(1, 1 + _old_unfinished(sight, sight.runs.rows))
    made.later[PIPELINE_STEPS] = Figure.of(sight.running if with_steps else 0)


def _of_runs(walk: Walk, sight: Sight, rows: int, newest: str) -> tuple[Figure, Figure]:
    """The requests of one walk over the runs, and for their steps."""
    cursor: PipelinesCursor = walk.cursor or PipelinesCursor()
    new = max(0, rows - cursor.read)
    start = max(0, cursor.read - 1)
    looks_at_newest = 0 if cursor.behind else 1
    goes_onward = cursor.behind or (new >= PIPELINES.pagelen and newest != cursor.last)
    certain = looks_at_newest + (pages_of_runs(rows, start) if goes_onward else 0)
    still = newest == cursor.last and sight.unfinished == len(cursor.open)
    changed = 0 if still else len(cursor.open)
    old = _old_unfinished(sight, rows) + changed if cursor.open else 0
    pages = Figure(certain, certain + old)
    if PIPELINE_STEPS not in walk.tables:
        return pages, NOTHING
    owed = new + len(cursor.owed)
    running = Figure(max(0, sight.running - new), sight.running if cursor.read else 0)
    return pages, Figure(owed + running.low, owed + max(running.high, changed))


def _old_unfinished(sight: Sight, rows: int) -> int:
    """The most requests for the list of unfinished runs: it is read where one of them is not among the newest."""
    return pages_of_runs(sight.unfinished) if rows > PIPELINES.pagelen and sight.unfinished else 0


def _refs_and_commits(standing: Standing, sight: Sight, made: Forecast, stored_commits: Callable[[str], int]) -> None:
    stirred = has_stirred(standing, sight)
    for table in (BRANCHES, TAGS):
        listings = sum(standing.lists_refs(phase, table) for phase in standing.phases)
        surely = standing.lists_refs(standing.ordinary, table)
        may = stirred and not surely and bool(standing.ordinary.get(table) or standing.ordinary.get(COMMITS))
        made.later[table] = NOTHING
        if not listings and not may:
            made.now[table] = NOTHING
        elif (rows := sight.refs.get(table)) is not None:
            pages = pages_by_next(table, rows)
            made.now[table] = Figure(listings * pages, (listings + may) * pages)
    made.later[COMMITS] = NOTHING
    figures = [
        _of_commits(walk, standing, phase, sight, stored_commits, stirred and phase is standing.ordinary)
        for phase in standing.phases
        for walk in phase.get(COMMITS, ())
    ]
    if None not in figures:
        made.now[COMMITS] = sum((figure for figure in figures if figure is not None), NOTHING)


def _of_commits(
    walk: Walk, standing: Standing, phase: Walks, sight: Sight, stored_commits: Callable[[str], int], stirred: bool
) -> Figure | None:
    """The requests of one walk over the commits; None where they cannot be told."""
    if not stirred and not standing.is_stale(phase, COMMITS):
        return NOTHING
    if not sight.has_refs:
        return NOTHING
    if sight.history is None:
        return None
    commits = sight.history.commits
    if walk.cursor is None:
        return commits.map(lambda rows: pages_by_next(COMMITS, rows))
    stored = stored_commits(standing.repository.uuid)
    left = commits.map(lambda rows: pages_by_next(COMMITS, rows - stored))
    if walk.cursor.targets:
        return Figure(left.low, left.high + 1)
    # whether the refs name new commits, and whether some were dropped, is seen only when the refs are read
    return Figure(0, left.high + 1)
