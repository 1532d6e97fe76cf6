"""Fill one repository: everybody's plays are put on the stage and run until the end of the world."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from bitbucket_emulator.world.actions.environments import add_environments
from bitbucket_emulator.world.actions.runs import test_case
from bitbucket_emulator.world.commits import add_commit, move_branch
from bitbucket_emulator.world.generate import chores, words
from bitbucket_emulator.world.generate.delivery import nightly
from bitbucket_emulator.world.generate.desk import Desk
from bitbucket_emulator.world.generate.files import Files
from bitbucket_emulator.world.generate.settings import configure, publish_results
from bitbucket_emulator.world.generate.work import direct_push, feature
from bitbucket_emulator.world.model import DAY, HOUR, MINUTE, World, whole_seconds

if TYPE_CHECKING:
    from bitbucket_emulator.world.generate.desk import Play
    from bitbucket_emulator.world.generate.people import Company, Person
    from bitbucket_emulator.world.generate.plans import Plan
    from bitbucket_emulator.world.model import Repository, Workspace


def fill(
    repository: Repository,
    plan: Plan,
    company: Company,
    workspace: Workspace,
    seed: int,
    end: int,
    fork: tuple[Repository, int] | None,
) -> None:
    """Generate what is in `repository`, from its plan and the seed alone; `fork` is a fork and its last push."""
    random = Random(f"{seed}/repository/{plan.slug}")  # noqa: S311 - a believable company, no secret
    stage = World(
        seed,
        clock=0,
        workspaces={workspace.uuid: workspace},
        users=company.users,
        emails=company.emails,
        repositories={repository.uuid: repository},
    )
    listed = [repository] if fork is None else [repository, fork[0]]
    heads = [(each, each.updated_on, each.size) for each in listed]
    team = _team(company, plan, random)
    files = Files(plan.language or "python", monorepo=plan.monorepo, random=random)
    desk = Desk(stage, repository, plan, company, team, files, random, end)
    add_environments(repository)
    configure(desk)
    if plan.last_push is not None:
        _prepare(desk, fork)
        desk.run()
        publish_results(desk)
    for each, updated_on, size in heads:  # the plans said so before anybody looked inside
        each.updated_on, each.size = updated_on, size


def _team(company: Company, plan: Plan, random: Random) -> list[Person]:
    size = 2 if plan.pull_requests < 8 else min(len(company.people), 5 + plan.pull_requests // 20)
    return random.sample(company.people, min(size, len(company.people)))


def _prepare(desk: Desk, fork: tuple[Repository, int] | None) -> None:
    plan, random = desk.plan, desk.random
    last = plan.last_push or 0
    span = last - plan.created_on
    if plan.pull_requests > 10 and plan.pipelines:
        names = [f"tests.{area}.test_{name}" for area in ("unit", "integration") for name in words.FILES[:9]]
        desk.tests = [
            test_case(desk.repository, name, "SKIPPED" if name.endswith("mail") else "PASSED") for name in names
        ]
    _import(desk)
    for _ in range(plan.pull_requests):
        desk.start(plan.created_on + int(random.random() ** 0.85 * span), _begin(desk, "feature"))
    for _ in range(2 + plan.pull_requests // 9 if plan.pull_requests else random.randrange(2, 12)):
        desk.start(plan.created_on + int(random.random() * span), _begin(desk, "push"))
    for _ in range(plan.pull_requests // 11):
        desk.start(plan.created_on + int(random.random() * span), _begin(desk, "dependency"))
    if plan.releases != "none":
        desk.start(plan.created_on + 20 * DAY, chores.release_now_and_then(desk))
    if plan.nightly:
        first_monday = (plan.created_on // DAY + 3) // 7 * 7 + 4
        desk.start(first_monday * DAY + 3 * HOUR + 7 * 24 * HOUR, nightly(desk))
    if plan.welcomes_forks:
        desk.start(
            plan.created_on + span // 3, chores.contribute_from_fork(desk, chores.throwaway_fork(desk), until=None)
        )
    if fork is not None:
        copy, until = fork
        desk.start(copy.created_on, chores.contribute_from_fork(desk, copy, until=until))
    desk.start(last, chores.push_for_the_last_time(desk))


def _import(desk: Desk) -> None:
    """The first commit."""
    person, plan = desk.team[0], desk.plan
    at = plan.created_on + 5 * MINUTE
    changes = desk.files.first_import()
    commit = add_commit(desk.repository, (), person.raw, whole_seconds(at), "Initial commit\n", changes)
    move_branch(desk.world, desk.repository, plan.mainbranch, commit.hash, person.user, at)


def _begin(desk: Desk, what: str) -> Play:
    """Somebody takes something on, at the start of a working day or during it."""
    author = desk.random.choice(desk.present())
    yield author.at_work(desk.now, desk.random)
    if what == "push":
        yield from direct_push(desk, author)
    elif what == "dependency":
        yield from chores.update_dependency(desk)
    else:
        yield from feature(desk, author, desk.random.choice(("feature", "feature", "bugfix", "chore")))
