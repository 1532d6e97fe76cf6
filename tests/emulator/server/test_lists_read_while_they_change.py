"""Pages are counted from the start of a list as it is now: rows are missed or come twice (FACTS 1, 12)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bitbucket_emulator import Emulator, World
from bitbucket_emulator.world.actions import (
    add_member,
    approve,
    comment,
    create_environment,
    create_repository,
    create_task,
    create_user,
    delete_environment,
    delete_repository,
    delete_task,
    open_pull_request,
    push,
    redeploy_step,
    remove_member,
    run_pipeline,
    run_step,
)

from ..client import Client

Act = Callable[[World, list[str]], object]


@pytest.fixture
def busy(emulator: Emulator) -> Client:
    """Six of everything that is listed here."""
    world = emulator.world
    for number in range(1, 7):
        push(world, "web", f"topic-{number}", "bob", commits=6)
        open_pull_request(world, "web", f"topic-{number}", "bob", title=f"{number}")
        create_task(world, "web", 1, "ada", f"{number}")
        comment(world, "web", 1, "ada", f"{number}")
        create_environment(world, "web", f"e{number}")
        create_repository(world, f"r{number}")
        create_user(world, f"u{number}", f"User {number}")
        add_member(world, f"u{number}")
        run_pipeline(world, "web", ref="main", steps=[{"name": "ship", "environment": "staging"}])
        run_step(world, "web", number, "ship")
    return Client(emulator)


def _moves(world: World, seen: list[str]) -> None:
    approve(world, "web", int(seen[0]), "ada")


def _redeployed(world: World, seen: list[str]) -> None:
    last = next(f"#{number}" for number in range(1, 7) if f"#{number}" not in seen)
    redeploy_step(world, "web", int(last[1:]), "ship", "ada")


MISSED: list[tuple[str, str, Act]] = [
    ("pullrequests?sort=updated_on", "id", _moves),
    ("pullrequests/1/tasks", "id", lambda world, seen: delete_task(world, "web", 1, int(seen[0]))),
    ("environments", "name", lambda world, seen: delete_environment(world, "web", seen[0])),
    ("/repositories/acme", "slug", lambda world, seen: delete_repository(world, seen[0])),
    ("/workspaces/acme/members", "user.nickname", lambda world, seen: remove_member(world, seen[1])),
]

TWICE: list[tuple[str, str, Act]] = [
    ("pullrequests?sort=-updated_on", "id", lambda world, _: approve(world, "web", 2, "ada")),
    ("pullrequests/1/activity", "comment.id", lambda world, _: comment(world, "web", 1, "bob", "7")),
    ("pullrequests/activity", "comment.id", lambda world, _: [comment(world, "web", 1, "bob", text) for text in "78"]),
    ("pullrequests/1/commits", "hash", lambda world, _: push(world, "web", "topic-1", "bob")),
    ("pipelines?sort=-created_on", "build_number", lambda world, _: run_pipeline(world, "web", ref="main")),
    ("deployments?sort=-state.started_on", "release.name", _redeployed),
]


def read(client: Client, path: str, name: str, act: Act) -> tuple[list[str], list[str]]:
    """One field of every row: those there were, and those that came in pages of two with something done in between."""
    before = [str(value) for value in client.values(path, name) if value is not None]
    link = f"{path}{'&' if '?' in path else '?'}pagelen=2"
    first = client.json(link)
    rows, address = first["values"], first["next"]
    act(client.emulator.world, [str(_of(row, name)) for row in rows])
    if path.startswith("pipelines"):  # `next` forgets the order (FACTS 1)
        rows += [row for page in (2, 3, 4) for row in client.json(f"{link}&page={page}")["values"]]
        return before, [str(_of(row, name)) for row in rows]
    while address is not None:
        page = client.json(address)
        rows += page["values"]
        address = page.get("next")
    found = [_of(row, name) for row in rows]
    return before, [str(value) for value in found if value is not None]


def _of(row: object, name: str) -> object:
    for part in name.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return row


@pytest.mark.parametrize(("path", "name", "act"), MISSED, ids=[row[0] for row in MISSED])
def test_a_row_is_missed(busy: Client, path: str, name: str, act: Act) -> None:
    before, found = read(busy, path, name, act)
    assert len(set(before) - set(found)) == 1


@pytest.mark.parametrize(("path", "name", "act"), TWICE, ids=[row[0] for row in TWICE])
def test_a_row_comes_twice(busy: Client, path: str, name: str, act: Act) -> None:
    _, found = read(busy, path, name, act)
    assert len(found) == len(set(found)) + 1


def test_commits_go_on_from_the_heads_of_the_first_page(busy: Client) -> None:
    """`next` holds a `ctx` (FACTS 1): what is pushed meanwhile shifts nothing."""
    first = busy.json("commits?pagelen=5&include=topic-1")
    push(busy.emulator.world, "web", "topic-1", "bob")
    rest = busy.values(first["next"], "hash")
    assert len({row["hash"] for row in first["values"]} | set(rest)) == 18 == 5 + len(rest)
