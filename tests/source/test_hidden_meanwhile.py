"""A repository that is hidden while it is read: that something in it is not found proves nothing."""

from __future__ import annotations

import pytest

from bitbucket_source.api.errors import NotFound, OutOfSight
from bitbucket_source.sync.ask import Ask
from bitbucket_source.tables import PIPELINES, PULL_REQUESTS, REPOSITORIES, Table
from tests.source.conftest import Warehouse

NO_SUCH_UUID = "{00000000-0000-4000-8000-000000000000}"


def ask_of(warehouse: Warehouse) -> Ask:
    return Ask(warehouse.session().lists, "acme", frozenset({PULL_REQUESTS, PIPELINES, REPOSITORIES}))


@pytest.mark.parametrize(
    ("table", "identity"),
    [pytest.param(PULL_REQUESTS, "999999", id="pull request"), pytest.param(PIPELINES, NO_SUCH_UUID, id="pipeline")],
)
def test_an_object_is_not_found_only_where_its_repository_is(warehouse: Warehouse, table: Table, identity: str) -> None:
    repository = next(iter(warehouse.bitbucket.world.repositories.values()))
    ask, place = ask_of(warehouse), {"repository_uuid": repository.uuid}
    with pytest.raises(NotFound):
        ask.item(table, place, identity)
    warehouse.bitbucket.act("hide_repository", repository=repository.slug)
    with pytest.raises(OutOfSight, match="You may not have access to this repository"):
        ask.item(table, place, identity)


def test_a_repository_itself_is_not_found(warehouse: Warehouse) -> None:
    repository = next(iter(warehouse.bitbucket.world.repositories.values()))
    warehouse.bitbucket.act("hide_repository", repository=repository.slug)
    with pytest.raises(NotFound):
        ask_of(warehouse).item(REPOSITORIES, {}, repository.uuid)
