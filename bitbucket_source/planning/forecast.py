"""What the next sync spends on one repository, and what every later one spends while nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bitbucket_source.planning.below import children_of, commits_below, is_read
from bitbucket_source.planning.beside import of_checks, of_deployments, of_whole_lists
from bitbucket_source.planning.figures import NOTHING, Figure, total
from bitbucket_source.planning.owed import Owed, Walk, Walks
from bitbucket_source.planning.sights import Seen, Sight, bounds_of, has_stirred
from bitbucket_source.sync.below import PARTS
from bitbucket_source.sync.costs import pages_by_next, pages_of_pull_requests, pages_of_runs
from bitbucket_source.sync.known import Known
from bitbucket_source.sync.pipelines import STEP_TABLES, PipelinesCursor
from bitbucket_source.sync.whole_lists import WHOLE_LISTS
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_STATUSES,
    COMMITS,
    DATA_TABLES,
    DEPLOYMENTS,
    ENVIRONMENTS,
    PIPELINE_STEPS,
    PIPELINE_TEST_CASES,
    PIPELINE_TEST_REPORTS,
    PIPELINES,
    PULL_REQUEST_ACTIVITY,
    PULL_REQUEST_COMMITS,
    PULL_REQUESTS,
    REPORT_ANNOTATIONS,
    REPORTS,
    TAGS,
    Table,
)

LISTS: tuple[Table, ...] = tuple(table for table in DATA_TABLES if table.is_per_repository and table.endpoint)
"""What is asked for in each repository"""
POOLED: tuple[Table, ...] = (PIPELINE_TEST_REPORTS, PIPELINE_TEST_CASES, REPORT_ANNOTATIONS)
"""Those of them that no list counts: told by samples of the runs and commits of all repositories together"""


@dataclass
class Forecast:
    """Requests by list. A list that is not there could not be forecast."""

    now: dict[Table, Figure] = field(default_factory=dict)
    later: dict[Table, Figure] = field(default_factory=dict)

    def put(self, told: Mapping[Table, tuple[Figure, Figure]]) -> None:
        """Add what some lists cost; what costs nothing of its own is added to what was told before."""
        for table, (now, later) in told.items():
            if table not in (PULL_REQUESTS, COMMITS):
                self.now[table], self.later[table] = now, later
            elif table in self.now:
                self.now[table] += now
                self.later[table] += later


def forecast(owed: Owed, sight: Sight, known: Known, reads: frozenset[Table], *, is_plain: bool) -> Forecast:
    """The requests for one repository that was looked at; `reads` are the tables that the sync reads.

    `is_plain`: pull_request_commits has no columns but its own, so that the graph tells it.
    """

    def stored_commits(repository_uuid: str) -> int:
        return len(known.keys(COMMITS, {"repository_uuid": repository_uuid}))

    made = Forecast()
    _pull_requests(owed, sight, made)
    _below_pull_requests(owed, sight, made, known, reads, is_plain=is_plain)
    _pipelines(owed, sight, made)
    _refs_and_commits(owed, sight, made, stored_commits)
    made.put(of_deployments(owed, sight))
    if owed.ordinary.get(COMMIT_STATUSES) or owed.renewal.get(COMMIT_STATUSES):
        made.put(of_checks(owed, sight))
    else:
        made.put({COMMIT_STATUSES: (NOTHING, NOTHING), REPORTS: (NOTHING, NOTHING)})
    made.put({table: of_whole_lists(owed, table) for table in WHOLE_LISTS})
    return made


def least(owed: Owed, table: Table) -> int:
    """The requests that the next sync makes at least for a list of a repository, looked at or not."""
    if table in (PULL_REQUESTS, PIPELINES):
        return sum(len(phase.get(table, ())) for phase in owed.phases)
    if table in (DEPLOYMENTS, ENVIRONMENTS, PULL_REQUEST_ACTIVITY):
        source = PULL_REQUESTS if table is PULL_REQUEST_ACTIVITY else table
        walks = (walk for phase in owed.phases for walk in phase.get(source, ()) if is_read(table, walk.tables))
        return sum(walk.cursor is None for walk in walks)
    if table in (BRANCHES, TAGS):
        return sum(owed.lists_refs(phase, table) for phase in owed.phases)
    return 0


def tests_left(owed: Owed) -> int:
    """The steps whose tests an earlier sync left to be read."""
    walks = [walk for phase in owed.phases for walk in phase.get(PIPELINES, ()) if walk.cursor is not None]
    return sum(" " in step for walk in walks for step in walk.cursor.tests.steps)


def _pull_requests(owed: Owed, sight: Sight, made: Forecast) -> None:
    walks = [walk for phase in owed.phases for walk in phase.get(PULL_REQUESTS, ())]
    costs = [_of_pull_requests(walk, owed, sight) for walk in walks]
    if None not in costs:
        made.now[PULL_REQUESTS] = total(cost for cost in costs if cost is not None)
        made.later[PULL_REQUESTS] = Figure.of(1 if owed.ordinary.get(PULL_REQUESTS) else 0)


def _below_pull_requests(
    owed: Owed, sight: Sight, made: Forecast, known: Known, reads: frozenset[Table], *, is_plain: bool
) -> None:
    figures = [children_of(walk, owed, sight, known) for phase in owed.phases for walk in phase.get(PULL_REQUESTS, ())]
    for table in PARTS.values():
        made.later[table] = NOTHING
        if all(figures):
            made.now[table] = total(each[table] for each in figures)
    commits = commits_below(owed, sight, reads=reads, is_plain=is_plain)
    made.later[PULL_REQUEST_COMMITS] = NOTHING
    if commits is not None:
        made.now[PULL_REQUEST_COMMITS] = commits


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
    with_steps = any(STEP_TABLES & walk.tables for walk in walks)
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
            filled = cursor.filled if owed.goes_on_filling(cursor) else 0
            pages += left_out.map(lambda rows: max(0, -(-rows // PIPELINES.pagelen) - filled // PIPELINES.pagelen))
            pages += _search(seen.rows, cursor.first) if owed.since else NOTHING
            steps += left_out.map(lambda rows: max(0, rows - filled))
    return pages, steps if STEP_TABLES & walk.tables else NOTHING


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
        users = (table, COMMITS, *([COMMIT_STATUSES] if table is BRANCHES else []))
        may = stirred and not surely and any(owed.ordinary.get(each) for each in users)
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
