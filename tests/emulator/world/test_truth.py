"""The truth about a world: what rows of the API forget or never say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world import World, graph
from bitbucket_emulator.world.actions import (
    approve,
    comment,
    create_repository,
    create_user,
    delete_comment,
    finish_pipeline,
    merge,
    open_pull_request,
    push,
    redeploy_step,
    run_pipeline,
    unapprove,
)
from bitbucket_emulator.world.truth import truth_of

if TYPE_CHECKING:
    from bitbucket_emulator.world.model import Pipeline, PullRequest, Repository

_DEPLOY = [{"name": "Deploy", "environment": "Production"}]


def _deploy(world: World, repository: Repository, result: str = "SUCCESSFUL") -> Pipeline:
    run = run_pipeline(world, repository, creator="bob", steps=_DEPLOY)
    return finish_pipeline(world, repository, run, result)


def test_what_each_deployment_carried_and_every_attempt(world: World, repository: Repository) -> None:
    first = _deploy(world, repository)
    made = [push(world, repository, "main", "alice") for _ in range(2)]
    broken = _deploy(world, repository, "FAILED")
    second = _deploy(world, repository)
    redeploy_step(world, repository, first, "Deploy", "bob")
    deliveries = truth_of(world, repository).deliveries
    assert [(each.attempt.pipeline, each.attempt.result) for each in deliveries] == [
        (first.uuid, "SUCCESSFUL"),
        (broken.uuid, "FAILED"),
        (second.uuid, "SUCCESSFUL"),
        (first.uuid, "SUCCESSFUL"),
    ]
    # nothing was there before the first; the last went back, and brought nothing
    assert [each.carried for each in deliveries] == [None, None, {each.hash for each in made}, set()]
    # Bitbucket has one row of both attempts of the first run
    assert deliveries[0].attempt.deployment == deliveries[3].attempt.deployment
    assert deliveries[0].attempt.started_on < deliveries[3].attempt.started_on


def test_which_pull_request_a_commit_came_from(world: World, repository: Repository, pull_request: PullRequest) -> None:
    alone = push(world, repository, "main", "alice")
    own = [each.hash for each in graph.pull_request_commits(world, pull_request)]
    merge(world, repository, pull_request, "bob", "squash")
    origins = truth_of(world, repository).origins
    squashed = repository.branches["main"]
    assert origins == dict.fromkeys([*own, squashed], pull_request.id)
    assert alone.hash not in origins


def test_the_first_review_is_a_persons_who_stands_by_it(
    world: World, repository: Repository, pull_request: PullRequest
) -> None:
    robot = create_user(world, "robot", "Robot", kind="app_user")
    comment(world, repository, pull_request, robot, "Coverage: 80 %")
    comment(world, repository, pull_request, "alice", "Please look")
    comment(world, repository, pull_request, "bob", "Not published", pending=True)
    deleted = comment(world, repository, pull_request, "bob", "Oops")
    delete_comment(world, repository, pull_request, deleted)
    approve(world, repository, pull_request, "bob")
    unapprove(world, repository, pull_request, "bob")
    assert truth_of(world, repository).first_reviews == {}
    said = comment(world, repository, pull_request, "carol", "Fine")
    approve(world, repository, pull_request, "bob")
    found = truth_of(world, repository).first_reviews[pull_request.id]
    assert (found.user, found.at, found.kind) == (said.user, said.created_on, "comment")


def test_what_is_said_after_the_merge_is_no_review(
    world: World, repository: Repository, pull_request: PullRequest
) -> None:
    merge(world, repository, pull_request, "alice")
    comment(world, repository, pull_request, "bob", "Too late")
    assert truth_of(world, repository).first_reviews == {}


def test_an_empty_repository_has_an_empty_truth(world: World) -> None:
    truth = truth_of(world, create_repository(world, "new"))
    assert (truth.deliveries, truth.origins, truth.first_reviews) == ([], {}, {})


def test_the_companys_truth_fits_its_rows(company: World) -> None:
    flaky, repairs = 0, set()
    for repository in list(company.repositories.values()):
        truth = truth_of(company, repository)
        steps = {step.uuid: step for run in repository.pipelines.values() for step in run.steps}
        for _, step, number in truth.chronicle.flaky:
            flaky += 1
            # the failure was overwritten by the attempt behind it
            assert steps[step].run_number > number
            assert any(
                (each.step, each.run_number, each.result) == (step, number, "FAILED")
                for each in truth.chronicle.attempts
            )
        repairs |= {each.kind for each in truth.chronicle.repairs}
        merged = {each.id for each in repository.pull_requests.values() if each.state == "MERGED"}
        assert {each.pull_request for each in truth.chronicle.landings} == merged
        finished = {each.uuid for each in repository.deployments.values() if each.state == "COMPLETED"}
        assert finished <= {each.attempt.deployment for each in truth.deliveries}
    assert flaky > 10
    assert repairs == {"rollback", "revert", "hotfix"}


def test_whoever_opens_one_after_the_other_has_two(world: World, repository: Repository) -> None:
    for name in ("one", "two"):
        push(world, repository, name, "alice", files={f"{name}.py": [1, 0]})
        merge(world, repository, open_pull_request(world, repository, name, "alice"), "bob")
    assert sorted(set(truth_of(world, repository).origins.values())) == [1, 2]
