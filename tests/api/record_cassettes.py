"""Records the cassettes of `test_cassette` from the emulator: `python -m tests.api.record_cassettes`.

One thread only: vcrpy loses interactions of several.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import vcr  # type: ignore[import-untyped]

from bitbucket_emulator import Emulator
from bitbucket_source.api.client import Client
from bitbucket_source.api.errors import NotFound
from bitbucket_source.api.lists import Lists
from bitbucket_source.api.oauth import OAuthConsumer

from .reading import COMMITS, COMMITS_ENDPOINT, PIPELINES, PIPELINES_ENDPOINT, REPOSITORY, Commit, Pipeline, make_client
from .small_world import make_world

CASSETTES = Path(__file__).parent / "cassettes"
PORT = 8765
RECORDED_AT = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True)
class Everything:
    """What the conversation brings: messages of commits, build numbers, a name, and why something is missing."""

    commits: list[str | None]
    pipelines: list[int]
    repository: str
    missing: str


class Repository(msgspec.Struct):
    """A repository's name."""

    full_name: str


def everything(client: Client) -> Everything:
    """The conversation: lists by `next` and by number, a POST, a single object, an error."""
    lists = Lists(client)
    commits = lists.follow(
        COMMITS, COMMITS_ENDPOINT, Commit, _fields("hash", "message"), pagelen=5, form=[("include", "main")]
    )
    pipelines = lists.numbered(PIPELINES, PIPELINES_ENDPOINT, Pipeline, _fields("build_number"), pagelen=5)
    messages = [commit.message for page in commits for commit in page.rows]
    numbers = [pipeline.build_number for page in pipelines for pipeline in page.rows]
    repository = lists.one(REPOSITORY, "/repositories/{repository}", Repository, {"fields": "full_name"})
    missing = ""
    try:
        next(lists.follow(COMMITS, COMMITS_ENDPOINT, Commit, {"include": "0" * 40}, pagelen=5))
    except NotFound as error:
        missing = error.why
    return Everything(messages, numbers, repository.full_name, missing)


def _fields(*names: str) -> dict[str, str]:
    """Only what is read: whole objects name many hosts."""
    return {"fields": ",".join([*(f"values.{name}" for name in names), "next"])}


def record() -> None:
    """Record anew, over what is there."""
    file = CASSETTES / "conversation.yaml"
    file.unlink(missing_ok=True)
    with Emulator(make_world(), port=PORT) as emulator:
        consumer = OAuthConsumer("emulator-consumer", "emulator-consumer-secret", emulator.oauth_url)
        with vcr.use_cassette(
            str(file),
            record_mode="once",
            filter_headers=["Authorization"],
            before_record_response=_without_tokens,
            decode_compressed_response=True,
        ):
            everything(make_client(emulator.base_url, credentials=consumer))


def _without_tokens(response: dict[str, Any]) -> dict[str, Any]:
    body = response["body"]["string"]
    if b"access_token" not in body:
        return response
    answer = json.loads(body)
    filtered = {name: "filtered" if name.endswith("_token") else value for name, value in answer.items()}
    text = json.dumps(filtered).encode()
    headers = {**response["headers"], "content-length": [str(len(text))]}
    return {**response, "headers": headers, "body": {"string": text}}


if __name__ == "__main__":
    record()
