"""What people do between two syncs, each by itself: name -> what happens in `tests.truth.company`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from bitbucket_emulator.world.actions import ACTIONS
from bitbucket_emulator.world.model import DAY, World
from tests.truth.company import EMPTY, FEATURE, FORK, HIDDEN, HOME, STALE, newest_pipeline, people, pull_request

Change: TypeAlias = Callable[[World], Any]


def _does(action: str, **arguments: Any) -> Change:
    """One action in the home repository. An argument that is a function is asked what the world says."""

    def change(world: World) -> Any:
        given = {name: value(world) if callable(value) else value for name, value in arguments.items()}
        home = {"repository": HOME} if "repository" in ACTIONS[action].parameters else {}
        return ACTIONS[action](world, **{**home, **given})

    return change


def _ann(world: World) -> str:
    return people(world)[0].uuid


def _bob(world: World) -> str:
    return people(world)[1].uuid


def _cleo(world: World) -> str:
    return people(world)[2].uuid


def _the_anns(world: World) -> list[str]:
    return [_ann(world)]


def _the_bobs(world: World) -> list[str]:
    return [_bob(world)]


def _refunds(world: World) -> int:
    """Ann's pull request, approved by Bob, commented by Cleo."""
    return pull_request(world, "Refunds").id


def _from_fork(world: World) -> int:
    return pull_request(world, "Experiment").id


def _revival(world: World) -> int:
    return pull_request(world, "Revival").id


def _comment(world: World) -> int:
    return next(iter(pull_request(world, "Refunds").comments))


def _failed_run(world: World) -> int:
    return newest_pipeline(world)


def _paused_run(world: World) -> int:
    return newest_pipeline(world, before=1)


def _all(*changes: Change) -> Change:
    def change(world: World) -> None:
        for each in changes:
            each(world)

    return change


def _late(days: int) -> Callable[[World], int]:
    return lambda world: world.clock - days * DAY


TRAILERS = "Add fees\n\nAs agreed.\n\nCo-authored-by: Eve <eve@example.net>\nNote: it goes\n  on\n"
REVERT = f'Revert "Add fees"\n\nThis reverts commit {"0123456789" * 4}.\n\nReviewed-by: Bob\n'

_run = _does("run_pipeline", ref=FEATURE, creator=_ann, steps=["Build", "Test"])
_reviewing = {"pull_request": _refunds, "user": _bob}

