"""Objects become rows of the declared types, whatever Bitbucket puts into them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from bitbucket_source.api.decode import decode_page
from bitbucket_source.load.arrow import (
    Batch,
    arrow_schema,
    arrow_table,
    arrow_table_of_fit,
    nested_batch,
)
from bitbucket_source.load.spread import spread
from bitbucket_source.sync.ask import nested_tables
from bitbucket_source.sync.events import Rows
from bitbucket_source.tables import (
    BRANCHES,
    COMMIT_PARENTS,
    COMMITS,
    DATA_TABLES,
    PIPELINE_STEPS,
    PULL_REQUEST_PARTICIPANTS,
    PULL_REQUESTS,
    REPOSITORIES,
    TABLES,
    USERS,
    WORKSPACE_MEMBERS,
    Table,
)
from bitbucket_source.tables.contract import text
from bitbucket_source.tables.rowtype import row_type, values_at

PLACE = {"repository_uuid": "{r}", "workspace_uuid": "{w}", "workspace_slug": "w", "pipeline_uuid": "{p}"}
SYNCED_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
MOVED = "2026-01-02T03:04:05.678901+00:00"


def decoded(table: Table, *objects: Any) -> list[Any]:
    """The objects as they come out of a page of the table's list."""
    nested = nested_tables(table, frozenset(DATA_TABLES))
    page = decode_page(json.dumps({"values": objects}).encode(), row_type(table, nested))
    assert page.misfits == []
    return page.rows


def rows(table: Table, *objects: Any) -> list[dict[str, Any]]:
    """The rows of the objects."""
    return arrow_table(table, [Batch(decoded(table, *objects), PLACE)], {}).to_pylist()


def pull_request(**values: Any) -> dict[str, Any]:
    return {"id": 1, "updated_on": MOVED, **values}


@pytest.mark.parametrize(
    "broken", ["", "yesterday", "2026-02-30T00:00:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00+99:00"]
)
def test_only_the_row_of_an_invalid_timestamp_is_unfit(broken: str) -> None:
    objects = decoded(
        PULL_REQUESTS,
        pull_request(id=1, created_on="2026-01-01T00:00:00Z"),
        pull_request(id=2, created_on=broken),
        pull_request(id=3, created_on="2026-01-01T00:00:00.123456789Z"),
    )
    found, unfit = arrow_table_of_fit(PULL_REQUESTS, [Batch(objects, PLACE)], {"synced_at": SYNCED_AT})
    assert [(row["id"], row["repository_uuid"], row["created_on"], row["synced_at"]) for row in found.to_pylist()] == [
        (1, "{r}", datetime(2026, 1, 1, tzinfo=UTC), SYNCED_AT),
        (3, "{r}", datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC), SYNCED_AT),
    ]
    assert [(each.object.id, each.place) for each in unfit] == [(2, PLACE)]
    assert unfit[0].why


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 0], ids=str)
def test_an_integer_of_64_bit_is_kept(number: int) -> None:
    assert rows(REPOSITORIES, {"uuid": "{u}", "updated_on": MOVED, "size": number})[0]["size"] == number


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 2**200], ids=str)
def test_only_the_row_of_an_integer_beyond_64_bit_is_unfit(number: int) -> None:
    sizes = {"{a}": 1, "{b}": number, "{c}": 3}
    objects = decoded(REPOSITORIES, *({"uuid": u, "updated_on": MOVED, "size": s} for u, s in sizes.items()))
    found, unfit = arrow_table_of_fit(REPOSITORIES, [Batch(objects, PLACE)], {})
    assert found["uuid"].to_pylist() == ["{a}", "{c}"]
    assert [each.object.uuid for each in unfit] == ["{b}"]


