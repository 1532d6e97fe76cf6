"""What people do between two syncs, each by itself: name -> what happens in `tests.truth.company`."""

from __future__ import annotations

from tests.truth.changing import (
    Change,
    a_comment,
    all_of,
    an_environment,
    ann,
    bob,
    cleo,
    does,
    failed_run,
    from_fork,
    late,
    old_run,
    old_step,
    paused_run,
    refunds,
    revival,
    the_anns,
    the_bobs,
)
from tests.truth.company import EMPTY, FEATURE, FORK, HIDDEN, STALE, newest_pipeline

TRAILERS = "Add fees\n\nAs agreed.\n\nCo-authored-by: Eve <eve@example.net>\nNote: it goes\n  on\n"
REVERT = f'Revert "Add fees"\n\nThis reverts commit {"0123456789" * 4}.\n\nReviewed-by: Bob\n'

_run = does("run_pipeline", ref=FEATURE, creator=ann, steps=["Build", "Test"])
_reviewing = {"pull_request": refunds, "user": bob}

SEEN: dict[str, Change] = {
    # git
    "commits are pushed": does("push", branch=STALE, author=ann, commits=3),
    "more commits than a page are pushed": does("push", branch=STALE, author=ann, commits=230),
    "commits of last year are pushed": does("push", branch=STALE, author=ann, commits=2, date=late(300)),
    "a commit by somebody without account is pushed": does("push", branch=STALE, author="Eve <eve@example.net>"),
    "two branches are merged by hand": does(
        "push", branch=STALE, author=bob, parents=[STALE, FEATURE], message="Merge branch"
    ),
    "a commit with trailers is pushed": does("push", branch=STALE, author=ann, message=TRAILERS),
    "a commit is reverted": does("push", branch=STALE, author=ann, message=REVERT),
    "a branch is made": does("create_branch", branch="feature/copy", target=FEATURE),
    "a branch with new commits is made": does("push", branch="feature/new", author=ann, commits=2),
    "a branch is put on commits that a tag keeps": does("force_push", branch=STALE, author=bob, to=FEATURE, commits=1),
    "a light tag is made": does("tag", name="v2.0", target=STALE),
    "a tag with a message is made": does("tag", name="v2.1", target=FEATURE, message="Release 2.1", author=bob),
    "a tag is moved": does("tag", name="v1.0", target=FEATURE),
    "the empty repository gets its first commits": does("push", repository=EMPTY, branch="main", author=cleo),
    # pull requests
    "a pull request is opened": does("open_pull_request", source=STALE, author=bob, reviewers=the_anns),
    "a draft is opened": does("open_pull_request", source=STALE, author=bob, draft=True),
    "a pull request is edited": does("edit_pull_request", pull_request=refunds, user=ann, title="Refunds\0 II"),
    "a pull request becomes a draft": does("set_draft", pull_request=refunds, draft=True, user=ann),
    "a pull request is queued": does("set_queued", pull_request=refunds, queued=True),
    "its branch gets commits": does("push", branch=FEATURE, author=ann, commits=2),
    "its branch in the fork gets commits": does("push", repository=FORK, branch="experiment", author=cleo),
    "somebody comments": does("comment", pull_request=refunds, user=bob, text="Fine"),
    "somebody new comments": does("comment", pull_request=refunds, user=ann, text="Thanks"),
    "somebody approves": does("approve", pull_request=refunds, user=cleo),
    "somebody takes an approval back": does("unapprove", **_reviewing),
    "somebody asks for changes": does("request_changes", pull_request=refunds, user=cleo),
    "somebody withdraws a request for changes": does("withdraw_changes", pull_request=from_fork, user=bob),
    "another reviewer is asked": does("change_reviewers", pull_request=from_fork, user=cleo, add=the_bobs),
    "a reviewer who took part is let off": does("change_reviewers", pull_request=refunds, user=ann, remove=the_bobs),
    "a pull request is merged": does("merge", **_reviewing),
    "a pull request is squashed": does("merge", strategy="squash", **_reviewing),
    "a pull request from a fork is merged": does("merge", pull_request=from_fork, user=bob),
    "a pull request is declined": does("decline", reason="Not now", **_reviewing),
    "a pull request is superseded": does("supersede", **_reviewing),
    "a task is written in a commented pull request": all_of(
        does("create_task", pull_request=refunds, user=bob, text="Test it"),
        does("comment", pull_request=refunds, user=bob, text="I wrote a task"),
    ),
    "a comment is answered": does("comment", pull_request=refunds, user=ann, text="Because", parent=a_comment),
    "a line is commented": does("comment", pull_request=refunds, user=bob, text="?", path="a.py", line=3),
    "a comment is edited before another is written": all_of(
        does("edit_comment", pull_request=refunds, comment=a_comment, text="Why, please?"),
        does("comment", pull_request=refunds, user=bob, text="Me too"),
    ),
    "a thread is resolved by somebody who approves": all_of(
        does("resolve_comment", pull_request=refunds, comment=a_comment, user=ann),
        does("approve", pull_request=refunds, user=cleo),
    ),
    "a pull request gets another destination and a push": all_of(
        does("retarget", pull_request=refunds, destination="release", user=ann),
        does("push", branch=FEATURE, author=ann),
    ),
    "a pull request is approved twice, once withdrawn": all_of(
        does("unapprove", **_reviewing), does("approve", **_reviewing)
    ),
    "its branch is merged into the destination by hand": does(
        "push", branch="main", author=ann, parents=["main", FEATURE], message="Merge by hand"
    ),
    # deployments
    "a manual deployment is done": does("run_step", pipeline=paused_run, step="Deploy", user=bob),
    "a manual deployment fails": does("run_step", pipeline=paused_run, step="Deploy", user=bob, result="FAILED"),
    "an old run is deployed again": does("redeploy_step", pipeline=old_run, step=old_step, user=ann),
    "an old run is being deployed again": does("redeploy_step", pipeline=old_run, step=old_step, user=ann, result=None),
    "an old run is deployed again in vain": does(
        "redeploy_step", pipeline=old_run, step=old_step, user=ann, result="FAILED"
    ),
    "a deployment is done twice": all_of(
        does("run_step", pipeline=paused_run, step="Deploy", user=bob),
        does("redeploy_step", pipeline=paused_run, step="Deploy", user=bob),
    ),
    "a new environment is deployed to": all_of(
        does("create_environment", name="Canary", environment_type="Staging"),
        does("run_pipeline", creator=ann, steps=[{"name": "Deploy", "environment": "Canary"}]),
        does("finish_pipeline", pipeline=newest_pipeline),
    ),
    # pipelines
    "a pipeline starts": _run,
    "a pipeline runs and passes": all_of(_run, does("finish_pipeline", pipeline=newest_pipeline)),
    "a pipeline of a pull request runs": does("run_pipeline", pull_request=refunds, creator=bob),
    "a custom pipeline with variables runs": does(
        "run_pipeline", custom="nightly", trigger="MANUAL", variables={"DAY": "Monday"}, steps=[]
    ),
    "a pipeline is being parsed": does("begin_pipeline", creator=ann),
    "a pipeline cannot be parsed": all_of(
        does("begin_pipeline", pull_request=refunds, creator=ann),
        does("parse_pipeline", pipeline=newest_pipeline, error="There are no steps."),
    ),
    "a pipeline of steps without names runs": all_of(
        does("run_pipeline", ref=FEATURE, creator=ann, steps=["", "Test", {"name": "", "manual": True}]),
        does("finish_pipeline", pipeline=newest_pipeline),
    ),
    "a paused pipeline goes on": does("start_step", pipeline=paused_run, step="Deploy", user=bob),
    "a paused pipeline is finished": does("run_step", pipeline=paused_run, step="Deploy", user=bob),
    "a paused pipeline is stopped": does("stop_pipeline", pipeline=paused_run),
    "a paused pipeline is halted": does("halt_pipeline", pipeline=paused_run),
    "a paused pipeline expires": does("expire_pipeline", pipeline=paused_run),
    "a finished step of a paused pipeline runs again": does("rerun_step", pipeline=paused_run, step="Build"),
    "a step of a finished pipeline runs again": does("rerun_step", pipeline=failed_run, step=0),
    "a step of a finished pipeline is running again": does("rerun_step", pipeline=failed_run, step=0, result=None),
    # repositories, projects, people
    "an empty repository is made": does("create_repository", slug="new", description="Novelties"),
    "a repository with commits is made": all_of(
        does("create_repository", slug="new"), does("push", repository="new", branch="main", author=ann)
    ),
    "a repository full of work is shown": does("show_repository", repository=HIDDEN),
    "a repository is forked": does("fork", slug="another-fork"),
    "a repository without pull requests is renamed": does("rename_repository", repository=EMPTY, slug="sandpit"),
    "the slug of a renamed repository is taken": all_of(
        does("rename_repository", repository=EMPTY, slug="sandpit"), does("create_repository", slug=EMPTY)
    ),
    "a project is made": does("create_project", key="NEW", name="Novelties"),
    "a project is renamed": does("rename_project", project="PAY", name="Money"),
    "a project gets another key": does("rename_project", project="PAY", name="Payments", key="MONEY"),
    "somebody joins": all_of(
        does("create_user", nickname="dora", display_name="Dora"), does("add_member", user="dora")
    ),
    "a member takes another name": does("rename_user", user=ann, display_name="Ann B.", nickname="annb"),
}
"""Changes that Bitbucket announces: one more sync sees them."""

