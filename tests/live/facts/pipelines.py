"""Pipelines, their steps and their test reports."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from ..asking import Json, Untestable, quoted
from ..fact import Facts, dig, expect, expect_only, expect_order, moment, need, some, times
from ..material import PIPELINE_FIELDS, Material
from ..vocabulary import NO_UUID

facts = Facts()

_STATES = {"PARSING", "PENDING", "IN_PROGRESS", "COMPLETED"}
_STAGES = {"PENDING", "RUNNING", "PAUSED", "HALTED"}
_RESULTS = {"SUCCESSFUL", "FAILED", "ERROR", "STOPPED", "EXPIRED"}
_OPEN = "&".join(f"status={status}" for status in ("PARSING", "PENDING", "PAUSED", "HALTED", "BUILDING"))


def _asked(bitbucket: Material, query: str) -> Json:
    return bitbucket.page(f"{bitbucket.built.path}/pipelines/?{query}")


def _several(bitbucket: Material) -> None:
    if len(bitbucket.runs) < 5:
        raise Untestable("fewer than five pipelines")


@facts.fact("1, 11.3", contested=True)
def next_of_pipelines(bitbucket: Material) -> str:
    """Has a page of sorted pipelines a next that keeps the sort, one that drops it, or none?"""
    _several(bitbucket)
    link = _asked(bitbucket, f"sort=-created_on&pagelen=2&{PIPELINE_FIELDS}").get("next")
    if link is None:
        return "none"
    kept = parse_qs(urlsplit(link).query)
    expect(kept.get("sort") in (None, ["-created_on"]), "the sort kept or dropped", link)
    return f"keeps the sort: {'yes' if 'sort' in kept else 'no'}; the fields: {'yes' if 'fields' in kept else 'no'}"


@facts.fact("5, 11.3", contested=True)
def a_last_slash_means_nothing(bitbucket: Material) -> None:
    """pipelines, deployments and environments answer the same with a slash at the end and without."""
    lists = (
        (bitbucket.built, "pipelines", "sort=-created_on&pagelen=1"),
        (bitbucket.deployed, "deployments", "pagelen=1"),
        (bitbucket.deployed, "environments", "pagelen=100"),
    )
    for home, name, query in lists:
        answers = [bitbucket.ask(f"{home.path}/{name}{slash}?{query}") for slash in ("/", "")]
        seen = [(each.status, [row.get("uuid") for row in each.json.get("values", ())]) for each in answers]
        expect(seen[0] == seen[1], f"{name} alike with a slash", f"{seen[0]} with it, {seen[1]} without")


@facts.fact("5, 11.8", contested=True)
def pipelines_where_they_were_never_enabled(bitbucket: Material) -> str:
    """Are the pipelines of a repository that never had any an empty page, or 404?"""
    answer = bitbucket.ask(f"{bitbucket.empty.path}/pipelines/?pagelen=1")
    empty = answer.status == 200 and answer.json.get("values") == []
    expect(empty or answer.status == 404, "404 or an empty page", answer.problem)
    return "an empty page" if empty else answer.problem


@facts.fact("2")
def pipelines_come_oldest_first(bitbucket: Material) -> None:
    """Without sort pipelines come oldest first, as with sort=created_on."""
    _several(bitbucket)
    plain = _asked(bitbucket, f"pagelen=100&{PIPELINE_FIELDS}")["values"]
    expect_order(times(plain, "created_on"), "times that ascend")
    by_time = _asked(bitbucket, f"sort=created_on&pagelen=100&{PIPELINE_FIELDS}")["values"]
    expect([row["uuid"] for row in plain] == [row["uuid"] for row in by_time], "the same as sorted", "another order")


@facts.fact("2")
def pipelines_sorted_backwards_come_newest_first(bitbucket: Material) -> None:
    """sort=-created_on gives the newest pipeline first."""
    expect_order(times(bitbucket.runs, "created_on"), "times that descend", descending=True)


@facts.fact("1")
def pages_of_pipelines_by_number_go_on(bitbucket: Material) -> None:
    """page=2, asked with the sort again, goes on where page 1 ended."""
    _several(bitbucket)
    pages = [
        _asked(bitbucket, f"sort=-created_on&pagelen=2&{page}{PIPELINE_FIELDS}")["values"] for page in ("", "page=2&")
    ]
    found = [row["uuid"] for page in pages for row in page]
    expect(found == [row["uuid"] for row in bitbucket.runs[:4]], "the same four as in one page", found)


@facts.fact("1")
def a_page_beyond_the_end_is_empty(bitbucket: Material) -> None:
    """A page of pipelines beyond the last is 200 without rows."""
    page = _asked(bitbucket, "sort=-created_on&pagelen=100&page=1000000")
    expect(page.get("values") == [], "no rows", page.get("values"))


@facts.fact("2")
def pipelines_ignore_q(bitbucket: Material) -> None:
    """q of pipelines is accepted and ignored."""
    page = _asked(bitbucket, f"q={quoted('build_number=0')}&sort=-created_on&pagelen=100&{PIPELINE_FIELDS}")
    expect([row["uuid"] for row in page["values"]] == [row["uuid"] for row in bitbucket.runs], "all rows", "others")


@facts.fact("2")
def several_statuses_are_joined(bitbucket: Material) -> None:
    """status= repeated lists pipelines of each status; PASSED are those whose result is SUCCESSFUL."""
    rows = _asked(bitbucket, f"status=PASSED&status=FAILED&sort=-created_on&pagelen=100&{PIPELINE_FIELDS}")["values"]
    found = {row["uuid"] for row in rows}
    expect_only({dig(row, "state.result.name") for row in rows}, {"SUCCESSFUL", "FAILED"}, "results")
    for run in bitbucket.runs[:50]:
        wanted = dig(run, "state.result.name") in ("SUCCESSFUL", "FAILED")
        oldest = moment(rows[-1]["created_on"]) if len(rows) == 100 else None
        if wanted and (oldest is None or moment(run["created_on"]) > oldest):
            expect(run["uuid"] in found, "every such pipeline", f"{run.get('build_number')} missing")


@facts.fact("4")
def open_pipelines_are_listed_by_status(bitbucket: Material) -> str:
    """The five statuses of open pipelines list all that are not completed, and none that is."""
    page = _asked(bitbucket, f"{_OPEN}&pagelen=100&{PIPELINE_FIELDS}")
    expect_only({dig(row, "state.name") for row in page["values"]}, _STATES - {"COMPLETED"}, "states")
    found = {row["uuid"] for row in page["values"]}
    still = {run["uuid"] for run in bitbucket.runs if dig(run, "state.name") != "COMPLETED"}
    missing = still - found
    if "next" not in page and missing:  # or finished between the two answers
        now = bitbucket.page(f"{bitbucket.built.path}/pipelines/{quoted(min(missing))}?fields=state")
        expect(dig(now, "state.name") == "COMPLETED", f"each of {len(still)} that are open", f"{len(missing)} missing")
    return f"{len(found)} open"


@facts.fact("2")
def an_unknown_status_has_no_rows(bitbucket: Material) -> None:
    """A status that does not exist is no error, and lists nothing."""
    page = _asked(bitbucket, "status=NO_SUCH_STATUS&pagelen=1")
    expect(page.get("values") == [], "no rows", len(page.get("values", ())))


@facts.fact("5")
def pipelines_have_known_states(bitbucket: Material) -> None:
    """A pipeline's state, stage and result are among the known ones; a result is there where it is completed."""
    expect_only({dig(run, "state.name") for run in bitbucket.runs}, _STATES, "state")
    expect_only({dig(run, "state.stage.name") for run in bitbucket.runs}, {*_STAGES, None}, "stage")
    expect_only({dig(run, "state.result.name") for run in bitbucket.runs}, {*_RESULTS, None}, "result")
    for run in bitbucket.runs:
        done = dig(run, "state.name") == "COMPLETED"
        expect(bool(dig(run, "state.result.name")) is done, "a result where completed", run.get("state"))


