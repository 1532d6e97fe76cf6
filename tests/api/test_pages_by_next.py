"""Lists by their `next` links."""

from __future__ import annotations

from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.client import Client
from bitbucket_source.api.errors import AccessDenied, BadRequest, NotFound, ServerTrouble, UnsafeLink
from bitbucket_source.api.lists import EMPTY_PAGES, Lists

from .reading import COMMITS, COMMITS_ENDPOINT, REPOSITORY, Commit, commit_messages, make_client, statuses, urls
from .stub_server import Reply, Request, json_reply, serving

ALL = [f"Work on main ({number})" for number in range(12, 0, -1)]
TAGS = f"{REPOSITORY}/refs/tags"


def pages_until_refused(lists: Lists, path: str = COMMITS) -> tuple[list[str], str]:
    """The hashes of a list until a link is refused, and what is said then."""
    hashes: list[str] = []
    try:
        for page in lists.follow(path, "/asked", Commit, pagelen=5):
            hashes += [commit.hash for commit in page.rows]
    except UnsafeLink as error:
        return hashes, str(error)
    pytest.fail("no link was refused")


def test_next_is_followed_as_it_is(emulator: Emulator, client: Client) -> None:
    assert commit_messages(client, params={"fields": "values.hash,values.message,next"}) == ALL
    first, second, third = urls(emulator)
    assert first == f"{COMMITS}?fields=values.hash,values.message,next&pagelen=5"
    walk = second.split("&")[2]
    assert second == f"{first}&{walk}&page=2"
    assert third == f"{first}&{walk}&page=3"


def test_a_form_is_posted_for_the_first_page_only(emulator: Emulator, client: Client) -> None:
    head = next(Lists(client).follow(COMMITS, COMMITS_ENDPOINT, Commit, pagelen=1)).rows[0].hash
    emulator.clear_requests()
    assert commit_messages(client, form=[("include", head), ("include", head)]) == ALL
    assert [(entry.method, entry.form) for entry in emulator.requests] == [
        ("POST", (("include", head), ("include", head))),
        ("GET", ()),
        ("GET", ()),
    ]


def test_an_empty_page_with_a_next_is_not_the_end(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="empty_page", path="commits", nth=2))
    assert commit_messages(client) == [*ALL[:5], *ALL[10:]]


def test_empty_pages_without_end_are_refused(emulator: Emulator, client: Client) -> None:
    # each names another one, which is empty too
    emulator.add_fault(Fault(kind="empty_page", path="commits"))
    hashes, message = pages_until_refused(Lists(client))
    assert (hashes, message) == ([], "on /asked: the list has page after page without anything on it.")
    assert len(urls(emulator)) == EMPTY_PAGES


@pytest.mark.parametrize(
    "host",
    [
        "https://elsewhere.example",
        "http://127.0.0.1:1",
        "https://127.0.0.1",
        "http://127.0.0.1.elsewhere.example",
        "http://elsewhere.example\\@127.0.0.1",
        "http://somebody@127.0.0.1",
    ],
)
def test_a_next_to_another_host_is_refused(emulator: Emulator, client: Client, host: str) -> None:
    emulator.add_fault(Fault(kind="next_elsewhere", path="commits", host=host))
    hashes, message = pages_until_refused(Lists(client))
    origin = emulator.base_url.removesuffix("/2.0")
    assert message == (
        f"on /asked: the answer points to {host}, outside {origin}. "
        "Credentials are not sent there. If a proxy stands between, let it rewrite links."
    )
    assert (len(hashes), statuses(emulator)) == (5, [200])


@pytest.mark.parametrize(
    "link", ["", "/2.0/next", "page=2", "http://[::1", "file:///etc/passwd", "//elsewhere.example/"]
)
def test_a_next_that_is_no_address_of_ours_is_refused(link: str) -> None:
    with serving(lambda _: json_reply({"values": [], "next": link})) as stub:
        assert pages_until_refused(Lists(make_client(stub.url)))[0] == []
    assert len(stub.requests) == 1


def test_the_usual_port_and_capitals_are_the_same_host() -> None:
    client = make_client("https://API.bitbucket.org/2.0")
    for same in ("https://api.bitbucket.org/2.0/user", "https://api.bitbucket.org:443/2.0/user"):
        client._refuse_foreign(same, "/asked")
    for other in ("http://api.bitbucket.org/2.0/user", "https://api.bitbucket.org:8443/2.0/user"):
        with pytest.raises(UnsafeLink):
            client._refuse_foreign(other, "/asked")


