"""What the lists beside pull requests, runs and commits cost: deployments, environments, checks, and short lists."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

from bitbucket_source.planning.figures import NOTHING, Figure, total
from bitbucket_source.planning.owed import Owed, Walk
from bitbucket_source.planning.sights import Sight, has_stirred
from bitbucket_source.sync.checks import ChecksCursor
from bitbucket_source.sync.costs import pages_by_next, pages_of_deployments, whole_lists
from bitbucket_source.sync.deployments import LATELY, DeploymentsCursor
from bitbucket_source.sync.environments import EnvironmentsCursor
from bitbucket_source.sync.job import moment
from bitbucket_source.sync.watched import WATCHED_DAYS
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_STATUSES,
    COMMITS,
    DEPLOYMENTS,
    ENVIRONMENTS,
    PIPELINES,
    PULL_REQUESTS,
    REPORT_ANNOTATIONS,
    REPORTS,
    Table,
)

Both = tuple[Figure, Figure]
"""of the next sync, and of each one after it"""


def of_whole_lists(owed: Owed, table: Table) -> Both:
    """The lists that are read whole on every sync. Nobody has more than a hundred of these, or pays a page for it."""
    each = whole_lists(table, 0)
    now = sum(len(phase.get(table, ())) for phase in owed.phases) * each
    return Figure.of(now), Figure.of(each if owed.ordinary.get(table) else 0)


def of_deployments(owed: Owed, sight: Sight) -> dict[Table, Both]:
    """Deployments and environments; nothing where they cannot be told."""
    made: dict[Table, Both] = {}
    walks = [walk for phase in owed.phases for walk in phase.get(DEPLOYMENTS, ())]
    seen = sight.deployments
    if not walks:
        made[DEPLOYMENTS] = NOTHING, NOTHING
    elif seen is not None:
        is_recent = bool(seen.newest) and datetime.now(UTC) - moment(seen.newest) <= LATELY
        is_always = is_recent or not owed.ordinary.get(PIPELINES)
        now = total(_deployments(walk, owed, sight, is_always=is_always) for walk in walks)
        made[DEPLOYMENTS] = now, Figure.of(int(is_always and bool(owed.ordinary.get(DEPLOYMENTS))))
    lists = [walk for phase in owed.phases for walk in phase.get(ENVIRONMENTS, ())]
    surely = sum(walk.cursor is None or walk.cursor != EnvironmentsCursor() for walk in lists)
    may = bool(lists) and any(walk.cursor is not None for walk in walks)
    made[ENVIRONMENTS] = Figure(surely, surely + (may and not surely)), NOTHING
    return made


def _deployments(walk: Walk, owed: Owed, sight: Sight, *, is_always: bool) -> Figure:
    seen, cursor = sight.deployments, walk.cursor or DeploymentsCursor(since=owed.since)
    pages = pages_of_deployments(seen.rows if seen else 0)
    if walk.cursor is None:
        return Figure(1 if owed.since else pages, pages)
    if cursor.behind or owed.reaches_further_back(cursor):
        return Figure(1, pages + 1 + len(cursor.open))
    is_new = bool(seen and seen.newest) and (
        not cursor.last or moment(seen.newest if seen else "") > moment(cursor.last)
    )
    surely = is_always or cursor.look or cursor.empty or bool(cursor.open)
    may = is_new or has_stirred(owed, sight)
    return Figure(int(surely), int(surely or may) + (pages if is_new else 0) + len(cursor.open))


def of_checks(owed: Owed, sight: Sight) -> dict[Table, Both]:
    """Statuses and reports, and what it costs to find out for which commits they are asked.

    Nothing where it cannot be told.
    """
    made: dict[Table, Both] = {}
    for phase in owed.phases:
        for walk in phase.get(COMMIT_STATUSES, ()):
            surely = owed.looks_for_heads(phase)
            may = surely or has_stirred(owed, sight)
            if may and (sight.open is None or sight.refs.get(BRANCHES) is None):
                return {}
            for table, (now, later) in _checks(walk, sight, surely=surely, may=may).items():
                before = made.get(table, (NOTHING, NOTHING))
                made[table] = before[0] + now, before[1] + later
    return made


def _checks(walk: Walk, sight: Sight, *, surely: bool, may: bool) -> dict[Table, Both]:
    cursor = walk.cursor or ChecksCursor()
    watched = cursor.watched.without_old(sight.today)
    asked = {*cursor.owed, *watched.to_ask(sight.today)}
    heads = {row.target.hash: row.target.date for row in sight.branches if row.target} if may else {}
    others = _not_among(heads, sight) if may else 0
    more = max(0, (sight.refs.get(BRANCHES) or 0) - len(sight.branches)) if may else 0
    new = {sha for sha in heads if sha not in watched.heads and sha not in watched.replaced}
    young = new if walk.cursor is not None else {sha for sha in new if _is_young(heads[sha], sight.today)}
    now = Figure(len(asked | new) if surely else len(asked), len(asked | new) + others + more)
    later = Figure(len(asked | young) if surely else len(asked), len(asked | young) + others + more)
    made: dict[Table, Both] = dict.fromkeys((COMMIT_STATUSES, REPORTS), (NOTHING, NOTHING))
    if COMMIT_STATUSES in walk.tables:
        made[COMMIT_STATUSES] = now, later
    if walk.tables & {REPORTS, REPORT_ANNOTATIONS}:
        made[REPORTS] = now, later
    if may:
        pages = pages_by_next(PULL_REQUESTS, sight.open.rows if sight.open else 0)
        made[PULL_REQUESTS] = Figure(pages if surely else 0, pages), NOTHING
        made[COMMITS] = Figure(others if surely and walk.cursor is None else 0, others), NOTHING
    return made


def watched_now(owed: Owed, sight: Sight) -> list[str]:
    """Commits of which builds and scanners may say something: as they were watched last, else the heads of branches."""
    cursors = [walk.cursor for walk in owed.ordinary.get(COMMIT_STATUSES, ()) if walk.cursor is not None]
    known = [sha for cursor in cursors for sha in cursor.watched.to_ask(sight.today)]
    return known or [row.target.hash for row in sight.branches if row.target is not None and row.target.hash]


def _not_among(heads: Collection[str], sight: Sight) -> int:
    """How many open pull requests have a source that is the head of no branch: of a fork, or of one that is gone."""
    seen = sight.open
    if seen is None:
        return 0
    shorts = [row.source.commit.hash for row in seen.page if row.source and row.source.commit]
    return sum(not any(sha.startswith(short) for sha in heads) for short in shorts) + seen.rows - len(seen.page)


def _is_young(timestamp: str | None, today: str) -> bool:
    day = moment(timestamp).astimezone(UTC).date() if timestamp else date.fromisoformat(today)
    return (date.fromisoformat(today) - day).days <= WATCHED_DAYS
