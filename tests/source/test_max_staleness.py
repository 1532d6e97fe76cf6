"""`max_staleness`: what was not verified for too long is verified, whatever the audit's share is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source.session import SettingsError
from bitbucket_source.source import make_session
from tests.source.conftest import ADMIN, Warehouse

TABLES = ("repositories", "branches", "tags", "commits", "commit_parents", "pull_requests", "pipelines")
SPOILED = "update pull_requests set title = 'spoiled'"
HOW_MANY = "select count(*) from pull_requests where title = 'spoiled'"


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(generate_world(seed=11, repositories=2, people=5, years=1, scale=0.2)) as emulator:
        yield emulator


def let_days_pass(warehouse: Warehouse, days: int) -> None:
    """Put back what the books say of the audit's rounds."""
    [(run, audit)] = warehouse.rows("select run_id, audit from sync_runs order by started_at desc limit 1")
    earlier = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    rounds: dict[str, dict[str, Any]] = json.loads(audit)
    assert {"pull_requests", "commits", "pipelines"} <= rounds.keys()
    for each in rounds.values():
        each["began"] = earlier
        each["before"] = earlier if each["before"] else ""
    warehouse.rows(f"update sync_runs set audit = '{json.dumps(rounds)}' where run_id = '{run}'")


@pytest.fixture
def spoiled(warehouse: Warehouse) -> Warehouse:
    """A warehouse whose rows were changed in silence, ten days ago."""
    warehouse.sync(TABLES)
    let_days_pass(warehouse, 10)
    warehouse.rows(SPOILED)
    return warehouse


def test_without_it_the_share_is_all_there_is(spoiled: Warehouse) -> None:
    spoiled.sync(TABLES, audit_requests="0")
    assert spoiled.rows(HOW_MANY)[0][0] > 0


def test_what_is_older_is_verified_whatever_the_share_is(spoiled: Warehouse) -> None:
    assert spoiled.sync(TABLES, audit_requests="0", max_staleness="7d").exit_code == 0
    assert spoiled.rows(HOW_MANY) == [(0,)]

    spoiled.rows(SPOILED)
    spoiled.sync(TABLES, audit_requests="0", max_staleness="7d")
    assert spoiled.rows(HOW_MANY)[0][0] > 0, "verified a moment ago: not once more"


def test_what_is_younger_is_left_to_the_share(spoiled: Warehouse) -> None:
    spoiled.sync(TABLES, audit_requests="0", max_staleness="30d")
    assert spoiled.rows(HOW_MANY)[0][0] > 0


def test_stopped_it_goes_on_where_it_was(spoiled: Warehouse) -> None:
    codes = [spoiled.sync(TABLES, audit_requests="0", max_staleness="7d", max_requests=14).exit_code]
    while codes[-1] == 3 and len(codes) < 20:
        codes.append(spoiled.sync(TABLES, audit_requests="0", max_staleness="7d", max_requests=14).exit_code)
    assert codes[0] == 3
    assert codes[-1] == 0
    assert spoiled.rows(HOW_MANY) == [(0,)]


def test_a_part_of_the_repositories_does_not_count_as_all_of_them(spoiled: Warehouse) -> None:
    [slug, _] = [slug for (slug,) in spoiled.rows("select slug from repositories order by uuid")]
    spoiled.sync(TABLES, repositories=[slug], audit_requests="all", max_staleness="7d")
    assert spoiled.rows(HOW_MANY)[0][0] > 0
    spoiled.sync(TABLES, audit_requests="0", max_staleness="7d")
    assert spoiled.rows(HOW_MANY) == [(0,)]


@pytest.mark.parametrize("given", ["week", "10m", "-1d", ""])
def test_what_is_no_such_bound_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="max_staleness is"):
        make_session("acme", credentials=ADMIN, max_staleness=given)
