"""What is learned from scopes that some of several credentials lack, or all of them."""

from __future__ import annotations

from collections import Counter

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.api.errors import (
    AccessDenied,
    ScopeMissing,
)
from bitbucket_source.api.scopes import surely_lacks
from tests.api.reading import PIPELINES, PIPELINES_ENDPOINT, read
from tests.api.several.asking import askers, client_with, look, path_of, restrict


def test_who_lacks_the_scope_is_asked_once(emulator: Emulator) -> None:
    client = client_with(emulator, "narrow", "one")
    for _ in range(6):
        read(client, PIPELINES, PIPELINES_ENDPOINT)
    assert Counter(askers(emulator)) == {"narrow": 1, "one": 6}


def test_who_lacks_the_scope_is_not_asked_where_it_is_known(emulator: Emulator) -> None:
    client = client_with(emulator, "narrow", "one", scopes={PIPELINES_ENDPOINT: "pipeline"})
    look(client, emulator)
    for _ in range(6):
        read(client, PIPELINES, PIPELINES_ENDPOINT)
    read(client, f"{PIPELINES}1", f"{PIPELINES_ENDPOINT.rstrip('/')}/{{identity}}")
    assert Counter(askers(emulator)) == {"one": 7}


def test_a_scope_that_all_lack_is_told(emulator: Emulator) -> None:
    emulator.world.credentials["two"].scopes = frozenset({"repository"})
    client = client_with(emulator, "narrow", "two")
    for _ in range(2):
        with pytest.raises(ScopeMissing, match="lack the scope pipeline"):
            read(client, PIPELINES, PIPELINES_ENDPOINT)
    assert len(emulator.requests) == 3, "the second time nobody's hopes are up"


@pytest.mark.parametrize(
    ("path", "needed", "sentence"),
    [
        pytest.param("pipelines/", {"pipeline"}, "the scope pipeline. Give one of them that scope too.", id="one"),
        pytest.param(
            "deploy-keys",
            {"repository", "repository:admin"},
            "the scopes repository and repository:admin. Give one of them those scopes too.",
            id="two",
        ),
    ],
)
def test_scopes_that_nobody_who_sees_the_repository_has_are_told(
    emulator: Emulator, path: str, needed: set[str], sentence: str
) -> None:
    emulator.world.credentials["two"].scopes = frozenset({"repository", *needed})
    restrict(emulator, "two", "busy")
    client = client_with(emulator, "narrow", "two")
    look(client, emulator)
    with pytest.raises(AccessDenied) as caught:
        read(client, f"{path_of(emulator, 'web')}/{path}", f"/repositories/{{repository}}/{path}")
    assert not isinstance(caught.value, ScopeMissing), "one of them has it, and may be shown the repository"
    assert str(caught.value).endswith(f"none has {sentence}")


def test_of_two_scopes_that_all_lack_one_is_enough_to_know(emulator: Emulator) -> None:
    restrict(emulator, "two", "busy")
    client = client_with(emulator, "narrow", "two")
    look(client, emulator)
    with pytest.raises(ScopeMissing, match="lack the scope repository:admin"):
        read(client, f"{path_of(emulator, 'web')}/deploy-keys", "/repositories/{repository}/deploy-keys")
    assert askers(emulator) == ["narrow"], "the other does not see it"


@pytest.mark.parametrize(
    ("granted", "scope", "lacks"),
    [
        ({"repository"}, "pipeline", True),
        ({"pipeline"}, "pipeline", False),
        ({"pullrequest"}, "repository", False),
        ({"read:pipeline:bitbucket"}, "pipeline", False),
        ({"read:user:bitbucket"}, "account", False),
        (set(), "pipeline", False),
        ({"repository"}, "", False),
    ],
)
def test_who_surely_lacks_a_scope(granted: set[str], scope: str, lacks: bool) -> None:
    assert surely_lacks(granted, scope) is lacks
