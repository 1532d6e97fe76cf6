"""Pipelines and their steps.

Bitbucket tells neither when a pipeline changed nor answers queries about it. New ones are found by their place: the
first load goes oldest first by page numbers (new rows only ever append), later ones newest first down to the known
past. Those that were not finished when last read are read again until they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec

from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.events import Event, Events, Reached, Rows, Trouble
from bitbucket_source.sync.repositories import Repository
from bitbucket_source.tables import PIPELINE_STEPS, PIPELINES

OPEN_STATUSES = ("PARSING", "PENDING", "PAUSED", "HALTED", "BUILDING")
"""The values of `status` that together are all runs that have not finished (FACTS 2)."""


class PipelinesCursor(msgspec.Struct, frozen=True):
    """How far a repository's pipelines and their steps have been read."""

    done: str = ""
    """created_on of the newest run read; '' where there was none"""
    read: int | None = 0
    """rows that the first load has read, oldest first; None once it is complete"""
    open: dict[str, str] = {}
    """the runs that were not finished when last read: uuid, and a checksum that tells whether the row has changed"""
    owed: tuple[str, ...] = ()
    """uuids of the runs whose steps are still to be read"""


def read_pipelines(ask: Ask, repository: Repository, cursor: PipelinesCursor | None) -> Events:
    """The runs that are new or were not finished, and the steps of those."""
    cursor = cursor or PipelinesCursor()
    try:
        yield from _first_load(ask, repository, cursor) if cursor.read is not None else _since(ask, repository, cursor)
    except NotFound:
        # a repository that never had pipelines may answer so (FACTS 5)
        if cursor.done:
            raise
        yield Reached(PipelinesCursor(read=None))


def _first_load(ask: Ask, repository: Repository, cursor: PipelinesCursor) -> Events:
    read = cursor.read or 0
    known = read % PIPELINES.pagelen  # of the first page, which may have been half full
    for page in ask.numbered_pages(PIPELINES, repository.place, {"sort": "created_on"}, start=read - known):
        yield from _rows(repository, page.rows)
        yield from _misfits(repository, page.misfits)
        new = page.rows[known - sum(misfit.index < known for misfit in page.misfits) :]
        read += page.length - known
        known = 0
        cursor = PipelinesCursor(
            done=_newest(cursor.done, page.rows),
            read=read,
            open=_sorted({**cursor.open, **_unfinished(page.rows)}),
            owed=_union(cursor.owed, _owed(ask, new)),
        )
        yield Reached(cursor)
        cursor = yield from _steps(ask, repository, cursor)
    yield Reached(_with(cursor, read=None))


def _since(ask: Ask, repository: Repository, cursor: PipelinesCursor) -> Events:
    seen: dict[str, Any] = {}
    for page in ask.numbered_pages(PIPELINES, repository.place, {"sort": "-created_on"}):
        seen.update((row.uuid, row) for row in page.rows)
        yield from _misfits(repository, page.misfits)
        if any(not _is_later(row, cursor.done) for row in page.rows):
            break
    waiting = [uuid for uuid in cursor.open if uuid not in seen]
    again, unread = yield from _unfinished_before(ask, repository, waiting)
    new = [row for row in seen.values() if _is_later(row, cursor.done)]
    known = [row for row in (*seen.values(), *again) if row.uuid in cursor.open and not _is_later(row, cursor.done)]
    changed = [*new, *(row for row in known if cursor.open[row.uuid] != _checksum(row))]
    yield from _rows(repository, changed)
    cursor = PipelinesCursor(
        done=_newest(cursor.done, seen.values()),
        read=None,
        open=_sorted({**_unfinished([*new, *known]), **{uuid: cursor.open[uuid] for uuid in unread}}),
        owed=_union(cursor.owed, _owed(ask, [*changed, *filter(_is_running, known)])),
    )
    yield Reached(cursor)
    yield from _steps(ask, repository, cursor)


