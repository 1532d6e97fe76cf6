"""A small company whose work is known by name, and in which everything is there that a change may need."""

from __future__ import annotations

from bitbucket_emulator import generate_world
from bitbucket_emulator.world import actions
from bitbucket_emulator.world.model import DAY, SECOND, PullRequest, Repository, User, World

WORKSPACE = "acme"
AUTH = ("admin@example.org", "emulator-api-token")
HOME = "payments-api"
"""the repository in which things happen"""
FORK = "payments-api-experiments"
EMPTY = "sandbox"
HIDDEN = "platform"
"""a repository full of work that nobody may see yet"""
FEATURE = "feature/refunds"
"""an open pull request's branch, two commits ahead of the main one"""
TESTS = {"tests.money.test_refund": "FAILED", "tests.money.test_fee": "PASSED", "tests.test_slow": "SKIPPED"}
"""what a step of a run reports"""
STALE = "stale"
"""an old branch that nobody looks at"""


def make_company() -> World:
    """Always the same world."""
    world = generate_world(seed=11, repositories=6, people=8, years=0.5, scale=0.3)
    for repository in world.repositories.values():
        # contents come about on the first look, and with them the size that the list shows
        assert repository.branches is not None
    actions.hide_repository(world, HIDDEN)
    ann, bob, cleo = people(world)
    actions.push(world, HOME, FEATURE, ann, commits=2, at=world.clock - 9 * DAY)
    actions.push(world, HOME, STALE, "Eve <eve@example.net>", date=world.clock - 400 * DAY, at=world.clock - 8 * DAY)
    actions.push(world, FORK, "experiment", cleo, at=world.clock - 7 * DAY)
    actions.tag(world, HOME, "v1.0", STALE, at=world.clock - 6 * DAY)
    actions.tag(world, HOME, "v1.1", FEATURE, "Release 1.1", ann, at=world.clock - 6 * DAY)
    _review(world, ann, bob, cleo)
    _checks_and_settings(world, ann, bob)
    steps = ["Build", {"name": "Deploy", "manual": True, "environment": "Test"}]
    actions.run_pipeline(world, HOME, FEATURE, creator=ann, steps=steps)
    actions.finish_pipeline(world, HOME, newest_pipeline(world))
    actions.run_pipeline(world, HOME, creator=bob)
    actions.finish_pipeline(world, HOME, newest_pipeline(world), "FAILED")
    return world


def _review(world: World, ann: User, bob: User, cleo: User) -> None:
    refunds = actions.open_pull_request(world, HOME, FEATURE, ann, title="Refunds", reviewers=[bob])
    actions.approve(world, HOME, refunds, bob)
    actions.comment(world, HOME, refunds, cleo, "Why?")
    actions.create_task(world, HOME, refunds, bob, "Say why")
    experiment = actions.open_pull_request(
        world, HOME, "experiment", cleo, title="Experiment", source_repository=FORK, reviewers=[ann]
    )
    actions.request_changes(world, HOME, experiment, bob)
    # later than the others, which a sync therefore does not read again for nothing
    actions.advance_clock(world, DAY // SECOND)
    actions.create_branch(world, HOME, "release")
    actions.open_pull_request(
        world, HOME, STALE, bob, "release", title="Revival", reviewers=[], close_source_branch=True
    )


def _checks_and_settings(world: World, ann: User, bob: User) -> None:
    """What nobody has here unless somebody asks: tests, statuses, reports, reviewers by default and the like."""
    tested = actions.run_pipeline(world, HOME, FEATURE, creator=ann, steps=["Test"])
    actions.start_step(world, HOME, tested, "Test")
    actions.finish_step(world, HOME, tested, "Test", "FAILED", TESTS)
    actions.status(world, HOME, FEATURE, "INPROGRESS", "lint", "Lint")
    actions.add_report(world, HOME, FEATURE, findings=2)
    actions.add_default_reviewer(world, HOME, bob)
    actions.add_schedule(world, HOME, FEATURE, custom="nightly")
    actions.add_download(world, HOME, "manual.pdf", ann)


def people(world: World) -> tuple[User, User, User]:
    """Three members, the first of whom is no administrator."""
    members = [world.users[each.user] for each in world.memberships]
    owner = world.credentials["admin"].user
    ann, bob, cleo = [member for member in members if member.uuid != owner and member.kind == "user"][:3]
    return ann, bob, cleo


def pull_request(world: World, title: str) -> PullRequest:
    """The pull request whose title starts so, in the home repository."""
    found = home(world).pull_requests.values()
    return next(each for each in found if each.title.startswith(title))


def newest_pipeline(world: World, *, before: int = 0) -> int:
    """The build number of the newest run in the home repository, or of one before it."""
    return len(home(world).pipelines) - before


def home(world: World) -> Repository:
    """The home repository."""
    repository = world.repository(world.workspace.uuid, HOME)
    assert repository is not None
    return repository
