"""What is asked of whom it is shown to: one of several credentials may see less than another."""

from __future__ import annotations

from collections import Counter

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.errors import (
    NotFound,
)
from bitbucket_source.api.pool import Question
from tests.api.reading import read, statuses
from tests.api.several.asking import askers, client_with, look, path_of, restrict


def test_a_repository_is_asked_of_whom_it_is_shown_to(emulator: Emulator) -> None:
    restrict(emulator, "one", "web")
    restrict(emulator, "two", "busy")
    client = client_with(emulator, "one", "two")
    look(client, emulator)
    for slug in ("web", "busy", "web", "web", "web"):
        assert read(client, path_of(emulator, slug))["slug"] == slug
    assert askers(emulator) == ["one", "two", "one", "one", "one"]


def test_without_a_list_a_404_goes_to_the_next_and_is_remembered(emulator: Emulator) -> None:
    restrict(emulator, "one", "busy")
    client = client_with(emulator, "one", "two")
    for _ in range(4):
        assert read(client)["slug"] == "web"
    assert Counter(askers(emulator)) == {"one": 1, "two": 4}


def test_a_404_of_something_in_a_repository_they_see_is_believed_at_once(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    look(client, emulator)
    with pytest.raises(NotFound):
        read(client, f"{path_of(emulator, 'web')}/pullrequests/999", "/repositories/{repository}/pullrequests/{id}")
    assert statuses(emulator) == [404]


def test_a_repository_that_was_hidden_since_goes_to_who_still_sees_it(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    look(client, emulator)
    restrict(emulator, "one", "busy")
    restrict(emulator, "two", "web")
    assert read(client, path_of(emulator, "web"))["slug"] == "web"
    assert read(client, path_of(emulator, "busy"))["slug"] == "busy"


def test_a_repository_that_is_gone_for_all_is_not_found(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    look(client, emulator)
    path = path_of(emulator, "web")
    emulator.act("delete_repository", repository="web")
    with pytest.raises(NotFound):
        read(client, path)
    assert statuses(emulator) == [404, 404]


def test_a_repository_that_refuses_one_is_asked_of_the_other(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    emulator.add_fault(Fault(kind="status", status=403, times=1))
    assert read(client)["slug"] == "web"
    assert statuses(emulator) == [403, 200]
    read(client)
    assert Counter(askers(emulator)) == {"one": 1, "two": 2}


@pytest.mark.parametrize(
    ("url", "place", "repository"),
    [
        ("/repositories/acme/%7Bu%7D/commits?page=2", "repositories/acme/{u}", "{u}"),
        ("/repositories/acme/web", "repositories/acme/web", "web"),
        ("/repositories/acme?sort=uuid", "repositories/acme", ""),
        ("/workspaces/acme/projects/X", "workspaces/acme/projects/X", ""),
        ("/user", "user", ""),
    ],
)
def test_what_a_url_asks_about(url: str, place: str, repository: str) -> None:
    base = "https://api.example/2.0"
    question = Question.about(f"{base}{url}", base, "endpoint")
    assert (question.place, question.repository) == (place, repository)
