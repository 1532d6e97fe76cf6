"""From the bytes of an answer to rows: what is forgiven, what is reported, what is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.client import Client
from bitbucket_source.api.decode import Misfit, Page, decode_object, decode_page
from bitbucket_source.api.errors import TryFailed, UnexpectedShape
from bitbucket_source.api.lists import Lists

from .reading import COMMITS, COMMITS_ENDPOINT, REPOSITORY, Commit, make_client, read, statuses
from .stub_server import Reply, json_reply, serving


class Titled(msgspec.Struct):
    """Something with a title, and a field that is kept as it came."""

    id: int
    title: str | None = None
    kept: msgspec.Raw = msgspec.Raw(b"null")


def page(*values: bytes) -> bytes:
    """The bytes of a page of these objects."""
    return b'{"values": [' + b", ".join(values) + b'], "next": "there"}'


def test_one_bad_object_is_reported_and_the_others_pass(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="poison", field="values.1.message", value=5))
    (read_page,) = Lists(client).follow(COMMITS, COMMITS_ENDPOINT, Commit, pagelen=100)
    assert [row.message for row in read_page.rows][:2] == ["Work on main (12)", "Work on main (10)"]
    (misfit,) = read_page.misfits
    assert (len(read_page.rows), misfit.index, misfit.label.split()[0], misfit.why) == (
        11,
        1,
        "hash",
        "Expected `str | null`, got `int` - at `$.message`",
    )
    assert (read_page.length, statuses(emulator)) == (12, [200])


@pytest.mark.parametrize(
    ("value", "label", "why"),
    [
        pytest.param(b"null", "without identity", "Expected `object`, got `null`", id="null"),
        pytest.param(b'"text"', "without identity", "Expected `object`, got `str`", id="a text"),
        pytest.param(b"[]", "without identity", "Expected `object`, got `array`", id="a list"),
        pytest.param(b"{}", "without identity", "Object missing required field `id`", id="an empty object"),
        pytest.param(b'{"id": null, "uuid": "{1}"}', "uuid {1}", "Expected `int`, got `null` - at `$.id`", id="no id"),
        pytest.param(b'{"id": 1e99}', "id 1e+99", "Expected `int`, got `float` - at `$.id`", id="a huge number"),
    ],
)
def test_what_does_not_fit_is_reported(value: bytes, label: str, why: str) -> None:
    body = page(b'{"id": 1}', value, b'{"id": 3}')
    assert decode_page(body, Titled) == Page([Titled(1), Titled(3)], "there", [Misfit(1, label, why)])


@pytest.mark.parametrize(
    ("title", "read_as"),
    [
        pytest.param(rb'"half \ud83d of"', "half \ufffd of", id="half surrogate"),
        pytest.param(rb'"other \ude00 half"', "other \ufffd half", id="the other half"),
        pytest.param(rb'"whole \ud83d\ude00"', "whole \U0001f600", id="a pair is whole"),
        pytest.param(b'"latin \xe9"', "latin \ufffd", id="invalid UTF-8"),
        pytest.param(b'"raw surrogate \xed\xa0\xbd"', "raw surrogate \ufffd\ufffd\ufffd", id="surrogate in UTF-8"),
        pytest.param(rb'"a\u0000b"', "a\x00b", id="NUL"),
        pytest.param(b'"a\x00b"', "a\x00b", id="raw NUL"),
        pytest.param(b'"line\nbreak"', "line\nbreak", id="raw line break"),
        pytest.param('"Ünïcödé ☃"'.encode(), "Ünïcödé ☃", id="good UTF-8"),
    ],
)
@pytest.mark.parametrize("beside_a_misfit", [False, True])
def test_odd_characters_are_mended(title: bytes, read_as: str, beside_a_misfit: bool) -> None:
    misfit = [b'{"id": "x"}'] if beside_a_misfit else []
    found = decode_page(page(*misfit, b'{"id": 2, "title": ' + title + b"}"), Titled)
    assert (found.rows, len(found.misfits)) == ([Titled(2, read_as)], len(misfit))
    assert decode_object(b'{"id": 2, "title": ' + title + b"}", Titled, "/asked") == Titled(2, read_as)


def test_a_mended_page_keeps_raw_values_as_bitbucket_writes_them() -> None:
    body = page(b'{"id": 1, "title": "\xff", "kept": {"a":[1,2.5,"\xc3\xa9"],"b":12345678901234567890}}')
    (row,) = decode_page(body, Titled).rows
    assert bytes(row.kept) == '{"a":[1,2.5,"é"],"b":12345678901234567890}'.encode()


def test_unknown_fields_are_ignored() -> None:
    body = b'{"type": "new", "pagelen": "x", "size": "many", "values": [{"id": 1, "new": {"deep": [1]}}]}'
    assert decode_page(body, Titled) == Page([Titled(1)])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="an envelope without values"),
        pytest.param(b'{"values": null}', id="values are null"),
        pytest.param(b'{"values": {}}', id="values are an object"),
        pytest.param(b'{"values": [], "next": 5}', id="next is a number"),
        pytest.param(b'{"type": "error", "error": {"message": "x"}}', id="an error"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(b"null", id="null"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html></html>", id="a page of HTML"),
        pytest.param(b'{"values": [{"id": 1}', id="half of it"),
        pytest.param(b'{"values": [{"id": NaN}]}', id="NaN"),
        pytest.param(b'{"values": ' + b"[" * 100_000, id="nested too deep"),
    ],
)
def test_what_is_no_page_is_never_an_empty_list(body: bytes) -> None:
    with pytest.raises(TryFailed):
        decode_page(body, Titled)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'"text"', b'{"id": "x"}', b'{"id": null}'])
def test_an_object_of_another_shape_is_told_at_once(body: bytes) -> None:
    with serving(lambda _: Reply(200, body)) as stub, pytest.raises(UnexpectedShape) as caught:
        Lists(make_client(stub.url)).one("/thing", "/asked", Titled)
    assert str(caught.value).startswith("on /asked: the answer does not have the declared shape: ")
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    "kind",
    ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/hal+json", None],
)
def test_content_types_of_json(kind: str | None) -> None:
    with serving(lambda _: Reply(200, b'{"id": 1}', {"Content-Type": kind} if kind else {})) as stub:
        assert Lists(make_client(stub.url)).one("/thing", "/asked", Titled) == Titled(1)


def test_the_charset_that_is_told_does_not_matter() -> None:
    reply = Reply(200, '{"id": 1, "title": "é"}'.encode(), {"Content-Type": "application/json; charset=latin-1"})
    with serving(lambda _: reply) as stub:
        assert Lists(make_client(stub.url)).one("/thing", "/asked", Titled) == Titled(1, "é")


def test_a_byte_order_mark_is_ignored() -> None:
    assert decode_object(b'\xef\xbb\xbf{"id": 1}', Titled, "/asked") == Titled(1)


def test_whole_objects_of_the_emulator_decode(client: Client) -> None:
    whole: dict[str, Any] = read(client, REPOSITORY)
    assert (whole["type"], whole["slug"]) == ("repository", "web")


def test_one_object_with_the_parameters_given(emulator: Emulator, client: Client) -> None:
    class Repository(msgspec.Struct):
        full_name: str

    found = Lists(client).one(REPOSITORY, "/asked", Repository, {"fields": "full_name"})
    assert found == Repository("acme/web")
    assert emulator.requests[0].url == f"/2.0{REPOSITORY}?fields=full_name"


def test_json_reply_is_what_the_decoder_reads() -> None:
    with serving(lambda _: json_reply({"values": [{"id": 1}]})) as stub:
        pages = list(Lists(make_client(stub.url)).follow("/list", "/asked", Titled, pagelen=10))
    assert [(page.rows, page.next_url, page.misfits) for page in pages] == [([Titled(1)], None, [])]


def test_an_error_that_comes_with_200_is_no_object_and_is_asked_for_again() -> None:
    class OfNothing(msgspec.Struct):
        number_of_test_cases: int | None = None
        type: str | None = None

    told: list[Reply] = [json_reply({"type": "error", "error": {"message": "x"}}), json_reply({"type": "error"})]
    with serving(lambda _: told.pop(0)) as stub:
        found = Lists(make_client(stub.url)).one("/reports", "/reports", OfNothing)
    assert found == OfNothing(type="error"), "what calls itself so and tells of none is an object"
    assert len(stub.requests) == 2
