"""Pipelines, steps, test reports and schedules: the Java services, whose dates end in Z."""

from __future__ import annotations

from typing import Any

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.server.render import git, people
from bitbucket_emulator.server.render.pull_requests import short_pull_request
from bitbucket_emulator.server.render.repositories import repository
from bitbucket_emulator.server.render.view import View, link
from bitbucket_emulator.world.model import Pipeline, Repository, Schedule, Step, TestCase

Json = dict[str, Any]

# what the service's own address looks like in recordings; nobody outside can follow it (FACTS 5)
_INTERNAL = "http://bitbucket-pipelines.prod.public.atl-paas.net//rest/1.0/accounts"

_PARSE_ERROR = "plan-service.parse.parse-error"
_SETUP = (
    "umask 000",
    'GIT_LFS_SKIP_SMUDGE=1 retry 6 git clone --branch="main" --depth 50 '
    "https://x-token-auth:$REPOSITORY_OAUTH_ACCESS_TOKEN@bitbucket.org/$BITBUCKET_REPO_FULL_NAME.git $BUILD_DIR",
    "git reset --hard $BITBUCKET_COMMIT",
    "chmod 777 $BUILD_DIR",
)


def pipeline(view: View, repo: Repository, run: Pipeline) -> Json:
    """A pipeline; `completed_on` is absent until it is done, and there is no `updated_on` (FACTS 5)."""
    address = f"{_INTERNAL}/{repo.workspace}/repositories/{repo.uuid}/pipelines/{run.uuid}"
    shown: Json = {
        "type": "pipeline",
        "uuid": run.uuid,
        "repository": repository(view, repo),
        "state": _pipeline_state(run),
        "build_number": run.build_number,
        "creator": people.user_by_uuid(view, run.creator),
        "created_on": timestamps.java_style(run.created_on),
    }
    if run.completed_on is not None:
        shown["completed_on"] = timestamps.java_style(run.completed_on)
    return {
        **shown,
        "target": _target(view, repo, run),
        "trigger": {"name": run.trigger, "type": f"pipeline_trigger_{_TRIGGER_TYPES[run.trigger]}"},
        "run_number": run.run_number,
        "duration_in_seconds": run.duration_in_seconds,
        "build_seconds_used": run.build_seconds_used,
        "first_successful": run.first_successful,
        "expired": run.expired,
        "links": {"self": link(address), "steps": link(f"{address}/steps")},
        "has_variables": bool(run.variables),
        "labels": dict(run.labels),
    }


_TRIGGER_TYPES = {"PUSH": "push", "MANUAL": "manual", "SCHEDULED": "schedule", "PARENT_STEP": "parent_step"}


def step(run: Pipeline, entry: Step) -> Json:
    """A step; dates and duration are absent until they are known, the name where it has none (recordings)."""
    shown: Json = {
        "type": "pipeline_step",
        "uuid": entry.uuid,
        "run_number": entry.run_number,
        "pipeline": {"type": "pipeline", "uuid": run.uuid},
        "setup_commands": [_command("user", line) for line in _SETUP],
        "script_commands": [_command("user", line) for line in entry.script],
        "teardown_commands": [
            {
                "commandType": "system",
                "action": "PROCESS_TEST_REPORTS",
                "name": "Process Test Reports",
                "command": 'echo "Processing test reports"',
            }
        ],
        "image": {"name": entry.image},
        "maxTime": entry.max_time,
        "build_seconds_used": entry.build_seconds_used,
        "trigger": {"type": f"pipeline_step_trigger_{entry.trigger}"},
        "state": _step_state(entry),
    }
    if entry.name:
        shown["name"] = entry.name
    # some steps are recorded with nanoseconds, most without: a property of the step, so that it never changes
    nanoseconds = int(entry.uuid[1:9], 16) % 999 + 1 if entry.uuid[1] == "a" else 0
    if entry.started_on is not None:
        shown["started_on"] = timestamps.java_style(entry.started_on, nanoseconds)
    if entry.completed_on is not None:
        shown["completed_on"] = timestamps.java_style(entry.completed_on, nanoseconds)
    if entry.started_on is not None and entry.completed_on is not None:
        shown["duration_in_seconds"] = (entry.completed_on - entry.started_on) // 1_000_000
    return shown


