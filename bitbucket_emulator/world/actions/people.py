"""Accounts, memberships and the clock."""

# ruff: noqa: ARG001 - actions share one signature

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.model import END, SECOND, Membership, User, name_uuid

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Time
    from bitbucket_emulator.world.model import World


@action
def create_user(
    world: World, nickname: str, display_name: str, email: str | None = None, kind: str = "user", *, at: Time
) -> User:
    """Make an account; `kind` is user, team or app_user. It is no member yet."""
    made = add_user(world, nickname, display_name, kind, at)
    if email is not None:
        world.emails[email.lower()] = made.uuid
    return made


@action
def rename_user(
    world: World, user: User, display_name: str | None = None, nickname: str | None = None, *, at: Time
) -> User:
    """Give an account another name: nothing else shows it."""
    user.display_name, user.nickname = display_name or user.display_name, nickname or user.nickname
    return user


@action
def delete_user(world: World, user: User, *, at: Time) -> User:
    """Delete an account: everywhere it was named there is null from now on."""
    user.deleted = True
    world.memberships = [each for each in world.memberships if each.user != user.uuid]
    return user


@action
def map_email(world: World, email: str, user: User | None = None, *, at: Time) -> str:
    """Let an account own an e-mail address (or nobody): commits of old get an author. Returns the address."""
    if user is None:
        world.emails.pop(email.lower(), None)
    else:
        world.emails[email.lower()] = user.uuid
    return email


@action
def add_member(world: World, user: User, permission: str = "member", *, at: Time) -> Membership:
    """Make somebody a member of the company's workspace."""
    if any(each.user == user.uuid for each in world.memberships):
        raise ActionError(f"add_member: {user.nickname} is a member")
    made = Membership(world.workspace.uuid, user.uuid, permission, at)
    world.memberships.append(made)
    return made


@action
def remove_member(world: World, user: User, *, at: Time) -> Membership:
    """Take somebody out of the workspace, which keeps an owner; what they did stays."""
    found = next((each for each in world.memberships if each.user == user.uuid), None)
    if found is None:
        raise ActionError(f"remove_member: {user.nickname} is no member")
    if [each for each in world.memberships if each.permission == "owner"] == [found]:
        raise ActionError(f"remove_member: {user.nickname} is the last owner")
    world.memberships.remove(found)
    return found


@action
def set_clock(world: World, time: Time, *, at: Time) -> int:
    """Set the world's clock, forward only; returns it."""
    if time < world.clock:
        raise ActionError("set_clock: time does not go back")
    return world.reach(time)


@action
def advance_clock(world: World, seconds: int, *, at: Time) -> int:
    """Let time pass; returns the clock."""
    return world.reach(_within(at + seconds * SECOND))


@action
def jump_clock(world: World, seconds: int, *, at: Time) -> int:
    """Let the world's clock jump, also backward; returns it. What was done by a clock ahead keeps its times."""
    world.clock = _within(at + seconds * SECOND)
    return world.clock


def _within(time: int) -> int:
    if not 0 <= time < END:
        raise ActionError("the clock would leave the calendar")
    return time


def add_user(world: World, nickname: str, display_name: str, kind: str, at: int) -> User:
    """Put an account into the world."""
    uuid = name_uuid(world.seed, "user", nickname, at)
    account_id = f"712020:{name_uuid(uuid, 'account')[1:-1]}"
    world.users[uuid] = user = User(uuid, account_id, nickname, display_name, at, kind)
    return user
