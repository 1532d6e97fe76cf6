"""Requests are what Bitbucket rations: they are counted one by one."""

from bitbucket_emulator import Emulator
from bitbucket_emulator.world import graph
from bitbucket_emulator.world.model import Commit, PullRequest, Repository
from tests.source.conftest import Warehouse


def test_a_first_sync_reads_each_list_once_and_each_pipelines_steps(bitbucket: Emulator, warehouse: Warehouse) -> None:
    warehouse.sync()

    repositories = list(bitbucket.world.repositories.values())
    assert warehouse.requests == {
        "acme": 2,  # the workspace, and the list of its repositories
        "projects": 1,
        "members": 1,
        "pullrequests": sum(pages(len(each.pull_requests), 49, extra=1) for each in repositories),
        "branches": len(repositories),
        "tags": len(repositories),
        "activity": sum(pages(sum(map(happenings, each.pull_requests.values())), 50) for each in repositories),
        "diffstat": sum(len(each.pull_requests) for each in repositories),
        # of a squashed pull request no ref reaches what it brought: then its own list is read
        "commits": sum(pages(len(reachable(each)), 100) + len(squashed(each)) for each in repositories),
        "pipelines": sum(pages(len(each.pipelines), 100) for each in repositories),
        "steps": sum(len(each.pipelines) for each in repositories),
        "deployments": sum(pages(len(each.deployments), 100) for each in repositories),
        "environments": len(repositories),
    }


def test_a_sync_with_nothing_new_asks_four_questions_and_two_per_repository(
    bitbucket: Emulator, synced: Warehouse
) -> None:
    repositories = bitbucket.world.repositories.values()
    running = [
        pipeline
        for repository in repositories
        for pipeline in repository.pipelines.values()
        if pipeline.state != "COMPLETED" and pipeline.stage not in {"PAUSED", "HALTED"}
    ]
    synced.sync()

    assert synced.requests == {
        "acme": 2,
        "projects": 1,
        "members": 1,
        "pullrequests": len(repositories),
        "pipelines": len(repositories),
        "deployments": len(repositories),  # all of them deployed within the last 90 days
        "steps": len(running),  # a running step changes without a word from its pipeline
    }


def test_after_a_push_only_that_repositorys_refs_and_commits_are_read(bitbucket: Emulator, synced: Warehouse) -> None:
    busiest = next(iter(bitbucket.world.repositories.values()))
    author = next(iter(bitbucket.world.users.values()))
    bitbucket.act("push", repository=busiest.slug, branch=busiest.mainbranch, author=author.nickname, commits=3)
    bitbucket.clear_requests()

    synced.sync(["branches", "tags", "commits", "commit_parents"])

    below = [entry.path for entry in bitbucket.requests if "/repositories/acme/{" in entry.path]
    root = f"/2.0/repositories/acme/{busiest.uuid}"
    assert sorted(below) == [f"{root}/commits", f"{root}/refs/branches", f"{root}/refs/tags"]


def test_everything_below_a_repository_is_addressed_by_uuid(bitbucket: Emulator, warehouse: Warehouse) -> None:
    warehouse.sync()

    below = [entry.path for entry in bitbucket.requests if entry.path.startswith("/2.0/repositories/acme/")]
    assert below
    by_slug = {path for path in below if not path.startswith("/2.0/repositories/acme/{")}
    # where the files of a pull request are is followed as Bitbucket names it
    assert {path for path in by_slug if "/diffstat/" not in path} == set()


def pages(rows: int, length: int, extra: int = 0) -> int:
    """Pages of a list; `extra` rows of each page but the first were on the one before already."""
    return max(1, -(-max(0, rows - extra) // length))


def happenings(pull_request: PullRequest) -> int:
    return len(pull_request.events) + len(pull_request.comments)


def squashed(repository: Repository) -> list[PullRequest]:
    reached = {commit.hash for commit in reachable(repository)}
    return [each for each in repository.pull_requests.values() if each.source_hash not in reached]


def reachable(repository: Repository) -> list[Commit]:
    return list(graph.log(repository))
