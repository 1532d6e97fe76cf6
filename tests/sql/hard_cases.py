"""Raw rows of things that go differently than one expects, each in a repository of its own."""

from __future__ import annotations

from typing import Any

from bitbucket_source.sync.trailers import trailers

from .raw_tables import Row, Rows
from .small_world import EMPTY

SYNCED = "2026-04-07 12:00:00"


def sha(letter: str) -> str:
    """A hash of 40 characters."""
    return letter * 40


def read(**columns: Any) -> Row:
    """A row as the last sync wrote it."""
    return {"synced_at": SYNCED, **columns}


def repository(name: str) -> Row:
    """A repository of the one workspace."""
    return read(
        uuid=name,
        workspace_uuid="{w}",
        workspace_slug="acme",
        slug=name,
        full_name=f"acme/{name}",
        name=name,
        mainbranch_name="main",
        created_on="2026-01-05 08:00:00",
    )


def merged(repository_uuid: str, number: int, **columns: Any) -> Row:
    """A pull request of Ann's that Bob merged after an hour."""
    return read(
        repository_uuid=repository_uuid,
        id=number,
        state="MERGED",
        author_uuid="{ann}",
        author_type="user",
        closed_by_uuid="{bob}",
        source_branch_name="change",
        destination_branch_name="main",
        **{
            "title": "Change",
            "created_on": "2026-03-03 09:00:00",
            "updated_on": "2026-03-03 10:00:00",
            "closed_on": "2026-03-03 10:00:00",
            **columns,
        },
    )


def commit(repository_uuid: str, letter: str, date: str, message: str = "Change") -> Row:
    """A commit of Ann's."""
    return read(
        repository_uuid=repository_uuid,
        hash=sha(letter),
        date=date,
        message=message,
        author_raw="Ann <ann@example.com>",
        author_user_uuid="{ann}",
    )


def parents(repository_uuid: str, letter: str, *of: str) -> list[Row]:
    """The edges of a commit."""
    return [
        read(repository_uuid=repository_uuid, hash=sha(letter), position=place, parent_hash=sha(parent))
        for place, parent in enumerate(of)
    ]


def deployed(repository_uuid: str, letter: str, day: int, environment: str = "live") -> Row:
    """A successful deployment of a commit."""
    return read(
        repository_uuid=repository_uuid,
        deployment_uuid=f"{repository_uuid} {letter}",
        environment_uuid=environment,
        release_pipeline_uuid=f"run of {letter}",
        commit_hash=sha(letter),
        status="SUCCESSFUL",
        started_on=f"2026-03-{day:02} 12:00:00",
        completed_on=f"2026-03-{day:02} 12:10:00",
    )


def carried(deployment: Row, letter: str) -> Row:
    """A commit that a deployment carried."""
    return read(
        repository_uuid=deployment["repository_uuid"],
        deployment_uuid=deployment["deployment_uuid"],
        started_on=deployment["started_on"],
        environment_uuid=deployment["environment_uuid"],
        hash=sha(letter),
    )


_REVERT = f'Revert "Change"\n\nThis reverts commit {sha("b")}.'
# as `git revert --reference` writes it
_SHORT_REVERT = f'Revert "Change"\n\nThis reverts commit {sha("c")[:9]} (Change, 2026-03-03).'
_REVERTED = [deployed("reverted", letter, day) for day, letter in enumerate("abcd", start=3)]

_STEP: Row = read(repository_uuid="by hand", pipeline_uuid="run", step_uuid="release")

