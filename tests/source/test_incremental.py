"""What is new or has changed arrives; what has not is not asked for again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world.model import PullRequest, Repository
from tests.source.conftest import Warehouse
from tests.truth.syncing import differences


@pytest.fixture
def repository(bitbucket: Emulator) -> Repository:
    return next(each for each in bitbucket.world.repositories.values() if len(each.pull_requests) > 20)


@pytest.fixture
def people(bitbucket: Emulator) -> list[str]:
    return [user.nickname for user in bitbucket.world.users.values() if user.kind == "user" and not user.deleted]


def test_a_commit_with_an_old_date_that_is_pushed_late_arrives(
    bitbucket: Emulator, synced: Warehouse, repository: Repository, people: list[str]
) -> None:
    head = bitbucket.act(
        "push",
        repository=repository.slug,
        branch="ancient",
        author=people[0],
        commits=2,
        date="2019-01-01T00:00:00Z",
        message="Found on an old laptop",
    )
    synced.sync()

    assert synced.rows(f"select date::date, message from commits where hash = '{head.hash}'") == [
        (date(2019, 1, 1), "Found on an old laptop")
    ]
    assert synced.rows("select target_hash from branches where name = 'ancient'") == [(head.hash,)]


def test_a_comment_moves_an_old_pull_request(
    bitbucket: Emulator, synced: Warehouse, repository: Repository, people: list[str]
) -> None:
    oldest = min(repository.pull_requests)
    count = f"select comment_count from pull_requests where id = {oldest} and repository_uuid = '{repository.uuid}'"
    [(before,)] = synced.rows(count)
    bitbucket.act("comment", repository=repository.slug, pull_request=oldest, user=people[0], text="Why, again?")
    synced.sync(["pull_requests"])

    assert synced.rows(count) == [(before + 1,)]
    assert synced.requests["pullrequests"] == 3


def test_pull_requests_that_share_one_moment_over_a_whole_page_all_arrive(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, people: list[str]
) -> None:
    for number in range(120):
        bitbucket.act("create_branch", repository=repository.slug, branch=f"mass/{number}")
        bitbucket.act("open_pull_request", repository=repository.slug, source=f"mass/{number}", author=people[0])
    moment = bitbucket.world.clock
    for pull_request in repository.pull_requests.values():
        if pull_request.source_branch.startswith("mass/"):
            pull_request.updated_on = moment
    warehouse.sync(["pull_requests"])

    assert warehouse.rows(f"select count(*) from pull_requests where repository_uuid = '{repository.uuid}'") == [
        (len(repository.pull_requests),)
    ]


def test_a_pull_request_that_changes_while_the_list_is_read_pushes_no_neighbour_over_the_edge(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, people: list[str]
) -> None:
    for number in range(100):
        bitbucket.act("create_branch", repository=repository.slug, branch=f"mass/{number}")
        bitbucket.act("open_pull_request", repository=repository.slug, source=f"mass/{number}", author=people[0])
    first = min(repository.pull_requests.values(), key=lambda each: each.updated_on)
    bitbucket.add_fault(
        Fault(
            kind="action",
            path=f"{repository.uuid}/pullrequests",
            nth=1,
            when="after",
            action="comment",
            arguments={
                "repository": repository.slug,
                "pull_request": first.id,
                "user": people[0],
                "text": "while you read",
            },
        )
    )
    warehouse.sync(["pull_requests"])

    assert warehouse.rows(
        f"select id, comment_count from pull_requests where repository_uuid = '{repository.uuid}' order by id"
    ) == [(each.id, comment_count(each)) for each in sorted(repository.pull_requests.values(), key=lambda p: p.id)]


def comment_count(pull_request: PullRequest) -> int:
    return sum(not comment.deleted for comment in pull_request.comments.values())


def test_a_pipeline_that_finishes_later_is_read_again_with_its_steps(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    run = bitbucket.act("run_pipeline", repository=repository.slug, ref=repository.mainbranch)
    warehouse.sync()
    state = f"select state_name, state_result_name from pipelines where uuid = '{run.uuid}'"
    assert warehouse.rows(state)[0][1] is None

    bitbucket.act("finish_pipeline", repository=repository.slug, pipeline=run.build_number)
    warehouse.sync()

    assert warehouse.rows(state) == [("COMPLETED", "SUCCESSFUL")]
    assert set(warehouse.rows(f"select state_name from pipeline_steps where pipeline_uuid = '{run.uuid}'")) == {
        ("COMPLETED",)
    }
    bitbucket.clear_requests()
    warehouse.sync()
    assert not [entry.path for entry in bitbucket.requests if run.uuid in entry.path]


def test_an_unfinished_pipeline_beyond_the_newest_hundred_is_seen_to_finish(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    waiting = bitbucket.act("run_pipeline", repository=repository.slug, ref=repository.mainbranch)
    for _ in range(110):
        newer = bitbucket.act("run_pipeline", repository=repository.slug, ref=repository.mainbranch)
        bitbucket.act("finish_pipeline", repository=repository.slug, pipeline=newer.build_number)
    warehouse.sync(["pipelines", "pipeline_steps"])
    bitbucket.act("stop_pipeline", repository=repository.slug, pipeline=waiting.build_number)
    warehouse.sync(["pipelines", "pipeline_steps"])

    assert warehouse.rows(f"select state_name, state_result_name from pipelines where uuid = '{waiting.uuid}'") == [
        ("COMPLETED", "STOPPED")
    ]


def test_a_repository_made_after_the_first_sync_is_loaded_from_its_beginning(
    bitbucket: Emulator, synced: Warehouse, people: list[str]
) -> None:
    bitbucket.act("create_repository", slug="late")
    bitbucket.act("push", repository="late", branch="main", author=people[0], commits=4, date="2020-02-02T00:00:00Z")
    synced.sync()

    assert synced.rows(
        "select r.slug, count(*) from commits c join repositories r on r.uuid = c.repository_uuid "
        "where r.slug = 'late' group by 1"
    ) == [("late", 4)]


def test_a_renamed_repository_stays_one(bitbucket: Emulator, synced: Warehouse, repository: Repository) -> None:
    bitbucket.act("rename_repository", repository=repository.slug, slug="brand-new")
    synced.sync()

    assert synced.rows(f"select slug from repositories where uuid = '{repository.uuid}'") == [("brand-new",)]


def test_a_table_selected_later_is_loaded_from_its_beginning(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    warehouse.sync(["pull_requests"])
    warehouse.sync(["pull_requests", "pull_request_participants", "users"])

    participants = sum(len(each.participants) for each in repository.pull_requests.values())
    closed_accounts = sum(
        not bitbucket.world.user(participant.user)
        for each in repository.pull_requests.values()
        for participant in each.participants
    )
    [(arrived, nameless)] = warehouse.rows(
        "select count(*), count(*) filter (user_uuid = '') from pull_request_participants "
        f"where repository_uuid = '{repository.uuid}'"
    )
    assert arrived - nameless == participants - closed_accounts


def test_a_repository_selected_later_is_loaded_from_its_beginning(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository
) -> None:
    others = [each.slug for each in bitbucket.world.repositories.values() if each is not repository]
    warehouse.sync(["pull_requests"], repositories=others)
    assert warehouse.rows(f"select count(*) from pull_requests where repository_uuid = '{repository.uuid}'") == [(0,)]

    warehouse.sync(["pull_requests"])

    assert warehouse.rows(f"select count(*) from pull_requests where repository_uuid = '{repository.uuid}'") == [
        (len(repository.pull_requests),)
    ]


def test_a_list_that_cannot_be_sorted_is_read_by_ids(bitbucket: Emulator, warehouse: Warehouse) -> None:
    unsortable = Fault(kind="status", status=500, path="/pullrequests$", query="(^|&)sort=")
    bitbucket.add_fault(unsortable)
    first = warehouse.sync()
    assert first.exit_code == 0
    assert any("fails to sort" in notice for notice in first.notices)
    assert not differences(bitbucket, Path(warehouse.path))

    home = next(each for each in bitbucket.world.repositories.values() if len(each.pull_requests) > 5)
    request = list(home.pull_requests.values())[2]
    bitbucket.act("advance_clock", seconds=3600)
    bitbucket.act("comment", repository=home.slug, pull_request=request.id, user=request.author, text="Late")
    bitbucket.act("push", repository=home.slug, branch="late", author=request.author)
    bitbucket.act("open_pull_request", repository=home.slug, source="late", author=request.author, title="New")
    second = warehouse.sync()

    assert second.exit_code == 0
    assert second.rows["pull_requests"] == 2
    assert not differences(bitbucket, Path(warehouse.path))


def test_a_list_by_ids_is_read_in_pieces(bitbucket: Emulator, warehouse: Warehouse) -> None:
    bitbucket.add_fault(Fault(kind="status", status=500, path="/pullrequests$", query="(^|&)sort="))
    codes = [warehouse.sync(["pull_requests"], max_requests=22).exit_code]
    while codes[-1] == 3 and len(codes) < 12:
        codes.append(warehouse.sync(["pull_requests"], max_requests=9, audit_requests="0").exit_code)

    assert codes[-1] == 0
    assert warehouse.rows("select count(*) from pull_requests") == [
        (sum(len(each.pull_requests) for each in bitbucket.world.repositories.values()),)
    ]
