"""Raw rows of things that go differently than one expects, each in a repository of its own."""

from __future__ import annotations

from msgspec import json

from bitbucket_source.sync.deployment_commits import CarriedCursor
from bitbucket_source.sync.trailers import trailers

from .hard_rows import SYNCED, carried, commit, deployed, merged, parents, read, repository, sha
from .raw_tables import Row, Rows
from .small_world import EMPTY

_REVERT = f'Revert "Change"\n\nThis reverts commit {sha("b")}.'
# as `git revert --reference` writes it
_SHORT_REVERT = f'Revert "Change"\n\nThis reverts commit {sha("c")[:9]} (Change, 2026-03-03).'
_REVERTED = [deployed("reverted", letter, day) for day, letter in enumerate("abcd", start=3)]

# k squashed what pull request 2 listed, j is the head of pull request 1: both are no longer in Bitbucket
_WITHDRAWN = [deployed("withdrawn", letter, day) for day, letter in ((3, "i"), (4, "k"))]

# between what the two deploy, a commit is not stored: nobody knows what the second carried
_WAITING = [deployed("waiting", letter, day) for day, letter in ((3, "m"), (4, "n"))]
_CURSOR = CarriedCursor(waiting=((_WAITING[1]["deployment_uuid"], "2026-03-04T12:00:00+00:00"),), missing=(sha("o"),))

_STEP: Row = read(repository_uuid="by hand", pipeline_uuid="run", step_uuid="release")

ROWS: Rows = {
    **EMPTY,
    "workspaces": [read(uuid=f"{{{slug}}}", slug=slug, name=slug.title()) for slug in ("acme", "beta")],
    "users": [read(uuid=f"{{{name}}}", type="user", display_name=name.title()) for name in ("ann", "bob")],
    "repositories": [
        *(repository(name) for name in ("reverted", "by hand", "half read", "source gone", "withdrawn", "head untold")),
        repository("waiting"),
        repository("stale", "beta"),
    ],
    # a is the first; b is reverted by c the day after, c by d
    "commits": [
        *(commit("reverted", letter, f"2026-03-0{day} 09:00:00") for day, letter in enumerate("ab", start=3)),
        commit("reverted", "c", "2026-03-05 09:00:00", _REVERT),
        commit("reverted", "d", "2026-03-06 09:00:00", _SHORT_REVERT),
        *(commit("source gone", letter, "2026-03-02 09:00:00") for letter in "fgh"),
        *(commit("withdrawn", letter, f"2026-03-0{day} 09:00:00") for day, letter in enumerate("ijk", start=1)),
        *(commit("waiting", letter, "2026-03-02 09:00:00") for letter in "mn"),
    ],
    "commit_parents": [
        *(row for pair in ("ba", "cb", "dc") for row in parents("reverted", *pair)),
        *(row for pair in ("fa", "gf", "hg") for row in parents("source gone", *pair)),
        *(row for pair in ("ji", "kj") for row in parents("withdrawn", *pair)),
        *parents("waiting", "n", "o"),
    ],
    "commit_trailers": [
        read(repository_uuid="reverted", hash=sha(letter), position=place, key=key, value=value)
        for letter, message in (("c", _REVERT), ("d", _SHORT_REVERT))
        for place, (key, value) in enumerate(trailers(message))
    ],
    "environments": [
        read(repository_uuid=name, uuid="live", name="Live", environment_type_name="Production")
        for name in ("reverted", "withdrawn", "waiting")
    ],
    "deployment_attempts": [*_REVERTED, *_WITHDRAWN, *_WAITING],
    "deployment_commits": [
        *(carried(deployment, letter) for deployment, letter in zip(_REVERTED[1:], "bcd", strict=True)),
        *(carried(_WITHDRAWN[1], letter) for letter in "jk"),
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
        *(
            merged("withdrawn", number, merge_commit_hash=sha(landed)[:12], source_commit_hash=sha(head)[:12])
            | {"deleted_at": "2026-03-20 00:00:00"}
            for number, landed, head in ((1, "j", "j"), (2, "k", "l"))
        ),
        merged("head untold", 1, closed_on="2026-03-03 20:00:00"),
        merged("stale", 1, created_on="2026-03-16 09:00:00", closed_on="2026-03-17 09:00:00"),
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
        ),
        *(
            read(
                repository_uuid="withdrawn",
                pull_request_id=number,
                hash=sha(letter),
                position=0,
                date="2026-03-02 09:00:00",
                author_raw="Ann <ann@example.com>",
                parent_count=1,
            )
            for number, letter in ((1, "j"), (2, "l"))
        ),
    ],
    "pull_request_activity": [
        *(
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
        ),
        *(
            read(
                repository_uuid="head untold",
                pull_request_id=1,
                activity_id=f"update:{hour}",
                kind="update",
                date=f"2026-03-03 {hour:02}:00:00",
                user_uuid="{ann}",
                update_state="OPEN",
                source_commit_hash=head,
            )
            for hour, head in ((9, "1" * 12), (10, None), (12, "2" * 12))
        ),
        *(
            read(
                repository_uuid=name,
                pull_request_id=1,
                activity_id="approval:1",
                kind="approval",
                date=f"2026-03-{day:02} 11:00:00",
                user_uuid="{bob}",
            )
            for name, day in (("head untold", 3), ("stale", 16))
        ),
    ],
    "sync_cursors": [
        read(repository_uuid="waiting", table_name="deployment_commits", cursor=json.encode(_CURSOR).decode())
    ],
    "sync_runs": [
        # it read from Sunday evening to Tuesday
        {
            "run_id": "long",
            "workspace_slug": "acme",
            "started_at": "2026-04-05 20:00:00",
            "ended_at": SYNCED,
            "exit_code": 0,
        },
        {
            "run_id": "of another workspace, and none since",
            "workspace_slug": "beta",
            "started_at": "2026-03-18 11:00:00",
            "ended_at": "2026-03-18 12:00:00",
            "exit_code": 0,
        },
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
