"""What no signal announces: only an audit sees it."""

from __future__ import annotations

from typing import Any

from tests.machine.chance import Chance, Choose, Deed


def rename_a_repository(chance: Chance) -> Deed:
    return "rename_repository", {"repository": chance.repository().uuid, "slug": chance.name("renamed")}


def map_an_address(chance: Chance) -> Deed:
    return "map_email", {"email": chance.one(chance.world.emails), "user": chance.user()}


def retarget(chance: Chance) -> Deed:
    where, _ = chance.pull_request()
    destination = chance.one(chance.world.repositories[where["repository"]].branches)
    return "retarget", {**where, "destination": destination, "user": chance.user()}


def write_a_task(chance: Chance) -> Deed:
    where, _ = chance.pull_request(state=None)
    return "create_task", {**where, "user": chance.user(), "text": chance.name("Task")}


def edit_a_task(chance: Chance) -> Deed:
    where, task = _task(chance)
    return "edit_task", {**where, "task": task, "text": chance.name("Task")}


def do_a_task(chance: Chance) -> Deed:
    where, task = _task(chance)
    return "resolve_task", {**where, "task": task, "user": chance.user()}


def delete_a_task(chance: Chance) -> Deed:
    where, task = _task(chance)
    return "delete_task", {**where, "task": task}


def edit_a_comment(chance: Chance) -> Deed:
    where, comment = _comment(chance)
    return "edit_comment", {**where, "comment": comment, "text": chance.name("Comment")}


def resolve_a_thread(chance: Chance) -> Deed:
    where, comment = _comment(chance)
    return "resolve_comment", {**where, "comment": comment, "user": chance.user()}


def reopen_a_thread(chance: Chance) -> Deed:
    where, comment = _comment(chance)
    return "reopen_comment", {**where, "comment": comment}


def draft_a_comment(chance: Chance) -> Deed:
    where, _ = chance.pull_request(state=None)
    return "comment", {**where, "user": chance.user(), "text": chance.name("Draft"), "pending": True}


def make_an_environment(chance: Chance) -> Deed:
    kind = chance.one(("Test", "Staging", "Production"))
    return "create_environment", {
        "repository": chance.repository().uuid, "name": chance.name("Stage"), "environment_type": kind
    }  # fmt: skip


def change_an_environment(chance: Chance) -> Deed:
    return "edit_environment", {
        **_environment(chance), "name": chance.name("Stage"), "hidden": chance.one((True, False))
    }  # fmt: skip


def delete_an_environment(chance: Chance) -> Deed:
    return "delete_environment", _environment(chance)


def close_an_account(chance: Chance) -> Deed:
    owners = {credential.user for credential in chance.world.credentials.values()}
    users = [user.uuid for user in chance.world.users.values() if user.kind == "user" and user.uuid not in owners]
    return "delete_user", {"user": chance.one(users)}


def rename_an_account(chance: Chance) -> Deed:
    return "rename_user", {"user": chance.user(), "nickname": chance.name("nick")}


def delete_a_destination(chance: Chance) -> Deed:
    where, request = chance.pull_request(state=None)
    return "delete_branch", {"repository": where["repository"], "branch": request.destination_branch}


def delete_any_repository(chance: Chance) -> Deed:
    return "delete_repository", {"repository": chance.repository().uuid}


def hold_the_sign_of_pushes_back(chance: Chance) -> Deed:
    return "hold_updated_on", {"repository": chance.repository().uuid}


def let_the_sign_of_pushes_go(chance: Chance) -> Deed:
    held = [each.uuid for each in chance.world.repositories.values() if each.held]
    return "hold_updated_on", {"repository": chance.one(held), "held": False}


def _task(chance: Chance) -> tuple[dict[str, Any], int]:
    where, request = chance.pull_request(state=None)
    return where, chance.one(request.tasks)


def _comment(chance: Chance) -> tuple[dict[str, Any], int]:
    where, request = chance.pull_request(state=None)
    return where, chance.one(each.id for each in request.comments.values() if not each.deleted)


def _environment(chance: Chance) -> dict[str, Any]:
    repository = chance.repository()
    return {"repository": repository.uuid, "environment": chance.one(repository.environments)}


SILENCE: tuple[Choose, ...] = (
    rename_a_repository, map_an_address, retarget, write_a_task, edit_a_task, do_a_task, delete_a_task,
    edit_a_comment, resolve_a_thread, reopen_a_thread, draft_a_comment, make_an_environment, change_an_environment,
    delete_an_environment, close_an_account, rename_an_account, delete_a_destination, delete_any_repository,
    hold_the_sign_of_pushes_back, let_the_sign_of_pushes_go,
)  # fmt: skip
