"""Makes the plan of a sync: looks at the workspace, at some repositories, and adds up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import AccessDenied
from bitbucket_source.api.quota import Quotas
from bitbucket_source.load import slices
from bitbucket_source.planning.audit import is_anything_due, spent_of_share, spent_on_everything
from bitbucket_source.planning.beside import of_whole_lists
from bitbucket_source.planning.figures import NOTHING, Figure, total
from bitbucket_source.planning.forecast import LISTS, POOLED, Forecast, forecast, least, tests_left
from bitbucket_source.planning.histories import Histories
from bitbucket_source.planning.owed import Kind, Owed, owed_of
from bitbucket_source.planning.plan import Line, Plan, waits_for
from bitbucket_source.planning.pooled import LookedAt, Pool
from bitbucket_source.planning.sample import Stratum
from bitbucket_source.planning.scaling import (
    is_selected,
    kind_of,
    least_later,
    scaled_to_all,
    source_of,
    strata_by_kind,
)
from bitbucket_source.planning.sights import Looks, Sight
from bitbucket_source.session import Session, moment_of
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.audit import KINDS, Round, Share
from bitbucket_source.sync.costs import pages_by_next
from bitbucket_source.sync.cursors import Cursors
from bitbucket_source.sync.known import Known, NothingKnown
from bitbucket_source.sync.repositories import Repository, read_repositories
from bitbucket_source.sync.whole_lists import WHOLE_LISTS
from bitbucket_source.tables import (
    BRANCHES,
    COMMITS,
    DATA_TABLES,
    DEPLOYMENTS,
    PIPELINE_STEPS,
    PIPELINE_TEST_CASES,
    PIPELINE_TEST_REPORTS,
    PIPELINES,
    PROJECTS,
    PULL_REQUEST_COMMITS,
    PULL_REQUEST_FILES,
    PULL_REQUESTS,
    REPORT_ANNOTATIONS,
    REPORTS,
    REPOSITORIES,
    TABLES,
    TAGS,
    USERS,
    WORKSPACE_MEMBERS,
    WORKSPACES,
    Table,
)

TRIES = 60
"""How many pages of commits are tried to find out how long the histories are."""
_EXACT_ENOUGH = 0.05
"""What a measured number may be wrong by."""


@dataclass(frozen=True)
class Stored:
    """What the warehouse remembers of earlier syncs."""

    cursors: Cursors = field(default_factory=Cursors)
    known: Known = field(default_factory=NothingKnown)
    rounds: Mapping[str, Round] = field(default_factory=dict)
    """where the audit stands"""
    made_lately: Mapping[str, Sequence[tuple[float, int]]] = field(default_factory=dict)
    """seconds ago and number of the requests made within the last hour, by whose quota they used"""


def make_plan(session: Session, tables: Sequence[Table], stored: Stored | None = None) -> Plan:
    """Find out what `sync` would cost for these tables, with some requests and without writing anything.

    Raises CredentialsRefused where the credentials are refused, and NotFound where the workspace is.
    """
    return _Planner(session, frozenset(tables), stored or Stored()).plan()


class _Planner:
    def __init__(self, session: Session, selected: frozenset[Table], stored: Stored) -> None:
        self._session = session
        self._selected = selected
        self._stored = stored
        self._ask = Ask(session.lists, session.settings.workspace, selected, session.settings.catalog)
        self._looks = Looks(self._ask, Histories(self._ask.for_tables(frozenset())))
        self._pool = Pool(self._ask)
        self._notes: list[str] = []

    def plan(self) -> Plan:
        session, stored = self._session, self._stored
        session.add_earlier(stored.made_lately)
        lines = [self._workspace()]
        repositories, sizes, line = self._repositories()
        lines += [line, *self._people()]
        all_owed = self._all_owed(repositories, sizes, stored.cursors)
        lists, looked_at = self._lists(all_owed)
        lists = self._cut(lists, len(repositories))
        lines = [self._noted(line) for line in (*lines, *lists) if self._concerns(line)] + self._riding()
        lines.append(self._audit(lines, repositories, sizes))
        self._tell_renewals(all_owed)
        if not repositories:
            self._notes.append(f"Notice: {session.settings.selection.why_nothing}.")
        quota = self._quota
        return Plan(
            workspace=session.settings.workspace,
            repositories=len(repositories),
            looked_at=looked_at,
            is_first=not any((each.uuid, name) in stored.cursors.stored for each in repositories for name in _NAMES),
            lines=tuple(lines),
            per_hour=quota.limit,
            left=quota.left,
            requests=session.budget.requests,
            notes=tuple(dict.fromkeys(self._all_notes())),
        )

    def _all_notes(self) -> list[str]:
        lost = self._session.client.pool.lost.values()
        return [*self._notes, *self._refusals(), *self._looks.notes, *self._pool.notes, *lost]

    @property
    def _quota(self) -> Quotas:
        return self._session.budget.quotas

    def _workspace(self) -> Line:
        try:
            self._ask.one(WORKSPACES)
        except AccessDenied as error:
            self._notes.append(f"{WORKSPACES.name} cannot be read: {error}")
            return Line(WORKSPACES.name, Figure.of(1), Figure.of(1), _UNREADABLE)
        return Line(WORKSPACES.name, Figure.of(1), Figure.of(1))

    def _repositories(self) -> tuple[list[Repository], dict[str, int], Line]:
        found: list[Repository] = []
        pages: list[Page[Any]] = []
        for _ in read_repositories(self._ask, self._session.settings.selection, found, pages):
            pass
        sizes = {row.uuid: row.size or 0 for page in pages for row in page.rows}
        asked = Figure.of(len(pages))
        return sorted(found, key=lambda each: each.uuid), sizes, Line(REPOSITORIES.name, asked, asked)

    def _people(self) -> Iterator[Line]:
        for table in (PROJECTS, WORKSPACE_MEMBERS):
            if table in self._selected or (table is WORKSPACE_MEMBERS and USERS in self._selected):
                length = self._looks.length(table, {}, self._session.settings.workspace)
                asked = Figure(1, 1) if table in self._looks.lacking else _pages_of(table, length)
                yield Line(table.name, asked, asked)

    def _all_owed(self, repositories: Sequence[Repository], sizes: Mapping[str, int], cursors: Cursors) -> list[Owed]:
        since = moment_of(self._session.settings.since)
        return [
            owed_of(each, sizes[each.uuid], cursors, self._selected, lacking=self._looks.lacking, since=since)
            for each in repositories
        ]

    def _lists(self, all_owed: Sequence[Owed]) -> tuple[list[Line], int]:
        """The lists of all repositories, and how many of these were looked at."""
        strata = strata_by_kind(all_owed)
        all_seen = [owed for each in strata for owed in each.seen]
        sights = self._sights(all_seen)
        looked_at = list(zip(all_seen, sights, strict=True))
        forecasts = self._forecasts(looked_at)
        lines: dict[Table, Line] = {}
        for table in LISTS:
            if table in POOLED:
                lines[table] = self._pooled(table, all_owed, lines, looked_at)
            else:
                lines[table] = self._line(table, strata, forecasts, len(all_owed))
        return list(lines.values()), len(forecasts)

    def _pooled(self, table: Table, all_owed: Sequence[Owed], lines: Mapping[Table, Line], looked_at: LookedAt) -> Line:
        """A list that is asked for what another one brings: those come before it."""
        wanted = {table} if table is not PIPELINE_TEST_REPORTS else {table, PIPELINE_TEST_CASES}
        if self._selected.isdisjoint(wanted):
            return Line(table.name, NOTHING, NOTHING)
        source = lines[_BROUGHT_BY[table]]
        left = Figure.of(sum(tests_left(owed) for owed in all_owed) if source.name != REPORTS.name else 0)
        now = self._pool.requests(table, source.now, looked_at)
        later = self._pool.requests(table, source.later, looked_at)
        if table is PIPELINE_TEST_CASES:
            left = self._pool.requests(table, left, looked_at)
        # what was read and has not changed is not read again
        return Line(table.name, now + left, later if table is REPORT_ANNOTATIONS else Figure(0, later.high))

    def _cut(self, lists: Sequence[Line], repositories: int) -> list[Line]:
        """The lists of a sync that is loaded slice by slice: at each cut some lists are asked once more."""
        most = total(line.now for line in lists).high
        quota = self._quota
        cuts = most // (slices.SLICE.requests or most + 1) + waits_for(most, quota.left, quota.limit)
        at_once = cuts * min(self._session.settings.workers, repositories)
        # files that are owed from the slice before are asked for at an address that costs two requests
        more = dict.fromkeys(_ASKED_AGAIN, at_once) | {PULL_REQUEST_FILES.name: at_once * PULL_REQUESTS.pagelen}
        return [
            replace(line, now=replace(line.now, high=line.now.high + min(again, max(at_once, line.now.low))))
            if line.now.low and (again := more.get(line.name, 0)) > line.now.low * _EXACT_ENOUGH
            else line
            for line in lists
        ]

    def _sights(self, all_owed: Sequence[Owed]) -> list[Sight]:
        """Look at repositories."""
        with ThreadPoolExecutor(self._session.settings.workers, thread_name_prefix="plan") as pool:
            try:
                sights = list(pool.map(self._looks.at, all_owed))
            except KeyboardInterrupt:
                # the pool waits for its threads, which would ask for all that is left
                self._session.budget.stop("you asked to stop")
                raise
        self._looks.histories.narrow(TRIES)
        if all_owed:
            self._looks.try_scopes(all_owed[0].repository)
        return sights

    def _forecasts(self, looked_at: LookedAt) -> dict[str, Forecast]:
        """Of the repositories that were looked at, by uuid."""
        is_plain = not self._ask.catalog.added(PULL_REQUEST_COMMITS)
        reads = self._selected - self._looks.lacking.keys()
        return {
            owed.repository.uuid: forecast(owed, sight, self._stored.known, reads, is_plain=is_plain)
            for owed, sight in looked_at
        }

    def _line(
        self, table: Table, strata: Sequence[Stratum[Owed]], forecasts: Mapping[str, Forecast], count: int
    ) -> Line:
        source = source_of(table)
        if self._looks.is_lacking(source) and is_selected(source, self._selected):
            # each worker may ask before the first of them is told
            asked = Figure(min(1, count), min(self._session.settings.workers, count))
            return Line(table.name, *((asked, asked) if table is source else (NOTHING, NOTHING)))
        if table in WHOLE_LISTS:
            # nothing of them needs to be seen
            both = [of_whole_lists(owed, table) for each in strata for owed in (*each.seen, *each.others)]
            return Line(table.name, total(now for now, _ in both), total(later for _, later in both))
        now = later = NOTHING
        for kind in Kind:
            of_kind = [each for each in strata if kind_of(each) is kind]
            now += scaled_to_all(table, of_kind, {uuid: each.now for uuid, each in forecasts.items()}, least)
            later += (
                # of that nothing needs to be seen
                total(Figure.of(least_later(owed, table)) for each in of_kind for owed in (*each.seen, *each.others))
                if table is PULL_REQUESTS
                else scaled_to_all(table, of_kind, {uuid: each.later for uuid, each in forecasts.items()}, least_later)
            )
        return Line(table.name, now, later)

    def _audit(self, lines: Sequence[Line], repositories: Sequence[Repository], sizes: Mapping[str, int]) -> Line:
        share = Share.parsed(self._session.settings.audit_requests)
        if not repositories:
            return Line(_AUDIT, NOTHING, NOTHING)
        if share.is_everything:
            if self._stored.cursors.stored:
                lines, _ = self._lists(self._all_owed(repositories, sizes, Cursors()))
            again = spent_on_everything(total(line.now for line in lines if line.name in _AUDITED))
            return Line(_AUDIT, again, again)
        now = NOTHING
        if is_anything_due(self._selected, self._stored.rounds):
            now = spent_of_share(share, total(line.now for line in lines))
        return Line(_AUDIT, now, spent_of_share(share, total(line.later for line in lines)))

    def _concerns(self, line: Line) -> bool:
        """Whether a line is of a table that is selected, or costs anything."""
        return TABLES[line.name] in self._selected or bool((line.now + line.later).high)

    def _refusals(self) -> Iterator[str]:
        return (f"{table.name} cannot be read: {why}" for table, why in self._looks.lacking.items())

    def _noted(self, line: Line) -> Line:
        table = TABLES[line.name]
        if table.is_per_repository and self._looks.is_lacking(source_of(table)):
            return Line(line.name, line.now, line.later, _UNREADABLE)
        if not line.note and table not in self._selected and line.now.high:
            return Line(line.name, line.now, line.later, "not selected, but needed for what is")
        return line

    def _riding(self) -> list[Line]:
        return [
            Line(table.name, NOTHING, NOTHING, "comes with other tables")
            for table in DATA_TABLES
            if table in self._selected and not table.endpoint
        ]

    def _tell_renewals(self, all_owed: Sequence[Owed]) -> None:
        """Say what is read again, behind the ordinary work."""
        again: dict[str, set[str]] = {}
        for owed in all_owed:
            for table in (table for walks in owed.renewal.values() for walk in walks for table in walk.tables):
                again.setdefault(table.name, set()).add(owed.repository.uuid)
        if again:
            what = ", ".join(f"{name} ({len(uuids):,} repositories)" for name, uuids in sorted(again.items()))
            why = "of --full-refresh" if self._session.settings.full_refresh else "their declaration has changed"
            self._notes.append(f"Read again from the beginning, because {why}: {what}.")


_AUDIT = "audit"
_UNREADABLE = "cannot be read: only asked for, once"
_AUDITED = frozenset(table.name for kind in KINDS for table in kind.tables)
_BROUGHT_BY = {
    PIPELINE_TEST_REPORTS: PIPELINE_STEPS,
    PIPELINE_TEST_CASES: PIPELINE_TEST_REPORTS,
    REPORT_ANNOTATIONS: REPORTS,
}
_ASKED_AGAIN = {table.name for table in (PULL_REQUESTS, PIPELINES, DEPLOYMENTS, BRANCHES, TAGS, COMMITS)}
"""what a slice asks for again although the one before it did"""
_NAMES = tuple(table.name for table in LISTS)


def _pages_of(table: Table, length: int | None) -> Figure:
    return Figure(1, 1, is_open=True) if length is None else Figure.of(pages_by_next(table, length))