def test_an_unfit_row_of_a_nested_list_leaves_its_neighbours_their_parent_and_position() -> None:
    moments = {"{a}": "never", "{b}": None, "{c}": MOVED}
    users = [{"user": {"uuid": uuid}, "participated_on": moment} for uuid, moment in moments.items()]
    parents = decoded(PULL_REQUESTS, pull_request(id=7, participants=users[1:]), pull_request(id=8, participants=users))
    batch = nested_batch(Batch(parents, PLACE), "participants")
    found, unfit = arrow_table_of_fit(PULL_REQUEST_PARTICIPANTS, [batch], {})
    assert list(zip(found["pull_request_id"].to_pylist(), found["user_uuid"].to_pylist(), strict=True)) == [
        (7, "{b}"),
        (7, "{c}"),
        (8, "{b}"),
        (8, "{c}"),
    ]
    assert [each.object.user.uuid for each in unfit] == ["{a}"]


def test_nothing_but_unfit_rows_is_an_empty_table_of_the_schema() -> None:
    objects = decoded(PULL_REQUESTS, pull_request(created_on="never"))
    found, unfit = arrow_table_of_fit(PULL_REQUESTS, [Batch(objects, PLACE)], {})
    assert found == arrow_schema(PULL_REQUESTS).empty_table()
    assert len(unfit) == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("a\x00b\x00", "a\ufffdb\ufffd", id="NUL"),
        pytest.param("", "", id="empty is not null"),
        pytest.param(None, None, id="null"),
        pytest.param("null", "null", id="the word null"),
        pytest.param("  \r\n\t ", "  \r\n\t ", id="white space"),
        pytest.param("größer 😀 \u202e", "größer 😀 \u202e", id="beyond ASCII"),
        pytest.param("half \ud83d of a pair", "half \ufffd of a pair", id="half a surrogate pair"),
        pytest.param("x" * 1_000_000, "x" * 1_000_000, id="a megabyte"),
    ],
)
def test_a_text_is_kept(given: str | None, kept: str | None) -> None:
    assert rows(PULL_REQUESTS, pull_request(title=given))[0]["title"] == kept


def test_a_nul_in_a_key_is_replaced_too() -> None:
    assert rows(BRANCHES, {"name": "a\x00b"})[0]["name"] == "a\ufffdb"


def test_a_field_called_like_a_word_of_python_is_read() -> None:
    table = Table(name="spots", description="Spots.", key=(), columns=(text("inline.from", "The old line."),))
    found = decode_page(b'{"values": [{"inline": {"from": "7"}}, {}]}', row_type(table)).rows
    assert arrow_table(table, [Batch(found)], {})["inline_from"].to_pylist() == ["7", None]


@pytest.mark.parametrize("user", [None, {}, {"uuid": None}], ids=["null", "empty", "without uuid"])
def test_a_gone_account_in_a_key_is_an_empty_text(user: Any) -> None:
    assert rows(WORKSPACE_MEMBERS, {"user": user})[0]["user_uuid"] == ""
    (found,) = participants({"user": user, "role": "REVIEWER"})
    assert (found["pull_request_id"], found["user_uuid"], found["role"]) == (1, "", "REVIEWER")


def test_a_gone_account_outside_a_key_is_null() -> None:
    (row,) = rows(PULL_REQUESTS, pull_request(author=None, closed_by={}))
    assert (row["author_uuid"], row["author_type"], row["closed_by_uuid"]) == (None, None, None)


def participants(*listed: Any) -> list[dict[str, Any]]:
    parents = Batch(decoded(PULL_REQUESTS, pull_request(participants=list(listed))), PLACE)
    return arrow_table(PULL_REQUEST_PARTICIPANTS, [nested_batch(parents, "participants")], {}).to_pylist()


@pytest.mark.parametrize("without", [{}, {"participants": None}, {"participants": []}], ids=["absent", "null", "empty"])
def test_a_nested_list_may_have_nothing(without: dict[str, Any]) -> None:
    parents = Batch(decoded(PULL_REQUESTS, pull_request(**without), pull_request(id=2)), PLACE)
    assert nested_batch(parents, "participants").objects == []
    assert arrow_table(PULL_REQUESTS, [parents], {})["id"].to_pylist() == [1, 2]


