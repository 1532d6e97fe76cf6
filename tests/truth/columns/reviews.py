"""What stands below a pull request: its activity, comments, commits, files and tasks."""

from __future__ import annotations

from tests.truth.columns.values import (
    Found,
    Shape,
    account_in_key,
    first_of,
    length,
    moment,
    place,
    position,
    text,
    value,
)

_PULL_REQUEST = ("repository_uuid", "pull_request_id")


def _comment_id(found: Found) -> int | None:
    return found.object["id"] if found.place["kind"] == "comment" else None


TABLES = {
    "pull_request_activity": Shape(
        (*_PULL_REQUEST, "activity_id"),
        {
            "repository_uuid": place("repository_uuid"),
            "pull_request_id": place("pull_request_id"),
            "activity_id": place("activity_id"),
            "kind": place("kind"),
            # a comment has its time and its author under other names
            "date": first_of(moment("date"), moment("created_on")),
            "user_uuid": first_of(text("user.uuid"), text("author.uuid")),
            "update_state": text("state"),
            "update_draft": value("draft"),
            "source_commit_hash": text("source.commit.hash"),
            "destination_branch_name": text("destination.branch.name"),
            "comment_id": _comment_id,
        },
    ),
    "pull_request_activity_reviewers": Shape(
        (*_PULL_REQUEST, "activity_id", "user_uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "pull_request_id": place("pull_request_id"),
            "activity_id": place("activity_id"),
            "user_uuid": account_in_key("user"),
        },
    ),
    "pull_request_comments": Shape(
        (*_PULL_REQUEST, "id"),
        {
            "repository_uuid": place("repository_uuid"),
            "pull_request_id": place("pull_request_id"),
            "id": value("id"),
            "user_uuid": text("user.uuid"),
            "content_raw": text("content.raw"),
            "created_on": moment("created_on"),
            "updated_on": moment("updated_on"),
            "deleted": value("deleted"),
            "pending": value("pending"),
            "parent_id": value("parent.id"),
            "inline_path": text("inline.path"),
            "inline_from": value("inline.from"),
            "inline_to": value("inline.to"),
            "inline_outdated": value("inline.outdated"),
            "resolution_user_uuid": text("resolution.user.uuid"),
            "resolution_created_on": moment("resolution.created_on"),
            "html_url": text("links.html.href"),
        },
    ),
    "pull_request_commits": Shape(
        (*_PULL_REQUEST, "hash"),
        {
            "repository_uuid": place("repository_uuid"),
            "pull_request_id": place("pull_request_id"),
            "hash": text("hash"),
            "position": position,
            "date": moment("date"),
            "author_raw": text("author.raw"),
            "author_user_uuid": text("author.user.uuid"),
            "parent_count": length("parents"),
        },
    ),
    "pull_request_files": Shape(
        (*_PULL_REQUEST, "path"),
        {
            "repository_uuid": place("repository_uuid"),
            "pull_request_id": place("pull_request_id"),
            "path": first_of(text("new.path"), text("old.path")),
            "old_path": text("old.path"),
            "status": text("status"),
            "lines_added": value("lines_added"),
            "lines_removed": value("lines_removed"),
        },
    ),
    "pull_request_tasks": Shape(
        (*_PULL_REQUEST, "id"),
        {
            "repository_uuid": place("repository_uuid"),
            "pull_request_id": place("pull_request_id"),
            "id": value("id"),
            "state": text("state"),
            "content_raw": text("content.raw"),
            "creator_uuid": text("creator.uuid"),
            "comment_id": value("comment.id"),
            "pending": value("pending"),
            "resolved_by_uuid": text("resolved_by.uuid"),
            "resolved_on": moment("resolved_on"),
            "created_on": moment("created_on"),
            "updated_on": moment("updated_on"),
        },
    ),
}