SEEN: dict[str, Change] = {
    # git
    "commits are pushed": _does("push", branch=STALE, author=_ann, commits=3),
    "more commits than a page are pushed": _does("push", branch=STALE, author=_ann, commits=230),
    "commits of last year are pushed": _does("push", branch=STALE, author=_ann, commits=2, date=_late(300)),
    "a commit by somebody without account is pushed": _does("push", branch=STALE, author="Eve <eve@example.net>"),
    "two branches are merged by hand": _does(
        "push", branch=STALE, author=_bob, parents=[STALE, FEATURE], message="Merge branch"
    ),
    "a commit with trailers is pushed": _does("push", branch=STALE, author=_ann, message=TRAILERS),
    "a commit is reverted": _does("push", branch=STALE, author=_ann, message=REVERT),
    "a branch is made": _does("create_branch", branch="feature/copy", target=FEATURE),
    "a branch with new commits is made": _does("push", branch="feature/new", author=_ann, commits=2),
    "a branch is put on commits that a tag keeps": _does(
        "force_push", branch=STALE, author=_bob, to=FEATURE, commits=1
    ),
    "a light tag is made": _does("tag", name="v2.0", target=STALE),
    "a tag with a message is made": _does("tag", name="v2.1", target=FEATURE, message="Release 2.1", author=_bob),
    "a tag is moved": _does("tag", name="v1.0", target=FEATURE),
    "the empty repository gets its first commits": _does("push", repository=EMPTY, branch="main", author=_cleo),
    # pull requests
    "a pull request is opened": _does("open_pull_request", source=STALE, author=_bob, reviewers=_the_anns),
    "a draft is opened": _does("open_pull_request", source=STALE, author=_bob, draft=True),
    "a pull request is edited": _does("edit_pull_request", pull_request=_refunds, user=_ann, title="Refunds\0 II"),
    "a pull request becomes a draft": _does("set_draft", pull_request=_refunds, draft=True, user=_ann),
    "a pull request is queued": _does("set_queued", pull_request=_refunds, queued=True),
    "its branch gets commits": _does("push", branch=FEATURE, author=_ann, commits=2),
    "its branch in the fork gets commits": _does("push", repository=FORK, branch="experiment", author=_cleo),
    "somebody comments": _does("comment", pull_request=_refunds, user=_bob, text="Fine"),
    "somebody new comments": _does("comment", pull_request=_refunds, user=_ann, text="Thanks"),
    "somebody approves": _does("approve", pull_request=_refunds, user=_cleo),
    "somebody takes an approval back": _does("unapprove", **_reviewing),
    "somebody asks for changes": _does("request_changes", pull_request=_refunds, user=_cleo),
    "somebody withdraws a request for changes": _does("withdraw_changes", pull_request=_from_fork, user=_bob),
    "another reviewer is asked": _does("change_reviewers", pull_request=_from_fork, user=_cleo, add=_the_bobs),
    "a reviewer who took part is let off": _does(
        "change_reviewers", pull_request=_refunds, user=_ann, remove=_the_bobs
    ),
    "a pull request is merged": _does("merge", **_reviewing),
    "a pull request is squashed": _does("merge", strategy="squash", **_reviewing),
    "a pull request from a fork is merged": _does("merge", pull_request=_from_fork, user=_bob),
    "a pull request is declined": _does("decline", reason="Not now", **_reviewing),
    "a pull request is superseded": _does("supersede", **_reviewing),
    "a task is written in a commented pull request": _all(
        _does("create_task", pull_request=_refunds, user=_bob, text="Test it"),
        _does("comment", pull_request=_refunds, user=_bob, text="I wrote a task"),
    ),
    # pipelines
    "a pipeline starts": _run,
    "a pipeline runs and passes": _all(_run, _does("finish_pipeline", pipeline=newest_pipeline)),
    "a pipeline of a pull request runs": _does("run_pipeline", pull_request=_refunds, creator=_bob),
    "a custom pipeline with variables runs": _does(
        "run_pipeline", custom="nightly", trigger="MANUAL", variables={"DAY": "Monday"}, steps=[]
    ),
    "a paused pipeline goes on": _does("start_step", pipeline=_paused_run, step="Deploy", user=_bob),
    "a paused pipeline is finished": _does("run_step", pipeline=_paused_run, step="Deploy", user=_bob),
    "a paused pipeline is stopped": _does("stop_pipeline", pipeline=_paused_run),
    "a paused pipeline is halted": _does("halt_pipeline", pipeline=_paused_run),
    "a paused pipeline expires": _does("expire_pipeline", pipeline=_paused_run),
    "a finished step of a paused pipeline runs again": _does("rerun_step", pipeline=_paused_run, step="Build"),
    "a step of a finished pipeline runs again": _does("rerun_step", pipeline=_failed_run, step=0),
    "a step of a finished pipeline is running again": _does("rerun_step", pipeline=_failed_run, step=0, result=None),
    # repositories, projects, people
    "an empty repository is made": _does("create_repository", slug="new", description="Novelties"),
    "a repository with commits is made": _all(
        _does("create_repository", slug="new"), _does("push", repository="new", branch="main", author=_ann)
    ),
    "a repository full of work is shown": _does("show_repository", repository=HIDDEN),
    "a repository is forked": _does("fork", slug="another-fork"),
    "a repository without pull requests is renamed": _does("rename_repository", repository=EMPTY, slug="sandpit"),
    "the slug of a renamed repository is taken": _all(
        _does("rename_repository", repository=EMPTY, slug="sandpit"), _does("create_repository", slug=EMPTY)
    ),
    "a project is made": _does("create_project", key="NEW", name="Novelties"),
    "a project is renamed": _does("rename_project", project="PAY", name="Money"),
    "a project gets another key": _does("rename_project", project="PAY", name="Payments", key="MONEY"),
    "somebody joins": _all(
        _does("create_user", nickname="dora", display_name="Dora"), _does("add_member", user="dora")
    ),
    "a member takes another name": _does("rename_user", user=_ann, display_name="Ann B.", nickname="annb"),
}
"""Changes that Bitbucket announces: one more sync sees them."""

DELETED: dict[str, Change] = {
    "a branch is deleted": _does("delete_branch", branch=STALE),
    "a tag is deleted": _does("delete_tag", name="v1.0"),
    "commits are dropped by a force push": _all(
        _does("delete_tag", name="v1.1"), _does("force_push", branch=FEATURE, author=_ann, commits=1)
    ),
    "dropped commits are forgotten": _all(
        _does("delete_tag", name="v1.1"), _does("force_push", branch=FEATURE, author=_ann, commits=1), _does("prune")
    ),
    "a merged branch is closed": _does("merge", pull_request=_revival, user=_bob),
    "a reviewer who did nothing is let off": _does(
        "change_reviewers", pull_request=_from_fork, user=_cleo, remove=_the_anns
    ),
    "the only comment of somebody is deleted": _does("delete_comment", pull_request=_refunds, comment=_comment),
    "a member leaves": _does("remove_member", user=_cleo),
    "a repository is deleted": _does("delete_repository", repository=EMPTY),
    "a repository with work is deleted": _does("delete_repository", repository="ledger"),
    "a repository is hidden": _does("hide_repository", repository="ledger"),
}
"""Changes that take rows away."""

SILENT: dict[str, Change] = {
    "an address is mapped to an account": _does("map_email", email="eve@example.net", user=_ann),
    "an account is deleted": _does("delete_user", user=_cleo),
    "a repository with pull requests is renamed": _does("rename_repository", slug="payments", name="Payments"),
    "a pull request is retargeted": _does("retarget", pull_request=_refunds, destination=STALE, user=_ann),
    "a task is written": _does("create_task", pull_request=_refunds, user=_bob, text="Test it"),
    "the fork of a pull request is deleted": _does("delete_fork", repository=FORK),
    "the destination of a pull request is deleted": _does("delete_branch", branch="release"),
}
"""Changes that no signal announces, whose rows only an audit finds."""
