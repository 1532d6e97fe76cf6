"""Raw rows of what happens seldom and was counted wrongly once, each in a repository of its own."""

from __future__ import annotations

from .hard_rows import SYNCED, carried, commit, deployed, merged, parents, read, repository, sha
from .raw_tables import Row, Rows
from .small_world import EMPTY

# b is bad: somebody deploys it once more, then c, which reverts it
_DEPLOYED = [deployed("redeployed", letter, day) for day, letter in enumerate("abc", start=3)]
_AGAIN: Row = {
    **_DEPLOYED[1],
    "deployment_uuid": "redeployed b again",
    "release_pipeline_uuid": "run of b again",
    "started_on": "2026-03-04 18:00:00",
    "completed_on": "2026-03-04 18:10:00",
}


def _update(repository_uuid: str, number: int, hour: int, *, is_draft: bool, head: str = "1") -> Row:
    return read(
        repository_uuid=repository_uuid,
        pull_request_id=number,
        activity_id=f"update:{hour}",
        kind="update",
        date=f"2026-03-03 {hour:02}:00:00",
        user_uuid="{ann}",
        update_state="OPEN",
        update_draft=is_draft,
        source_commit_hash=head * 12,
    )


def _said(repository_uuid: str, number: int, hour: int, kind: str = "approval") -> Row:
    return read(
        repository_uuid=repository_uuid,
        pull_request_id=number,
        activity_id=f"{kind}:{hour}",
        kind=kind,
        date=f"2026-03-03 {hour:02}:00:00",
        user_uuid="{bob}",
    )


def _still_open(repository_uuid: str, number: int) -> Row:
    return {**merged(repository_uuid, number, state="OPEN", closed_on=None), "closed_by_uuid": None}


ROWS: Rows = {
    **EMPTY,
    "workspaces": [read(uuid="{acme}", slug="acme", name="Acme")],
    "users": [read(uuid=f"{{{name}}}", type="user", display_name=name.title()) for name in ("ann", "bob")],
    "repositories": [repository(name) for name in ("redeployed", "handed over", "told twice")],
    "commits": [commit("redeployed", letter, f"2026-03-0{day} 09:00:00") for day, letter in enumerate("abc", start=3)],
    "commit_parents": [row for pair in ("ba", "cb") for row in parents("redeployed", *pair)],
    "commit_trailers": [
        read(repository_uuid="redeployed", hash=sha("c"), position=0, key="This reverts commit", value=sha("b"))
    ],
    "environments": [read(repository_uuid="redeployed", uuid="live", name="Live", environment_type_name="Production")],
    "deployment_attempts": [*_DEPLOYED, _AGAIN],
    "deployment_commits": [carried(_DEPLOYED[1], "b"), carried(_DEPLOYED[2], "c")],
    # drafts that Bob looked at until Ann took them back out at 11; the third was pushed to at 10
    "pull_requests": [*(_still_open("handed over", number) for number in (1, 2, 3, 4)), merged("told twice", 1)],
    "pull_request_activity": [
        *(
            row
            for number in (1, 2, 4)
            for row in (
                _update("handed over", number, 8, is_draft=True),
                _said("handed over", number, 9, "approval" if number == 2 else "changes_requested"),
                _update("handed over", number, 11, is_draft=False),
            )
        ),
        _said("handed over", 4, 12, "changes_requested"),
        _update("handed over", 3, 8, is_draft=True),
        _said("handed over", 3, 9, "changes_requested"),
        _update("handed over", 3, 10, is_draft=True, head="2"),
        _update("handed over", 3, 11, is_draft=False, head="2"),
        # the column was not loaded yet when this was read
        {**_said("told twice", 1, 9, "comment"), "activity_id": "comment:7", "comment_id": None},
    ],
    "pull_request_comments": [
        read(
            repository_uuid="told twice",
            pull_request_id=1,
            id=7,
            user_uuid="{bob}",
            created_on="2026-03-03 09:00:00",
            inline_path="a.py",
        )
    ],
    "sync_runs": [
        {
            "run_id": "whole",
            "workspace_slug": "acme",
            "started_at": "2026-04-07 11:00:00",
            "ended_at": SYNCED,
            "exit_code": 0,
        }
    ],
}
