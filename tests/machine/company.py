"""What happens to the company itself: repositories, projects and people. One sync sees all of it."""

from __future__ import annotations

from tests.machine.chance import Chance, Choose, Deed


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


def describe_a_repository(chance: Chance) -> Deed:
    return "edit_repository", {"repository": chance.repository().uuid, "description": chance.name("About")}


def transfer_a_repository(chance: Chance) -> Deed:
    return "transfer_repository", {"repository": chance.repository().uuid, "project": chance.one(chance.world.projects)}


COMPANY: tuple[Choose, ...] = (
    make_a_repository, fork, show_a_repository, describe_a_repository, transfer_a_repository, make_a_project,
    rename_a_project, make_somebody_a_member, rename_a_member,
)  # fmt: skip
