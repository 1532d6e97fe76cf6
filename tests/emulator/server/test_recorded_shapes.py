"""Each kind of object has the keys that real traffic showed, no more and no less.

Real traffic is ../shared/bitbucket/recordings.jsonl. What differs is listed with why. Recordings are many years old in
part: keys that Bitbucket no longer sends are among those that only recordings have.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..client import Client
from .sampled_urls import urls
from .shapes import Shapes, collect
from .test_openapi import ENDPOINTS

# kinds that the emulator sends and nobody recorded: their shape is the schema's or what clients report
UNRECORDED = {
    "NUMBER": "a value in a code insights report: schema",
    "activity (changes_requested)": "FACTS 3: shape by analogy with approval",
    "branches": "a pipeline's selector: FACTS 5",
    "branching_model": "schema",
    "branching_model_settings": "schema",
    "comment_resolution": "schema",
    "commit_comment": "schema",
    "custom": "a pipeline's selector: FACTS 5",
    "default_reviewer_and_type": "schema",
    "deployment_state_completed_failed": "FACTS 6: the status FAILED, by analogy with SUCCESSFUL",
    "download": "FACTS: none, the document has no schema either",
    "effective_repo_branching_model": "schema",
    "group": "schema",
    "pipeline_pullrequest_target": "FACTS 5",
    "pipeline_runner": "schema",
    "pipeline_runner_state": "schema",
    "pipeline_schedule": "FACTS 5",
    "pipeline_schedule_execution_executed": "schema",
    "pipeline_state_completed_error": "shape_stats.txt by analogy",
    "pipeline_state_completed_expired": "shape_stats.txt by analogy",
    "pipeline_state_completed_failed": "shape_stats.txt",
    "pipeline_state_completed_successful": "shape_stats.txt",
    "pipeline_state_in_progress_halted": "shape_stats.txt",
    "pipeline_state_in_progress_running": "FACTS 5",
    "pipeline_state_pending": "FACTS 5",
    "pipeline_state_pending_pending": "FACTS 5",
    "pipeline_step_state_completed_error": "FACTS 5",
    "pipeline_step_state_completed_expired": "FACTS 5",
    "pipeline_step_state_completed_not_run": "FACTS 5",
    "pipeline_step_state_in_progress": "FACTS 5",
    "pipeline_step_state_pending_paused": "FACTS 5",
    "pipeline_step_state_ready": "FACTS 5",
    "pipeline_step_trigger_redeploy": "shape_stats.txt",
    "pipeline_trigger_schedule": "FACTS 5",
    "pipeline_variable": "schema",
    "project (whole)": "schema",
    "project_branching_model": "schema",
    "project_group_permission": "schema",
    "project_user_permission": "schema",
    "pull-requests": "a pipeline's selector: FACTS 5",
    "report": "schema",
    "report_annotation": "schema",
    "repository_group_permission": "schema",
    "repository_inheritance_state": "schema",
    "repository_pipelines_configuration": "schema",
    "repository_user_permission": "schema",
    "tags": "a pipeline's selector: FACTS 5",
}

# (kind, key) that only recordings have
NOT_SENT = {
    ("branch", "links.pullrequest_create"): "2018, drone",
    ("branch", "links.pullrequest_create.href"): "2018, drone",
    ("commit (whole)", "author.raw"): "the fields parameter left the author's type away",
    ("commit (whole)", "author.user"): "the fields parameter left the author's type away",
    ("commit (whole)", "parents[].hash"): "the fields parameter left the parents' type away",
    ("commit (whole)", "parents[].links"): "the fields parameter left the parents' type away",
    ("commit (whole)", "parents[].links.html"): "the fields parameter left the parents' type away",
    ("commit (whole)", "parents[].links.html.href"): "the fields parameter left the parents' type away",
    ("pipeline_ref_target", "selector.type"): "a client's fixture nested the type once more",
    ("pipeline (whole)", "status_code"): "a body that was sent, not received",
    ("pipeline_step", "max_time"): "maxTime, renamed by a client's fixture",
    ("pipeline_step_state_pending", "result"): "added by a client's fixture",
    ("pullrequest (whole)", "merge_commit.hash"): "a client's fixture without the commit's type",
    ("pullrequest_comment", "inline.context_lines"): "sent where the diff was at hand (FACTS 3: optional)",
    ("repository (whole)", "links.issues"): "issues were removed in August 2026 (FACTS 9)",
    ("repository (whole)", "links.issues.href"): "issues were removed in August 2026 (FACTS 9)",
    ("user (short)", "username"): "gone with GDPR in 2019 (FACTS 9)",
    ("user (whole)", "links.followers"): "2018",
    ("user (whole)", "links.followers.href"): "2018",
    ("user (whole)", "links.following"): "2018",
    ("user (whole)", "links.following.href"): "2018",
    ("user (whole)", "website"): "absent since 2024",
    ("workspace (whole)", "links.followers"): "of teams, before workspaces",
    ("workspace (whole)", "links.followers.href"): "of teams, before workspaces",
    ("workspace (whole)", "links.following"): "of teams, before workspaces",
    ("workspace (whole)", "links.following.href"): "of teams, before workspaces",
    ("workspace (whole)", "website"): "of teams, before workspaces",
}

# (kind, key) that only the emulator sends
NOT_RECORDED = {
    (
        "activity (update)",
        "update.changes.description",
    ): "FACTS 3: changes{}; what is in it is recorded for status only",
    ("activity (update)", "update.changes.description.new"): "as above",
    ("activity (update)", "update.changes.description.old"): "as above",
    ("activity (update)", "update.changes.reviewers"): "as above",
    ("activity (update)", "update.changes.status"): "FACTS 3: changes{status{old:open,new:fulfilled}}",
    ("activity (update)", "update.changes.status.new"): "FACTS 3",
    ("activity (update)", "update.changes.status.old"): "FACTS 3",
    ("activity (update)", "update.changes.title"): "as description",
    ("activity (update)", "update.changes.title.new"): "as description",
    ("activity (update)", "update.changes.title.old"): "as description",
    ("deployment_state_completed", "deployer"): "FACTS 6: deployer?",
    ("pipeline (whole)", "labels"): "FACTS 5",
    ("pipeline_step_state_pending", "stage"): "FACTS 5: manual = PENDING + stage PAUSED",
    ("pullrequest (whole)", "queued"): "FACTS 3: newer than 2022",
    ("pullrequest_comment", "parent"): "FACTS 3: parent?{id,links}",
    ("pullrequest_comment", "parent.id"): "FACTS 3",
    ("pullrequest_comment", "parent.links"): "FACTS 3",
    ("pullrequest_comment", "parent.links.html"): "FACTS 3",
    ("pullrequest_comment", "parent.links.html.href"): "FACTS 3",
    ("pullrequest_comment", "parent.links.self"): "FACTS 3",
    ("pullrequest_comment", "parent.links.self.href"): "FACTS 3",
    ("pullrequest_comment", "resolution"): "FACTS 3: resolution?",
    ("task", "comment"): "FACTS 3: comment?{id,links}",
    ("task", "comment.id"): "FACTS 3",
    ("task", "comment.links"): "FACTS 3",
    ("task", "comment.links.self"): "FACTS 3",
    ("task", "comment.links.self.href"): "FACTS 3",
    ("task", "pending"): "FACTS 3",
    ("workspace_membership", "added_on"): "of permissions: shape_stats.txt",
    ("workspace_membership", "last_accessed"): "of permissions: schema",
    ("workspace_membership", "permission"): "of permissions: schema",
}

# (kind, key, kind of value) that only the emulator sends
OTHER_VALUES = {
    ("activity (update)", "update.author", "null"): "FACTS 10: deleted accounts",
    ("activity (update)", "update.author", "object app_user"): "recorded as author of a pull request",
    ("branchrestriction", "value", "number"): "schema: how many approvals",
    ("deployment_state_completed", "status", "object deployment_state_completed_failed"): "FACTS 6",
    ("diffstat", "new", "null"): "FACTS 3: removed files",
    ("participant", "state", "null"): "FACTS 3",
    ("pipeline (whole)", "creator", "null"): "FACTS 10: schedules and deleted accounts",
    ("pipeline (whole)", "creator", "object app_user"): "recorded as author of a pull request",
    ("pipeline (whole)", "target", "object pipeline_pullrequest_target"): "FACTS 5",
    ("pipeline (whole)", "trigger", "object pipeline_trigger_schedule"): "FACTS 5",
    ("pipeline_ref_target", "selector", "object branches"): "FACTS 5",
    ("pipeline_ref_target", "selector", "object custom"): "FACTS 5",
    ("pipeline_ref_target", "selector", "object tags"): "FACTS 5",
    ("pipeline_state_completed", "result", "object pipeline_state_completed_error"): "FACTS 5",
    ("pipeline_state_completed", "result", "object pipeline_state_completed_expired"): "FACTS 5",
    ("pipeline_state_completed", "result", "object pipeline_state_completed_failed"): "shape_stats.txt",
    ("pipeline_state_completed", "result", "object pipeline_state_completed_successful"): "shape_stats.txt",
    ("pullrequest (whole)", "author", "null"): "FACTS 10: deleted accounts",
    ("pullrequest_comment", "user", "null"): "FACTS 10: deleted accounts",
    ("repository (whole)", "mainbranch", "null"): "FACTS 10: empty repositories",
    ("repository (whole)", "parent", "object repository"): "FACTS 10: forks",
    ("tag", "date", "null"): "FACTS 10: lightweight",
    ("tag", "message", "null"): "FACTS 10: lightweight",
    ("tag", "tagger", "null"): "FACTS 10: lightweight",
}


@pytest.fixture(scope="module")
def recorded(shared: Path) -> Shapes:
    """Shapes in answers; webhooks and fixtures in camel case are other things."""
    bodies = []
    for line in (shared / "recordings.jsonl").read_text().splitlines():
        recording = json.loads(line)
        name = (recording["file"] or "").lower()
        if not any(word in name for word in ("webhook", "event", "-response")):
            bodies.append(_body(recording["body"]))
    return collect(bodies)


def _body(body: Any) -> Any:
    """A body; some were kept as text with single quotes, which YAML reads where JSON does not, some cut off."""
    if not (isinstance(body, dict) and "__text__" in body):
        return body
    try:
        return yaml.safe_load(body["__text__"])
    except yaml.YAMLError:
        return None


@pytest.fixture(scope="module")
def sent(company: Client) -> Shapes:
    """Shapes in the emulator's answers, of all endpoints."""
    bodies = []
    for endpoint in ENDPOINTS:
        for url in urls(company.emulator.world, endpoint.path):
            response = company.get(f"{url}?pagelen=50", auth=("admin@example.org", "emulator-api-token"))
            if response.status_code == 200 and "json" in response.headers["Content-Type"]:
                bodies.append(response.json())
    return collect(bodies)