def test_an_object_with_a_null_in_a_nested_list_is_reported_and_spoils_no_other() -> None:
    commits = [{"hash": "a" * 40, "parents": [None, {"hash": "b" * 40}]}, {"hash": "b" * 40, "parents": []}]
    page = decode_page(json.dumps({"values": commits}).encode(), row_type(COMMITS, (COMMIT_PARENTS,)))
    assert values_at("hash", page.rows) == ["b" * 40]
    assert [(each.index, each.label, each.why) for each in page.misfits] == [
        (0, f"hash {'a' * 40}", "Expected `object`, got `null` - at `$.parents[0]`")
    ]


def test_positions_start_again_in_each_list() -> None:
    commits = [{"hash": h * 40, "parents": [{"hash": p * 40} for p in ps]} for h, ps in (("a", "xy"), ("b", "z"))]
    edges = nested_batch(Batch(decoded(COMMITS, *commits), PLACE), "parents")
    found = arrow_table(COMMIT_PARENTS, [edges], {})
    assert found["position"].to_pylist() == [0, 1, 0]
    assert found["hash"].to_pylist() == ["a" * 40, "a" * 40, "b" * 40]


def test_positions_of_a_list_of_its_own_start_again_in_each_batch() -> None:
    steps = [Batch(decoded(PIPELINE_STEPS, *({"uuid": u} for u in uuids)), PLACE) for uuids in ("abc", "de")]
    assert arrow_table(PIPELINE_STEPS, steps, {})["position"].to_pylist() == [0, 1, 2, 0, 1]


@pytest.mark.parametrize(
    ("clone", "https", "ssh"),
    [
        pytest.param([{"name": "https", "href": "h"}, {"name": "ssh", "href": "s"}], "h", "s", id="both"),
        pytest.param([{"name": "ssh", "href": "s"}, {"name": "https", "href": "h"}], "h", "s", id="the other order"),
        pytest.param([{"name": "https", "href": "h"}], "h", None, id="one"),
        pytest.param([{"href": "h"}], None, None, id="one without name"),
        pytest.param([], None, None, id="none"),
        pytest.param(None, None, None, id="null"),
    ],
)
def test_the_item_of_a_name_is_picked(clone: Any, https: str | None, ssh: str | None) -> None:
    (row,) = rows(REPOSITORIES, {"uuid": "{u}", "updated_on": MOVED, "links": {"clone": clone}})
    assert (row["clone_https"], row["clone_ssh"]) == (https, ssh)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        pytest.param(b'["merge_commit", "squash"]', '["merge_commit", "squash"]', id="a list, as it came"),
        pytest.param(b'{"a": [1, 2.50, true, null]}', '{"a": [1, 2.50, true, null]}', id="an object, as it came"),
        pytest.param(b"[]", "[]", id="empty"),
        pytest.param(b"null", None, id="null"),
        pytest.param(b'"null"', '"null"', id="the word null"),
        pytest.param('["größer"]'.encode(), '["größer"]', id="beyond ASCII"),
        pytest.param(rb'["a\u0000\u0000b"]', r'["a\ufffd\ufffdb"]', id="NUL"),
        pytest.param(rb'["a\\u0000 \\\u0000"]', r'["a\\u0000 \\\ufffd"]', id="a backslash before u0000 is no NUL"),
        pytest.param(b'["a\xffb"]', '["a\ufffdb"]', id="broken UTF-8"),
        pytest.param(rb'["\ud83d"]', '["\ufffd"]', id="half a surrogate pair"),
    ],
)
def test_json_is_kept(body: bytes, kept: str | None) -> None:
    page = decode_page(b'{"values": [{"name": "main", "merge_strategies": ' + body + b"}]}", row_type(BRANCHES))
    found = arrow_table(BRANCHES, [Batch(page.rows, PLACE)], {})
    assert found["merge_strategies"].to_pylist() == [kept]


def test_json_that_is_not_there_is_null() -> None:
    assert rows(BRANCHES, {"name": "main"})[0]["merge_strategies"] is None


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_an_empty_table_has_the_whole_schema(table: Table) -> None:
    found = arrow_table(table, [], {"synced_at": SYNCED_AT})
    assert found.schema == arrow_schema(table)
    assert found.column_names == list(table.columns_by_name)
    assert found.num_rows == 0


