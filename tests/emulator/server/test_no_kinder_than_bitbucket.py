"""What a client must not rely on: orders that nobody promises, lengths, words and operators that nobody saw work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_emulator.world.actions import (
    comment,
    create_environment,
    create_repository,
    grant_permission,
    map_email,
    open_pull_request,
    push,
    run_pipeline,
)

from ..client import Client

ADMIN = ("admin@example.org", "emulator-api-token")


@pytest.fixture
def reviewed(emulator: Emulator) -> Client:
    """One open pull request with a comment."""
    push(emulator.world, "web", "topic", "bob")
    open_pull_request(emulator.world, "web", "topic", "bob", title="Fix it")
    comment(emulator.world, "web", 1, "ada", "Hm.")
    return Client(emulator)


@pytest.mark.parametrize(
    "q",
    [
        'title="Fix it" and id=1',
        'title="Fix it" Or id=1',
        "id in (1, 2)",
        "id NOT in (1, 2)",
        "draft = FALSE",
        "author.uuid != NULL",
        "id ~ 1",
        'updated_on ~ "2026-11-24"',
        "draft > false",
        "draft ~ true",
        "updated_on > null",
        "title ~ null",
    ],
)
def test_words_and_operators_as_they_are_documented(reviewed: Client, q: str) -> None:
    """Words in their case, text for `~`, an order for `<` and `>` (FACTS 2: BBQL)."""
    status, body = reviewed.error("pullrequests", params={"q": q})
    assert (status, body["error"]["message"]) == (400, "Invalid query")


@pytest.mark.parametrize(
    "q",
    [
        'title="Fix it" AND (id=1 OR id=2)',
        "id IN (1, 2) AND id NOT IN (3)",
        "draft = false AND draft != true",
        "author.uuid != null",
        'title ~ "FIX" AND title !~ "mend"',
        'title > "Fix"',
    ],
)
def test_words_and_operators_that_are_known(reviewed: Client, q: str) -> None:
    assert reviewed.json("pullrequests", params={"q": q})["size"] == 1


@pytest.mark.parametrize("name", ["content.raw", "user.uuid", "parent.id"])
def test_comments_by_what_nobody_was_seen_to_filter(reviewed: Client, name: str) -> None:
    message = f'Field ".{name}" does not support filtering'
    assert reviewed.error(f"pullrequests/1/comments?q={name}=null")[1]["error"]["message"] == message


def test_more_rows_of_a_diffstat_than_anybody_saw(reviewed: Client) -> None:
    assert reviewed.json("diffstat/topic?pagelen=500")["pagelen"] == 500
    assert reviewed.error("diffstat/topic?pagelen=501")[1]["error"]["message"] == "Invalid pagelen"


def is_no_order(names: list[str], told: Callable[[str], object]) -> bool:
    return names != sorted(names, key=told) and names != sorted(names, key=told, reverse=True)  # type: ignore[arg-type]


def test_deployments_and_environments_have_no_order_of_their_own(emulator: Emulator, client: Client) -> None:
    """Their default order is in no source (FACTS 12)."""
    world = emulator.world
    names = [f"station-{number}" for number in range(8)]
    for name in names:
        create_environment(world, "web", name, "Test")
    run_pipeline(world, "web", ref="main", steps=[{"name": name, "environment": name} for name in names])
    listed = [name for name in client.values("environments?pagelen=3", "name") if name in names]
    assert sorted(listed) == names
    assert is_no_order(listed, names.index)
    where = {row["uuid"]: row["name"] for row in client.json("environments?pagelen=100")["values"]}
    deployed = [where[uuid] for uuid in client.values("deployments?pagelen=3", "environment.uuid")]
    assert sorted(deployed) == names
    assert is_no_order(deployed, names.index)
    uuids = client.values("deployments", "uuid")
    assert is_no_order(uuids, str)


def test_repositories_have_no_order_of_their_own(emulator: Emulator, client: Client) -> None:
    slugs = [f"service-{number}" for number in range(8)]
    for slug in slugs:
        create_repository(emulator.world, slug)
    listed = client.values("/repositories/acme?pagelen=3", "slug")
    assert sorted(listed) == [*slugs, "web"]
    assert is_no_order(listed, ["web", *slugs].index)
    assert is_no_order(client.values("/repositories/acme", "uuid"), str)


def test_repositories_by_role(emulator: Emulator, client: Client) -> None:
    """What was given to the account, or to a group of its; a higher permission implies the lower (documentation)."""
    world = emulator.world
    owner = world.credentials["admin"].user
    create_repository(world, "api")
    create_repository(world, "app")
    for repository in world.repositories.values():
        repository.permissions.clear()
    grant_permission(world, "web", "admin", user=owner)
    grant_permission(world, "api", "read", user=owner)
    mine = {
        role: sorted(row["slug"] for row in client.json(f"/repositories/acme?role={role}", auth=ADMIN)["values"])
        for role in ("member", "contributor", "admin", "owner")
    }
    assert mine == {"member": ["api", "web"], "contributor": ["web"], "admin": ["web"], "owner": ["api", "app", "web"]}
    assert client.error("/repositories/acme?role=king")[0] == 400


def test_members_by_email(emulator: Emulator, client: Client) -> None:
    """At most 90 addresses, and only for administrators and tokens of the workspace (FACTS 2)."""
    map_email(emulator.world, "bob@elsewhere.example", "bob")
    few = ", ".join(f'"bob{number}@example.org"' for number in range(89))
    q = f'user.email IN ("bob@elsewhere.example", {few})'
    assert client.json("/workspaces/acme/members", params={"q": q})["size"] == 1
    assert client.json("/workspaces/acme/members", params={"q": q}, auth=ADMIN)["size"] == 1
    too_many = q.replace(")", ', "bob@example.org")')
    assert client.error("/workspaces/acme/members", params={"q": too_many})[0] == 400
    emulator.world.memberships[0].permission = "member"
    assert client.error("/workspaces/acme/members", params={"q": q}, auth=ADMIN) == (
        400,
        {"type": "error", "error": {"message": 'Field ".user.email" does not support filtering'}},
    )


def test_fields_may_be_ignored(emulator: Emulator, client: Client) -> None:
    """Of pipelines some say that `fields` is unreliable (FACTS 2)."""
    run_pipeline(emulator.world, "web", ref="main")
    emulator.add_fault(Fault(kind="all_fields", path="/pipelines$", times=1))
    whole = client.json("pipelines?fields=values.uuid,next")
    assert whole.keys() == {"values", "pagelen", "size", "page"}
    assert whole["values"][0].keys() > {"uuid", "state", "target"}
    assert client.json("pipelines?fields=values.uuid,next").keys() == {"values"}
