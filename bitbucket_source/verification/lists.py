"""Lists of a repository, compared with the warehouse: keys both ways, and every value.

Each function compares a whole list, or the part of it that a sample takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.sync.absence import missing_rows
from bitbucket_source.sync.attempts import step_attempts
from bitbucket_source.sync.commits import CommitsCursor, commits_reached
from bitbucket_source.sync.events import Gone, Rows, Trouble
from bitbucket_source.sync.job import moment
from bitbucket_source.sync.known import Key
from bitbucket_source.sync.pipelines import PipelinesCursor
from bitbucket_source.sync.pull_requests import BEGINNING, PullRequestsCursor
from bitbucket_source.sync.refs import RefsCursor
from bitbucket_source.sync.runs import placed
from bitbucket_source.sync.windows import windows
from bitbucket_source.tables import (
    BRANCHES,
    COMMITS,
    PIPELINE_STEP_ATTEMPTS,
    PIPELINE_STEPS,
    PIPELINES,
    PULL_REQUESTS,
    TAGS,
    Table,
)
from bitbucket_source.verification.comparing import source_of
from bitbucket_source.verification.look import (
    Look,
    has_moved,
    not_reached,
    pull_request_since,
    pushed_since,
    ref_since,
    run_since,
    steps_since,
)


def compare_refs(look: Look, table: Table) -> None:
    """The branches or the tags, whole."""
    for cursor, tables in look.groups(table, RefsCursor):
        pages, since = look.job.refs.pages(table), ref_since(look, cursor)
        _tell_misfits(look, table, pages)
        for page in pages:
            look.comparison.objects(table, page.rows, look.place, tables, since)
        if is_doubtful(look, table, pages):
            return
        for event in missing_rows(look.ask, look.stored, table, look.place, pages):
            match event:
                case Gone():
                    moved = has_moved(look, cursor)
                    look.comparison.too_many(table, list(event.keys), look.place, lambda _, moved=moved: moved)  # type: ignore[misc]
                case Rows():
                    look.comparison.objects(table, event.objects, look.place, tables, since)


def is_doubtful(look: Look, table: Table, pages: Sequence[Page[Any]]) -> bool:
    """Whether a list is empty although an object of it is there."""
    stored = sorted(look.stored.keys(table, look.place))
    if not stored or any(page.length for page in pages):
        return False
    _, there = look.gone(table, stored[:1])
    if there:
        look.fail(Trouble(table, look.name, "", "the list is empty, but an object of it is there"))
    return bool(there)


def compare_pull_requests(
    look: Look, *, first: int = 1, pages: int | None = None, then: Callable[[Any], None] = lambda _: None
) -> tuple[int, int | None]:
    """The pull requests from an id on, all or so many pages; each is handed on to `then`.

    Returns how many the list has there, and the last id that was compared, None where the list ended.
    """
    groups = look.groups(PULL_REQUESTS, PullRequestsCursor)
    if not groups:
        return 0, None
    listed: set[Key] = set()
    last: int | None = None
    for page, covered in _pages_of_pull_requests(look, [cursor for cursor, _ in groups], first):
        last = covered
        _tell_misfits(look, PULL_REQUESTS, [page])
        listed |= _compare_pull_requests(look, groups, page.rows)
        for row in page.rows:
            then(row)
        pages = None if pages is None else pages - 1
        if pages == 0:
            break
    tables = _all_tables(groups)
    stored = look.objects_stored(PULL_REQUESTS, tables)
    suspects = {key for key in stored - listed if first <= key[1] and (last is None or key[1] <= last)}
    gone, there = look.gone(PULL_REQUESTS, suspects)
    # of one that lies before the first that was read something may be stored that happened to it later
    earliest = moment(since_of([cursor for cursor, _ in groups]) or BEGINNING)
    _compare_pull_requests(look, groups, [row for row in there if moment(row.updated_on) >= earliest])
    look.tell_gone(PULL_REQUESTS, tables, gone)
    return len(listed), last


def _pages_of_pull_requests(
    look: Look, cursors: Sequence[PullRequestsCursor], first: int
) -> Iterator[tuple[Page[Any], int | None]]:
    """The pages by id, each with the last id it covers, None for the last one."""
    earliest = since_of(cursors)
    if any(cursor.by_ids for cursor in cursors):
        highest = max((key[1] for key in look.stored.keys(PULL_REQUESTS, look.place)), default=0)
        for window in windows(look.ask, look.job, earliest or BEGINNING, first, highest):
            yield window.page, None if window.next_id > highest else window.next_id - 1
        return
    bound = f' AND updated_on>="{earliest}"' if earliest else ""
    last: int | None = first - 1
    while last is not None:
        params = {"q": f"id>{last}{bound}", "sort": "id"}
        page = next(iter(look.ask.pages(PULL_REQUESTS, look.place, params)))
        last = page.rows[-1].id if page.next_url is not None and page.rows else None
        yield page, last


def _compare_pull_requests(
    look: Look, groups: Sequence[tuple[PullRequestsCursor, frozenset[Table]]], rows: Sequence[Any]
) -> set[Key]:
    keys: set[Key] = set()
    for cursor, tables in groups:
        keys |= look.comparison.objects(PULL_REQUESTS, rows, look.place, tables, pull_request_since(cursor))
    return keys


def since_of(cursors: Sequence[PullRequestsCursor]) -> str:
    """How far back pull requests were read; '' for everything."""
    sinces = [cursor.since for cursor in cursors]
    return min(sinces, key=moment) if all(sinces) else ""


def compare_pipelines(look: Look, *, start: int = 0, pages: int | None = None, with_steps: bool = False) -> int:
    """The runs from a place in the list on, oldest first, all or so many pages; returns how many there are.

    `with_steps`: the steps of each of them too, one request a run.
    """
    groups = look.groups(PIPELINES, PipelinesCursor)
    if not groups:
        return 0
    earliest = min(cursor.first for cursor, _ in groups)
    listed: set[Key] = set()
    position = max(start, earliest // PIPELINES.pagelen * PIPELINES.pagelen)
    for page in _pages_of_runs(look, position):
        _tell_misfits(look, PIPELINES, [page])
        places = {row.uuid: position + index for index, row in placed(page)}
        rows = [row for row in page.rows if places[row.uuid] >= earliest]
        listed |= _compare_runs(look, groups, rows, places, with_steps=with_steps)
        position += page.length
        pages = None if pages is None else pages - 1
        if pages == 0:
            return len(listed)
    tables = _all_tables(groups)
    gone, there = look.gone(PIPELINES, look.objects_stored(PIPELINES, tables) - listed)
    _compare_runs(look, groups, there, {}, with_steps=with_steps)
    look.tell_gone(PIPELINES, tables, gone)
    return len(listed)


def _pages_of_runs(look: Look, start: int) -> Iterator[Page[Any]]:
    try:
        yield from look.ask.numbered_pages(PIPELINES, look.place, {"sort": "created_on"}, start=start)
    except NotFound:
        # a repository that never had pipelines may answer so (FACTS 5)
        if look.stored.keys(PIPELINES, look.place):
            raise


def _compare_runs(
    look: Look,
    groups: Sequence[tuple[PipelinesCursor, frozenset[Table]]],
    rows: Sequence[Any],
    places: Mapping[str, int],
    *,
    with_steps: bool,
) -> set[Key]:
    keys: set[Key] = set()
    for cursor, tables in groups:
        since = run_since(cursor, places)
        keys |= look.comparison.objects(PIPELINES, rows, look.place, tables - {PIPELINE_STEPS}, since)
        for row in rows if with_steps and PIPELINE_STEPS in tables else ():
            key = (look.job.repository.uuid, row.uuid)
            has_changed = steps_since(cursor, row, places) or look.findings.has_changed(PIPELINES, key)
            try_steps(look, row.uuid, lambda has_changed=has_changed: has_changed)  # type: ignore[misc]
    return keys


def _all_tables(groups: Sequence[tuple[Any, frozenset[Table]]]) -> frozenset[Table]:
    return frozenset(table for _, tables in groups for table in tables)


def sample_steps(look: Look, cursor: PipelinesCursor, uuid: str) -> int:
    """The steps of a run; returns how many there are. Where one differs, the run itself is looked at too."""

    @cache
    def has_changed() -> bool:
        row = look.ask.item(PIPELINES, look.place, uuid)
        look.comparison.objects(PIPELINES, [row], look.place, frozenset({PIPELINES}), run_since(cursor, {}))
        key = (look.job.repository.uuid, uuid)
        return steps_since(cursor, row, {}) or look.findings.has_changed(PIPELINES, key)

    return try_steps(look, uuid, has_changed)


def try_steps(look: Look, uuid: str, has_changed: Callable[[], bool]) -> int:
    """The steps of a run; returns how many there are. `has_changed`: whether the run has, since the last sync."""
    try:
        return _compare_steps(look, uuid, has_changed)
    except BitbucketError as error:
        look.fail(Trouble(PIPELINE_STEPS, look.name, f"pipeline {uuid}", str(error)))
        return 0


def _compare_steps(look: Look, uuid: str, has_changed: Callable[[], bool]) -> int:
    place = {**look.place, "pipeline_uuid": uuid}
    stored = look.stored.keys(PIPELINE_STEPS, place)
    rows = _steps(look, place)
    if stored and not rows:
        # an empty list is believed when it is seen twice
        rows = _steps(look, place)

    def since(_row: Any, _columns: Any) -> bool:
        return has_changed()

    listed = look.comparison.objects(PIPELINE_STEPS, rows, place, frozenset({PIPELINE_STEPS}), since)
    look.comparison.too_many(PIPELINE_STEPS, stored - listed, place, lambda _: has_changed())
    attempts = Rows(PIPELINE_STEP_ATTEMPTS, step_attempts(rows), place)
    look.comparison.rows(
        attempts,
        look.ask.wanted & {PIPELINE_STEP_ATTEMPTS},
        lambda key: source_of(PIPELINE_STEPS, place, key[2]),
        lambda _: has_changed(),
    )
    return len(listed)


def _steps(look: Look, place: dict[str, str]) -> list[Any]:
    pages = list(look.ask.pages(PIPELINE_STEPS, place))
    _tell_misfits(look, PIPELINE_STEPS, pages)
    return [row for page in pages for row in page.rows]


def compare_commits(look: Look, *, start: str = "") -> set[str]:
    """The commits that the refs reach, whole, or the page of them that begins at one; returns their hashes."""
    listed: set[str] = set()
    if any(is_doubtful(look, table, look.job.refs.pages(table)) for table in (BRANCHES, TAGS)):
        return listed
    for cursor, tables in look.groups(COMMITS, CommitsCursor):
        pushed = pushed_since(look, cursor)

        def since(row: Any, _columns: Any, pushed: Any = pushed) -> bool:
            return bool(pushed.is_new(row.hash))

        try:
            for page in _pages_of_commits(look, cursor, start):
                _tell_misfits(look, COMMITS, [page])
                look.comparison.objects(COMMITS, page.rows, look.place, tables, since)
                listed.update(row.hash for row in page.rows)
                if start:
                    break
        except NotFound:
            if not start:
                raise
        stored = {start} if start else {sha for _, sha in look.objects_stored(COMMITS, tables)}
        dropped = {(look.job.repository.uuid, sha) for sha in not_reached(look, stored - listed)}
        look.tell_gone(COMMITS, tables, dropped, lambda key, pushed=pushed: bool(pushed.is_dropped(key[1])))  # type: ignore[misc]
    return listed


def _pages_of_commits(look: Look, cursor: CommitsCursor, start: str) -> Iterator[Page[Any]]:
    if start:
        return commits_reached(look.ask, look.job, {start})
    heads = look.job.refs.heads()
    if not heads:
        return iter(())
    return (
        commits_reached(look.ask, look.job, heads, cursor.below)
        if cursor.below
        else look.ask.pages(COMMITS, look.place)
    )


def _tell_misfits(look: Look, table: Table, pages: Sequence[Page[Any]]) -> None:
    for misfit in (misfit for page in pages for misfit in page.misfits):
        look.fail(Trouble(table, look.name, misfit.label, misfit.why))