def test_columns_of_ours_have_one_value_and_the_unnamed_are_null() -> None:
    (row,) = arrow_table(
        BRANCHES, [Batch(decoded(BRANCHES, {"name": "main"}), PLACE)], {"synced_at": SYNCED_AT}
    ).to_pylist()
    assert row == {
        "repository_uuid": "{r}",
        "name": "main",
        "target_hash": None,
        "target_date": None,
        "default_merge_strategy": None,
        "merge_strategies": None,
        "deleted_at": None,
        "synced_at": SYNCED_AT,
    }


def many_pull_requests(count: int) -> list[Any]:
    """Pull requests of which every 50th has a timestamp that only the slow way reads, and some lack something."""
    return decoded(
        PULL_REQUESTS,
        *(
            pull_request(
                id=number,
                title=None if number % 7 == 0 else f"number {number}\x00",
                created_on=f"2026-01-01T00:00:{number % 60:02}.{'123456789' if number % 50 == 0 else '12'}Z",
                author=None if number % 11 == 0 else {"uuid": f"{{{number % 13}}}", "type": "user"},
                participants=[{"user": {"uuid": f"{{{n}}}"}} for n in range(number % 4)],
            )
            for number in range(count)
        ),
    )


def in_parts(objects: Sequence[Any], size: int) -> list[Batch]:
    return [Batch(objects[start : start + size], PLACE) for start in range(0, len(objects), size)]


def test_a_huge_batch_equals_its_parts() -> None:
    objects = many_pull_requests(20_000)
    ours = {"synced_at": SYNCED_AT}
    whole = arrow_table(PULL_REQUESTS, [Batch(objects, PLACE)], ours)
    assert whole["id"].to_pylist() == list(range(20_000))
    assert whole == arrow_table(PULL_REQUESTS, in_parts(objects, 37), ours)
    assert whole == pa.concat_tables(arrow_table(PULL_REQUESTS, [part], ours) for part in in_parts(objects, 37))


def test_the_nested_rows_of_a_huge_batch_equal_those_of_its_parts() -> None:
    objects = many_pull_requests(5_000)
    whole = nested_batch(Batch(objects, PLACE), "participants")
    parts = [nested_batch(part, "participants") for part in in_parts(objects, 37)]
    found = arrow_table(PULL_REQUEST_PARTICIPANTS, [whole], {})
    assert found.num_rows == sum(number % 4 for number in range(5_000))
    assert found == arrow_table(PULL_REQUEST_PARTICIPANTS, parts, {})


def test_one_list_is_spread_over_its_tables() -> None:
    author, reviewer = ({"uuid": f"{{{name}}}", "type": "user", "nickname": name} for name in ("ann", "bob"))
    objects = decoded(
        PULL_REQUESTS,
        pull_request(id=1, author=author, closed_by=None, participants=[{"user": reviewer}, {"user": None}]),
        pull_request(id=2, author={"type": "user"}, closed_by=author),
    )
    found = [(table, batch) for table, batch in spread(Rows(PULL_REQUESTS, objects, PLACE), frozenset(DATA_TABLES))]
    assert [(table, len(batch.objects)) for table, batch in found] == [
        (PULL_REQUESTS, 2),
        (PULL_REQUEST_PARTICIPANTS, 2),
        (USERS, 1),
        (USERS, 1),
        (USERS, 1),
    ]
    users = arrow_table(USERS, [batch for table, batch in found if table is USERS], {})
    assert users["nickname"].to_pylist() == ["ann", "ann", "bob"]


def test_only_the_wanted_tables_take_rows() -> None:
    objects = decoded(PULL_REQUESTS, pull_request(author={"uuid": "{ann}"}, participants=[{"user": {"uuid": "{bob}"}}]))
    assert [table for table, _ in spread(Rows(PULL_REQUESTS, objects, PLACE), frozenset({PULL_REQUESTS}))] == [
        PULL_REQUESTS
    ]
