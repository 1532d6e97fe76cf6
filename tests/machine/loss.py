"""What takes rows away. One sync sees it, and marks them as deleted."""

from __future__ import annotations

from tests.machine.chance import Chance, Choose, Deed


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
    return "delete_branch", {
        "repository": repository.uuid,
        "branch": chance.one(sorted(set(repository.branches) - targets)),
    }


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


def let_a_participant_vanish(chance: Chance) -> Deed:
    where, request = chance.pull_request(state=None)
    return "remove_participant", {**where, "user": chance.one(each.user for each in request.participants)}


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
    return "delete_repository", {"repository": chance.one(sorted(set(chance.world.repositories) - sources - parents))}


LOSS: tuple[Choose, ...] = (
    force_push, rewrite, move_a_tag, delete_a_branch, delete_a_tag, forget_dropped_commits, delete_a_comment,
    let_a_reviewer_off, let_a_participant_vanish, remove_a_member, hide_a_repository, delete_a_repository,
)  # fmt: skip
