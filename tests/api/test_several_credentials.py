"""Several credentials as one: who asks, what is learned from refusals, and what each has left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

import pytest

from bitbucket_emulator import Emulator, Fault, RateLimits
from bitbucket_emulator.world.model import Credential
from bitbucket_source.api.client import Client
from bitbucket_source.api.credentials import AccessToken, Credentials
from bitbucket_source.api.errors import (
    AccessDenied,
    CredentialsRefused,
    NotFound,
    OutOfSight,
    RateLimited,
    ScopeMissing,
    Stopped,
)
from bitbucket_source.api.lists import Lists
from bitbucket_source.api.pool import Question, Several
from bitbucket_source.api.retry import RetryPolicy
from bitbucket_source.api.scopes import surely_lacks

from .reading import PIPELINES, PIPELINES_ENDPOINT, Pipeline, make_client, read, statuses
from .small_world import make_world

READS = frozenset({"account", "repository", "pullrequest", "pipeline"})
USER = "/user"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """The small world, with the tokens one, two and narrow, of which a test may change anything."""
    with Emulator(make_world()) as running:
        bot = running.world.credentials["workspace"].user
        for name, scopes in (("one", READS), ("two", READS), ("narrow", frozenset({"repository"}))):
            running.world.credentials[name] = Credential(name, "bearer", scopes, bot, f"{name}-token")
        yield running


def tokens(*names: str) -> Several:
    return Several(tuple(AccessToken(f"{name}-token", f"the list, {name}") for name in names))


def client_with(emulator: Emulator, *names: str, **more: object) -> Client:
    return make_client(emulator.base_url, credentials=tokens(*names), **more)


def askers(emulator: Emulator) -> list[str | None]:
    return [entry.credential for entry in emulator.requests]


def restrict(emulator: Emulator, name: str, *slugs: str) -> None:
    """Let a token see these repositories only."""
    world = emulator.world
    seen = {each.uuid for each in world.repositories.values() if each.slug in slugs}
    world.credentials[name].repositories = frozenset(seen)


def look(client: Client, emulator: Emulator) -> None:
    """Let each of them read the list of repositories, as a sync does first."""
    for member, alone in client.of_each():
        listed = read(alone, "/repositories/acme", "/repositories")["values"]
        client.pool.read_whole(member, {each["uuid"]: each["slug"] for each in listed})
    emulator.clear_requests()


def uuid_of(emulator: Emulator, slug: str) -> str:
    return next(each.uuid for each in emulator.world.repositories.values() if each.slug == slug)


def path_of(emulator: Emulator, slug: str) -> str:
    return f"/repositories/acme/{uuid_of(emulator, slug)}"


def test_the_one_with_most_left_asks(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    for _ in range(10):
        read(client)
    assert Counter(askers(emulator)) == {"one": 5, "two": 5}


def test_what_earlier_runs_used_counts_for_whom_it_was(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    one, _ = client.pool.members
    client.budget.add_earlier(one.rationed_as, [(60.0, 4)])
    for _ in range(6):
        read(client)
    assert Counter(askers(emulator)) == {"two": 5, "one": 1}
    assert client.budget.left_this_hour == 2000 - 4 - 6


def test_a_scaled_limit_that_a_header_tells_counts(emulator: Emulator) -> None:
    emulator.world.credentials["two"].rate_limit = 1250
    client = client_with(emulator, "one", "two")
    for _ in range(20):
        read(client)
    # each is asked before its limit is known
    assert Counter(askers(emulator)) == {"one": 1, "two": 19}
    assert client.budget.quotas.limit == 2250


def test_requests_are_counted_by_whose_quota_they_use(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    for _ in range(5):
        read(client)
    one, two = (member.rationed_as for member in client.pool.members)
    assert client.budget.by_quota == {one: 3, two: 2}


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


@pytest.mark.parametrize("retry_after", ["none", "seconds"])
def test_while_one_has_to_wait_the_other_asks(emulator: Emulator, retry_after: Literal["none", "seconds"]) -> None:
    emulator.add_fault(Fault(kind="rate_limit", times=1, retry_after=retry_after, seconds=60))
    client = client_with(emulator, "one", "two", retry=RetryPolicy())
    for _ in range(10):
        read(client)
    assert client.budget.seconds_waited == 0
    assert statuses(emulator) == [429, *[200] * 10]
    assert askers(emulator) == ["one", *["two"] * 10]


def test_an_hour_that_is_spent_is_not_tried(emulator: Emulator) -> None:
    emulator.world.credentials["one"].rate_limit = 2
    emulator.rate_limits = RateLimits(enforced=True)
    client = client_with(emulator, "one", "two")
    for _ in range(10):
        read(client)
    assert statuses(emulator) == [200] * 10
    assert Counter(askers(emulator))["one"] <= 2


def test_where_all_have_to_wait_it_is_waited_for_the_first(emulator: Emulator) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=0)
    client = client_with(emulator, "one", "two")
    with pytest.raises(RateLimited):
        read(client)
    assert client.budget.seconds_waited > 0
    assert set(askers(emulator)) == {"one", "two"}


def test_stopping_at_the_rate_limit_waits_for_nobody_and_uses_all_first(emulator: Emulator) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=3)
    client = client_with(emulator, "one", "two", wait_for_rate_limit=False, retry=RetryPolicy())
    for _ in range(6):
        read(client)
    with pytest.raises(Stopped, match="rate limit"):
        read(client)
    assert statuses(emulator) == [200] * 6 + [429] * 2


def test_a_list_is_read_by_one(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    pages = list(Lists(client).numbered(PIPELINES, PIPELINES_ENDPOINT, Pipeline, pagelen=5))
    assert len(pages) == 3
    assert askers(emulator) == ["one"] * 3
    emulator.clear_requests()
    list(Lists(client).follow(PIPELINES, PIPELINES_ENDPOINT, Pipeline, pagelen=5))
    assert askers(emulator) == ["two"] * 3


def test_one_that_is_revoked_is_left_out_and_told(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    client = client_with(emulator, "one", "two")
    for _ in range(4):
        read(client)
    del emulator.world.credentials["one"]
    emulator.clear_requests()
    for _ in range(6):
        assert read(client)["slug"] == "web"
    assert Counter(statuses(emulator)) == {200: 6, 401: 1}
    read(client, USER, USER)
    one, two = client.pool.members
    assert statuses(emulator)[-2:] == [401, 200]
    assert list(client.pool.lost) == [one.identity]
    assert client.budget.quotas.limit == 1000
    assert client.pool.alive == [two]
    (warning,) = caplog.messages
    assert warning.startswith("access token from the list, one: 401 on /user: Token is invalid")
    assert warning.endswith("Going on without it.")


def test_one_401_is_no_proof(emulator: Emulator) -> None:
    """Its text may mean that the endpoint does not take this kind of token."""
    client = client_with(emulator, "one", "two")
    emulator.add_fault(Fault(kind="status", status=401, times=1))
    read(client)
    for _ in range(4):
        read(client, USER, USER)
    assert Counter(askers(emulator)) == {"one": 3, "two": 3}
    assert client.pool.lost == {}


def test_what_only_a_revoked_one_sees_is_not_called_gone(emulator: Emulator) -> None:
    restrict(emulator, "one", "busy")
    restrict(emulator, "two", "web")
    client = client_with(emulator, "one", "two")
    look(client, emulator)
    path = path_of(emulator, "busy")
    del emulator.world.credentials["one"]
    with pytest.raises(OutOfSight, match="nobody who sees this repository is accepted any more"):
        read(client, path)
    before = len(emulator.requests)
    with pytest.raises(OutOfSight):
        read(client, f"{path}/commits", "/repositories/{repository}/commits")
    assert len(emulator.requests) == before == 2
    with pytest.raises(OutOfSight):
        # as links in Bitbucket's answers name it
        read(client, "/repositories/acme/busy/diffstat/x", "/repositories/{repository}/diffstat")
    assert len(emulator.requests) == before
    assert read(client)["slug"] == "web"


def test_when_all_are_revoked_it_ends(emulator: Emulator) -> None:
    client = client_with(emulator, "one", "two")
    read(client)
    for name in ("one", "two"):
        del emulator.world.credentials[name]
    with pytest.raises(CredentialsRefused, match="Token is invalid"):
        read(client)
    with pytest.raises(CredentialsRefused, match=r"none of the credentials is accepted any more\. access token from"):
        read(client)
    assert Counter(statuses(emulator)) == {200: 1, 401: 4}


def test_one_alone_is_asked_always(emulator: Emulator) -> None:
    client = client_with(emulator, "one")
    del emulator.world.credentials["one"]
    for _ in range(2):
        with pytest.raises(CredentialsRefused, match="Token is invalid"):
            read(client)
    assert statuses(emulator) == [401, 401]


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


def test_several_tell_who_they_are(emulator: Emulator) -> None:
    several = tokens("one", "two")
    one, two = several.members
    assert several.identity == " ".join(sorted([one.identity, two.identity]))
    assert several.description == "2 credentials (access token, access token)"
    assert several.origin == "the list, one; the list, two"
    members: list[Credentials] = [member for member, _ in client_with(emulator, "one", "two").of_each()]
    assert [member.identity for member in members] == [one.identity, two.identity]
