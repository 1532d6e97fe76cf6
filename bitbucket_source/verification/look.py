"""What is needed to look at one repository, and what the last sync cannot have seen of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.load.stored import StoredRows
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.commits import HEADS_AT_ONCE, CommitsCursor, commits_reached
from bitbucket_source.sync.cursors import Cursors
from bitbucket_source.sync.events import Trouble
from bitbucket_source.sync.families import FAMILIES
from bitbucket_source.sync.job import Job, moment
from bitbucket_source.sync.known import Key
from bitbucket_source.sync.pipelines import PipelinesCursor, is_running, is_unfinished
from bitbucket_source.sync.pull_requests import PullRequestsCursor
from bitbucket_source.sync.refs import RefsCursor
from bitbucket_source.tables import COMMITS, REPOSITORIES, Table
from bitbucket_source.verification.comparing import Comparison, Since, always
from bitbucket_source.verification.findings import Columns, Findings

CursorType = TypeVar("CursorType", bound=msgspec.Struct)
SEEN_ANYWAY = 100
"""So many of the newest runs are looked at by every sync."""


@dataclass
class Look:
    """One repository of the warehouse beside the same one of Bitbucket."""

    ask: Ask
    job: Job
    stored: StoredRows
    cursors: Cursors
    comparison: Comparison
    findings: Findings
    pushed: dict[CommitsCursor, Pushed] = field(default_factory=dict)
    """what was pushed since the last sync, asked once"""

    @property
    def place(self) -> dict[str, str]:
        """The foreign key of what belongs to the repository."""
        return self.job.repository.place

    @property
    def name(self) -> str:
        """What people call the repository."""
        return self.job.repository.full_name

    def groups(self, source: Table, cursor_type: type[CursorType]) -> list[tuple[CursorType, frozenset[Table]]]:
        """The tables that take rows from a list, as far as a sync has read them, by how far it came.

        Normally there is one group.
        """
        family = next(family for family in FAMILIES if family.source is source)
        uuid = self.job.repository.uuid
        readers = [self.cursors.as_made(uuid, reader) for reader in family.readers(self.ask.wanted)]
        grouped = self.cursors.grouped(uuid, readers, cursor_type)
        for reader in (reader for cursor, group in grouped if cursor is None for reader in group):
            if reader.table is source or reader.table.parent is source:
                self.findings.tell(f"{reader.table.name} of {self.name}: not compared: no sync has read it yet")
        return [(cursor, frozenset(r.table for r in group)) for cursor, group in grouped if cursor is not None]

    def fail(self, trouble: Trouble) -> None:
        """Something of the repository could not be compared."""
        item = f" ({trouble.item})" if trouble.item else ""
        self.findings.fail(f"{trouble.table.name} of {trouble.repository}{item}: {trouble.message}")

    def objects_stored(self, source: Table, tables: frozenset[Table]) -> set[Key]:
        """The objects of a list that rows are stored of, by the first two parts of their key."""
        return {key[:2] for table in _fed_by(source, tables) for key in self.stored.keys(table, self.place)}

    def tell_gone(
        self, source: Table, tables: frozenset[Table], gone: set[Key], since: Callable[[Key], bool] = lambda _: False
    ) -> None:
        """Bitbucket has none of these objects, by the first two parts of their key: their rows are too many."""
        for table in _fed_by(source, tables) if gone else ():
            keys = [key for key in self.stored.keys(table, self.place) if key[:2] in gone]
            self.comparison.too_many(table, keys, self.place, since)

    def gone(self, table: Table, keys: Iterable[Key]) -> tuple[set[Key], list[Any]]:
        """Which of the keys Bitbucket has no object of any more, asked one by one, and the objects of the others."""
        gone: set[Key] = set()
        found: list[Any] = []
        for key in sorted(keys):
            try:
                found.append(self.ask.item(table, self.place, str(key[-1])))
            except NotFound:
                if not gone:
                    # a repository that is gone itself proves nothing about what is in it: this raises
                    self.ask.item(REPOSITORIES, {}, self.job.repository.uuid)
                gone.add(key)
            except BitbucketError as error:
                self.fail(Trouble(table, self.name, str(key[-1]), str(error)))
        return gone, found


def _fed_by(source: Table, tables: frozenset[Table]) -> list[Table]:
    return [table for table in tables if table is source or table.parent is source]


def pull_request_since(cursor: PullRequestsCursor) -> Since:
    """A pull request that was changed behind the cursor."""
    return lambda row, _: moment(row.updated_on) > moment(cursor.updated_on)


def run_since(cursor: PipelinesCursor, places: Mapping[str, int]) -> Since:
    """A run that was not finished when last read, is new, or runs again.

    `places`: where the runs stand in the list, oldest first, by uuid.
    """
    waiting = {*cursor.open, *cursor.owed}

    def since(row: Any, columns: Columns | None) -> bool:
        index = _place(row, places)
        if index >= cursor.read or (row.uuid in waiting and columns is not None):
            return True
        return index >= cursor.read - SEEN_ANYWAY and bool(columns) and _runs_again(row, columns or {})

    return since


def steps_since(cursor: PipelinesCursor, row: Any, places: Mapping[str, int]) -> bool:
    """Whether the next sync reads the steps of a run, whatever its row says: they may have changed."""
    is_followed = row.uuid in cursor.open or _place(row, places) >= cursor.read - SEEN_ANYWAY
    return row.uuid in cursor.owed or (is_followed and is_running(row))


def _place(row: Any, places: Mapping[str, int]) -> int:
    """Where a run stands in the list: runs are numbered in its order."""
    return places.get(row.uuid, (row.build_number or 1) - 1)


def _runs_again(row: Any, columns: Columns) -> bool:
    before, now = columns.get("run_number", (None, None))
    return (now or 0) > (before or 0) or ("state_name" in columns and is_unfinished(row))


def ref_since(look: Look, cursor: RefsCursor) -> Since:
    """A ref of a repository that has moved, or that points at a commit which was pushed since."""
    if has_moved(look, cursor):
        return always

    def since(row: Any, _columns: Columns | None) -> bool:
        groups = look.groups(COMMITS, CommitsCursor)
        return bool(groups) and row.target is not None and pushed_since(look, groups[0][0]).is_new(row.target.hash)

    return since


def has_moved(look: Look, cursor: RefsCursor) -> bool:
    """Whether Bitbucket tells of a push since the refs were read."""
    return cursor.occasion.split("|")[0] != look.job.repository.updated_on


@dataclass(frozen=True)
class Pushed:
    """What pushes since the last sync have added and dropped, by hash."""

    is_new: Callable[[str], bool]
    is_dropped: Callable[[str], bool]


def pushed_since(look: Look, cursor: CommitsCursor) -> Pushed:
    """Ask what the heads of now reach and those of the cursor do not, and the other way round.

    No request where they are the same. Where none was read to its end, everything counts as new.
    """
    if not cursor.heads:
        return Pushed(lambda _: True, lambda _: False)
    if cursor not in look.pushed:
        now, before = set(look.job.refs.heads()), set(cursor.heads)
        new = _reached(look, now - before, before)
        dropped = _reached(look, before - now, now)
        look.pushed[cursor] = Pushed(new.__contains__, dropped.__contains__)
    return look.pushed[cursor]


def _reached(look: Look, include: set[str], exclude: set[str]) -> set[str]:
    """The hashes that some heads reach and others do not."""
    heads = sorted(include)
    some = (set(heads[start : start + HEADS_AT_ONCE]) for start in range(0, len(heads), HEADS_AT_ONCE))
    return set().union(*(_reached_at_once(look, each, exclude) for each in some))


def _reached_at_once(look: Look, include: set[str], exclude: set[str]) -> set[str]:
    """Heads that no longer resolve are replaced by their parents."""
    found: set[str] = set()
    parents: Mapping[str, tuple[str, ...]] | None = None
    while include:
        try:
            pages = list(commits_reached(look.ask, look.job, include, exclude))
        except NotFound as error:
            unknown = set(error.unresolved) & (include | exclude)
            if not unknown:
                raise
            parents = look.stored.parents(look.job.repository.uuid) if parents is None else parents
            found |= unknown & include
            above = {sha: set(parents.get(sha, ())) for sha in unknown}
            exclude = (exclude - unknown).union(*(above[sha] for sha in unknown & exclude))
            include = (include - unknown).union(*(above[sha] for sha in unknown & include)) - exclude
        else:
            return found.union(row.hash for page in pages for row in page.rows)
    return found


def not_reached(look: Look, hashes: Iterable[str]) -> set[str]:
    """Those of some commits that no branch or tag reaches now, asked of Bitbucket."""
    wanted = set(hashes)
    if not wanted:
        return wanted
    return wanted & _reached(look, wanted, set(look.job.refs.heads()))