@pytest.mark.parametrize("path", [COMMITS, TAGS])
def test_a_next_to_itself_is_refused(emulator: Emulator, client: Client, path: str) -> None:
    emulator.add_fault(Fault(kind="next_itself"))
    _, message = pages_until_refused(Lists(client), path)
    assert (message, statuses(emulator)) == ("on /asked: the pages of the list lead in a circle.", [200])


def test_a_next_to_a_page_already_seen_is_refused() -> None:
    def answer(request: Request) -> Reply:
        following = {"/list?pagelen=5": "/list?b=%7B1%7D", "/list?b=%7B1%7D": "/list?c", "/list?c": "/list?b={1}"}
        return json_reply({"values": [{"hash": request.target}], "next": stub.url + following[request.target]})

    with serving(answer) as stub:
        hashes, message = pages_until_refused(Lists(make_client(stub.url)), "/list")
    assert hashes == ["/list?pagelen=5", "/list?b=%7B1%7D", "/list?c"]
    assert message == "on /asked: the pages of the list lead in a circle."


def test_a_refused_pagelen_steps_down_and_is_remembered(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(
        Fault(kind="status", status=400, query="pagelen=(100|50)", body={"error": {"message": "Invalid pagelen"}})
    )
    lists = Lists(client)
    for _ in range(2):
        pages = list(lists.follow(COMMITS, COMMITS_ENDPOINT, Commit, pagelen=100))
        assert [len(page.rows) for page in pages] == [12]
    assert [url.partition("?")[2] for url in urls(emulator)] == [
        "pagelen=100",
        "pagelen=50",
        "pagelen=25",
        "pagelen=25",
    ]


def test_what_is_remembered_belongs_to_the_endpoint(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(
        Fault(kind="status", status=400, path="commits", nth=1, body={"error": {"message": "Invalid pagelen"}})
    )
    lists = Lists(client)
    list(lists.follow(COMMITS, COMMITS_ENDPOINT, Commit, pagelen=100))
    list(lists.follow(TAGS, "/tags", Commit, pagelen=100))
    list(lists.follow(COMMITS, COMMITS_ENDPOINT, Commit, pagelen=10))
    asked = [url.partition("pagelen=")[2] for url in urls(emulator)]
    assert asked == ["100", "50", "100", "10", "10&" + asked[-1].partition("&")[2]]


def test_a_pagelen_that_is_always_refused_is_an_error(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=400, body={"error": {"message": "Invalid pagelen"}}))
    with pytest.raises(BadRequest, match="Invalid pagelen"):
        commit_messages(client, pagelen=100)
    assert len(emulator.requests) == 4


def test_another_bad_request_does_not_step_down(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=400, body={"error": {"message": "Invalid query"}}))
    with pytest.raises(BadRequest, match="Invalid query"):
        commit_messages(client)
    assert len(emulator.requests) == 1


def test_an_error_in_the_middle_is_no_end(emulator: Emulator, client: Client) -> None:
    emulator.add_fault(Fault(kind="status", status=403, path="commits", nth=2))
    pages = Lists(client).follow(COMMITS, COMMITS_ENDPOINT, Commit, pagelen=5)
    assert len(next(pages).rows) == 5
    with pytest.raises(AccessDenied):
        next(pages)


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_behind_others_that_is_not_found_says_nothing_of_the_list(
    emulator: Emulator, client: Client, status: int
) -> None:
    emulator.add_fault(Fault(kind="status", status=status, path="commits", nth=2))
    with pytest.raises(ServerTrouble, match=f"{status} on .*: a page behind others: "):
        commit_messages(client)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Commit not found", "data": {"shas": ["1" * 40]}},
        {"message": "You may not have access to this repository or it no longer exists in this workspace."},
    ],
    ids=["commits that are gone", "a repository that is hidden"],
)
def test_what_a_page_behind_others_says_of_more_than_the_list_counts(
    emulator: Emulator, client: Client, error: dict[str, Any]
) -> None:
    emulator.add_fault(Fault(kind="status", status=404, path="commits", nth=2, body={"type": "error", "error": error}))
    with pytest.raises(NotFound):
        commit_messages(client)
