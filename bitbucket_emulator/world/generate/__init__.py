"""A believable company, made from a seed: the same seed gives the same world, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from bitbucket_emulator.world.generate.credentials import issue_credentials
from bitbucket_emulator.world.generate.people import hire
from bitbucket_emulator.world.generate.plans import make_plans
from bitbucket_emulator.world.generate.play import fill
from bitbucket_emulator.world.generate.settings import configure_company
from bitbucket_emulator.world.model import (
    DAY,
    MILLISECOND,
    SECOND,
    Project,
    Repository,
    Workspace,
    World,
    jitter,
    micros,
    name_uuid,
)

if TYPE_CHECKING:
    from bitbucket_emulator.world.generate.people import Company
    from bitbucket_emulator.world.generate.plans import Plan

_PROJECTS = {"PAY": "Payments", "SHOP": "Shop", "PLAT": "Platform"}
_END = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def generate_world(
    *,
    seed: int = 7,
    repositories: int = 12,
    people: int = 20,
    years: float = 2,
    scale: float = 1.0,
    end: datetime = _END,
) -> World:
    """A company of `people` that worked for `years` until `end`, which is what the world's clock shows.

    `scale` multiplies the activity of every repository; above a dozen, further `repositories` are mostly quiet. Cheap:
    each repository is generated when somebody first looks into it, from the seed and its name alone.
    """
    clock = micros(end)
    start = clock - int(years * 365) * DAY
    world = World(seed, clock)
    workspace = Workspace(name_uuid(seed, "workspace"), "acme", "Acme Møbler & Co", start - 400 * DAY)
    world.workspaces[workspace.uuid] = workspace
    for key, name in _PROJECTS.items():
        uuid = name_uuid(seed, "project", key)
        world.projects[uuid] = Project(uuid, workspace.uuid, key, name, f"All about {name.lower()}", start, start)
    company = hire(world, people, start, clock)
    configure_company(world, company)
    issue_credentials(world, company.people[0].user.uuid)
    _found_repositories(world, make_plans(seed, repositories, start, clock, scale), company, workspace)
    return world


def _found_repositories(world: World, plans: list[Plan], company: Company, workspace: Workspace) -> None:
    end = world.clock - 5 * SECOND  # nothing generated is later than the clock
    made = {plan.slug: _head(world, plan, workspace) for plan in plans}
    forks = {plan.fork_of: (made[plan.slug], plan.last_push) for plan in plans if plan.fork_of and plan.last_push}
    for plan in plans:
        repository = made[plan.slug]
        world.repositories[repository.uuid] = repository
        world.slugs[(workspace.uuid, plan.slug)] = repository.uuid
        if plan.fork_of:
            repository.parent = made[plan.fork_of].uuid
            repository.generate = partial(_fill_with_parent, made[plan.fork_of])
        else:
            fork = forks.get(plan.slug)
            repository.generate = partial(
                fill, plan=plan, company=company, workspace=workspace, seed=world.seed, end=end, fork=fork
            )


def _head(world: World, plan: Plan, workspace: Workspace) -> Repository:
    random = Random(f"{world.seed}/head/{plan.slug}")  # noqa: S311 - a believable company, no secret
    pushed = plan.last_push
    return Repository(
        uuid=name_uuid(world.seed, "repository", plan.slug),
        workspace=workspace.uuid,
        project=name_uuid(world.seed, "project", plan.project),
        slug=plan.slug,
        name=plan.name,
        description=f"{plan.name}: see the wiki" if random.random() < 0.5 else "",
        created_on=plan.created_on,
        updated_on=plan.created_on
        if pushed is None
        else pushed + jitter(pushed, 200 * MILLISECOND, 1_900 * MILLISECOND),
        serial=world.next_serial(),
        size=60_000 if pushed is None else random.randrange(200_000, 90_000_000),
        language=plan.language,
        mainbranch=None if pushed is None else plan.mainbranch,
        is_private=plan.private,
        pipelines_enabled=plan.pipelines,
    )


def _fill_with_parent(parent: Repository, _fork: Repository) -> None:
    """A fork's commits come about while its parent is generated."""
    assert parent.contents is not None
