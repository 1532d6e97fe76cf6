"""Tokens of the small world, and who of them asked."""

from __future__ import annotations

from bitbucket_emulator import Emulator
from bitbucket_source.api.client import Client
from bitbucket_source.api.credentials import AccessToken
from bitbucket_source.api.pool import Several
from tests.api.reading import make_client, read

READS = frozenset({"account", "repository", "pullrequest", "pipeline"})
USER = "/user"


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
