"""Lists by page numbers, for pipelines."""

from __future__ import annotations

from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.client import Client
from bitbucket_source.api.errors import BadRequest, NotFound, ServerTrouble, UnsafeLink
from bitbucket_source.api.lists import EMPTY_PAGES, Lists

from .reading import PIPELINES, PIPELINES_ENDPOINT, Pipeline, make_client, urls
from .stub_server import Reply, Request, json_reply, serving

INVALID_PAGELEN = {"error": {"message": "Invalid pagelen"}}


def numbers(client: Client, pagelen: int, start: int = 0, **params: str) -> list[list[int]]:
    """The build numbers, page by page."""
    pages = Lists(client).numbered(PIPELINES, PIPELINES_ENDPOINT, Pipeline, params, pagelen=pagelen, start=start)
    return [[pipeline.build_number for pipeline in page.rows] for page in pages]


def asked(emulator: Emulator) -> list[str]:
    """The queries that were made."""
    return [url.partition("?")[2] for url in urls(emulator)]


def test_pages_are_asked_for_by_number_and_keep_the_order(emulator: Emulator, client: Client) -> None:
    assert numbers(client, 5, sort="-created_on") == [[12, 11, 10, 9, 8], [7, 6, 5, 4, 3], [2, 1]]
    assert asked(emulator) == [f"sort=-created_on&page={page}&pagelen=5" for page in (1, 2, 3)]


def test_a_walk_goes_on_where_it_is_told(client: Client) -> None:
    assert numbers(client, 5, start=10) == [[11, 12]]


def paths(emulator: Emulator) -> list[str]:
    """The paths that were asked for, from the list's name on."""
    return [
        url.partition("?")[0].removeprefix("/2.0").removeprefix("/repositories/acme/web/") for url in urls(emulator)
    ]


def test_a_list_that_is_not_found_with_the_slash_is_asked_for_without_it(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=404, path="/pipelines/$"))
    lists = Lists(client)
    for _ in range(2):
        pages = lists.numbered(PIPELINES, PIPELINES_ENDPOINT, Pipeline, pagelen=10)
        assert [len(page.rows) for page in pages] == [10, 2]
    assert paths(emulator) == ["pipelines/", *["pipelines"] * 4]


def test_a_list_that_is_not_found_either_way_is_not_there(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=404, path="/pipelines/?$"))
    with pytest.raises(NotFound):
        numbers(client, 10)
    assert paths(emulator) == ["pipelines/", "pipelines"]


def test_a_page_that_is_not_found_behind_others_is_no_matter_of_the_slash(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=404, path="/pipelines/?$", query="page=2"))
    with pytest.raises(ServerTrouble, match=r"404 on .*: a page behind others: Resource not found."):
        numbers(client, 10)
    assert paths(emulator) == ["pipelines/", "pipelines/"]


def test_a_list_of_whole_pages_ends_with_an_empty_one(emulator: Emulator, client: Client) -> None:
    assert numbers(client, 6) == [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12], []]
    assert len(emulator.requests) == 3


@pytest.mark.parametrize("size", [0, 3, 1000, None, "many"])
def test_size_is_not_believed(emulator: Emulator, client: Client, size: Any) -> None:
    emulator.add_fault(Fault(kind="wrong_size", value=size))
    assert numbers(client, 5) == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12]]
    assert len(emulator.requests) == 3


def test_a_page_of_misfits_is_not_short(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="poison", field="values.*.build_number", value=None, query="page=1&"))
    assert numbers(client, 5) == [[], [6, 7, 8, 9, 10], [11, 12]]


def test_a_short_page_with_a_next_is_not_the_end(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="bad_json", query="page=1&", body={"values": [{"build_number": 1}], "next": "there"}))
    assert numbers(client, 5) == [[1], [6, 7, 8, 9, 10], [11, 12]]


def test_a_shorter_page_than_asked_for_loses_nothing() -> None:
    def answer(request: Request) -> Reply:
        start = (int(request.target.partition("page=")[2].partition("&")[0]) - 1) * 3
        rows = [{"build_number": number} for number in range(8)][start : start + 3]
        return json_reply({"values": rows, "pagelen": 3, **({"next": "there"} if start + 3 < 8 else {})})

    with serving(answer) as stub:
        assert numbers(make_client(stub.url), 5) == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_an_empty_page_with_a_next_is_not_the_end(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="empty_page", query="page=2&"))
    assert numbers(client, 5) == [[1, 2, 3, 4, 5], [], [11, 12]]


def test_empty_pages_without_end_are_refused() -> None:
    with serving(lambda _: json_reply({"values": [], "next": "there"})) as stub:
        with pytest.raises(UnsafeLink, match="page after page without anything on it"):
            numbers(make_client(stub.url), 5)
        assert len(stub.requests) == EMPTY_PAGES


def test_the_same_page_under_every_number_is_refused(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="repeat_page"))
    with pytest.raises(UnsafeLink, match="the pages of the list are all the same"):
        numbers(client, 5)
    assert len(emulator.requests) == 2


def test_a_shorter_pagelen_in_the_middle_keeps_the_place(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=400, query="page=2&pagelen=(100|50)", body=INVALID_PAGELEN))
    emulator.add_fault(Fault(kind="status", status=400, query="page=3&pagelen=50", body=INVALID_PAGELEN))
    pages = Lists(client).numbered("/repositories/acme/busy/pipelines/", "/asked", Pipeline, pagelen=100)
    assert [pipeline.build_number for page in pages for pipeline in page.rows] == list(range(1, 131))
    assert asked(emulator) == [
        "page=1&pagelen=100",
        "page=2&pagelen=100",
        "page=3&pagelen=50",
        "page=5&pagelen=25",
        "page=6&pagelen=25",
    ]


def test_another_bad_request_ends_the_walk(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=400, query="page=2&", body={"error": {"message": "Invalid page"}}))
    with pytest.raises(BadRequest, match="Invalid page"):
        numbers(client, 5)