def test_report(entry: Step) -> Json:
    """The counts of a step's tests (shape as reported by clients: no recording, FACTS 5)."""
    statuses = [case.status for case in entry.tests or ()]
    return {
        "number_of_test_cases": len(statuses),
        "number_of_successful_test_cases": statuses.count("PASSED"),
        "number_of_failed_test_cases": statuses.count("FAILED"),
        "number_of_error_test_cases": statuses.count("ERROR"),
        "number_of_skipped_test_cases": statuses.count("SKIPPED"),
        "step_uuid": entry.uuid,
    }


def test_case(case: TestCase) -> Json:
    """One test; its duration is a text (FACTS 5). The ISO 8601 form is a guess: `PT0.123S`, as Java writes it."""
    shown: Json = {
        "uuid": case.uuid,
        "name": case.name,
        "fully_qualified_name": f"{case.package_name}.{case.name}",
        "package_name": case.package_name,
        "status": case.status,
        "duration": f"PT{case.duration / 1_000_000:g}S",
    }
    if case.message is not None:
        shown["reason"] = {"message": case.message, "stack_trace": case.stack_trace}
    return shown


def schedule(entry: Schedule) -> Json:
    """A pipeline schedule (shape from the schema: no recording)."""
    selector: Json = {"type": entry.selector_type}
    if entry.selector_pattern is not None:
        selector["pattern"] = entry.selector_pattern
    return {
        "type": "pipeline_schedule",
        "uuid": entry.uuid,
        "enabled": entry.enabled,
        "target": {
            "type": "pipeline_ref_target",
            "ref_type": "branch",
            "ref_name": entry.ref_name,
            "selector": selector,
        },
        "selector": selector,
        "cron_pattern": entry.cron_pattern,
        "created_on": timestamps.java_style(entry.created_on),
        "updated_on": timestamps.java_style(entry.updated_on),
    }


def _command(kind: str, line: str) -> Json:
    return {"commandType": kind, "name": line, "command": line}


def _pipeline_state(run: Pipeline) -> Json:
    shown = {"name": run.state, "type": f"pipeline_state_{run.state.lower()}"}
    if run.result is not None:
        result: Json = _part("pipeline_state_completed", run.result)
        if run.error is not None:
            # shape of clients that were generated from an earlier schema: no recording
            result["error"] = {"type": "pipeline_error", "key": _PARSE_ERROR, "message": run.error}
        return {**shown, "result": result}
    if run.stage is not None:
        return {**shown, "stage": _part(shown["type"], run.stage)}
    return shown


def _step_state(entry: Step) -> Json:
    shown = {"name": entry.state, "type": f"pipeline_step_state_{entry.state.lower()}"}
    if entry.result is not None:
        return {**shown, "result": _part("pipeline_step_state_completed", entry.result)}
    if entry.stage is not None:
        return {**shown, "stage": _part(shown["type"], entry.stage)}
    return shown


def _part(prefix: str, name: str) -> Json:
    return {"name": name, "type": f"{prefix}_{name.lower()}"}


def _selector(run: Pipeline) -> Json | None:
    """What part of the configuration applies; null until that was read (FACTS 5)."""
    if not run.parsed:
        return None
    shown = {"type": run.target.selector_type}
    return shown if run.target.selector_pattern is None else {**shown, "pattern": run.target.selector_pattern}


def _target(view: View, repo: Repository, run: Pipeline) -> Json:
    target, selector = run.target, _selector(run)
    commit = git.short_commit(view, repo, target.commit)
    if target.kind == "pullrequest":
        request = repo.pull_requests.get(target.pull_request or 0)
        head = target.destination_commit
        return {
            "type": "pipeline_pullrequest_target",
            "source": target.source,
            "destination": target.destination,
            "destination_commit": None if head is None else git.short_commit(view, repo, head[:12]),
            "commit": commit,
            "selector": selector,
            "pullrequest": None if request is None else short_pull_request(view, request),
        }
    if target.kind == "commit":
        return {"type": "pipeline_commit_target", "commit": commit, "selector": selector}
    return {
        "type": "pipeline_ref_target",
        "ref_type": target.ref_type,
        "ref_name": target.ref_name,
        "selector": selector,
        "commit": commit,
    }
