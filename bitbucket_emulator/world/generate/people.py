"""Who works at the company, when, and how they review."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from bitbucket_emulator.world.generate import words
from bitbucket_emulator.world.model import DAY, HOUR, Group, Membership, User, name_uuid

if TYPE_CHECKING:
    from bitbucket_emulator.world.model import World

_YEAR_END = (358, 366)  # days of the year on which nobody works


@dataclass(slots=True)
class Person:
    """Somebody with working hours and a temperament.

    `raw` is how their git signs, `other_raw` how it does on another machine. Times of day and `zone` are microseconds,
    `review_hours` is the median until they answer a review request, `strictness` how likely they ask for changes.
    """

    user: User
    raw: str
    other_raw: str
    zone: int
    day_start: int
    day_end: int
    review_hours: float
    strictness: float
    since: int
    until: int
    weekends: bool
    holidays: list[int] = field(default_factory=list)  # first days of two weeks off, days since the epoch

    def works_at(self, time: int) -> bool:
        """Whether they are with the company."""
        return self.since <= time < self.until

    def later(self, now: int, hours: float, random: Random) -> int:
        """A moment of their working day, around `hours` from now (log-normal)."""
        return self.at_work(
            now + int(hours * random.lognormvariate(0, 0.7) * HOUR) + random.randrange(HOUR // 60), random
        )

    def at_work(self, time: int, random: Random) -> int:
        """`time`, or the first hours of their next working day."""
        local = time + self.zone
        day, clock = divmod(local, DAY)
        if clock > self.day_end:
            day, clock = day + 1, -1
        while self._is_off(day):
            day, clock = day + 1, -1
        if clock < self.day_start:
            clock = self.day_start + int(random.random() ** 2 * 4 * HOUR)
        return day * DAY + clock - self.zone

    def _is_off(self, day: int) -> bool:
        weekend = (day + 3) % 7 >= 5 and not self.weekends  # day 0 was a Thursday
        year_end = _YEAR_END[0] <= day % 365.25 + 0.75 < _YEAR_END[1]
        return weekend or year_end or any(0 <= day - first < 14 for first in self.holidays)


@dataclass(slots=True)
class Company:
    """Everybody who acts, and `users` as they were when the world was made: later renames do not change the past."""

    people: list[Person]
    dependency_bot: Person
    build_bot: Person
    users: dict[str, User]
    emails: dict[str, str]


def hire(world: World, count: int, start: int, end: int) -> Company:
    """Fill the world with people, bots, groups and memberships; some of them leave before `end`."""
    random = Random(f"{world.seed}/people")  # noqa: S311 - a believable company, no secret
    people = [_hire_one(world, number, random, start, end) for number in range(count)]
    for leaver in people[count // 3 : count // 3 + max(1, count // 10)] if count > 4 else []:
        leaver.until = end - random.randrange(60 * DAY, 300 * DAY)
    dependency_bot = _bot(world, "dependency-bot", "Dependency Bot", "app_user", start)
    build_bot = _bot(world, "build-bot", "Build Bot", "user", start)
    _enroll(world, [*people, build_bot], random, end)
    _say_goodbye(world, people, end)
    frozen = {uuid: replace(user, deleted=False) for uuid, user in world.users.items()}
    for person in (*people, dependency_bot, build_bot):
        person.user = frozen[person.user.uuid]
    return Company(people, dependency_bot, build_bot, frozen, dict(world.emails))


def _hire_one(world: World, number: int, random: Random, start: int, end: int) -> Person:
    if number < len(words.PEOPLE):
        name, nickname, zone = words.PEOPLE[number]
    else:
        given, family = random.choice(words.GIVEN), random.choice(words.FAMILY)
        name, nickname, zone = f"{given} {family}", f"{given.lower()}{number}", random.choice((-6, 0, 1, 2, 5))
    since = start - random.randrange(400) * DAY if number % 4 else start + random.randrange((end - start) // 2)
    email, private = f"{nickname}@acme.example", f"{nickname}@home.example"
    user = _account(world, nickname, name, "user", min(since, start), email)
    if number % 6 == 1:  # some sign with an address Bitbucket knows too, the others with one it does not
        world.emails[private] = user.uuid
    other = f"{name} <{private}>" if number % 3 == 1 else f"{name} <{email}>"
    day = start // DAY
    off = [day + random.randrange(730) for _ in range(3)] + [day + 230 + random.randrange(20)]
    return Person(
        user=user,
        raw=f"{name} <{email}>",
        other_raw=other,
        zone=zone * HOUR,
        day_start=random.randrange(7 * HOUR, 10 * HOUR),
        day_end=random.randrange(17 * HOUR, 20 * HOUR),
        review_hours=random.choice((0.5, 1.0, 2.0, 3.0, 6.0, 20.0)),
        strictness=random.choice((0.05, 0.1, 0.2, 0.35)),
        since=since,
        until=end + 10_000 * DAY,
        weekends=number % 11 == 7,
        holidays=off,
    )


def _account(world: World, nickname: str, name: str, kind: str, created_on: int, email: str | None) -> User:
    uuid = name_uuid(world.seed, "user", nickname)
    account_id = None if kind == "app_user" else f"712020:{name_uuid(uuid, 'account')[1:-1]}"
    world.users[uuid] = user = User(uuid, account_id, nickname, name, created_on, kind)
    if email is not None:
        world.emails[email] = uuid
    return user


def _bot(world: World, nickname: str, name: str, kind: str, start: int) -> Person:
    email = f"{nickname}@acme.example"
    user = _account(world, nickname, name, kind, start, email if kind == "user" else None)
    user.robot = True
    raw = f"{name} <{email}>"
    return Person(user, raw, raw, 0, 0, DAY, 0.05, 0.0, start, start + 100_000 * DAY, weekends=True)


def _enroll(world: World, people: list[Person], random: Random, end: int) -> None:
    workspace = world.workspace.uuid
    for number, person in enumerate(people):
        permission = "owner" if number == 0 else "member"
        seen = end - random.randrange(30 * DAY)
        world.memberships.append(Membership(workspace, person.user.uuid, permission, person.since, seen))
    everybody = [person.user.uuid for person in people]
    world.groups.append(Group(workspace, "developers", "Developers", everybody))
    world.groups.append(Group(workspace, "administrators", "Administrators", everybody[:2]))


def _say_goodbye(world: World, people: list[Person], end: int) -> None:
    """Those who left are members no longer; of two in three the account is deleted too."""
    gone = [person for person in people if person.until < end]
    for number, person in enumerate(gone):
        world.memberships = [each for each in world.memberships if each.user != person.user.uuid]
        person.user.deleted = number % 3 < 2
        for group in world.groups:
            group.members = [each for each in group.members if each != person.user.uuid]
