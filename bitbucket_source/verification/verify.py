"""A verification: the warehouse beside Bitbucket, table by table."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from bitbucket_source.api.errors import Stopped
from bitbucket_source.load.database import Database
from bitbucket_source.load.forgotten import forgotten_in
from bitbucket_source.load.selection import adopt_last_selection
from bitbucket_source.load.stored import StoredRows, stored_cursors
from bitbucket_source.session import Session
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.job import Job, Refs
from bitbucket_source.sync.whole_lists import WHOLE_LISTS
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_PARENTS,
    COMMIT_STATUSES,
    COMMITS,
    DEPLOYMENTS,
    ENVIRONMENTS,
    PIPELINE_STEPS,
    PIPELINE_TEST_REPORTS,
    PIPELINES,
    PULL_REQUEST_PARTICIPANTS,
    PULL_REQUESTS,
    REPOSITORIES,
    SYNC_CURSORS,
    TAGS,
    USERS,
    Table,
)
from bitbucket_source.verification.books import write_down
from bitbucket_source.verification.cheap import check_commits, count_pipelines, count_pull_requests
from bitbucket_source.verification.comparing import Comparison
from bitbucket_source.verification.deployments import compare_deployments, count_deployments
from bitbucket_source.verification.findings import Findings
from bitbucket_source.verification.lists import compare_commits, compare_pipelines, compare_refs
from bitbucket_source.verification.look import Look
from bitbucket_source.verification.sampling import Sample
from bitbucket_source.verification.units import DERIVED, OF_PULL_REQUESTS, ROWS_OF
from bitbucket_source.verification.warehouse import connect, nothing_synced, stored_tables
from bitbucket_source.verification.wholes import (
    COUNTED,
    check_children,
    compare_all,
    compare_checks,
    compare_unit,
    compare_with_children,
    short_lists,
    steps_with_tests,
)
from bitbucket_source.verification.workspace import WorkspaceCheck, attempt

if TYPE_CHECKING:
    import dlt

ROWS_SAMPLED = 100
_WHOLE = "compared whole"
_DERIVED = "worked out again from what is stored"
_KEPT = "the newest attempt of what was read"
_FEW = 10
"""lists of a table that a cheap look reads, where no list counts them"""


class Depth(Enum):
    """How closely a verification looks."""

    CHEAP = "cheap"
    """counts and heads; refs and lists of the workspace whole; participants and steps, which no list counts, sampled"""
    SAMPLE = "sample"
    """that, and keys and values of a sample of every table"""
    ALL = "all"
    """keys and values of everything"""


@dataclass
class Verification:
    """What a verification did."""

    depth: Depth
    seed: int
    findings: Findings
    repositories: dict[str, str] = field(default_factory=dict)
    """full names by uuid"""
    requests: int = 0
    looks: list[Look] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 equal, 1 something differs or could not be compared, 3 stopped early."""
        if self.findings.stopped:
            return 3
        return 1 if self.findings.differences or self.findings.troubles else 0


def verify(
    pipeline: dlt.Pipeline,
    session: Session,
    tables: Sequence[Table],
    *,
    depth: Depth = Depth.CHEAP,
    rows: int = ROWS_SAMPLED,
    seed: int | None = None,
    named: bool = False,
) -> Verification:
    """Compare `tables` of the session's workspace with the pipeline's destination, which stays as it is.

    Rows are seen as the last sync was told to see them (`raw`, `columns`, `emails`).

    `rows` of each table are sampled, chosen by `seed`. `named`: somebody named the tables, then one that cannot be read
    or is not in the warehouse is a trouble. Raises DestinationError where nothing was synced, and what makes
    reading impossible: CredentialsRefused, CredentialsError, the error of the repositories' list.
    """
    connect(pipeline)
    database = Database(pipeline)
    # a wait for Bitbucket may take an hour: others may open the file meanwhile
    session.budget.on_wait = lambda _: database.close()
    result = Verification(depth, secrets.randbelow(1_000_000) if seed is None else seed, Findings())
    try:
        if not database.columns(SYNC_CURSORS):
            raise nothing_synced(session.settings.workspace)
        adopt_last_selection(database, session)
        session.be_discreet(forgotten_in(database))
        _Run(session, database, result, rows, named).run(
            stored_tables(database, tables, session.settings.catalog, result.findings, named)
        )
    except Stopped as stop:
        result.findings.stop(str(stop))
    finally:
        database.close()
        result.requests = session.budget.requests
    write_down(
        pipeline,
        session,
        tables,
        command="verify",
        started_at=session.started_at,
        requests=result.requests,
        exit_code=result.exit_code,
        stopped=result.findings.stopped,
    )
    return result


