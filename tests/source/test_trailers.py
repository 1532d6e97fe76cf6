"""Trailers follow their commits, without a request."""

from __future__ import annotations

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world.model import Repository
from tests.source.conftest import Warehouse

MESSAGE = "Refunds\n\nAs agreed.\n\nRefs: ABC-1\nCo-authored-by: Ann <ann@example.org>"
COMMITS = ["branches", "tags", "commits", "commit_parents", "commit_trailers"]


@pytest.fixture
def repository(bitbucket: Emulator) -> Repository:
    return next(iter(bitbucket.world.repositories.values()))


@pytest.fixture
def author(bitbucket: Emulator) -> str:
    return next(user.nickname for user in bitbucket.world.users.values() if user.kind == "user" and not user.deleted)


def of_commit(warehouse: Warehouse, sha: str) -> list[tuple[object, ...]]:
    return warehouse.rows(
        f"select position, key, value from commit_trailers where hash = '{sha}' and deleted_at is null order by 1"
    )


def test_they_arrive_with_their_commit(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, author: str
) -> None:
    warehouse.sync(COMMITS)
    head = bitbucket.act("push", repository=repository.slug, branch="refunds", author=author, message=MESSAGE)
    warehouse.sync(COMMITS)

    assert of_commit(warehouse, head.hash) == [
        (0, "Refs", "ABC-1"),
        (1, "Co-authored-by", "Ann <ann@example.org>"),
    ]


def test_they_go_and_come_back_with_their_commit(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, author: str
) -> None:
    head = bitbucket.act("push", repository=repository.slug, branch="refunds", author=author, message=MESSAGE)
    warehouse.sync(COMMITS)
    bitbucket.act("delete_branch", repository=repository.slug, branch="refunds")
    warehouse.sync(COMMITS)
    assert of_commit(warehouse, head.hash) == []

    bitbucket.act("create_branch", repository=repository.slug, branch="again", target=head.hash)
    warehouse.sync(COMMITS)
    assert len(of_commit(warehouse, head.hash)) == 2


def test_they_come_with_a_commit_that_the_audit_reads(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, author: str
) -> None:
    head = bitbucket.act("push", repository=repository.slug, branch="refunds", author=author, message=MESSAGE)
    bitbucket.add_fault(Fault(kind="poison", path="/commits", field="values.*.message", value=7))
    assert warehouse.sync(COMMITS).exit_code == 1
    bitbucket.clear_faults()
    warehouse.sync(COMMITS, audit_requests="all")
    assert len(of_commit(warehouse, head.hash)) == 2


def test_selected_later_they_are_read_from_the_beginning_of_the_history(
    bitbucket: Emulator, warehouse: Warehouse, repository: Repository, author: str
) -> None:
    head = bitbucket.act("push", repository=repository.slug, branch="refunds", author=author, message=MESSAGE)
    warehouse.sync(["branches", "tags", "commits", "commit_parents"])
    warehouse.sync(COMMITS)

    assert len(of_commit(warehouse, head.hash)) == 2
