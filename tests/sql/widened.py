"""Rows that change without what hangs on them: each leads to the facts in a way, and in a repository, of its own."""

from __future__ import annotations

from .hard_rows import carried, commit, deployed, merged, parents, read, repository, sha
from .late_changes import RAW, back, changed
from .raw_tables import Row, Rows
from .small_world import EMPTY

_LISTED: Row = {"author_raw": "Ann <ann@example.com>", "position": 0, "parent_count": 1, "date": "2026-03-02 09:00:00"}
_WITH_A_GRAPH = ("landed", "merged", "by a hotfix", "reverted", "redeployed", "redated")
_DEPLOYED = ("by a hotfix", "of nothing known", "reverted", "redeployed", "redated")
_BY_A_HOTFIX, _OF_NOTHING_KNOWN, _REVERTED, _REDEPLOYED, _REDATED = (
    [deployed(name, letter, day) for day, letter in enumerate("abc", start=2)] for name in _DEPLOYED
)
_ONCE_MORE: Row = {**_REDEPLOYED[1], "deployment_uuid": "once more", "started_on": "2026-03-03 18:00:00"}
_REPOSITORIES = ("landed", "merged", *_DEPLOYED, "run", "step", "attempt")


def _run(name: str, ref: str = "main") -> Row:
    return read(
        repository_uuid=name,
        uuid=f"run of {'b' if name == 'by a hotfix' else name}",
        build_number=1,
        state_name="COMPLETED",
        state_result_name="SUCCESSFUL",
        target_ref_type="branch",
        target_ref_name=ref,
        target_commit_hash=sha("b"),
        created_on="2026-03-03 09:00:00",
        completed_on="2026-03-03 09:30:00",
    )


def _step(name: str) -> Row:
    return read(
        repository_uuid=name,
        pipeline_uuid=f"run of {name}",
        uuid="test",
        position=0,
        name="Test",
        state_name="COMPLETED",
        state_result_name="SUCCESSFUL",
        trigger_type="pipeline_step_trigger_automatic",
        started_on="2026-03-03 09:20:00",
        completed_on="2026-03-03 09:30:00",
    )


ROWS: Rows = {
    **EMPTY,
    "users": [read(uuid="{ann}", type="user"), read(uuid="{bob}", type="user")],
    "repositories": [repository(name) for name in _REPOSITORIES],
    "commits": [
        commit(name, letter, f"2026-03-0{day} 09:00:00")
        for name in _WITH_A_GRAPH
        for day, letter in enumerate("abc", start=1)
    ],
    "commit_parents": [row for name in _WITH_A_GRAPH for pair in ("ba", "cb") for row in parents(name, *pair)],
    "commit_trailers": [
        read(repository_uuid=name, hash=sha("c"), position=0, key="This reverts commit", value=sha("b"))
        for name in ("reverted", "redeployed")
    ],
    "pull_requests": [
        merged("landed", 1, merge_commit_hash=sha("b")[:12], source_commit_hash=sha("f")[:12]),
        merged("merged", 1, state="OPEN", merge_commit_hash=None, closed_on=None),
        merged("of nothing known", 1, state="OPEN", merge_commit_hash=None, closed_on=None),
    ],
    "pull_request_commits": [{**_LISTED, **read(repository_uuid="merged", pull_request_id=1, hash=sha("b"))}],
    "environments": [
        read(repository_uuid=name, uuid="live", name="Live", environment_type_name="Production") for name in _DEPLOYED
    ],
    "deployment_attempts": [
        *_BY_A_HOTFIX,
        *_OF_NOTHING_KNOWN,
        *_REVERTED,
        *_REDEPLOYED,
        {**_ONCE_MORE, "completed_on": "2026-03-03 18:10:00"},
        *_REDATED,
    ],
    "deployment_commits": [
        *(carried(attempt, letter) for attempt, letter in zip(_BY_A_HOTFIX[1:], "bc", strict=True)),
        *(carried(attempt, letter) for attempt, letter in zip(_REDATED[1:], "bc", strict=True)),
        # of what the second one carried, the commit that the third reverts is told late
        *(
            row
            for _, second, third in (_REVERTED, _REDEPLOYED)
            for row in (
                carried(second, "b") | {"deleted_at": "2026-03-05 00:00:00"},
                carried(second, "a"),
                carried(third, "c"),
            )
        ),
    ],
    "pipelines": [_run(name) for name in ("by a hotfix", "run", "step", "attempt")],
    "pipeline_steps": [_step(name) for name in ("run", "step", "attempt")],
}


_IS_B = f"commit_hash = '{sha('b')}'"


def _of(name: str) -> str:
    return f"repository_uuid = '{name}'"


CHANGES = (
    changed("pull_requests", f"merge_commit_hash = '{sha('c')[:12]}'", _of("landed")),
    changed("pull_requests", "state = 'MERGED', closed_on = timestamptz '2026-03-03 10:00:00+00'", _of("merged")),
    changed(
        "pull_requests", "state = 'MERGED', closed_on = timestamptz '2026-03-03 10:00:00+00'", _of("of nothing known")
    ),
    changed("pipelines", "target_ref_name = 'hotfix/pay'", _of("by a hotfix")),
    back("deployment_commits", _of("reverted")),
    back("deployment_commits", _of("redeployed")),
    changed("commits", "date = date - interval '6' hour", f"{_of('redated')} and hash = '{sha('b')}'"),
    changed("pipelines", "state_result_name = 'FAILED'", _of("run")),
    changed("pipeline_steps", "name = 'Tests'", _of("step")),
    f"insert into {RAW}.pipeline_step_attempts"
    " (repository_uuid, pipeline_uuid, step_uuid, status, started_on, completed_on, synced_at)"
    " select repository_uuid, pipeline_uuid, uuid, 'FAILED', started_on - interval '10' minute,"
    f" started_on - interval '5' minute, now() from {RAW}.pipeline_steps where {_of('attempt')}",
)
"""statements"""

MARTS = "bitbucket_marts"
SAID = {
    "the commit it landed as before came through nothing, the one it did land as came through it": (
        f"select short_hash, pull_request_id from {MARTS}.fct_commits where {_of('landed')} order by short_hash"
    ),
    "a commit came through it as soon as it is merged": (
        f"select pull_request_id from {MARTS}.fct_commits where {_of('merged')} and {_IS_B}"
    ),
    "what a run of a hotfix deploys mends": (
        f"select remediation_kind from {MARTS}.fct_deployments where {_of('by a hotfix')} and {_IS_B}"
    ),
    "what nobody knows the commits of carries what was merged before": (
        f"select match_method from {MARTS}.fct_deployments where {_of('of nothing known')} and {_IS_B}"
    ),
    "what was carried is told": f"select commit_count from {MARTS}.fct_deployments where {_of('reverted')} and {_IS_B}",
    "what reverts it mends": (
        f"select remediation_kind from {MARTS}.fct_deployments where {_of('reverted')} and not {_IS_B}"
    ),
    "what reverts it mends, also after it was deployed once more": (
        f"select remediation_kind from {MARTS}.fct_deployments where {_of('redeployed')} and not {_IS_B}"
    ),
    "a commit of another date took longer": (
        f"select median_change_lead_hours from {MARTS}.fct_deployments where {_of('redated')} and {_IS_B}"
    ),
    "a run has another result": f"select result from {MARTS}.fct_pipeline_runs where {_of('run')}",
    "a step has another name": f"select step_name from {MARTS}.fct_pipeline_steps where {_of('step')}",
    "an attempt was told late": f"select count(*) from {MARTS}.fct_pipeline_steps where {_of('attempt')}",
}
"""what each of them has to change"""
