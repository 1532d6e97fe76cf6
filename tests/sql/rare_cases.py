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


MANY = range(1, 401)
"""pull requests of one commit each, which one of forty releases carries with their merge: in two ways"""


def _hash(number: int, *, is_merge: bool = False) -> str:
    return f"{number + 4096 * is_merge:012x}".ljust(40, "0")


_RELEASES: list[Row] = [
    deployed("many", "a", 2) | {"deployment_uuid": "0", "started_on": "2026-03-02 00:00:00"},
    *(
        deployed("many", "a", 3 + release // 24)
        | {
            "deployment_uuid": str(release + 1),
            "commit_hash": _hash(release * 10 + 10, is_merge=True),
            "started_on": f"2026-03-{3 + release // 24:02} {release % 24:02}:00:00",
            "completed_on": f"2026-03-{3 + release // 24:02} {release % 24:02}:10:00",
        }
        for release in range(40)
    ),
]

# c was squashed as d by pull request 1 into the branch of 2, that as e, and that as f by 3, a release train
_TRAIN = [deployed("stacked", letter, day) for day, letter in ((3, "a"), (4, "f"))]
_LISTED = ((1, "c"), (2, "b"), (2, "d"), (3, "e"))
_LANDED = ((1, "d"), (2, "e"), (3, "f"))

ROWS: Rows = {
    **EMPTY,
    "workspaces": [read(uuid="{acme}", slug="acme", name="Acme")],
    "users": [read(uuid=f"{{{name}}}", type="user", display_name=name.title()) for name in ("ann", "bob")],
    "repositories": [
        repository(name) for name in ("redeployed", "handed over", "told twice", "still a draft", "many", "stacked")
    ],
    "commits": [
        *(commit("redeployed", letter, f"2026-03-0{day} 09:00:00") for day, letter in enumerate("abc", start=3)),
        *(commit("stacked", letter, "2026-03-03 09:00:00") for letter in "aef"),
        *(
            commit("many", "a", "2026-03-01 09:00:00") | {"hash": _hash(number, is_merge=is_merge)}
            for number in MANY
            for is_merge in (False, True)
        ),
    ],
    "commit_parents": [
        *(row for pair in ("ea", "fa") for row in parents("stacked", *pair)),
        *(row for pair in ("ba", "cb") for row in parents("redeployed", *pair)),
        *(row | {"hash": _hash(number, is_merge=True)} for number in MANY for row in parents("many", "a", "b", "c")),
    ],
    "commit_trailers": [
        read(repository_uuid="redeployed", hash=sha("c"), position=0, key="This reverts commit", value=sha("b"))
    ],
    "environments": [
        read(repository_uuid=name, uuid="live", name="Live", environment_type_name="Production")
        for name in ("redeployed", "many", "stacked")
    ],
    "deployment_attempts": [*_DEPLOYED, _AGAIN, *_RELEASES, *_TRAIN],
    "deployment_commits": [
        carried(_TRAIN[1], "f"),
        carried(_DEPLOYED[1], "b"),
        carried(_DEPLOYED[2], "c"),
        *(
            carried(_RELEASES[1 + (number - 1) // 10], "a") | {"hash": _hash(number, is_merge=is_merge)}
            for number in MANY
            for is_merge in (False, True)
        ),
    ],
    "pull_request_commits": [
        *(
            read(
                repository_uuid="stacked",
                pull_request_id=number,
                hash=sha(letter),
                position=0,
                date="2026-03-03 08:00:00",
                author_raw="Ann <ann@example.com>",
                parent_count=1,
            )
            for number, letter in _LISTED
        ),
        *(
            read(
                repository_uuid="many",
                pull_request_id=number,
                hash=_hash(number),
                position=0,
                date="2026-03-01 09:00:00",
                author_raw="Ann <ann@example.com>",
                parent_count=1,
            )
            for number in MANY
        ),
    ],
    # drafts that Bob looked at until Ann took them back out at 11; the third was pushed to at 10
    "pull_requests": [
        *(_still_open("handed over", number) for number in (1, 2, 3, 4)),
        merged("told twice", 1),
        {**_still_open("still a draft", 1), "draft": True},
        *(
            merged(
                "stacked",
                number,
                merge_commit_hash=sha(letter)[:12],
                source_commit_hash=sha(head)[:12],
                closed_on=f"2026-03-03 1{number}:00:00",
            )
            for (number, letter), head in zip(_LANDED, "cde", strict=True)
        ),
        *(merged("many", number, merge_commit_hash=_hash(number, is_merge=True)[:12]) for number in MANY),
    ],
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
        _update("still a draft", 1, 8, is_draft=True),
        _said("still a draft", 1, 12, "changes_requested"),
        # the column was not loaded yet when this was read
        {**_said("told twice", 1, 9, "comment"), "activity_id": "comment:7", "comment_id": None},
    ],
    "pull_request_activity_reviewers": [
        read(repository_uuid="still a draft", pull_request_id=1, activity_id="update:8", user_uuid="{bob}")
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


def _run(number: int, day: int) -> Row:
    return read(
        repository_uuid="priced",
        uuid=f"run {number}",
        build_number=number,
        state_name="COMPLETED",
        state_result_name="SUCCESSFUL",
        target_ref_type="branch",
        target_ref_name="main",
        target_commit_hash=sha("a"),
        created_on=f"2026-03-{day:02} 09:00:00",
        completed_on=f"2026-03-{day:02} 10:00:00",
    )


def _step(number: int, day: int, name: str) -> Row:
    return read(
        repository_uuid="priced",
        pipeline_uuid=f"run {number}",
        uuid=f"{name} {number}",
        position=0,
        name=name,
        state_name="COMPLETED",
        state_result_name="SUCCESSFUL",
        trigger_type="pipeline_step_trigger_automatic",
        build_seconds_used=600,
        started_on=f"2026-03-{day:02} 09:00:00",
        completed_on=f"2026-03-{day:02} 09:10:00",
    )


_WITH_INCIDENTS = [deployed("with incidents", letter, day) for day, letter in enumerate("abc", start=3)]

SEEDS = {
    # as somebody types them
    "bitbucket_identities": ("email,user_uuid", "Ann@Home.example,{ann}", "ann@home.example,{ann}"),
    "bitbucket_environment_kinds": (
        "repository_pattern,environment_pattern,environment_kind,priority",
        "%,live,Production,1",
    ),
    "bitbucket_step_prices": (
        "step_pattern,price_per_minute,currency,priority,source",
        "build,0.01,USD,1,list",
        "release,0.02,EUR,1,list",
        "lint,0.05,USD,1,list",
    ),
    # the first while the deployment at fault went on, the second after it; of the third nobody says which one it was
    "bitbucket_incidents": (
        "incident_id,repository_full_name,deployment_uuid,started_at,resolved_at",
        "during,,with incidents a,2026-03-03 12:05:00,2026-03-03 13:10:00",
        "after,,with incidents b,2026-03-04 13:00:00,2026-03-04 14:10:00",
        "of the last,acme/with incidents,,2026-03-05 13:00:00,2026-03-05 13:10:00",
    ),
}
"""seeds of a project's own"""

ROWS_OF_SEEDS: Rows = {
    **ROWS,
    "repositories": [repository(name) for name in ("of home", "with incidents", "priced")],
    "commits": [
        commit("of home", "a", "2026-03-03 09:00:00") | {"author_raw": "A <ann@home.example>", "author_user_uuid": None}
    ],
    "environments": [read(repository_uuid="with incidents", uuid="live", name="Live", environment_type_name="Test")],
    "deployment_attempts": _WITH_INCIDENTS,
    # a week of dollars alone, and one of dollars, euros, and both in a run
    "pipelines": [_run(number, day) for number, day in ((1, 2), (2, 10), (3, 11), (4, 12))],
    "pipeline_steps": [
        _step(1, 2, "build"),
        _step(2, 10, "build"),
        _step(3, 11, "release"),
        _step(4, 12, "build"),
        _step(4, 12, "release"),
        _step(1, 2, "lint"),
    ],
    **dict.fromkeys(
        (
            "commit_parents",
            "commit_trailers",
            "deployment_commits",
            "pull_requests",
            "pull_request_activity",
            "pull_request_activity_reviewers",
            "pull_request_comments",
            "pull_request_commits",
        ),
        (),
    ),
}