def _unfinished_before(ask: Ask, repository: Repository, waiting: list[str]) -> Any:
    """Read the runs of `waiting` again; returns those that were read, and the uuids of those that were not.

    All unfinished ones come in one list; what left that list has finished and is read by itself.
    """
    again: dict[str, Any] = {}
    unread: list[str] = []
    if waiting:
        params = {"status": OPEN_STATUSES, "sort": "created_on"}
        for page in ask.numbered_pages(PIPELINES, repository.place, params):
            again.update((row.uuid, row) for row in page.rows if row.uuid in waiting)
    for uuid in waiting:
        if uuid in again:
            continue
        try:
            again[uuid] = ask.item(PIPELINES, repository.place, uuid)
        except NotFound:
            continue
        except BitbucketError as error:
            unread.append(uuid)
            yield Trouble(PIPELINES, repository.full_name, f"uuid {uuid}", str(error))
    return list(again.values()), unread


def _steps(ask: Ask, repository: Repository, cursor: PipelinesCursor) -> Any:
    """Read the steps that are owed; returns the cursor with what is still owed: runs whose steps could not be read.

    Each run is a safe point: however small a budget, the next sync goes on where it ended.
    """
    failed: list[str] = []
    for index, uuid in enumerate(cursor.owed):
        place = {**repository.place, "pipeline_uuid": uuid}
        try:
            for page in ask.pages(PIPELINE_STEPS, place):
                yield Rows(PIPELINE_STEPS, page.rows, place)
                yield from _misfits(repository, page.misfits, PIPELINE_STEPS)
        except BitbucketError as error:
            if not (isinstance(error, NotFound) and _is_gone(ask, repository, uuid)):
                failed.append(uuid)
                yield Trouble(PIPELINE_STEPS, repository.full_name, f"pipeline {uuid}", str(error))
        yield Reached(_with(cursor, owed=(*failed, *cursor.owed[index + 1 :])))
    return _with(cursor, owed=tuple(failed))


def _is_gone(ask: Ask, repository: Repository, uuid: str) -> bool:
    """Whether Bitbucket no longer has the run: only then does a 404 of its steps mean that there are none."""
    try:
        ask.item(PIPELINES, repository.place, uuid)
    except NotFound:
        return True
    except BitbucketError:
        return False
    return False


def _rows(repository: Repository, rows: Sequence[Any]) -> Iterable[Event]:
    if rows:
        yield Rows(PIPELINES, rows, repository.place)


def _misfits(repository: Repository, misfits: Any, table: Any = PIPELINES) -> Iterable[Event]:
    return (Trouble(table, repository.full_name, misfit.label, misfit.why) for misfit in misfits)


def _owed(ask: Ask, rows: Iterable[Any]) -> tuple[str, ...]:
    return tuple(row.uuid for row in rows) if PIPELINE_STEPS in ask.wanted else ()


def _unfinished(rows: Iterable[Any]) -> dict[str, str]:
    return {row.uuid: _checksum(row) for row in rows if row.state is None or row.state.name != "COMPLETED"}


def _sorted(checksums: dict[str, str]) -> dict[str, str]:
    """In the order of uuids: the same runs give the same cursor, which then need not be stored again."""
    return dict(sorted(checksums.items()))


def _is_running(row: Any) -> bool:
    """Whether its steps may change while the row stays as it is; a paused run changes its row when it goes on."""
    stage = row.state.stage.name if row.state is not None and row.state.stage is not None else ""
    return row.uuid in _unfinished([row]) and stage not in {"PAUSED", "HALTED"}


def _checksum(row: Any) -> str:
    return f"{crc32(msgspec.json.encode(row)):08x}"


def _union(*uuids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(uuid for group in uuids for uuid in group))


def _with(cursor: PipelinesCursor, **changes: Any) -> PipelinesCursor:
    return msgspec.structs.replace(cursor, **changes)


def _is_later(row: Any, done: str) -> bool:
    return not done or _moment(row.created_on) > _moment(done)


def _newest(done: str, rows: Iterable[Any]) -> str:
    moments = [row.created_on for row in rows] + [done] * bool(done)
    return max(moments, key=_moment, default="")


def _moment(created_on: str) -> datetime:
    return datetime.fromisoformat(created_on)