DELETED: dict[str, Change] = {
    "a branch is deleted": does("delete_branch", branch=STALE),
    "a tag is deleted": does("delete_tag", name="v1.0"),
    "commits are dropped by a force push": all_of(
        does("delete_tag", name="v1.1"), does("force_push", branch=FEATURE, author=ann, commits=1)
    ),
    "dropped commits are forgotten": all_of(
        does("delete_tag", name="v1.1"), does("force_push", branch=FEATURE, author=ann, commits=1), does("prune")
    ),
    "a merged branch is closed": does("merge", pull_request=revival, user=bob),
    "a reviewer who did nothing is let off": does(
        "change_reviewers", pull_request=from_fork, user=cleo, remove=the_anns
    ),
    "the only comment of somebody is deleted": does("delete_comment", pull_request=refunds, comment=a_comment),
    "a member leaves": does("remove_member", user=cleo),
    "a repository is deleted": does("delete_repository", repository=EMPTY),
    "a repository with work is deleted": does("delete_repository", repository="ledger"),
    "a repository is hidden": does("hide_repository", repository="ledger"),
}
"""Changes that take rows away."""

SILENT: dict[str, Change] = {
    "an address is mapped to an account": does("map_email", email="eve@example.net", user=ann),
    "an account is deleted": does("delete_user", user=cleo),
    "a repository with pull requests is renamed": does("rename_repository", slug="payments", name="Payments"),
    "a comment is edited": does("edit_comment", pull_request=refunds, comment=a_comment, text="Why, please?"),
    "a thread is resolved": does("resolve_comment", pull_request=refunds, comment=a_comment, user=ann),
    "a comment is drafted": does("comment", pull_request=refunds, user=bob, text="Hm", pending=True),
    "an environment is made": does("create_environment", name="Canary"),
    "an environment is changed": does("edit_environment", environment=an_environment, name="Lab", admin_only=True),
    "an environment is deleted": does("delete_environment", environment=an_environment),
    "a pull request is retargeted": does("retarget", pull_request=refunds, destination=STALE, user=ann),
    "a task is written": does("create_task", pull_request=refunds, user=bob, text="Test it"),
    "the fork of a pull request is deleted": does("delete_fork", repository=FORK),
    "the destination of a pull request is deleted": does("delete_branch", branch="release"),
}
"""Changes that no signal announces, whose rows only an audit finds."""
