"""Whatever repositories are shown to whom, and whoever looks: in the end the warehouse has what all of them see."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.model import Credential
from tests.source.conftest import Warehouse

NAMES = ("first", "second", "third")
SCOPES = frozenset({"account", "project", "repository", "pullrequest", "pipeline"})
TABLES = ["repositories", "branches", "commits"]


def tokens(names: list[str]) -> list[dict[str, str]]:
    return [{"access_token": f"{name}-token"} for name in names]


def read(bitbucket: Emulator, name: str, path: str) -> list[Any]:
    """All values of a list, as one of the tokens sees it."""
    url: str | None = f"{bitbucket.base_url}{path}"
    values: list[Any] = []
    while url is not None:
        answer = requests.get(url, headers={"Authorization": f"Bearer {name}-token"}, timeout=10)
        if answer.status_code == 404:
            break
        page = answer.json()
        values += page["values"]
        url = page.get("next")
    return values


def seen_by_any(bitbucket: Emulator) -> set[tuple[str, str]]:
    """(slug, hash) of what at least one of the tokens sees now."""
    found = set()
    for name in NAMES:
        for repository in read(bitbucket, name, "/repositories/acme?pagelen=100"):
            commits = read(bitbucket, name, f"/repositories/acme/{repository['slug']}/commits?pagelen=100")
            found |= {(repository["slug"], commit["hash"]) for commit in commits}
    return found


def something_happens(bitbucket: Emulator, chance: Random, number: int) -> None:
    world = bitbucket.world
    slugs = sorted(each.slug for each in world.repositories.values())
    slug, name, author = chance.choice(slugs), chance.choice(NAMES), sorted(world.users)[0]
    match chance.choice(["push", "push", "hide", "hide", "show", "show", "create", "delete"]):
        case "push":
            bitbucket.act("push", repository=slug, branch=chance.choice(["main", "side"]), author=author, commits=2)
        case "hide":
            bitbucket.act("hide_repository", repository=slug, credential=name)
        case "show":
            bitbucket.act("show_repository", repository=slug, credential=name)
        case "create":
            project = min(each.key for each in world.projects.values())
            bitbucket.act("create_repository", slug=f"new-{number}", project=project)
            bitbucket.act("push", repository=f"new-{number}", branch="main", author=author, commits=3)
        case "delete" if len(slugs) > 2:
            bitbucket.act("delete_repository", repository=slug)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_in_the_end_the_warehouse_has_what_all_of_them_see(warehouse: Warehouse, seed: int) -> None:
    chance, bitbucket = Random(seed), warehouse.bitbucket
    for name in NAMES:
        bot = bitbucket.world.credentials["workspace"].user
        bitbucket.world.credentials[name] = Credential(name, "bearer", SCOPES, bot, f"{name}-token")
    for number in range(6):
        for step in range(chance.randint(1, 4)):
            something_happens(bitbucket, chance, number * 10 + step)
        who = chance.sample(NAMES, chance.randint(1, 3))
        gone = bitbucket.world.credentials.pop(who[0]) if chance.random() < 0.2 and len(who) > 1 else None
        result = warehouse.sync(TABLES, credentials=tokens(who))
        assert result.exit_code == (0 if gone is None else 1), result.troubles
        if gone is not None:
            bitbucket.world.credentials[gone.name] = gone
    assert warehouse.sync(TABLES, credentials=tokens(list(NAMES))).exit_code == 0
    stored = warehouse.rows(
        "select r.slug, c.hash from commits c join repositories r on r.uuid = c.repository_uuid "
        "where c.deleted_at is null and r.deleted_at is null"
    )
    assert set(stored) == seen_by_any(bitbucket)
    assert len(stored) == len(set(stored)) > 0