def test_kinds_without_recording_are_known(recorded: Shapes, sent: Shapes) -> None:
    assert sorted(sent.keys() - recorded.keys() - UNRECORDED.keys()) == []
    assert sorted(UNRECORDED.keys() & recorded.keys()) == []


def test_every_recorded_key_is_sent(recorded: Shapes, sent: Shapes) -> None:
    missing = {
        (kind, key) for kind in recorded.keys() & sent.keys() for key in recorded[kind].keys() - sent[kind].keys()
    }
    assert sorted(missing - NOT_SENT.keys()) == []
    assert sorted(NOT_SENT.keys() - missing) == []  # nothing is excused that is not missing


def test_every_key_that_is_sent_was_recorded(recorded: Shapes, sent: Shapes) -> None:
    added = {(kind, key) for kind in recorded.keys() & sent.keys() for key in sent[kind].keys() - recorded[kind].keys()}
    assert sorted(added - NOT_RECORDED.keys()) == []


def test_values_are_of_the_recorded_kinds(recorded: Shapes, sent: Shapes) -> None:
    other = {
        (kind, key, value)
        for kind in recorded.keys() & sent.keys()
        for key in recorded[kind].keys() & sent[kind].keys()
        for value in sent[kind][key] - recorded[kind][key]
    }
    assert sorted(other - OTHER_VALUES.keys()) == []
