"""What people and machines do to the things that are synced only where somebody asks for them."""

from __future__ import annotations

from bitbucket_emulator.world.model import World
from tests.truth.changing import Change, a_comment, all_of, ann, bob, cleo, does, failed_run, refunds
from tests.truth.company import FEATURE, STALE, home, newest_pipeline, pull_request


def _restriction(world: World) -> int:
    return next(iter(home(world).branch_restrictions))


def _webhook(world: World) -> str:
    return next(iter(home(world).webhooks))


def _schedule(world: World) -> str:
    return next(iter(home(world).schedules))


def _group(world: World) -> str:
    return world.groups[0].slug


def _task(world: World) -> int:
    return next(iter(pull_request(world, "Refunds").tasks))


_write_a_task = does("create_task", pull_request=refunds, user=bob, text="Test it")
_run_with_tests = all_of(
    does("run_pipeline", ref=STALE, creator=ann, steps=["Test"]),
    does("start_step", pipeline=newest_pipeline, step="Test"),
    does("finish_step", pipeline=newest_pipeline, step="Test", tests={"tests.test_all": "PASSED"}),
)

SEEN: dict[str, Change] = {
    "somebody is asked by default": does("add_default_reviewer", user=cleo),
    "somebody is asked by default no longer": does("remove_default_reviewer", user=bob),
    "a branch is protected": does("add_branch_restriction", kind="push", users=lambda world: [ann(world)]),
    "a branch is protected no longer": does("remove_branch_restriction", restriction=_restriction),
    "somebody gets a permission": does("grant_permission", permission="read", user=bob),
    "a group gets a permission": does("grant_permission", permission="write", group=_group),
    "somebody loses a permission": all_of(
        does("grant_permission", permission="read", user=bob),
        does("revoke_permission", user=bob),
        does("grant_permission", permission="admin", user=cleo),
    ),
    "a webhook is made": does("add_webhook", url="https://ann:word@example.org/hook?token=1"),
    "a webhook is switched off": does("edit_webhook", webhook=_webhook, active=False),
    "a webhook is deleted": does("remove_webhook", webhook=_webhook),
    "a schedule is made": does("add_schedule", branch=STALE),
    "a schedule is switched off": does("enable_schedule", schedule=_schedule, enabled=False),
    "the only schedule is deleted": does("remove_schedule", schedule=_schedule),
    "a file is offered": does("add_download", name="setup.zip", user=bob),
    "a file is replaced": does("add_download", name="manual.pdf", user=bob, size=7),
    "the only file is withdrawn": does("remove_download", name="manual.pdf"),
    "a build is reported": does("status", commit=FEATURE, state="SUCCESSFUL"),
    "a build of a new head is reported": all_of(
        does("push", branch=STALE, author=ann), does("status", commit=STALE, state="SUCCESSFUL")
    ),
    "a reported build ends": does("status", commit=FEATURE, state="FAILED", key="lint"),
    "a report is made": does("add_report", commit=FEATURE, external_id="coverage", findings=1),
    "a report is made again with other findings": does("add_report", commit=FEATURE, result="FAILED", findings=3),
    "a report is made again without findings": does("add_report", commit=FEATURE),
    "the only report is deleted": does("remove_report", commit=FEATURE),
    "a step reports tests": _run_with_tests,
    "a step without tests ends": all_of(
        does("run_pipeline", ref=STALE, creator=ann, steps=["Test"]), does("finish_pipeline", pipeline=newest_pipeline)
    ),
    "a step runs again": does("rerun_step", pipeline=failed_run, step=0),
    "a task is written beside a comment": all_of(
        _write_a_task, does("comment", pull_request=refunds, user=bob, text="I wrote a task")
    ),
}
"""Changes that one more sync of everything sees."""

SILENT: dict[str, Change] = {
    "a task is written": _write_a_task,
    "a task is edited": does("edit_task", pull_request=refunds, task=_task, text="Say why, please"),
    "a task is done": does("resolve_task", pull_request=refunds, task=_task, user=ann),
    "the only task is deleted": does("delete_task", pull_request=refunds, task=_task),
    "a task is written on a comment": does(
        "create_task", pull_request=refunds, user=bob, text="Answer", comment=a_comment
    ),
}
"""Changes that no signal announces, whose rows only an audit finds."""