@facts.fact("5")
def completed_on_comes_at_the_end(bitbucket: Material) -> None:
    """A pipeline has completed_on where it is completed, and never an updated_on."""
    for run in bitbucket.runs:
        expect("updated_on" not in run, "no updated_on", run.get("updated_on"))
        done = dig(run, "state.name") == "COMPLETED"
        expect(bool(run.get("completed_on")) is done, "completed_on where completed", dig(run, "state.name"))


@facts.fact("5")
def a_build_number_is_an_address(bitbucket: Material) -> None:
    """A build number is accepted in place of a pipeline's uuid."""
    run = bitbucket.runs[0]
    found = bitbucket.page(f"{bitbucket.built.path}/pipelines/{need(run, 'build_number')}?fields=uuid,build_number")
    expect(found.get("uuid") == run["uuid"], f"pipeline {run['build_number']}", found)


@facts.fact("5")
def an_unknown_pipeline_is_404(bitbucket: Material) -> None:
    """A pipeline that does not exist is 404 with the reason in error.detail."""
    answer = bitbucket.ask(f"{bitbucket.built.path}/pipelines/{quoted(NO_UUID)}")
    expect(answer.status == 404, "404", answer.problem)
    expect(bool(dig(answer.json, "error.detail")), "an error.detail", answer.problem)


