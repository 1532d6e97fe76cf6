"""What no list counts, judged by a few looks at runs and commits of all repositories together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from bitbucket_source.api.errors import BitbucketError, CredentialsRefused, NotFound
from bitbucket_source.planning.beside import watched_now
from bitbucket_source.planning.figures import NOTHING, Figure, scaled
from bitbucket_source.planning.owed import Owed
from bitbucket_source.planning.sights import Seen, Sight
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.costs import pages_by_next
from bitbucket_source.sync.step_tests import has_finished
from bitbucket_source.tables import (
    PIPELINE_STEPS,
    PIPELINE_TEST_CASES,
    PIPELINE_TEST_REPORTS,
    PIPELINES,
    REPORT_ANNOTATIONS,
    REPORTS,
    Table,
)

RUNS, COMMITS_LOOKED_AT = 40, 20
"""How many of them are looked at, of all repositories together."""
_FEWEST = 5
LookedAt: TypeAlias = Sequence[tuple[Owed, Sight]]


@dataclass
class Pool:
    """What single runs and commits hold."""

    ask: Ask
    steps: list[Figure] = field(default_factory=list)
    """finished steps of each run: a request for the report of each"""
    cases: list[Figure] = field(default_factory=list)
    """of some steps, the pages of the list of their tests"""
    reports: list[Figure] = field(default_factory=list)
    """of each commit: a request for the annotations of each report"""
    notes: list[str] = field(default_factory=list)

    def requests(self, table: Table, asked: Figure, looked_at: LookedAt) -> Figure:
        """What a list costs that is asked for what other requests bring: `asked` runs, reports of steps, or commits.

        Looks at some of the repositories `looked_at`, the larger the more, unless it has done so.
        """
        if not asked.high:
            return NOTHING
        if table is REPORT_ANNOTATIONS:
            seen = self.reports or self._look_at_commits(looked_at)
        else:
            steps = self.steps or self._look_at_runs(looked_at, _enough(asked, RUNS))
            seen = steps if table is PIPELINE_TEST_REPORTS else self.cases
        if not seen:
            # nothing has run yet, or nobody was told anything
            return replace(asked, low=0, is_open=True)
        fewest, most = (scaled([(seen, count)], 0) for count in (asked.low, asked.high))
        return Figure(fewest.low, most.high, asked.is_open)

    def _look_at_commits(self, looked_at: LookedAt) -> list[Figure]:
        heads = [(owed, sha) for owed, sight in looked_at for sha in watched_now(owed, sight)]
        for owed, sha in _spread(heads, COMMITS_LOOKED_AT):
            place = {**owed.repository.place, "commit_hash": sha}
            page = self._tried(REPORTS, lambda place=place: self.ask.glance(REPORTS, place))
            self.reports += [] if page is None else [Figure.of(page.size or 0)]
        return self.reports

    def _look_at_runs(self, looked_at: LookedAt, most: int) -> list[Figure]:
        runs: list[tuple[Owed, Seen, int]] = [
            (owed, sight.runs, number)
            for owed, sight in looked_at
            if sight.runs is not None
            for number in range(sight.runs.rows - sight.too_old)
        ]
        for owed, seen, number in _spread(runs, most):
            place = owed.repository.place
            row = (
                seen.page[number]
                if number < len(seen.page)
                else self._tried(PIPELINES, lambda owed=owed, number=number: self._run(owed, number))
            )
            if row is None:
                continue
            of_run = {**place, "pipeline_uuid": row.uuid}
            steps = self._tried(PIPELINE_STEPS, lambda of_run=of_run: self._steps(of_run))
            finished = [step for step in steps or () if has_finished(step)]
            self.steps += [] if steps is None else [Figure.of(len(finished))]
            if finished and PIPELINE_TEST_CASES in self.ask.wanted:
                step = finished[len(self.cases) % len(finished)]
                self.cases.append(Figure.of(self._pages_of_cases({**of_run, "step_uuid": step.uuid})))
        return self.steps

    def _run(self, owed: Owed, number: int) -> Any:
        """The run that has so many newer ones."""
        params = {"sort": "-created_on", "page": str(number + 1)}
        return next(iter(self.ask.glance(PIPELINES, owed.repository.place, params).rows), None)

    def _steps(self, place: Place) -> list[Any]:
        return [row for page in self.ask.pages(PIPELINE_STEPS, place) for row in page.rows]

    def _pages_of_cases(self, place: Place) -> int:
        report = self._tried(PIPELINE_TEST_REPORTS, lambda: self.ask.one(PIPELINE_TEST_REPORTS, place))
        tests = report.number_of_test_cases if report is not None else 0
        return pages_by_next(PIPELINE_TEST_CASES, tests) if tests else 0

    def _tried(self, table: Table, asked: Any) -> Any:
        """What was asked; None where there is no such thing, or it could not be read."""
        try:
            return asked()
        except CredentialsRefused:
            raise
        except NotFound:
            return None
        except BitbucketError as error:
            self.notes.append(f"{table.name} could not be asked for: {error}")
        return None


def _spread(members: Sequence[Any], most: int) -> list[Any]:
    """So many of the members, evenly far from each other."""
    count = min(len(members), most)
    return [members[(2 * index + 1) * len(members) // (2 * count)] for index in range(count)]


def _enough(asked: Figure, most: int) -> int:
    """To judge few by, few are looked at."""
    return min(most, _FEWEST + 2 * asked.high)