class _Run:
    def __init__(self, session: Session, database: Database, result: Verification, rows: int, named: bool) -> None:
        self._session = session
        self._database = database
        self._result = result
        self._findings = result.findings
        self._rows = rows
        self._named = named

    def run(self, tables: frozenset[Table]) -> None:
        session, catalog = self._session, self._session.settings.catalog
        stored = StoredRows(self._database, catalog)
        ask = Ask(session.lists, session.settings.workspace, tables, catalog)
        cursors = stored_cursors(self._database, catalog)
        comparison = Comparison(stored, self._findings)
        check = WorkspaceCheck(
            ask,
            session.settings.selection,
            stored,
            cursors,
            comparison,
            self._findings,
            self._named,
        )
        if not (repositories := check.run()):
            self._findings.tell(f"{session.settings.selection.why_nothing}.")
        self._result.repositories = {each.uuid: each.full_name for each in repositories}
        session.agenda.found(repositories)
        known = {uuid for (uuid,) in stored.keys(REPOSITORIES, {})} | {uuid for uuid, _ in cursors.stored}
        for each in repositories:
            if each.uuid in known:
                job = Job(each, Refs(ask, each), stored)
                self._result.looks.append(Look(ask, job, stored, cursors, comparison, self._findings))
            else:
                self._findings.tell(f"{each.full_name}: new since the last sync")
        with ThreadPoolExecutor(session.settings.workers, thread_name_prefix="bitbucket") as pool:
            for _ in pool.map(self._repository, self._result.looks):
                pass
        if not self._findings.stopped and self._result.depth is not Depth.ALL:
            self._sample(tables)
        if USERS in tables:
            self._findings.looked(USERS, "those named by what was read")

    def _repository(self, look: Look) -> None:
        repository = look.job.repository
        reading = self._session.agenda.reading
        try:
            for table, compare in self._steps_of(look):
                if not self._findings.stopped:
                    reading[repository.uuid] = f"{repository.slug} {table.name}"
                    attempt(self._findings, table, look.name, compare, is_failure=self._named)
            self._session.agenda.finished.add(repository.uuid)
        except Stopped as stop:
            self._findings.stop(str(stop))
        finally:
            reading.pop(repository.uuid, None)

    def _steps_of(self, look: Look) -> list[tuple[Table, Callable[[], Any]]]:
        """What to do for one repository, each with the table whose trouble it is."""
        wanted, whole = look.ask.wanted, self._result.depth is Depth.ALL
        with_steps = whole and PIPELINE_STEPS in wanted
        todo: list[tuple[Table, Callable[[], Any], bool]] = [
            (BRANCHES, lambda: compare_refs(look, BRANCHES), BRANCHES in wanted),
            (TAGS, lambda: compare_refs(look, TAGS), TAGS in wanted),
            (COMMITS, lambda: (compare_commits if whole else check_commits)(look), bool(wanted & _OF_COMMITS)),
            (
                PULL_REQUESTS,
                lambda: (compare_with_children if whole else count_pull_requests)(look),
                bool(wanted & (_OF_PULL_REQUESTS | (_BELOW_PULL_REQUESTS if whole else frozenset()))),
            ),
            (PULL_REQUESTS, lambda: check_children(look), not whole and bool(wanted & _BELOW_PULL_REQUESTS)),
            (
                PIPELINES,
                lambda: compare_pipelines(look, with_steps=with_steps) if whole else count_pipelines(look),
                PIPELINES in wanted or with_steps,
            ),
            (
                DEPLOYMENTS,
                lambda: (compare_deployments if whole else count_deployments)(look),
                DEPLOYMENTS in wanted,
            ),
            (COMMIT_STATUSES, lambda: compare_checks(look), whole),
            (PIPELINE_TEST_REPORTS, lambda: compare_all(look, steps_with_tests(look)), whole),
        ]
        steps = [(table, compare) for table, compare, is_wanted in todo if is_wanted]
        steps += [
            (unit.table, lambda unit=unit, is_new=is_new: compare_unit(look, unit, is_new))  # type: ignore[misc]
            for unit, is_new in short_lists(look)
        ]
        for table in wanted:
            if table in _ALWAYS_WHOLE or (whole and table.is_per_repository and not table.keeps_history):
                self._findings.looked(table, _DERIVED if table in DERIVED else _WHOLE)
            if table.keeps_history:
                self._findings.looked(table, _KEPT)
        return steps

    def _sample(self, tables: frozenset[Table]) -> None:
        is_cheap = self._result.depth is Depth.CHEAP
        sample = Sample(self._findings, self._rows, self._result.seed, self._named, most=_FEW if is_cheap else None)
        looks = self._result.looks
        if tables & (_OF_PULL_REQUESTS | _BELOW_PULL_REQUESTS):
            sample.pull_requests(looks)
            # comments, tasks and commits are counted
            sample.children(tables - set(COUNTED) if is_cheap else tables)
        if PIPELINE_STEPS in tables:
            sample.steps(looks)
        sample.checks_and_tests(looks, tables)
        if not is_cheap:
            if PIPELINES in tables:
                sample.pipelines(looks)
            if DEPLOYMENTS in tables:
                sample.deployments(looks)
            if tables & _OF_COMMITS:
                sample.commits(looks)


_OF_COMMITS = {COMMITS, COMMIT_PARENTS}
_OF_PULL_REQUESTS = {PULL_REQUESTS, PULL_REQUEST_PARTICIPANTS}
_BELOW_PULL_REQUESTS = frozenset(table for each in OF_PULL_REQUESTS for table in ROWS_OF[each])
_ALWAYS_WHOLE = {BRANCHES, TAGS, ENVIRONMENTS, *WHOLE_LISTS, *DERIVED}
