"""A recorded conversation, replayed without a server, and what no cassette may hold.

`python -m tests.api.record_cassettes` records anew, from the emulator.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import vcr  # type: ignore[import-untyped]
from vcr.errors import CannotOverwriteExistingCassetteException  # type: ignore[import-untyped]

from bitbucket_source.api.client import Client
from bitbucket_source.api.credentials import AccessToken
from bitbucket_source.api.oauth import OAuthConsumer

from .reading import make_client
from .record_cassettes import CASSETTES, RECORDED_AT, everything

FILES = sorted(CASSETTES.glob("*.yaml"))


@pytest.fixture
def replayed() -> Client:
    """A client with a consumer of another secret than the recorded one."""
    return make_client(f"{RECORDED_AT}/2.0", credentials=OAuthConsumer("id", "secret", f"{RECORDED_AT}/site/oauth2"))


def test_a_recorded_conversation_is_replayed(replayed: Client) -> None:
    with vcr.use_cassette(str(CASSETTES / "conversation.yaml"), record_mode="none") as cassette:
        found = everything(replayed)
    assert found.commits == [f"Work on main ({number})" for number in range(12, 0, -1)]
    assert found.pipelines == list(range(1, 13))
    assert found.repository == "acme/web"
    assert found.missing == "Commit not found."
    assert cassette.all_played
    assert replayed.budget.requests == len(cassette) - 1, "all but the token were asked of the API"


def test_what_was_not_recorded_is_not_asked() -> None:
    client = make_client(f"{RECORDED_AT}/2.0", credentials=AccessToken("a"))
    with (
        vcr.use_cassette(str(CASSETTES / "conversation.yaml"), record_mode="none"),
        pytest.raises(CannotOverwriteExistingCassetteException),
    ):
        client.ask(client.url("/user"), "/user", bytes)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_cassette_holds_a_secret(file: Path) -> None:
    text = file.read_text().lower()
    assert re.findall(r"^ *-? *authorization:", text, re.MULTILINE) == []
    for secret in ("emulator-consumer-secret", "emulator-workspace-token", "emulator-api-token"):
        assert secret not in text
    assert re.findall(r"\b(?:refresh_token|client_secret|code|code_verifier)=", text) == []
    assert set(re.findall(r'\\?"(?:access|refresh)_token\\?":\s*\\?"([^"\\]*)', text)) <= {"filtered"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_cassette_names_a_machine(file: Path) -> None:
    assert set(re.findall(r"https?://([^/:\s\"'\\]+)", file.read_text())) == {"127.0.0.1"}
