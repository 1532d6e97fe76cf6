"""Units of one repository, compared with the warehouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.sync.checks import ChecksCursor
from bitbucket_source.sync.deployment_commits import NEEDED, CarriedCursor
from bitbucket_source.sync.environments import EnvironmentsCursor
from bitbucket_source.sync.events import Gone, Rows, Trouble
from bitbucket_source.sync.job import Job, Refs, moment
from bitbucket_source.sync.pipelines import PipelinesCursor
from bitbucket_source.sync.pull_request_commits import PullRequestCommitsCursor
from bitbucket_source.sync.pull_request_lists import Unavailable
from bitbucket_source.sync.pull_request_sets import CommitSets, stored_sides
from bitbucket_source.sync.pull_requests import PullRequestsCursor
from bitbucket_source.sync.refs import RefsCursor
from bitbucket_source.sync.sides import Sides
from bitbucket_source.sync.whole_lists import WHOLE_LISTS, WholeListCursor
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_STATUSES,
    COMMIT_TRAILERS,
    COMMITS,
    DEPLOYMENT_COMMITS,
    DEPLOYMENTS,
    ENVIRONMENTS,
    PIPELINE_STEPS,
    PIPELINE_TEST_REPORTS,
    PIPELINES,
    PULL_REQUEST_COMMENTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUEST_TASKS,
    PULL_REQUESTS,
    USERS,
    Table,
)
from bitbucket_source.verification.again import read_again
from bitbucket_source.verification.comparing import source_of
from bitbucket_source.verification.lists import compare_pull_requests
from bitbucket_source.verification.look import Look, has_moved
from bitbucket_source.verification.units import OF_PULL_REQUESTS, ROWS_OF, Unit, events_of

COUNTED = {PULL_REQUEST_COMMENTS: "comment_count", PULL_REQUEST_TASKS: "task_count"}
"""What a pull request says itself of how many rows a list of it has"""
_DERIVED_FROM: dict[Table, tuple[Table, ...]] = {COMMIT_TRAILERS: (COMMITS,), DEPLOYMENT_COMMITS: NEEDED}
_NOT_COUNTED: dict[Table, tuple[str, Any]] = {
    PULL_REQUEST_COMMENTS: ("deleted", True),
    PULL_REQUEST_TASKS: ("state", "RESOLVED"),
}
"""which rows do not count: the value of a column"""


def compare_unit(look: Look, unit: Unit, is_new: Callable[[], bool] = lambda: False) -> int:
    """Compare a unit; returns how many rows its list has. What cannot be read is told."""
    tables = (ROWS_OF[unit.table] | {USERS}) & look.ask.wanted
    if not tables - {USERS}:
        return 0
    repository = look.job.repository
    if look.findings.differs_in(_DERIVED_FROM.get(unit.table, ()), repository.uuid):
        look.findings.tell(f"{unit.table.name} of {look.name}: not compared: what they are derived from differs")
        return 0
    ask = look.ask.for_tables(tables)
    job = Job(repository, Refs(ask, repository), look.stored, reads=look.ask.wanted)
    place = {**look.place, **unit.place}
    source = source_of(unit.table, place, "")
    item = " ".join(f"{name.removesuffix('_id').replace('_', ' ')} {value}" for name, value in unit.place.items())
    count = 0
    try:
        for event in events_of(ask, job, unit):
            match event:
                case Rows():
                    count += look.comparison.rows(event, tables, lambda _: source, lambda _: is_new())
                case Gone() if event.table in tables:
                    look.comparison.gone(event, place, source, is_new)
                case Trouble():
                    look.fail(event)
    except Unavailable as why:
        look.findings.tell(f"{unit.table.name} of {look.name} {item}: not compared: not available any more: {why}")
    except BitbucketError as error:
        look.fail(Trouble(unit.table, look.name, item, str(error)))
    return count


def children(look: Look, row: Any, only: frozenset[Table]) -> Iterator[tuple[Unit, Callable[[], bool]]]:
    """The units below a pull request that was read, as far as a sync has read them, and whether they have changed."""
    groups = look.groups(PULL_REQUESTS, PullRequestsCursor)
    of_commits = look.groups(PULL_REQUEST_COMMITS, PullRequestCommitsCursor)
    links = row.links
    link = links.diffstat.href if links is not None and links.diffstat is not None else None
    for table in (each for each in OF_PULL_REQUESTS if each in only):
        unit = Unit(table, {"pull_request_id": row.id}, link, Sides.of(row).is_orphan)
        if table is PULL_REQUEST_COMMITS:
            for of_them, _ in of_commits:
                yield unit, _commits_since(look, row, of_them)
        for cursor, tables in groups:
            if tables & ROWS_OF[table]:
                yield unit, _since(look, row, table, cursor)


def _since(look: Look, row: Any, table: Table, cursor: PullRequestsCursor) -> Callable[[], bool]:
    def has_changed() -> bool:
        is_owed = row.id in cursor.below.owed or cursor.below.feed is not None
        is_adrift = table is PULL_REQUEST_FILES and _is_adrift(look, row)
        return is_owed or is_adrift or moment(row.updated_on) > moment(cursor.updated_on)

    return has_changed


def _commits_since(look: Look, row: Any, cursor: PullRequestCommitsCursor) -> Callable[[], bool]:
    def has_changed() -> bool:
        is_later = moment(row.updated_on) > moment(cursor.updated_on)
        return row.id in cursor.owed or is_later or _is_adrift(look, row)

    return has_changed


def _is_adrift(look: Look, row: Any) -> bool:
    """Whether a pull request is open and something was pushed: that may have moved where it branches off."""
    return row.state == "OPEN" and any(has_moved(look, cursor) for cursor, _ in look.groups(BRANCHES, RefsCursor))


def count_children(look: Look, wanted: frozenset[Table]) -> list[int]:
    """Hold what is stored below pull requests against what they count, and against the graph, without a request.

    Returns the pull requests that it does not fit: their lists are to be read.
    """
    unlike: set[int] = set()
    place = look.place
    for table, column in COUNTED.items():
        if table not in wanted:
            continue
        counts: dict[int, int | None] = dict(look.stored.stored(PULL_REQUESTS, ("id", column), place))
        rows = look.stored.stored(table, ("pull_request_id", _NOT_COUNTED[table][0]), place)
        there = Counter(number for number, value in rows if value != _NOT_COUNTED[table][1])
        unlike |= {number for number, count in counts.items() if count is not None and count != there[number]}
        look.findings.looked(table, "counted against pull_requests")
        look.findings.count_by_size(table, len(rows))
    if PULL_REQUEST_COMMITS in wanted:
        unlike |= _unlike_the_graph(look)
    return sorted(unlike)


def _unlike_the_graph(look: Look) -> set[int]:
    job = Job(look.job.repository, look.job.refs, look.stored, reads=look.ask.wanted)
    sets = CommitSets(look.ask, job)
    stored: dict[int, set[str]] = {}
    for number, sha in look.stored.stored(PULL_REQUEST_COMMITS, ("pull_request_id", "hash"), look.place):
        stored.setdefault(number, set()).add(sha)
    if not sets.is_there:
        return set()
    unlike: set[int] = set()
    for number, (_, sides) in stored_sides(job, None).items():
        told = sets.of(sides)
        if told is None:
            continue
        look.findings.count_by_size(PULL_REQUEST_COMMITS, len(told))
        if told != stored.get(number, set()):
            unlike.add(number)
    look.findings.looked(PULL_REQUEST_COMMITS, "those of the stored graph worked out from it")
    return unlike


def short_lists(look: Look) -> Iterator[tuple[Unit, Callable[[], bool]]]:
    """The units of a repository that one request or none shows whole, as far as a sync has read them."""
    wanted = look.ask.wanted
    for table in (each for each in WHOLE_LISTS if each in wanted):
        for _ in look.groups(table, WholeListCursor)[:1]:
            yield Unit(table, {}), lambda: False
    for cursor, _ in look.groups(ENVIRONMENTS, EnvironmentsCursor)[:1] if ENVIRONMENTS in wanted else ():
        yield Unit(ENVIRONMENTS, {}), lambda cursor=cursor: cursor != EnvironmentsCursor() or _has_deployed(look)  # type: ignore[misc]
    if COMMIT_TRAILERS in wanted and COMMITS in wanted:
        yield Unit(COMMIT_TRAILERS, {}), lambda: False
    for carried, _ in (
        look.groups(DEPLOYMENT_COMMITS, CarriedCursor)[:1] if wanted >= {*NEEDED, DEPLOYMENT_COMMITS} else ()
    ):
        yield Unit(DEPLOYMENT_COMMITS, {}), lambda carried=carried: bool(carried.owed)  # type: ignore[misc]


def _has_deployed(look: Look) -> bool:
    return any(each.table is DEPLOYMENTS for each in look.findings.changed)


def commits_with_checks(look: Look) -> list[Unit]:
    """The commits of which anything is stored that a builder or scanner said, and those that are watched."""
    groups = look.groups(COMMIT_STATUSES, ChecksCursor)
    tables = frozenset(table for _, group in groups for table in group) & ROWS_OF[COMMIT_STATUSES]
    found = {sha for table in tables for (sha,) in look.stored.stored(table, ("commit_hash",), look.place)}
    found.update(sha for cursor, _ in groups for sha in cursor.watched.heads)
    return [Unit(COMMIT_STATUSES, {"commit_hash": sha}) for sha in sorted(found)] if tables else []


def steps_with_tests(look: Look) -> list[tuple[Unit, Callable[[], bool]]]:
    """The finished steps that are stored, and whether the next sync reads their tests anyway."""
    groups = look.groups(PIPELINES, PipelinesCursor)
    cursor = next((cursor for cursor, tables in groups if tables & ROWS_OF[PIPELINE_TEST_REPORTS]), None)
    if cursor is None:
        return []
    owed = {step for each in cursor.tests.steps for step in each.split()}
    columns = ("pipeline_uuid", "uuid", "state_name", "state_result_name")
    finished = sorted(
        (run, step)
        for run, step, state, result in look.stored.stored(PIPELINE_STEPS, columns, look.place)
        if state == "COMPLETED" and result != "NOT_RUN"
    )
    return [(_tests(run, step), _tests_since(look, run, step, owed)) for run, step in finished]


def _tests(run: str, step: str) -> Unit:
    return Unit(PIPELINE_TEST_REPORTS, {"pipeline_uuid": run, "step_uuid": step})


def _tests_since(look: Look, run: str, step: str, owed: set[str]) -> Callable[[], bool]:
    @cache
    def has_changed() -> bool:
        if {run, step} & owed:
            return True
        place = {**look.place, "pipeline_uuid": run}
        try:
            rows = [row for page in look.ask.pages(PIPELINE_STEPS, place) for row in page.rows if row.uuid == step]
        except NotFound:
            return True
        return bool(look.stored.different(PIPELINE_STEPS, rows, place))

    return has_changed


def compare_checks(look: Look) -> None:
    """What builders and scanners said of every commit of which anything is stored or watched."""
    for unit in commits_with_checks(look):
        compare_unit(look, unit)


def compare_with_children(look: Look) -> None:
    """The pull requests, whole, and every list below them."""

    def below(row: Any) -> None:
        compare_all(look, children(look, row, look.ask.wanted))

    compare_pull_requests(look, then=below)


def check_children(look: Look) -> None:
    """Read the lists below those pull requests that count other rows than are stored, or bring other commits."""
    numbers = count_children(look, look.ask.wanted)
    counted = look.ask.wanted & {*COUNTED, PULL_REQUEST_COMMITS}
    for row in read_again(look.ask, None, PULL_REQUESTS, look.place, numbers) if numbers else ():
        compare_all(look, children(look, row, counted))


def compare_all(look: Look, units: Iterable[tuple[Unit, Callable[[], bool]]]) -> None:
    """Compare units."""
    for unit, is_new in units:
        compare_unit(look, unit, is_new)
