"""What happens beside the features: dependency updates, releases, forks, and the push that is the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.actions.closing import decline, supersede
from bitbucket_emulator.world.actions.comments import comment
from bitbucket_emulator.world.actions.git import tag
from bitbucket_emulator.world.actions.reviews import approve, open_pull_request
from bitbucket_emulator.world.commits import add_commit, move_branch
from bitbucket_emulator.world.generate import words
from bitbucket_emulator.world.generate.delivery import main_moved, release
from bitbucket_emulator.world.generate.work import land, open_for
from bitbucket_emulator.world.model import DAY, HOUR, MINUTE, Repository, name_uuid

if TYPE_CHECKING:
    from bitbucket_emulator.world.generate.desk import Desk, Play
    from bitbucket_emulator.world.generate.people import Person
    from bitbucket_emulator.world.model import PullRequest


def update_dependency(desk: Desk) -> Play:
    """The bot opens a pull request; somebody merges it soon, or a newer one takes its place."""
    bot, package = desk.company.dependency_bot, desk.random.choice(words.PACKAGES)
    major, minor = desk.random.randrange(1, 9), desk.random.randrange(20)
    branch = f"dependencies/{package}-{major}.{minor + 1}.{len(desk.repository.pull_requests)}"
    title = f"Bump {package} from {major}.{minor}.0 to {major}.{minor + 1}.0"
    desk.commit(branch, bot, f"{title}\n\nSigned-off-by: {bot.raw}\n", desk.files.bump(), raw=bot.raw)
    pull_request = open_for(desk, bot, branch, title, reviewers=1)
    for older in _open_by(desk, bot):
        if older is not pull_request and f"Bump {package} " in older.title:
            supersede.do(desk.world, desk.repository, older, bot.user, at=desk.now + MINUTE)
    if desk.chance(0.2):  # left lying
        return
    human = desk.random.choice(desk.present())
    yield human.later(desk.now, desk.random.choice((1, 8, 50)), desk.random)
    if pull_request.state != "OPEN":
        return
    if desk.chance(0.08):
        decline.do(desk.world, desk.repository, pull_request, human.user, "Breaks the build.", at=desk.now)
        return
    approve.do(desk.world, desk.repository, pull_request, human.user, at=desk.now)
    yield desk.now + desk.random.randrange(MINUTE, 20 * MINUTE)
    yield from land(desk, human, pull_request, desk.files.area())


def release_now_and_then(desk: Desk) -> Play:
    """A tag every few weeks: annotated and lightweight ones, each with its run."""
    version = 0
    while True:
        releaser = desk.random.choice(desk.present())
        yield releaser.later(desk.now, desk.random.uniform(9, 40) * 24, desk.random)
        desk.must_push()
        version += 1
        name = f"v1.{version}.0"
        message = f"Release {name}\n" if desk.plan.releases == "annotated" else None
        tag.do(desk.world, desk.repository, name, desk.main_head, message, releaser.user, at=desk.now)
        release(desk, name, releaser)


def contribute_from_fork(desk: Desk, fork: Repository, *, until: int | None) -> Play:
    """Somebody forks, pushes, and opens a pull request; `until` is the fork's last push (None: it is thrown away)."""
    contributor = desk.random.choice(desk.present())
    world, home = desk.world, desk.repository
    world.repositories[fork.uuid] = fork
    fork.commits.update(home.commits)
    fork.branches[desk.main] = desk.main_head
    branch = "proposal/faster-rounding"
    for number in range(3):
        yield contributor.later(desk.now, 3, desk.random)
        head = fork.branches.get(branch) or fork.branches[desk.main]
        changes = desk.files.change(desk.files.areas[0], 0.6)
        made = add_commit(fork, (head,), contributor.raw, desk.now, f"Faster rounding, part {number + 1}\n", changes)
        move_branch(world, fork, branch, made.hash, contributor.user, desk.now)
    title, text = "Faster rounding", "From my fork; tell me what you think."
    reviewers = [each.user for each in desk.present()[:2] if each is not contributor]
    pull_request = open_pull_request.do(
        world, home, branch, contributor.user, desk.main, title, text, reviewers, source_repository=fork, at=desk.now
    )
    if reviewers:
        yield desk.now + desk.random.randrange(HOUR, DAY)
        comment.do(
            world, home, pull_request, world.users[reviewers[0].uuid], desk.random.choice(words.REMARKS), at=desk.now
        )
    if until is None:
        yield desk.now + 20 * DAY
        if desk.chance(0.5):
            decline.do(world, home, pull_request, contributor.user, "I do not need it any more.", at=desk.now)
        del world.repositories[fork.uuid]
    elif desk.now < until:
        yield until
        head = fork.branches[branch]
        made = add_commit(fork, (head,), contributor.raw, desk.now, "Faster rounding, last part\n", changes)
        move_branch(world, fork, branch, made.hash, contributor.user, desk.now)


def push_for_the_last_time(desk: Desk) -> Play:
    """The push that the plan announced as `last_push`; lists showed it before this repository was generated."""
    person = desk.random.choice(desk.present())
    changes = desk.files.change(desk.files.areas[0], 0.3)
    made = add_commit(desk.repository, (desk.main_head,), person.raw, desk.now, "Update README\n", changes)
    move_branch(desk.world, desk.repository, desk.main, made.hash, person.user, desk.now)
    main_moved(desk, made, person)
    yield from ()


def throwaway_fork(desk: Desk) -> Repository:
    """A fork in somebody's own workspace that was deleted later: no list ever shows it."""
    uuid = name_uuid(desk.repository.uuid, "deleted fork")
    slug = desk.plan.slug
    return Repository(
        uuid, name_uuid(uuid, "workspace"), None, slug, slug, "", desk.now, desk.now, serial=0,
        parent=desk.repository.uuid,
    )  # fmt: skip


def _open_by(desk: Desk, person: Person) -> list[PullRequest]:
    requests = desk.repository.pull_requests.values()
    return [each for each in requests if each.state == "OPEN" and each.author == person.user.uuid]