@facts.fact("5")
def targets_of_pipelines(bitbucket: Material) -> str:
    """A pipeline's target is of a ref, a pull request or a commit, with a commit; trigger has a known type."""
    targets = {"pipeline_ref_target", "pipeline_pullrequest_target", "pipeline_commit_target"}
    for run in bitbucket.runs:
        expect_only({dig(run, "target.type")}, targets, "target")
        kind = str(dig(run, "trigger.type"))
        expect(kind.startswith("pipeline_trigger_"), "a type that begins with pipeline_trigger_", kind)
    return ", ".join(sorted({dig(run, "target.type") for run in bitbucket.runs}))


@facts.fact("1")
def steps_come_all_at_once(bitbucket: Material) -> None:
    """Steps ignore pagelen: all of a pipeline come in one page."""
    for run, _ in bitbucket.tested_steps:
        steps = bitbucket.steps(run)
        if len(steps) > 1:
            one = bitbucket.rows(f"{bitbucket.built.path}/pipelines/{quoted(run['uuid'])}/steps/?pagelen=1")
            expect(len(one) == len(steps), f"all {len(steps)}", len(one))
            return
    raise Untestable("no pipeline of several steps among the three newest finished")


@facts.fact("5")
def steps_have_state_trigger_and_run_number(bitbucket: Material) -> None:
    """A step has a uuid, a known state, a trigger automatic, manual or redeploy, and a run_number."""
    triggers = {f"pipeline_step_trigger_{name}" for name in ("automatic", "manual", "redeploy")}
    for _, step in bitbucket.tested_steps:
        expect_only({dig(step, "state.name")}, {"PENDING", "READY", "IN_PROGRESS", "COMPLETED"}, "state")
        expect_only({dig(step, "state.result.name")}, {*_RESULTS, "NOT_RUN", None}, "result")
        expect_only({dig(step, "trigger.type")}, triggers, "trigger")
        expect(isinstance(step.get("run_number"), int), "a run_number", step.get("run_number"))


@facts.fact("5, 11.6", contested=True)
def test_reports_of_steps(bitbucket: Material) -> str:
    """The test report of a step is 404 where it reported none, else five counts that add up."""
    parts = [f"number_of_{name}_test_cases" for name in ("successful", "failed", "error", "skipped")]
    statuses = []
    for run, step in bitbucket.tested_steps[:3]:
        base = f"{bitbucket.built.path}/pipelines/{quoted(run['uuid'])}/steps/{quoted(need(step, 'uuid'))}"
        answer = bitbucket.ask(f"{base}/test_reports")
        expect(answer.status in (200, 404), "200 or 404", answer.problem)
        statuses.append(answer.status)
        if answer.status == 200:
            counts = [need(answer.json, name) for name in ("number_of_test_cases", *parts)]
            expect(counts[0] == sum(counts[1:]), "counts that add up", counts)
    some([{"status": status} for status in statuses], "step of a finished pipeline")
    return ", ".join(map(str, statuses))


@facts.fact("5, 11.6", contested=True)
def test_cases_of_steps(bitbucket: Material) -> str:
    """A test case has uuid, name, fully_qualified_name, a known status, and a duration as text."""
    for run, step in bitbucket.tested_steps[:3]:
        base = f"{bitbucket.built.path}/pipelines/{quoted(run['uuid'])}/steps/{quoted(need(step, 'uuid'))}"
        if bitbucket.ask(f"{base}/test_reports").status == 200:
            rows = some(bitbucket.rows(f"{base}/test_reports/test_cases?pagelen=100"), "test case")
            wanted = {"uuid", "name", "fully_qualified_name", "status", "duration"}
            expect(wanted <= set(rows[0]), f"all of {', '.join(sorted(wanted))}", set(rows[0]))
            statuses = {row.get("status") for row in rows}
            expect_only(statuses, {"PASSED", "FAILED", "ERROR", "SKIPPED", "UNKNOWN"}, "status")
            expect(isinstance(rows[0]["duration"], str), "a duration as text", repr(rows[0]["duration"]))
            return f"{len(rows)} cases"
    raise Untestable("no test report in three steps")


@facts.fact("5, 11.6", contested=True)
def schedules_of_pipelines(bitbucket: Material) -> str:
    """A schedule has uuid, enabled, target and cron_pattern; without Pipelines the list is 404."""
    for row in bitbucket.schedules:
        wanted = {"uuid", "enabled", "target", "cron_pattern", "created_on", "updated_on"}
        expect(wanted <= set(row), f"all of {', '.join(sorted(wanted))}", set(row))
    return f"{len(bitbucket.schedules)} seen"
