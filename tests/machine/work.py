"""The daily work in Bitbucket: code and reviews. One sync sees all of it."""

from __future__ import annotations

from bitbucket_emulator.world.model import DAY, SECOND
from tests.machine.chance import Chance, Choose, Deed


def time_passes(chance: Chance) -> Deed:
    return "advance_clock", {"seconds": chance.one((1, 400, 90_000))}


def a_clock_is_set_back(chance: Chance) -> Deed:
    world = chance.world
    requests = (each for home in world.repositories.values() for each in home.pull_requests.values())
    # with what is seen late, less than the five minutes that a sync reads twice; never twice in a row
    if world.clock <= max((each.updated_on for each in requests), default=world.clock):
        raise IndexError
    return "jump_clock", {"seconds": -60}


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


def answer_a_comment(chance: Chance) -> Deed:
    where, request = chance.pull_request(state=None)
    parent = chance.one(each.id for each in request.comments.values() if not each.deleted)
    return "comment", {**where, "user": chance.user(), "text": "Because", "parent": parent}


def comment_on_a_line(chance: Chance) -> Deed:
    action, arguments = comment(chance)
    return action, {**arguments, "path": chance.one(("a.py", "b.py")), "line": chance.one((1, 7, None))}


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


WORK: tuple[Choose, ...] = (
    time_passes, a_clock_is_set_back, push, push_old_commits, push_a_merge, make_a_branch, tag, open_pull_request,
    edit, turn_draft, queue, comment, answer_a_comment, comment_on_a_line, comment_and_be_seen_late, judge,
    take_a_judgement_back, ask_another_reviewer, merge, decline,
)  # fmt: skip
