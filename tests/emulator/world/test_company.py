"""The generated company: believable, complete, obeying the facts, and the same for everybody who asks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from bitbucket_emulator.world import World, generate_world, graph
from bitbucket_emulator.world.actions import create_repository, delete_repository, rename_repository, rename_user
from bitbucket_emulator.world.model import DAY, HOUR, MILLISECOND, SECOND, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bitbucket_emulator.world.model import Comment, Commit, Pipeline, PullRequest, Repository, Step


def digest(world: World, uuids: list[str]) -> str:
    """A hash of all that is in these repositories, looked into in this order."""
    texts = {}
    for uuid in uuids:
        repository = world.repositories[uuid]
        texts[uuid] = repr(repository.contents) + repr((repository.created_on, repository.size))
    return sha256("".join(texts[uuid] for uuid in sorted(texts)).encode()).hexdigest()


def uuids_of(world: World) -> list[str]:
    return list(world.repositories)


@pytest.fixture(scope="module")
def pull_requests(company: World) -> list[PullRequest]:
    return [each for repository in company.repositories.values() for each in repository.pull_requests.values()]


def commits_of(world: World) -> Iterator[Commit]:
    return (each for repository in world.repositories.values() for each in repository.commits.values())


def pipelines_of(world: World) -> Iterator[Pipeline]:
    return (each for repository in world.repositories.values() for each in repository.pipelines.values())


def steps_of(world: World) -> Iterator[Step]:
    return (step for pipeline in pipelines_of(world) for step in pipeline.steps)


def comments_of(world: World) -> Iterator[Comment]:
    for repository in world.repositories.values():
        for pull_request in repository.pull_requests.values():
            yield from pull_request.comments.values()


def test_two_processes_make_the_same_world() -> None:
    script = "import sys; from {module} import digest, uuids_of; from bitbucket_emulator.world import generate_world\n"
    script += "world = generate_world(seed=5, scale=0.3); print(digest(world, uuids_of(world)))"
    digests = set()
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", script.format(module=__name__)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        digests.add(done.stdout.strip())
    world = generate_world(seed=5, scale=0.3)
    assert digests == {digest(world, uuids_of(world))}
    other = generate_world(seed=6, scale=0.3)
    assert digests != {digest(other, uuids_of(other))}


def test_the_order_of_access_has_no_effect() -> None:
    first, second = generate_world(seed=5, scale=0.3), generate_world(seed=5, scale=0.3)
    assert digest(first, uuids_of(first)) == digest(second, uuids_of(second)[::-1])
    assert first.clock == second.clock


def test_what_happens_before_a_repository_is_looked_into_does_not_change_its_past() -> None:
    plain, changed = generate_world(seed=5, scale=0.3), generate_world(seed=5, scale=0.3)
    for user in changed.users.values():
        rename_user(changed, user, display_name="Somebody Else", nickname=f"x{user.nickname}")
    changed.unsettled_moves = True
    delete_repository(changed, "search")
    rename_repository(changed, "ledger", "general-ledger")
    create_repository(changed, "ledger")
    kept = [uuid for uuid in plain.repositories if uuid in changed.repositories]
    assert len(kept) == 11
    assert digest(changed, kept) == digest(plain, kept)


def test_lists_need_no_contents() -> None:
    world = generate_world(repositories=1_000)
    heads = [(each.slug, each.updated_on, each.size, each.mainbranch) for each in world.repositories.values()]
    assert len({head[0] for head in heads}) == 1_000
    assert all(each._contents is None for each in world.repositories.values())
    for repository in list(world.repositories.values())[::97]:
        before = repository.updated_on, repository.size, repository.mainbranch
        pushes = [each.date for each in repository.commits.values()]
        assert (repository.updated_on, repository.size, repository.mainbranch) == before
        assert not pushes or 0 <= repository.updated_on - max(pushes) < 4 * SECOND


def test_what_a_list_shows_stays_when_somebody_looks_inside() -> None:
    world = generate_world(seed=7, scale=0.3)
    before = [(each, each.size, each.updated_on, each.mainbranch) for each in world.repositories.values()]
    assert all(each.contents for each in world.repositories.values())
    assert [(each, each.size, each.updated_on, each.mainbranch) for each in world.repositories.values()] == before


def test_the_default_company_has_the_size_it_promises(company: World, pull_requests: list[PullRequest]) -> None:
    assert len(company.repositories) == 12
    assert 2_500 <= sum(1 for _ in commits_of(company)) <= 3_500
    assert 520 <= len(pull_requests) <= 680
    assert 1_300 <= sum(1 for _ in pipelines_of(company)) <= 1_900
    assert 2_000 <= sum(1 for _ in comments_of(company)) <= 4_500
    assert {"MERGED", "OPEN", "DECLINED", "SUPERSEDED"} == {each.state for each in pull_requests}


@pytest.mark.parametrize(("scale", "years"), [(2.0, 2), (1.0, 1)], ids=["twice as busy", "half as long"])
def test_scale_and_years(company: World, scale: float, years: float) -> None:
    other = generate_world(scale=scale, years=years)
    ratio = sum(1 for _ in commits_of(other)) / sum(1 for _ in commits_of(company))
    assert ratio == pytest.approx(scale * years / 2, rel=0.2)


def _ages(world: World) -> list[float]:
    requests = (each for r in world.repositories.values() for each in r.pull_requests.values())
    return [(world.clock - each.created_on) / DAY for each in requests if each.state == "OPEN"]


def _requests(world: World) -> Iterator[PullRequest]:
    return (each for repository in world.repositories.values() for each in repository.pull_requests.values())


TRAITS: dict[str, Callable[[World], bool]] = {
    "reverted commits": lambda w: any("This reverts commit " in c.message for c in commits_of(w)),
    "co-authors": lambda w: any("\nCo-authored-by: " in c.message for c in commits_of(w)),
    "contributors without account": lambda w: any(w.account(c.author_raw) is None for c in commits_of(w)),
    "one person, two known addresses": lambda w: max(Counter(w.emails.values()).values()) > 1,
    "back merges": lambda w: any(c.message.startswith("Merge branch") for c in commits_of(w)),
    "unreachable commits": lambda w: any(
        len(graph.reachable(r, graph.heads(r))) < len(r.commits) for r in w.repositories.values()
    ),
    "an author that is a bot": lambda w: any(w.users[p.author].kind == "app_user" for p in _requests(w)),
    "an author whose account is gone": lambda w: any(w.user(p.author) is None for p in _requests(w)),
    "a source whose fork is gone": lambda w: any(graph.source_repository(w, p) is None for p in _requests(w)),
    "a source in a fork": lambda w: any(
        p.source_repository != p.repository and graph.source_repository(w, p) for p in _requests(w)
    ),
    "a destination that is no main branch": lambda w: any(
        e.update and "/" in e.update.destination_branch for p in _requests(w) for e in p.events
    ),
    "drafts": lambda w: any(e.update and e.update.draft for p in _requests(w) for e in p.events),
    "requested changes": lambda w: any(e.kind == "changes_requested" for p in _requests(w) for e in p.events),
    "hotfixes": lambda w: any(p.source_branch.startswith("hotfix/") for p in _requests(w)),
    "issue keys": lambda w: any(p.title.startswith("PAY-") for p in _requests(w)),
    "titles in other scripts": lambda w: any(not p.title.isascii() for p in _requests(w)),
    "inline comments": lambda w: any(c.inline for c in comments_of(w)),
    "outdated comments": lambda w: any(c.inline and c.inline.outdated for c in comments_of(w)),
    "replies": lambda w: any(c.parent for c in comments_of(w)),
    "deleted comments": lambda w: any(c.deleted for c in comments_of(w)),
    "pending comments": lambda w: any(c.pending for c in comments_of(w)),
    "edited comments": lambda w: any(c.updated_on - c.created_on > SECOND for c in comments_of(w)),
    "resolved threads": lambda w: any(c.resolved_on for c in comments_of(w)),
    "tasks, open and done": lambda w: len({t.state for p in _requests(w) for t in p.tasks.values()}) == 2,
    "open pull requests of all ages": lambda w: min(_ages(w)) < 10 < 300 < max(_ages(w)),
    "runs that wait for ever": lambda w: {"PAUSED", "HALTED"} <= {p.stage for p in pipelines_of(w)},
    "failed, stopped and broken runs": lambda w: {"FAILED", "STOPPED", "ERROR"} <= {p.result for p in pipelines_of(w)},
    "runs of every kind": lambda w: {"branches", "tags", "custom", "pull-requests"} <= {
        p.target.selector_type for p in pipelines_of(w)
    },
    "runs by hand and by schedule": lambda w: {"PUSH", "MANUAL", "SCHEDULED"} == {p.trigger for p in pipelines_of(w)},
    "steps run again": lambda w: any(s.run_number > 1 for s in steps_of(w)),
    "rollbacks by redeploying": lambda w: any(s.trigger == "redeploy" for s in steps_of(w)),
    "test reports": lambda w: any(s.tests for s in steps_of(w)),
    "deployments in every state": lambda w: {"SUCCESSFUL", "FAILED", None} <= {
        d.status for r in w.repositories.values() for d in r.deployments.values()
    },
    "both kinds of tags": lambda w: {True, False} == {
        tag.date is None for r in w.repositories.values() for tag in r.tags.values()
    },
    "an empty repository": lambda w: any(r.mainbranch is None and not r.commits for r in w.repositories.values()),
    "an abandoned repository": lambda w: any(
        r.commits and w.clock - r.updated_on > 300 * DAY for r in w.repositories.values()
    ),
    "schedules, reports, downloads": lambda w: all(
        any(getattr(r, name) for r in w.repositories.values()) for name in ("schedules", "reports", "downloads")
    ),
}  # fmt: skip


@pytest.mark.parametrize("trait", TRAITS)
def test_the_company_has(company: World, trait: str) -> None:
    assert TRAITS[trait](company)


def test_people_work_on_working_days(company: World) -> None:
    days = Counter(moment(commit.date).weekday() for commit in commits_of(company))
    assert days[5] + days[6] < 0.12 * sum(days.values())
    christmas = [c for c in commits_of(company) if moment(c.date).strftime("%m-%d") in ("12-25", "12-26", "12-31")]
    assert len(christmas) < 5


def test_nothing_is_later_than_the_clock(company: World, pull_requests: list[PullRequest]) -> None:
    clock = company.clock
    assert clock == generate_world().clock
    assert all(commit.date <= clock for commit in commits_of(company))
    assert all(each.updated_on <= clock and max(e.date for e in each.events) <= clock for each in pull_requests)
    assert all((step.completed_on or step.started_on or 0) <= clock for step in steps_of(company))
    assert moment(clock) == datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def test_the_facts_hold_for_every_pull_request(company: World, pull_requests: list[PullRequest]) -> None:
    for each in pull_requests:
        first, second = each.events[:2]
        assert first.update
        assert second.update
        assert (first.update.state, second.update.state) == ("OPEN", "OPEN")
        assert 50 * MILLISECOND <= second.date - first.date <= 150 * MILLISECOND
        shown = [
            c.updated_on
            for c in each.comments.values()
            if not (c.pending or c.deleted) and c.updated_on - c.created_on < SECOND
        ]
        assert each.updated_on >= max(shown, default=0)
        if each.state != "OPEN":
            closing = max((e for e in each.events if e.update), key=lambda e: e.date)
            assert closing.update
            assert closing.update.state == each.state
            assert each.closed_on is not None
            assert 0 < closing.date - each.closed_on < 50 * MILLISECOND
        if each.state == "MERGED":
            repository = company.repositories[each.repository]
            assert each.merge_commit
            commit = repository.commits[each.merge_commit]
            assert each.closed_on
            assert commit.date <= each.closed_on
            assert graph.is_ancestor(
                repository, each.merge_commit, repository.branches[repository.mainbranch or ""]
            ) or (each.destination_branch != repository.mainbranch)


def test_ids_ascend_with_time(company: World) -> None:
    for repository in company.repositories.values():
        requests = list(repository.pull_requests.values())
        assert [each.id for each in requests] == list(range(1, len(requests) + 1))
        assert [each.created_on for each in requests] == sorted(each.created_on for each in requests)
        runs = list(repository.pipelines.values())
        assert [each.created_on for each in runs] == sorted(each.created_on for each in runs)
    ids = [comment.id for comment in comments_of(company)]
    assert len(set(ids)) == len(ids)


def test_parents_are_there_and_older(company: World) -> None:
    for repository in company.repositories.values():
        seen: set[str] = set()
        for commit in repository.commits.values():
            assert seen.issuperset(commit.parents)
            assert all(repository.commits[parent].date <= commit.date for parent in commit.parents)
            seen.add(commit.hash)


def test_deployments_follow_their_steps(company: World) -> None:
    for repository in company.repositories.values():
        for deployment in repository.deployments.values():
            pipeline = repository.pipelines[deployment.pipeline]
            step = next(each for each in pipeline.steps if each.uuid == deployment.step)
            assert deployment.commit == pipeline.target.commit
            assert (deployment.started_on, deployment.completed_on) == (step.started_on, step.completed_on)
            assert (deployment.state == "UNDEPLOYED") is (step.started_on is None)


@pytest.mark.parametrize("count", [1, 4, 30], ids=["one", "four", "thirty"])
@pytest.mark.parametrize("people", [1, 3, 40], ids=["alone", "three", "forty"])
def test_small_and_large_companies_work(count: int, people: int) -> None:
    world = generate_world(seed=3, repositories=count, people=people, scale=0.2, years=1)
    assert len(world.repositories) == count
    assert sum(1 for _ in commits_of(world)) > 10
    assert sum(user.kind == "user" for user in world.users.values()) == people + 1
    assert {each.kind for each in world.credentials.values()} == {"basic", "bearer", "oauth"}


def _repository(world: World, slug: str) -> Repository:
    found = world.repository(world.workspace.uuid, slug)
    assert found is not None
    return found


def test_a_fork_shares_its_parents_commits_and_has_its_own(company: World) -> None:
    parent, fork = _repository(company, "payments-api"), _repository(company, "payments-api-experiments")
    assert fork.parent == parent.uuid
    assert set(fork.commits) & set(parent.commits)
    assert set(fork.commits) - set(parent.commits)
    assert not fork.pull_requests
    assert company.clock - fork.updated_on > HOUR
