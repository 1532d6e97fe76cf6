"""A sample: pages and runs chosen at random, until enough rows were compared."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from bitbucket_source.sync.commits import CommitsCursor
from bitbucket_source.sync.pipelines import PipelinesCursor
from bitbucket_source.tables import COMMITS, PIPELINE_STEPS, PIPELINES, PULL_REQUEST_PARTICIPANTS, PULL_REQUESTS, Table
from bitbucket_source.verification.findings import Findings
from bitbucket_source.verification.lists import compare_commits, compare_pipelines, compare_pull_requests, sample_steps
from bitbucket_source.verification.look import Look
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
                lambda look=look, first=first: compare_pull_requests(look, first=first, pages=1),  # type: ignore[misc]
                is_failure=self.named,
            )
            read = self.findings.compared[PULL_REQUESTS] - before[0]
        self._tell(PULL_REQUESTS, read)
        self._tell(PULL_REQUEST_PARTICIPANTS, self.findings.compared[PULL_REQUEST_PARTICIPANTS] - before[1])

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
