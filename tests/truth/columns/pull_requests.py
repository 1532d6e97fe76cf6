"""Pull requests and who takes part in them."""

from __future__ import annotations

from tests.truth.columns.values import Shape, account_in_key, moment, place, text, value

TABLES = {
    "pull_requests": Shape(
        ("repository_uuid", "id"),
        {
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
        },
    ),
    "pull_request_participants": Shape(
        ("repository_uuid", "pull_request_id", "user_uuid"),
        {
            "repository_uuid": place("repository_uuid"),
            "pull_request_id": place("pull_request_id"),
            "user_uuid": account_in_key("user"),
            "role": text("role"),
            "approved": value("approved"),
            "state": text("state"),
            "participated_on": moment("participated_on"),
        },
    ),
}
