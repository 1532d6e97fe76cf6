"""What no signal announces: only an audit sees it."""

from __future__ import annotations

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


SILENCE: tuple[Choose, ...] = (
    rename_a_repository, map_an_address, retarget, write_a_task, close_an_account, rename_an_account,
    delete_a_destination, delete_any_repository, hold_the_sign_of_pushes_back, let_the_sign_of_pushes_go,
)  # fmt: skip
