"""What the tests of the API layer read with: a patient client whose waits are milliseconds, and two row types."""

from __future__ import annotations

from typing import Any

import msgspec

from bitbucket_emulator import Emulator
from bitbucket_source.api.client import Client
from bitbucket_source.api.credentials import AccessToken
from bitbucket_source.api.decode import decode_json
from bitbucket_source.api.lists import Lists
from bitbucket_source.api.retry import RetryPolicy

QUICK = RetryPolicy(
    tries=3,
    first_wait=0.001,
    longest_wait=0.002,
    rate_limit_tries=4,
    rate_limit_first_wait=0.001,
    rate_limit_longest_wait=0.002,
    longest_told_wait=0.003,
)
WORKSPACE_TOKEN = "emulator-workspace-token"

REPOSITORY = "/repositories/acme/web"
COMMITS = f"{REPOSITORY}/commits"
COMMITS_ENDPOINT = "/repositories/{workspace}/{repository_uuid}/commits"
PIPELINES = f"{REPOSITORY}/pipelines/"
PIPELINES_ENDPOINT = "/repositories/{workspace}/{repository_uuid}/pipelines/"


class Commit(msgspec.Struct):
    """A commit, as far as these tests need it."""

    hash: str
    message: str | None = None


class Pipeline(msgspec.Struct):
    """A pipeline, as far as these tests need it."""

    build_number: int


def make_client(base_url: str, **more: Any) -> Client:
    """A client with the workspace's token, unless other credentials are given."""
    given: dict[str, Any] = {"credentials": AccessToken(WORKSPACE_TOKEN), "retry": QUICK, **more}
    return Client(base_url=base_url, **given)


def read(client: Client, path: str = REPOSITORY, endpoint: str = "/repositories/{repository}") -> Any:
    """The decoded JSON of one object."""
    return client.ask(client.url(path), endpoint, decode_json).content


def commit_messages(client: Client, pagelen: int = 5, **more: Any) -> list[str | None]:
    """The messages of all commits of the small repository, newest first."""
    pages = Lists(client).follow(COMMITS, COMMITS_ENDPOINT, Commit, pagelen=pagelen, **more)
    return [commit.message for page in pages for commit in page.rows]


def statuses(emulator: Emulator) -> list[int]:
    """What the emulator answered, request by request; 0 where it cut the connection."""
    return [entry.status for entry in emulator.requests]


def urls(emulator: Emulator) -> list[str]:
    """What the emulator was asked, below the API."""
    return [entry.url.removeprefix("/2.0") for entry in emulator.requests]
