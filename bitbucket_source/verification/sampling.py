"""A sample: pages and runs chosen at random, until enough rows were compared."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bitbucket_source.sync.commits import CommitsCursor
from bitbucket_source.sync.pipelines import PipelinesCursor
from bitbucket_source.tables import (
    COMMIT_STATUSES,
    COMMITS,
    DEPLOYMENTS,
    PIPELINE_STEPS,
    PIPELINE_TEST_REPORTS,
    PIPELINES,
    PULL_REQUEST_PARTICIPANTS,
    PULL_REQUESTS,
    Table,
)
from bitbucket_source.verification.deployments import compare_deployments
from bitbucket_source.verification.findings import Findings
from bitbucket_source.verification.lists import compare_commits, compare_pipelines, compare_pull_requests, sample_steps
from bitbucket_source.verification.look import Look
from bitbucket_source.verification.units import OF_PULL_REQUESTS, ROWS_OF, Unit
from bitbucket_source.verification.wholes import children, commits_with_checks, compare_unit, steps_with_tests
from bitbucket_source.verification.workspace import attempt


@dataclass
class Sample:
    """Chooses by chance among what is stored. The same seed chooses the same."""

    findings: Findings
    rows: int
    """how many rows of each table are wanted"""
    seed: int
    named: bool = False
    """whether somebody named the tables: then one that cannot be read is a failure"""
    most: int | None = None
    """of lists that nothing counts, not more than so many"""
    _met: list[tuple[Look, Any]] = field(default_factory=list)
    """pull requests that were read"""
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Begin at the seed."""
        self._random = random.Random(self.seed)  # noqa: S311 - nothing secret depends on it

    def pull_requests(self, looks: Sequence[Look]) -> None:
        """Pages of pull requests with their participants."""
        length = PULL_REQUESTS.pagelen
        pool: list[tuple[Look, int]] = []
        for look in looks:
            ids = sorted(key[1] for key in look.stored.keys(PULL_REQUESTS, look.place))
            # the first page holds what stands before the first one stored, too
            pool += [(look, first if index else 1) for index, first in enumerate(ids[::length])]
        self._random.shuffle(pool)
        before = self.findings.compared[PULL_REQUESTS], self.findings.compared[PULL_REQUEST_PARTICIPANTS]
        read = 0
        while pool and read < self.rows:
            look, first = pool.pop()
            attempt(
                self.findings,
                PULL_REQUESTS,
                look.name,
                lambda look=look, first=first: compare_pull_requests(  # type: ignore[misc]
                    look, first=first, pages=1, then=lambda row: self._met.append((look, row))
                ),
                is_failure=self.named,
            )
            read = self.findings.compared[PULL_REQUESTS] - before[0]
        self._tell(PULL_REQUESTS, read)
        self._tell(PULL_REQUEST_PARTICIPANTS, self.findings.compared[PULL_REQUEST_PARTICIPANTS] - before[1])

    def children(self, tables: frozenset[Table]) -> None:
        """Lists below the pull requests that were sampled."""
        for table in (each for each in OF_PULL_REQUESTS if ROWS_OF[each] & tables):
            only = frozenset({table})
            pool = [(look, *unit) for look, row in self._met for unit in children(look, row, only)]
            self._units(table, pool, ROWS_OF[table] & tables)

    def checks_and_tests(self, looks: Sequence[Look], tables: frozenset[Table]) -> None:
        """What was said of commits, and the tests of steps."""
        if tables & ROWS_OF[COMMIT_STATUSES]:
            commits = [(look, unit, _never) for look in looks for unit in commits_with_checks(look)]
            self._units(COMMIT_STATUSES, commits, ROWS_OF[COMMIT_STATUSES] & tables)
        if tables & ROWS_OF[PIPELINE_TEST_REPORTS]:
            steps = [(look, *unit) for look in looks for unit in steps_with_tests(look)]
            self._units(PIPELINE_TEST_REPORTS, steps, ROWS_OF[PIPELINE_TEST_REPORTS] & tables)

    def _units(self, table: Table, pool: list[tuple[Look, Unit, Callable[[], bool]]], tables: frozenset[Table]) -> None:
        """Lists, until there are enough rows."""
        self._random.shuffle(pool)
        before = {each: self.findings.compared[each] for each in tables}
        read = lists = 0
        while pool and read < self.rows and lists != self.most:
            look, unit, is_new = pool.pop()
            attempt(
                self.findings,
                table,
                look.name,
                lambda look=look, unit=unit, is_new=is_new: compare_unit(look, unit, is_new),  # type: ignore[misc]
                is_failure=self.named,
            )
            lists += 1
            read = max(self.findings.compared[each] - before[each] for each in tables)
        for each in tables:
            self.findings.looked(each, f"{self.findings.compared[each] - before[each]:,} in {lists:,} lists sampled")

    def deployments(self, looks: Sequence[Look]) -> None:
        """Pages of deployments."""
        length = DEPLOYMENTS.pagelen
        pool = [
            (look, start)
            for look in looks
            for start in range(0, len(look.stored.keys(DEPLOYMENTS, look.place)), length)
        ]
        self._random.shuffle(pool)
        read = 0
        while pool and read < self.rows:
            look, start = pool.pop()
            before = self.findings.compared[DEPLOYMENTS]
            attempt(
                self.findings,
                DEPLOYMENTS,
                look.name,
                lambda look=look, start=start: compare_deployments(look, start=start, pages=1),  # type: ignore[misc]
                is_failure=self.named,
            )
            read += self.findings.compared[DEPLOYMENTS] - before
        self._tell(DEPLOYMENTS, read)

    def steps(self, looks: Sequence[Look]) -> None:
        """The steps of single runs."""
        pool: list[tuple[Look, PipelinesCursor, str]] = []
        for look in looks:
            groups = look.groups(PIPELINES, PipelinesCursor)
            cursor = next((cursor for cursor, tables in groups if PIPELINE_STEPS in tables), None)
            if cursor is not None:
                runs = sorted(key[1] for key in look.stored.keys(PIPELINES, look.place))
                pool += [(look, cursor, uuid) for uuid in runs]
        self._random.shuffle(pool)
        read = 0
        while pool and read < self.rows:
            read += sample_steps(*pool.pop())
        self._tell(PIPELINE_STEPS, read)

    def pipelines(self, looks: Sequence[Look]) -> None:
        """Pages of runs."""
        length = PIPELINES.pagelen
        pool: list[tuple[Look, int]] = []
        for look in looks:
            for cursor, _ in look.groups(PIPELINES, PipelinesCursor)[:1]:
                pool += [(look, start) for start in range(cursor.first // length * length, cursor.read, length)]
        self._random.shuffle(pool)
        read = 0
        while pool and read < self.rows:
            look, start = pool.pop()
            before = self.findings.compared[PIPELINES]
            attempt(
                self.findings,
                PIPELINES,
                look.name,
                lambda look=look, start=start: compare_pipelines(look, start=start, pages=1),  # type: ignore[misc]
                is_failure=self.named,
            )
            read += self.findings.compared[PIPELINES] - before
        self._tell(PIPELINES, read)

    def commits(self, looks: Sequence[Look]) -> None:
        """Pages of commits, each from one of them on."""
        pool = [
            (look, sha)
            for look in looks
            if look.groups(COMMITS, CommitsCursor)
            for _, sha in sorted(look.stored.keys(COMMITS, look.place))
        ]
        read = 0
        while pool and read < self.rows:
            look, start = self._random.choice(pool)
            listed: set[str] = set()
            attempt(
                self.findings,
                COMMITS,
                look.name,
                lambda look=look, start=start, listed=listed: listed.update(compare_commits(look, start=start)),  # type: ignore[misc]
                is_failure=self.named,
            )
            read += len(listed)
            listed.add(start)
            pool = [(each, sha) for each, sha in pool if each is not look or sha not in listed]
        self._tell(COMMITS, read)

    def _tell(self, table: Table, rows: int) -> None:
        self.findings.looked(table, f"{rows:,} sampled")


def _never() -> bool:
    return False
