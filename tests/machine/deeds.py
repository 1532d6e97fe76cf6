"""What people do in Bitbucket, any time and in any order. A deed chooses by chance among what the world has now.

A deed gives the action and its arguments, in plain JSON, so that it can be done at once or between two requests of a
reader. A deed that needs something the world does not have raises IndexError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias, TypeVar

from bitbucket_emulator.world.model import DAY, SECOND, Pipeline, PullRequest, Repository, World

T = TypeVar("T")
Deed: TypeAlias = tuple[str, dict[str, Any]]
"""the name of an action, and its arguments"""


@dataclass(frozen=True)
class Chance:
    """Choices among what the world has now; the same number makes the same choices."""

    world: World
    random: Random

    def one(self, found: Iterable[T]) -> T:
        """Any of them. Raises IndexError where there is none."""
        return self.random.choice(list(found))

    def repository(self) -> Repository:
        """Any that exists, seen or hidden."""
        return self.one(self.world.repositories.values())

    def user(self) -> str:
        """Any account that can act."""
        return self.one(user.uuid for user in self.world.users.values() if user.kind == "user" and not user.deleted)

    def pull_request(self, state: str | None = "OPEN") -> tuple[dict[str, Any], PullRequest]:
        """Any of this state, and the arguments that name it."""
        found = [
            ({"repository": repository.uuid, "pull_request": request.id}, request)
            for repository in self.world.repositories.values()
            for request in repository.pull_requests.values()
            if state in {None, request.state}
        ]
        return self.one(found)

    def pipeline(self, *, finished: bool) -> tuple[dict[str, Any], Pipeline]:
        """Any that is finished or is not, and the arguments that name it."""
        found = [
            ({"repository": repository.uuid, "pipeline": run.uuid}, run)
            for repository in self.world.repositories.values()
            for run in repository.pipelines.values()
            if (run.state == "COMPLETED") is finished
        ]
        return self.one(found)

    def name(self, prefix: str) -> str:
        """A name that is probably new."""
        return f"{prefix}-{self.random.randrange(10_000)}"


def time_passes(chance: Chance) -> Deed:
    return "advance_clock", {"seconds": chance.one((1, 400, 90_000))}


# git


def push(chance: Chance) -> Deed:
    repository = chance.repository()
    branch = chance.one([*repository.branches, chance.name("feature")])
    commits = chance.one((1, 1, 3, 130))
    return "push", {"repository": repository.uuid, "branch": branch, "author": chance.user(), "commits": commits}


def push_old_commits(chance: Chance) -> Deed:
    action, arguments = push(chance)
    return action, {**arguments, "date": chance.world.clock - chance.one((2, 90, 900)) * DAY}


def push_a_merge(chance: Chance) -> Deed:
    action, arguments = push(chance)
    branches = chance.world.repositories[arguments["repository"]].branches
    ours = branches.get(arguments["branch"]) or chance.one(branches.values())
    return action, {**arguments, "commits": 1, "parents": [ours, chance.one(branches.values())]}


def make_a_branch(chance: Chance) -> Deed:
    repository = chance.repository()
    target = chance.one(repository.branches)
    return "create_branch", {"repository": repository.uuid, "branch": chance.name("copy"), "target": target}


def tag(chance: Chance) -> Deed:
    repository = chance.repository()
    signed = {"message": "Release", "author": chance.user()} if chance.one((True, False)) else {}
    target = chance.one(repository.branches)
    return "tag", {"repository": repository.uuid, "name": chance.name("v"), "target": target, **signed}


# pull requests


def open_pull_request(chance: Chance) -> Deed:
    repository = chance.repository()
    sources = [repository, *(each for each in chance.world.repositories.values() if each.parent == repository.uuid)]
    source = chance.one(sources)
    return "open_pull_request", {
        "repository": repository.uuid,
        "source_repository": source.uuid,
        "source": chance.one(source.branches),
        "author": chance.user(),
        "reviewers": [chance.user()],
        "draft": chance.one((True, False)),
    }


def edit(chance: Chance) -> Deed:
    where, _ = chance.pull_request()
    return "edit_pull_request", {**where, "user": chance.user(), "title": chance.name("Title \0 with NUL")}


def turn_draft(chance: Chance) -> Deed:
    where, request = chance.pull_request()
    return "set_draft", {**where, "draft": not request.draft, "user": chance.user()}


def queue(chance: Chance) -> Deed:
    where, request = chance.pull_request()
    return "set_queued", {**where, "queued": not request.queued}


def comment(chance: Chance) -> Deed:
    where, _ = chance.pull_request(state=None)
    return "comment", {**where, "user": chance.user(), "text": chance.name("Comment")}


def comment_and_be_seen_late(chance: Chance) -> Deed:
    action, arguments = comment(chance)
    return action, {**arguments, "at": chance.world.clock - chance.one((20, 200)) * SECOND}


def judge(chance: Chance) -> Deed:
    where, _ = chance.pull_request()
    return chance.one(("approve", "request_changes")), {**where, "user": chance.user()}


def take_a_judgement_back(chance: Chance) -> Deed:
    where, request = chance.pull_request()
    judge = chance.one(each for each in request.participants if each.state is not None)
    return "unapprove" if judge.approved else "withdraw_changes", {**where, "user": judge.user}


def ask_another_reviewer(chance: Chance) -> Deed:
    where, _ = chance.pull_request()
    return "change_reviewers", {**where, "user": chance.user(), "add": [chance.user()]}


def merge(chance: Chance) -> Deed:
    where, _ = chance.pull_request()
    strategy = chance.one(("merge_commit", "squash", "fast_forward"))
    return "merge", {**where, "user": chance.user(), "strategy": strategy}


def decline(chance: Chance) -> Deed:
    where, _ = chance.pull_request()
    return chance.one(("decline", "supersede")), {**where, "user": chance.user()}


# pipelines


def run_a_pipeline(chance: Chance) -> Deed:
    repository = chance.repository()
    steps = [["Build"], ["Build", {"name": "Deploy", "manual": True, "environment": "Test"}], []]
    return "run_pipeline", {
        "repository": repository.uuid,
        "ref": chance.one(repository.branches),
        "creator": chance.user(),
        "steps": chance.one(steps),
    }


def run_a_pipeline_of_a_pull_request(chance: Chance) -> Deed:
    where, _ = chance.pull_request()
    return "run_pipeline", {**where, "creator": chance.user()}


def start_a_step(chance: Chance) -> Deed:
    where, run = chance.pipeline(finished=False)
    return "start_step", {**where, "step": chance.one(step.uuid for step in run.steps if step.state != "COMPLETED")}


def finish_a_step(chance: Chance) -> Deed:
    where, run = chance.pipeline(finished=False)
    step = chance.one(step.uuid for step in run.steps if step.state == "IN_PROGRESS")
    return "finish_step", {**where, "step": step, "result": chance.one(("SUCCESSFUL", "FAILED"))}


def finish_a_pipeline(chance: Chance) -> Deed:
    where, _ = chance.pipeline(finished=False)
    return "finish_pipeline", {**where, "result": chance.one(("SUCCESSFUL", "FAILED"))}


def end_a_pipeline(chance: Chance) -> Deed:
    where, _ = chance.pipeline(finished=False)
    return chance.one(("stop_pipeline", "halt_pipeline", "expire_pipeline")), where


# repositories, projects, people


def make_a_repository(chance: Chance) -> Deed:
    return "create_repository", {"slug": chance.name("repository")}


def fork(chance: Chance) -> Deed:
    return "fork", {"repository": chance.repository().uuid, "slug": chance.name("fork")}


def show_a_repository(chance: Chance) -> Deed:
    hidden = [each.uuid for each in chance.world.repositories.values() if each.hidden_from]
    return "show_repository", {"repository": chance.one(hidden)}


def make_a_project(chance: Chance) -> Deed:
    return "create_project", {"key": chance.name("P"), "name": "Novelties"}


def rename_a_project(chance: Chance) -> Deed:
    return "rename_project", {"project": chance.one(chance.world.projects), "name": chance.name("Project")}


def make_somebody_a_member(chance: Chance) -> Deed:
    return "add_member", {"user": chance.user()}


def rename_a_member(chance: Chance) -> Deed:
    member = chance.one(each.user for each in chance.world.memberships)
    return "rename_user", {"user": member, "display_name": chance.name("Name")}


# what takes rows away


def force_push(chance: Chance) -> Deed:
    repository = chance.repository()
    branch, to = chance.one(repository.branches), chance.one(repository.branches)
    commits = chance.one((0, 1, 2))
    author = chance.user()
    return "force_push", {
        "repository": repository.uuid, "branch": branch, "to": to, "commits": commits, "author": author
    }  # fmt: skip


def rewrite(chance: Chance) -> Deed:
    repository = chance.repository()
    return "force_push", {
        "repository": repository.uuid, "branch": chance.one(repository.branches), "author": chance.user()
    }  # fmt: skip


def move_a_tag(chance: Chance) -> Deed:
    repository = chance.repository()
    name, target = chance.one(repository.tags), chance.one(repository.branches)
    return "tag", {"repository": repository.uuid, "name": name, "target": target}


def delete_a_branch(chance: Chance) -> Deed:
    repository = chance.repository()
    targets = {request.destination_branch for request in repository.pull_requests.values()}
    return "delete_branch", {"repository": repository.uuid, "branch": chance.one(set(repository.branches) - targets)}


def delete_a_tag(chance: Chance) -> Deed:
    repository = chance.repository()
    return "delete_tag", {"repository": repository.uuid, "name": chance.one(repository.tags)}


def forget_dropped_commits(chance: Chance) -> Deed:
    return "prune", {"repository": chance.repository().uuid}


def delete_a_comment(chance: Chance) -> Deed:
    where, request = chance.pull_request(state=None)
    return "delete_comment", {**where, "comment": chance.one(request.comments)}


def let_a_reviewer_off(chance: Chance) -> Deed:
    where, request = chance.pull_request()
    reviewer = chance.one(each.user for each in request.participants if each.role == "REVIEWER")
    return "change_reviewers", {**where, "user": chance.user(), "remove": [reviewer]}


def remove_a_member(chance: Chance) -> Deed:
    return "remove_member", {"user": chance.one(each.user for each in chance.world.memberships)}


def hide_a_repository(chance: Chance) -> Deed:
    return "hide_repository", {"repository": chance.repository().uuid}


def delete_a_repository(chance: Chance) -> Deed:
    sources = {
        request.source_repository
        for each in chance.world.repositories.values()
        for request in each.pull_requests.values()
        if request.source_repository != each.uuid
    }
    parents = {each.parent for each in chance.world.repositories.values()}
    return "delete_repository", {"repository": chance.one(set(chance.world.repositories) - sources - parents)}


# what the connector is known to miss


def rename_a_repository(chance: Chance) -> Deed:
    return "rename_repository", {"repository": chance.repository().uuid, "slug": chance.name("renamed")}


def run_a_step_again(chance: Chance) -> Deed:
    where, run = chance.pipeline(finished=True)
    step = chance.one(step.uuid for step in run.steps if step.result not in {None, "NOT_RUN"})
    return "rerun_step", {**where, "step": step, "result": chance.one(("SUCCESSFUL", "FAILED", None))}


# what nothing announces


def map_an_address(chance: Chance) -> Deed:
    return "map_email", {"email": chance.one(chance.world.emails), "user": chance.user()}


def retarget(chance: Chance) -> Deed:
    where, _ = chance.pull_request()
    destination = chance.one(chance.world.repositories[where["repository"]].branches)
    return "retarget", {**where, "destination": destination, "user": chance.user()}


def write_a_task(chance: Chance) -> Deed:
    where, _ = chance.pull_request(state=None)
    return "create_task", {**where, "user": chance.user(), "text": chance.name("Task")}


def close_an_account(chance: Chance) -> Deed:
    owners = {credential.user for credential in chance.world.credentials.values()}
    users = [user.uuid for user in chance.world.users.values() if user.kind == "user" and user.uuid not in owners]
    return "delete_user", {"user": chance.one(users)}


Choose: TypeAlias = Callable[[Chance], Deed]

ANNOUNCED: tuple[Choose, ...] = (
    time_passes, push, push_old_commits, push_a_merge, make_a_branch, tag,
    open_pull_request, edit, turn_draft, queue, comment, comment_and_be_seen_late, judge, take_a_judgement_back,
    ask_another_reviewer, merge, decline, run_a_pipeline, run_a_pipeline_of_a_pull_request, start_a_step, finish_a_step,
    finish_a_pipeline, end_a_pipeline, make_a_repository, fork, show_a_repository, make_a_project, rename_a_project,
    make_somebody_a_member, rename_a_member,
)  # fmt: skip
"""One sync sees these."""

TAKING_AWAY: tuple[Choose, ...] = (
    force_push, rewrite, move_a_tag, delete_a_branch, delete_a_tag, forget_dropped_commits, delete_a_comment,
    let_a_reviewer_off, remove_a_member, hide_a_repository, delete_a_repository,
)  # fmt: skip
"""These leave rows behind that have to be marked as deleted."""

MISSED: tuple[Choose, ...] = (rename_a_repository, run_a_step_again)
"""The findings of `tests/truth/test_full_sync_equals_truth.py`."""

SILENT: tuple[Choose, ...] = (map_an_address, retarget, write_a_task, close_an_account)
"""No signal announces these: only an audit sees them."""
