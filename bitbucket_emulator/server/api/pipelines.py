"""Pipelines, their steps, logs and tests."""

from __future__ import annotations

import re
from collections.abc import Callable

from bitbucket_emulator.server import errors, storage, timestamps
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.endpoints import Answer, Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope, is_number
from bitbucket_emulator.server.render import pipelines as render
from bitbucket_emulator.world.model import Pipeline, Repository, Step

endpoints = Endpoints()

_BYTES = re.compile(r"\*/\*|application/(\*|octet-stream)")

# `next` forgets how the list was sorted and shortened (FACTS 1)
_PIPELINES = Envelope(forgets=frozenset({"sort", "fields"}))
_TEST_CASES = Envelope()

_REPOSITORY = "/repositories/{workspace}/{repo_slug}"
_PIPELINE = f"{_REPOSITORY}/pipelines/{{pipeline_uuid}}"
_STEP = f"{_PIPELINE}/steps/{{step_uuid}}"


@endpoints.get(f"{_REPOSITORY}/pipelines", "pipeline")
def pipelines(call: Call) -> Json:
    """The pipelines, oldest first by default; q is ignored (FACTS 2)."""
    home = lookup.open_repository(call)
    filters = _filters(call)
    rows = [row for row in home.pipelines.values() if all(keep(row) for keep in filters)]
    order = call.one("sort")
    if order is not None:
        key = _SORTS.get(order.removeprefix("-"))
        if key is None:
            raise errors.invalid_sort()
        rows.sort(key=key, reverse=order.startswith("-"))
    return call.page(rows, lambda row: render.pipeline(call.view, home, row), _PIPELINES)


@endpoints.get(_PIPELINE, "pipeline")
def pipeline(call: Call) -> Json:
    """One pipeline, by uuid or by build number."""
    home = lookup.open_repository(call)
    return render.pipeline(call.view, home, _pipeline(call, home))


@endpoints.get(f"{_PIPELINE}/steps", "pipeline")
def steps(call: Call) -> Json:
    """All steps: pagelen is ignored (FACTS 1)."""
    run = _pipeline(call, lookup.open_repository(call))
    rows = [render.step(run, row) for row in run.steps]
    return {"page": 1, "pagelen": max(len(rows), 1), "values": rows, "size": len(rows)}


@endpoints.get(_STEP, "pipeline")
def step(call: Call) -> Json:
    """One step."""
    run, entry = _step(call)
    return render.step(run, entry)


@endpoints.get(f"{_STEP}/log", "pipeline")
def log(call: Call) -> Answer:
    """307 to the output of a step's script; 406 unless bytes are accepted, 404 where it has not begun (FACTS 5)."""
    home = lookup.open_repository(call)
    run, entry = _step(call)
    if not _BYTES.search(call.accept):
        raise errors.error(406, "Not acceptable")
    if entry.started_on is None:
        raise errors.pipelines_not_found(f"Log in step {entry.uuid} does not exist.")
    return Answer(307, "", {"Location": storage.log_address(call.view, home, run, entry)})


@endpoints.get(f"{_STEP}/test_reports", "pipeline")
def test_reports(call: Call) -> Json:
    """The counts of a step's tests; 404 where it reported none (FACTS 5)."""
    return render.test_report(_tested_step(call))


@endpoints.get(f"{_STEP}/test_reports/test_cases", "pipeline")
def test_cases(call: Call) -> Json:
    """The tests of a step."""
    return call.page(_tested_step(call).tests or [], render.test_case, _TEST_CASES)


@endpoints.get(f"{_STEP}/test_reports/test_cases/{{test_case_uuid}}/test_case_reasons", "pipeline")
def test_case_reasons(call: Call) -> Json:
    """Why one test failed."""
    wanted = call.parameters["test_case_uuid"]
    for case in _tested_step(call).tests or ():
        if case.uuid == wanted and case.message is not None:
            return {"message": case.message, "stack_trace": case.stack_trace}
    raise errors.pipelines_not_found(f"Test case reasons of {wanted} not found")


def _pipeline(call: Call, home: Repository) -> Pipeline:
    name = call.parameters["pipeline_uuid"]
    if name in home.pipelines:
        return home.pipelines[name]
    if not is_number(name):
        raise errors.pipelines_not_found(f"Pipeline with uuid {name} not found in repository {home.uuid}")
    for run in home.pipelines.values():
        if run.build_number == int(name):
            return run
    raise errors.pipelines_not_found(f"Pipeline with build number '{name}' not found in repository {home.uuid}")


def _step(call: Call) -> tuple[Pipeline, Step]:
    run, uuid = _pipeline(call, lookup.open_repository(call)), call.parameters["step_uuid"]
    for entry in run.steps:
        if entry.uuid == uuid:
            return run, entry
    raise errors.pipelines_not_found(f"Step {uuid} not found in pipeline {run.uuid}")


def _tested_step(call: Call) -> Step:
    _, entry = _step(call)
    if entry.tests is None:
        raise errors.pipelines_not_found(f"Test report in step {entry.uuid} does not exist.")
    return entry


_SORTS: dict[str, Callable[[Pipeline], tuple[object, ...]]] = {
    "created_on": lambda row: (row.created_on, row.build_number),
    "run_creation_date": lambda row: (row.created_on, row.build_number),
    "creator.uuid": lambda row: (row.creator or "", row.build_number),
}

_PARAMETERS: dict[str, Callable[[Pipeline], str | None]] = {
    "creator.uuid": lambda row: row.creator,
    "target.ref_type": lambda row: _ref_type(row),
    "target.ref_name": lambda row: row.target.ref_name,
    "target.branch": lambda row: row.target.ref_name if row.target.ref_type == "branch" else row.target.source,
    "target.commit.hash": lambda row: row.target.commit,
    "target.selector.pattern": lambda row: row.target.selector_pattern if row.parsed else None,
    "target.selector.type": lambda row: row.target.selector_type.upper() if row.parsed else None,
    "trigger_type": lambda row: row.trigger,
}


def _filters(call: Call) -> list[Callable[[Pipeline], bool]]:
    """The parameters of the list (FACTS 2); an unknown status keeps no row."""
    found: list[Callable[[Pipeline], bool]] = []
    for name, read in _PARAMETERS.items():
        wanted = call.all(name)
        if wanted:
            exact = {value.upper() for value in wanted} if name == "target.selector.type" else set(wanted)
            found.append(lambda row, read=read, exact=exact: read(row) in exact)  # type: ignore[misc]
    statuses = set(call.all("status"))
    if statuses:
        found.append(lambda row: _status(row) in statuses)
    created = call.one("created_on")
    if created is not None:
        moment = _time(created)
        found.append(lambda row: row.created_on == moment)
    return found


def _ref_type(row: Pipeline) -> str | None:
    return None if row.target.ref_type is None else row.target.ref_type.upper()


def _status(row: Pipeline) -> str:
    if row.state == "COMPLETED":
        return {"SUCCESSFUL": "PASSED", "EXPIRED": "STOPPED"}.get(row.result or "", row.result or "UNKNOWN")
    if row.state == "IN_PROGRESS":
        return {"RUNNING": "BUILDING"}.get(row.stage or "", row.stage or "BUILDING")
    return row.state


def _time(text: str) -> int:
    try:
        return timestamps.parse(text)
    except ValueError as problem:
        raise errors.error(400, "Bad request", detail=str(problem)) from problem
