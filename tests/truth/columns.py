"""Table by table: how each column follows from Bitbucket's JSON. Written by hand, from `docs/tables.md`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.truth.asking import Json


@dataclass(frozen=True)
class Found:
    """An object of the API, and where it was found."""

    object: Json
    place: Mapping[str, Any] = field(default_factory=dict)
    position: int = 0


Value = Callable[[Found], Any]


def value(path: str) -> Value:
    """What stands at a dotted path, as it is; null where something on the way is null or absent."""

    def read(found: Found) -> Any:
        current: Any = found.object
        for step in path.split("."):
            current = None if current is None else current.get(step)
        return current

    return read


def text(path: str) -> Value:
    """A text; NUL is U+FFFD, because most databases refuse it."""
    whole = value(path)

    def read(found: Found) -> Any:
        read_text = whole(found)
        return None if read_text is None else read_text.replace("\0", "\N{REPLACEMENT CHARACTER}")

    return read


def moment(path: str) -> Value:
    """A point in time."""
    whole = value(path)

    def read(found: Found) -> datetime | None:
        written = whole(found)
        return None if written is None else moment_of(written)

    return read


def moment_of(written: str) -> datetime:
    """A timestamp in any of Bitbucket's forms (FACTS 10), in UTC, its seconds cut after six digits."""
    match = re.fullmatch(r"(.{10}T.{8})(?:\.(\d+))?(?:Z|([+-])(\d\d):?(\d\d))?", written)
    assert match, f"no timestamp: {written}"
    seconds, fraction, sign, hours, minutes = match.groups()
    local = datetime.strptime(seconds, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    return local - offset + timedelta(microseconds=int((fraction or "").ljust(6, "0")[:6]))


def place(name: str) -> Value:
    """What is known from where the object was found."""
    return lambda found: found.place[name]


def position(found: Found) -> int:
    """Where in its list the object stood, from 0."""
    return found.position


def clone_url(protocol: str) -> Value:
    """The address to clone from by this protocol."""

    def read(found: Found) -> Any:
        return next((link["href"] for link in found.object["links"]["clone"] if link["name"] == protocol), None)

    return read


def account_in_key(path: str) -> Value:
    """The account at a path; '' where it is gone, because a key holds no null."""
    uuid = value(f"{path}.uuid")
    return lambda found: uuid(found) or ""


WORKSPACES: dict[str, Value] = {
    "uuid": text("uuid"),
    "slug": text("slug"),
    "name": text("name"),
    "is_private": value("is_private"),
    "forking_mode": text("forking_mode"),
    "created_on": moment("created_on"),
    "html_url": text("links.html.href"),
}

PROJECTS: dict[str, Value] = {
    "uuid": text("uuid"),
    "workspace_uuid": place("workspace_uuid"),
    "workspace_slug": place("workspace_slug"),
    "key": text("key"),
    "name": text("name"),
    "description": text("description"),
    "is_private": value("is_private"),
    "created_on": moment("created_on"),
    "updated_on": moment("updated_on"),
    "html_url": text("links.html.href"),
}

WORKSPACE_MEMBERS: dict[str, Value] = {
    "workspace_uuid": place("workspace_uuid"),
    "workspace_slug": place("workspace_slug"),
    "user_uuid": text("user.uuid"),
}

USERS: dict[str, Value] = {
    "uuid": text("uuid"),
    "type": text("type"),
    "account_id": text("account_id"),
    "nickname": text("nickname"),
    "display_name": text("display_name"),
}

REPOSITORIES: dict[str, Value] = {
    "uuid": text("uuid"),
    "workspace_uuid": text("workspace.uuid"),
    "workspace_slug": text("workspace.slug"),
    "slug": text("slug"),
    "full_name": text("full_name"),
    "name": text("name"),
    "description": text("description"),
    "is_private": value("is_private"),
    "scm": text("scm"),
    "project_key": text("project.key"),
    "mainbranch_name": text("mainbranch.name"),
    "language": text("language"),
    "size": value("size"),
    "fork_policy": text("fork_policy"),
    "parent_uuid": text("parent.uuid"),
    "clone_https": clone_url("https"),
    "clone_ssh": clone_url("ssh"),
    "html_url": text("links.html.href"),
    "created_on": moment("created_on"),
    "updated_on": moment("updated_on"),
}

BRANCHES: dict[str, Value] = {
    "repository_uuid": place("repository_uuid"),
    "name": text("name"),
    "target_hash": text("target.hash"),
    "target_date": moment("target.date"),
    "default_merge_strategy": text("default_merge_strategy"),
    "merge_strategies": value("merge_strategies"),
}

TAGS: dict[str, Value] = {
    "repository_uuid": place("repository_uuid"),
    "name": text("name"),
    "target_hash": text("target.hash"),
    "target_date": moment("target.date"),
    "date": moment("date"),
    "message": text("message"),
    "tagger_raw": text("tagger.raw"),
    "tagger_user_uuid": text("tagger.user.uuid"),
}

COMMITS: dict[str, Value] = {
    "repository_uuid": place("repository_uuid"),
    "hash": text("hash"),
    "date": moment("date"),
    "author_raw": text("author.raw"),
    "author_user_uuid": text("author.user.uuid"),
    "message": text("message"),
}

COMMIT_PARENTS: dict[str, Value] = {
    "repository_uuid": place("repository_uuid"),
    "hash": place("hash"),
    "position": position,
    "parent_hash": text("hash"),
}

PULL_REQUESTS: dict[str, Value] = {
    "repository_uuid": place("repository_uuid"),
    "id": value("id"),
    "title": text("title"),
    "description": text("description"),
    "state": text("state"),
    "draft": value("draft"),
    "queued": value("queued"),
    "reason": text("reason"),
    "author_uuid": text("author.uuid"),
    "author_type": text("author.type"),
    "source_branch_name": text("source.branch.name"),
    "source_commit_hash": text("source.commit.hash"),
    "source_repository_uuid": text("source.repository.uuid"),
    "destination_branch_name": text("destination.branch.name"),
    "destination_commit_hash": text("destination.commit.hash"),
    "merge_commit_hash": text("merge_commit.hash"),
    "close_source_branch": value("close_source_branch"),
    "closed_by_uuid": text("closed_by.uuid"),
    "comment_count": value("comment_count"),
    "task_count": value("task_count"),
    "created_on": moment("created_on"),
    "updated_on": moment("updated_on"),
    "closed_on": moment("closed_on"),
    "html_url": text("links.html.href"),
}

PULL_REQUEST_PARTICIPANTS: dict[str, Value] = {
    "repository_uuid": place("repository_uuid"),
    "pull_request_id": place("pull_request_id"),
    "user_uuid": account_in_key("user"),
    "role": text("role"),
    "approved": value("approved"),
    "state": text("state"),
    "participated_on": moment("participated_on"),
}

PIPELINES: dict[str, Value] = {
    "repository_uuid": place("repository_uuid"),
    "uuid": text("uuid"),
    "build_number": value("build_number"),
    "run_number": value("run_number"),
    "creator_uuid": text("creator.uuid"),
    "state_name": text("state.name"),
    "state_stage_name": text("state.stage.name"),
    "state_result_name": text("state.result.name"),
    "state_result_error_message": text("state.result.error.message"),
    "target_type": text("target.type"),
    "target_ref_type": text("target.ref_type"),
    "target_ref_name": text("target.ref_name"),
    "target_commit_hash": text("target.commit.hash"),
    "target_selector_type": text("target.selector.type"),
    "target_selector_pattern": text("target.selector.pattern"),
    "target_source": text("target.source"),
    "target_destination": text("target.destination"),
    "target_pullrequest_id": value("target.pullrequest.id"),
    "trigger_name": text("trigger.name"),
    "trigger_type": text("trigger.type"),
    "build_seconds_used": value("build_seconds_used"),
    "duration_in_seconds": value("duration_in_seconds"),
    "first_successful": value("first_successful"),
    "expired": value("expired"),
    "has_variables": value("has_variables"),
    "created_on": moment("created_on"),
    "completed_on": moment("completed_on"),
}

PIPELINE_STEPS: dict[str, Value] = {
    "repository_uuid": place("repository_uuid"),
    "pipeline_uuid": place("pipeline_uuid"),
    "uuid": text("uuid"),
    "position": position,
    "name": text("name"),
    "run_number": value("run_number"),
    "state_name": text("state.name"),
    "state_stage_name": text("state.stage.name"),
    "state_result_name": text("state.result.name"),
    "trigger_type": text("trigger.type"),
    "image_name": text("image.name"),
    "max_time": value("maxTime"),
    "build_seconds_used": value("build_seconds_used"),
    "duration_in_seconds": value("duration_in_seconds"),
    "started_on": moment("started_on"),
    "completed_on": moment("completed_on"),
}

COLUMNS: dict[str, dict[str, Value]] = {
    "workspaces": WORKSPACES,
    "projects": PROJECTS,
    "workspace_members": WORKSPACE_MEMBERS,
    "users": USERS,
    "repositories": REPOSITORIES,
    "branches": BRANCHES,
    "tags": TAGS,
    "commits": COMMITS,
    "commit_parents": COMMIT_PARENTS,
    "pull_requests": PULL_REQUESTS,
    "pull_request_participants": PULL_REQUEST_PARTICIPANTS,
    "pipelines": PIPELINES,
    "pipeline_steps": PIPELINE_STEPS,
}
"""Every column of every table, but `deleted_at` and `synced_at`, which Bitbucket does not have."""

KEYS: dict[str, tuple[str, ...]] = {
    "workspaces": ("uuid",),
    "projects": ("uuid",),
    "workspace_members": ("workspace_uuid", "user_uuid"),
    "users": ("uuid",),
    "repositories": ("uuid",),
    "branches": ("repository_uuid", "name"),
    "tags": ("repository_uuid", "name"),
    "commits": ("repository_uuid", "hash"),
    "commit_parents": ("repository_uuid", "hash", "position"),
    "pull_requests": ("repository_uuid", "id"),
    "pull_request_participants": ("repository_uuid", "pull_request_id", "user_uuid"),
    "pipelines": ("repository_uuid", "uuid"),
    "pipeline_steps": ("repository_uuid", "pipeline_uuid", "uuid"),
}
