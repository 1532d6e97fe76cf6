"""Columns that settings add: `raw`, and paths of anybody's choice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_source import bitbucket_source
from bitbucket_source.session import SettingsError
from bitbucket_source.source import make_session
from bitbucket_source.tables import DATA_TABLES, USERS, WEBHOOKS
from tests.source.conftest import ADMIN, Warehouse
from tests.truth.comparing import report
from tests.truth.syncing import differences, kept_open

ADDED = {"pull_requests": ["links.self.href", "source.repository.full_name", "summary.html", "links.commits:json"]}
NAMES = "links_self_href, source_repository_full_name, summary_html, links_commits"


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    with Emulator(generate_world(seed=11, repositories=2, people=5, years=1, scale=0.2)) as emulator:
        yield emulator


def answer(bitbucket: Emulator, path: str) -> dict[str, Any]:
    """What Bitbucket answers to somebody who asks for an object by itself."""
    import requests

    response = requests.get(f"{bitbucket.base_url}/{path}", auth=(ADMIN["email"], ADMIN["api_token"]), timeout=10)
    response.raise_for_status()
    found: dict[str, Any] = response.json()
    return found


def test_raw_is_the_object_as_bitbucket_sent_it(bitbucket: Emulator, warehouse: Warehouse) -> None:
    assert warehouse.sync(raw=["pull_requests", "commits"]).exit_code == 0

    [(uuid, number, raw)] = warehouse.rows(
        "select repository_uuid, id, raw from pull_requests order by repository_uuid, id limit 1"
    )
    sent = answer(bitbucket, f"repositories/acme/{uuid}/pullrequests/{number}")
    kept = json.loads(raw)
    # a list leaves out the rendered texts, and the accounts in a participant are those of the single answer
    assert {name: value for name, value in sent.items() if name in kept} == kept
    assert {"participants", "summary", "links", "author"} <= set(kept)
    assert warehouse.rows("select count(*) from commits where raw is null") == [(0,)]
    kept_raw = {"pull_requests", "pull_request_participants", "commits", "commit_parents", "users"}
    found = [each for each in differences(bitbucket, Path(warehouse.path)) if each.table in kept_raw]
    assert not found, report(found)


def test_every_table_with_objects_of_its_own_can_keep_them(warehouse: Warehouse) -> None:
    tables = [table.name for table in DATA_TABLES if table.endpoint and table not in (USERS, WEBHOOKS)]
    assert warehouse.sync([table.name for table in DATA_TABLES], raw=tables).exit_code == 0

    with kept_open(warehouse.path):
        empty = {
            name: warehouse.rows(f"select count(*) from {name} where raw is null or raw not like '{{%}}'")[0][0]
            for name in tables
        }
    assert {name: count for name, count in empty.items() if count} == {}


def test_a_path_becomes_a_column_by_the_naming_rule(bitbucket: Emulator, warehouse: Warehouse) -> None:
    assert warehouse.sync(extra_columns=ADDED).exit_code == 0

    for uuid, number, *values in warehouse.rows(f"select repository_uuid, id, {NAMES} from pull_requests limit 5"):
        sent = answer(bitbucket, f"repositories/acme/{uuid}/pullrequests/{number}")
        links, source = sent["links"], sent["source"]["repository"]
        assert values[:3] == [links["self"]["href"], source and source["full_name"], sent["summary"]["html"]]
        assert json.loads(values[3]) == links["commits"]


@pytest.mark.parametrize("settings", [{"raw": ["pull_requests"]}, {"extra_columns": ADDED}], ids=["raw", "columns"])
def test_switched_on_later_the_table_is_read_again_once(warehouse: Warehouse, settings: dict[str, Any]) -> None:
    warehouse.sync()
    column = "raw" if "raw" in settings else "summary_html"
    warehouse.sync(**settings, audit_requests="0")

    assert warehouse.rows(f"select count(*) from pull_requests where {column} is null") == [(0,)]
    assert warehouse.requests["pullrequests"] > 2
    assert warehouse.requests["commits"] == 0, "no other table is read again"
    told = warehouse.pipeline().default_schema.tables["pull_requests"]["columns"][column]
    assert told["description"] != ""
    assert told["data_type"] == ("json" if column == "raw" else "text")
    again = warehouse.sync(**settings, audit_requests="0")
    assert again.rows == {}
    assert warehouse.requests["pullrequests"] == 2, "one look for each repository"


def test_switched_off_nothing_is_read_again_and_switched_on_once_more_it_is(warehouse: Warehouse) -> None:
    warehouse.sync(raw=["pull_requests"])
    off = warehouse.sync(audit_requests="0")
    assert off.rows == {}
    assert warehouse.requests["pullrequests"] == 2

    warehouse.sync(raw=["pull_requests"], audit_requests="0")
    assert warehouse.requests["pullrequests"] > 2, "rows that changed meanwhile may lack it"
    assert warehouse.rows("select count(*) from pull_requests where raw is null") == [(0,)]


def test_a_row_of_a_list_inside_another_can_have_columns_too(warehouse: Warehouse) -> None:
    warehouse.sync(extra_columns={"pull_request_participants": ["user.links.html.href"]})
    assert warehouse.rows(
        "select count(*) from pull_request_participants where user_links_html_href is null and user_uuid <> ''"
    ) == [(0,)]


def test_a_path_that_no_object_has_is_told(warehouse: Warehouse) -> None:
    result = warehouse.sync(["pull_requests"], extra_columns={"pull_requests": ["links.sefl.href", "links.self.href"]})
    assert [notice for notice in result.notices if "links_s" in notice] == [
        "pull_requests.links_sefl_href: none of the objects read has links.sefl.href. "
        "If the path is misspelt, the column stays empty."
    ]


def test_they_work_in_anybodys_pipeline_and_from_the_configuration(
    bitbucket: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__BITBUCKET__RAW", '["repositories"]')
    monkeypatch.setenv("SOURCES__BITBUCKET__EXTRA_COLUMNS", '{"repositories": ["has_issues: bool"]}')
    pipeline = dlt.pipeline("mine", destination=dlt.destinations.duckdb(str(tmp_path / "mine.duckdb")))
    source = bitbucket_source("acme", base_url=bitbucket.base_url, credentials=ADMIN)
    pipeline.run(source.with_resources("repositories"))

    found = pipeline.dataset().repositories.df()
    assert set(found["has_issues"]) <= {True, False}
    assert [json.loads(raw)["uuid"] for raw in found["raw"]] == list(found["uuid"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"raw": ["pull_request"]}, "raw: no such table: pull_request. There are: "),
        ({"raw": ["users"]}, "raw: the rows of users are met inside other objects"),
        (
            {"raw": ["commit_parents"]},
            "raw: the rows of commit_parents stand inside the objects of commits: keep those",
        ),
        ({"raw": ["commit_trailers"]}, "raw: the rows of commit_trailers are worked out from other tables"),
        ({"raw": ["webhooks"]}, "raw: webhooks leaves out what may be secret"),
        ({"raw": ["sync_runs"]}, "raw: no such table: sync_runs"),
        ({"extra_columns": {"nothing": ["x"]}}, "extra_columns: no such table: nothing"),
        ({"extra_columns": {"commits": ["a..b"]}}, "extra_columns: commits a..b is no path in an object"),
        ({"extra_columns": {"commits": [""]}}, "extra_columns: commits '' is no path"),
        ({"extra_columns": {"commits": ["message"]}}, "it is the column message already"),
        ({"extra_columns": {"commits": ["author"]}}, "parts of it are read already (author.raw): name the part"),
        (
            {"extra_columns": {"branches": ["merge_strategies.x"]}},
            "all of merge_strategies is the column merge_strategies",
        ),
        ({"extra_columns": {"commits": ["parents:json"]}}, "the items of parents are the rows of commit_parents"),
        ({"extra_columns": {"commits": ["rendered: html"]}}, "html is no type: it is one of text, bigint, bool"),
        ({"extra_columns": {"commits": ["author.user.nickname: json"]}}, "it is of type text"),
        ({"extra_columns": {"repositories": ["clone.https"]}}, "repositories has a column clone_https already"),
    ],
)
def test_what_cannot_be_added_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        make_session("acme", credentials=ADMIN, **settings)
    assert message in str(refused.value)
