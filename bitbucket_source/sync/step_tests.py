"""The tests that steps report. A report is read when its step has finished, and again when the step has changed.

Which are owed stands in the cursor of the runs: it moves together with the rows of the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.sync.absence import illegible, keys_of
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.events import Event, Events, Gone, Reached, Rows, Trouble
from bitbucket_source.sync.job import Job
from bitbucket_source.sync.listing import all_gone, nothing_there
from bitbucket_source.sync.steps import steps_of
from bitbucket_source.tables import PIPELINE_STEPS, PIPELINE_TEST_CASES, PIPELINE_TEST_REPORTS

TEST_TABLES = frozenset({PIPELINE_TEST_REPORTS, PIPELINE_TEST_CASES})
LONG = 1000
"""A report of more tests is read in parts: a budget may end within it."""
PAGES_IN_A_PART = 5


class OwedTests(msgspec.Struct, frozen=True):
    """The steps whose tests are still to be read."""

    steps: tuple[str, ...] = ()
    """`<uuid of the run> <uuid of the step>`, or only the run for all its steps"""
    at: str = ""
    """the one of them whose tests have been read in part"""
    onward: str = ""
    """the link to its next page"""

    def with_more(self, steps: Iterable[str]) -> OwedTests:
        """The same with more steps, or runs."""
        return msgspec.structs.replace(self, steps=tuple(dict.fromkeys([*self.steps, *steps])))

    def with_steps(self, ask: Ask, job: Job, run: str, steps: Sequence[Any]) -> OwedTests:
        """The same after the steps of a run were read: those that have finished and are not stored just so are owed.

        All that have finished, where the run was owed as a whole.
        """
        if not TEST_TABLES & ask.wanted:
            return self
        changed = steps
        if run not in self.steps:
            changed = job.known.different(PIPELINE_STEPS, steps, {**job.repository.place, "pipeline_uuid": run})
        owed = [f"{run} {step.uuid}" for step in changed if has_finished(step)]
        others = (each for each in self.steps if each != run)
        return msgspec.structs.replace(self, steps=tuple(dict.fromkeys([*others, *owed])))

    def without(self, step: str) -> OwedTests:
        """The same without a step."""
        return OwedTests(tuple(each for each in self.steps if each != step))


Tell: TypeAlias = Callable[[OwedTests], Reached]
"""The safe point of a cursor with this in it"""


def read_tests(ask: Ask, job: Job, owed: OwedTests, tell: Tell, tried: set[str]) -> Generator[Event, None, OwedTests]:
    """The reports and tests of the steps that are owed, but those `tried` in this sync.

    Returns those that could not be read. Each step is a safe point, and some pages of one with many tests are.
    """
    for step in owed.steps:
        if " " not in step or step in tried:
            continue
        tried.add(step)
        try:
            yield from _tests_of(ask, job, owed, step, tell)
        except BitbucketError as error:
            yield Trouble(PIPELINE_TEST_REPORTS, job.repository.full_name, f"step {step.split()[1]}", str(error))
            owed = OwedTests(owed.steps)
        else:
            owed = owed.without(step)
        yield tell(owed)
    return owed


def verified_tests(ask: Ask, job: Job, at: str) -> Generator[Event, None, str]:
    """The next stored report, and its tests where it has changed; returns its step, '' at the end."""
    stored = job.known.stored(PIPELINE_TEST_REPORTS, ["pipeline_uuid", "step_uuid"], job.repository.place)
    later = sorted(step for step in (f"{run} {uuid}" for run, uuid in stored) if step > at)
    if later:
        yield from _tests_of(ask, job, OwedTests(), later[0], Reached, unless_equal=True)
    return later[0] if len(later) > 1 else ""


def steps_and_tests_of(ask: Ask, job: Job, run: str) -> Generator[Event, None, OwedTests]:
    """The steps of a run, whole, and the tests of those that have changed; returns what could not be read of these.

    Raises BitbucketError where the steps cannot be read.
    """
    steps: list[Any] = []
    yield from steps_of(ask, job, run, believed_empty=False, into=steps)
    owed = OwedTests().with_steps(ask, job, run, steps)
    return (yield from read_tests(ask, job, owed, Reached, set()))


def tests_of(ask: Ask, job: Job, run: str, step: str) -> Events:
    """The report of a step and its tests, whole. Raises BitbucketError where they cannot be read."""
    yield from _tests_of(ask, job, OwedTests(), f"{run} {step}", Reached)


def has_finished(step: Any) -> bool:
    """Whether a step has run to its end: then its report is read."""
    result = step.state.result.name if step.state is not None and step.state.result is not None else None
    return step.state is not None and step.state.name == "COMPLETED" and result != "NOT_RUN"


def _tests_of(
    ask: Ask, job: Job, owed: OwedTests, step: str, tell: Tell, *, unless_equal: bool = False
) -> Generator[Event, None, None]:
    run, uuid = step.split()
    place = {**job.repository.place, "pipeline_uuid": run, "step_uuid": uuid}
    pages: Iterable[Page[Any]]
    if owed.at == step:
        pages = ask.pages(PIPELINE_TEST_CASES, place, going_on_at=owed.onward)
        yield from _in_parts(job, place, pages, owed, step, tell)
        return
    report = _report(ask, place)
    if report is None:
        yield from nothing_there(ask, job, (PIPELINE_TEST_REPORTS, PIPELINE_TEST_CASES), place)
        return
    is_equal = unless_equal and not job.known.different(PIPELINE_TEST_REPORTS, [report], place)
    yield Rows(PIPELINE_TEST_REPORTS, [report], place)
    if PIPELINE_TEST_CASES not in ask.wanted:
        return
    # one that could not be read may be legible now
    if is_equal and len(job.known.keys(PIPELINE_TEST_CASES, place)) >= (report.number_of_test_cases or 0):
        return
    pages = ask.pages(PIPELINE_TEST_CASES, place) if report.number_of_test_cases != 0 else ()
    if (report.number_of_test_cases or 0) > LONG:
        if job.known.keys(PIPELINE_TEST_CASES, place):
            # they are of another attempt of the step: that is nowhere any more
            yield all_gone(PIPELINE_TEST_CASES, place)
        yield from _in_parts(job, place, pages, owed, step, tell)
    else:
        yield from _in_one_go(job, place, pages, is_empty=report.number_of_test_cases == 0)


def _report(ask: Ask, place: Place) -> Any | None:
    """The report of a step; None where it has none: 404, or an object without anything in it (FACTS 5)."""
    try:
        report = ask.one(PIPELINE_TEST_REPORTS, place)
    except NotFound as error:
        if error.is_of_repository:
            raise
        return None
    counts = [getattr(report, column.path) for column in PIPELINE_TEST_REPORTS.object_columns]
    return None if all(count is None for count in counts) else report


def _in_one_go(job: Job, place: Place, pages: Iterable[Page[Any]], *, is_empty: bool) -> Generator[Event, None, None]:
    missing = job.known.keys(PIPELINE_TEST_CASES, place)
    has_come = False
    for page in pages:
        missing -= illegible(PIPELINE_TEST_CASES, [page], missing)
        yield from _rows(job, place, page)
        has_come = has_come or bool(page.rows)
        missing -= set(keys_of(PIPELINE_TEST_CASES, page.rows, place))
    if has_come or is_empty:
        # an empty list is no answer where the report counts tests
        yield Gone(PIPELINE_TEST_CASES, missing)


def _in_parts(
    job: Job, place: Place, pages: Iterable[Page[Any]], owed: OwedTests, step: str, tell: Tell
) -> Generator[Event, None, None]:
    for number, page in enumerate(pages, start=1):
        yield from _rows(job, place, page)
        if page.next_url is not None and number % PAGES_IN_A_PART == 0:
            yield tell(OwedTests(owed.steps, step, page.next_url))


def _rows(job: Job, place: Place, page: Page[Any]) -> Generator[Event, None, None]:
    yield Rows(PIPELINE_TEST_CASES, page.rows, place)
    for misfit in page.misfits:
        yield Trouble(PIPELINE_TEST_CASES, job.repository.full_name, misfit.label, misfit.why)