ROWS: Rows = {
    **EMPTY,
    "workspaces": [read(uuid="{w}", slug="acme", name="Acme")],
    "users": [read(uuid=f"{{{name}}}", type="user", display_name=name.title()) for name in ("ann", "bob")],
    "repositories": [repository(name) for name in ("reverted", "by hand", "half read", "source gone")],
    # a is the first; b is reverted by c the day after, c by d
    "commits": [
        *(commit("reverted", letter, f"2026-03-0{day} 09:00:00") for day, letter in enumerate("ab", start=3)),
        commit("reverted", "c", "2026-03-05 09:00:00", _REVERT),
        commit("reverted", "d", "2026-03-06 09:00:00", _SHORT_REVERT),
        *(commit("source gone", letter, "2026-03-02 09:00:00") for letter in "fgh"),
    ],
    "commit_parents": [
        *(row for pair in ("ba", "cb", "dc") for row in parents("reverted", *pair)),
        *(row for pair in ("fa", "gf", "hg") for row in parents("source gone", *pair)),
    ],
    "commit_trailers": [
        read(repository_uuid="reverted", hash=sha(letter), position=place, key=key, value=value)
        for letter, message in (("c", _REVERT), ("d", _SHORT_REVERT))
        for place, (key, value) in enumerate(trailers(message))
    ],
    "environments": [read(repository_uuid="reverted", uuid="live", name="Live", environment_type_name="Production")],
    "deployment_attempts": _REVERTED,
    "deployment_commits": [
        carried(deployment, letter) for deployment, letter in zip(_REVERTED[1:], "bcd", strict=True)
    ],
    # started by hand, failed twice, and went well when somebody ran it a third time
    "pipelines": [
        read(
            repository_uuid="by hand",
            uuid="run",
            build_number=1,
            state_name="COMPLETED",
            state_result_name="SUCCESSFUL",
            target_ref_type="branch",
            target_ref_name="main",
            target_commit_hash=sha("e"),
            created_on="2026-03-03 09:00:00",
            completed_on="2026-03-03 09:31:00",
        )
    ],
    "pipeline_steps": [
        read(
            repository_uuid="by hand",
            pipeline_uuid="run",
            uuid="release",
            position=0,
            name="Release",
            state_name="COMPLETED",
            state_result_name="SUCCESSFUL",
            trigger_type="pipeline_step_trigger_redeploy",
            started_on="2026-03-03 09:30:00",
            completed_on="2026-03-03 09:31:00",
        )
    ],
    "pipeline_step_attempts": [
        {
            **_STEP,
            "status": status,
            "trigger_type": f"pipeline_step_trigger_{trigger}",
            "started_on": f"2026-03-03 09:{minute}:00",
            "completed_on": f"2026-03-03 09:{minute}:50",
        }
        for minute, status, trigger in (
            (10, "FAILED", "manual"),
            (20, "FAILED", "redeploy"),
            (30, "SUCCESSFUL", "redeploy"),
        )
    ],
    # of deleted forks: only the activity tells that the first head was taken as it is, and of the third nothing does
    "pull_requests": [
        merged("half read", 1),
        *(
            merged("source gone", number, merge_commit_hash=sha(letter)[:12])
            for number, letter in enumerate("fgh", start=1)
        ),
    ],
    "pull_request_commits": [
        read(
            repository_uuid="source gone",
            pull_request_id=1,
            hash=sha("f"),
            position=0,
            date="2026-03-02 09:00:00",
            author_raw="Ann <ann@example.com>",
            parent_count=1,
        )
    ],
    "pull_request_activity": [
        read(
            repository_uuid="source gone",
            pull_request_id=number,
            activity_id="update:1",
            kind="update",
            date="2026-03-03 10:00:00",
            user_uuid="{bob}",
            update_state="MERGED",
            source_commit_hash=sha(letter)[:12],
        )
        for number, letter in ((1, "f"), (2, "e"))
    ],
    "sync_runs": [
        # it read from Sunday evening to Tuesday
        {
            "run_id": "long",
            "workspace_slug": "acme",
            "started_at": "2026-04-05 20:00:00",
            "ended_at": SYNCED,
            "exit_code": 0,
        }
    ],
    # the token may not read the settings, and never could
    "sync_errors": [
        {
            "workspace_slug": "acme",
            "table_name": "webhooks",
            "repository": "acme/half read",
            "repository_uuid": "half read",
            "item": "",
            "message": "403",
            "first_seen": "2026-02-01 00:00:00",
            "last_seen": SYNCED,
        }
    ],
}
