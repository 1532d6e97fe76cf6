"""Credentials that are refused, or not found where somebody thought to have put them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.commands.conftest import Invoke, Run

NO_TOKEN = {"BITBUCKET_EMAIL": "", "BITBUCKET_API_TOKEN": ""}


def secrets_toml(directory: Path, text: str) -> None:
    (directory / ".dlt").mkdir()
    (directory / ".dlt" / "secrets.toml").write_text(text)


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize("command", ["check", "sync", "plan", "verify"])
def test_a_token_that_is_refused_is_told_with_where_it_was_found(invoke: Invoke, command: str) -> None:
    done = invoke(command, "acme", BITBUCKET_ACCESS_TOKEN="swordfish")
    assert done.exit_code == 2
    assert "This is the access token from the environment variable BITBUCKET_ACCESS_TOKEN. Check" in done.stderr
    assert "swordfish" not in done.output


def test_a_token_of_secrets_toml_that_is_refused_is_told_with_where_it_was_found(run: Run, tmp_path: Path) -> None:
    secrets_toml(tmp_path, '[sources.bitbucket.credentials]\nemail = "me@example.org"\napi_token = "swordfish"\n')
    done = run("check", "acme", **NO_TOKEN)
    assert done.returncode == 2
    assert "This is the API token from dlt's secrets, sources.bitbucket.credentials. Check" in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            '[sources.bitbucket.credentials]\nacces_token = "swordfish"\n',
            "acces_token in dlt's secrets, sources.bitbucket.credentials, is no name of credentials. "
            "Is access_token meant?",
            id="misspelt",
        ),
        pytest.param(
            '[sources.bitbucket.credentials]\npat = "swordfish"\n',
            "pat in dlt's secrets, sources.bitbucket.credentials, is no name of credentials. "
            "They are: access_token, or email and api_token, or client_id and client_secret.",
            id="another name",
        ),
        pytest.param(
            '[sources.bitbucket]\naccess_token = "swordfish"\n',
            "access_token stands in [sources.bitbucket]: it belongs into [sources.bitbucket.credentials].",
            id="in the section above",
        ),
        pytest.param(
            "[sources.bitbucket]\ncredentials = 5\n",
            "There are no credentials in dlt's secrets, sources.bitbucket.credentials: it takes access_token, or",
            id="a number",
        ),
    ],
)
def test_credentials_that_cannot_be_found_in_secrets_toml_are_told(
    bitbucket: Emulator, run: Run, tmp_path: Path, text: str, told: str
) -> None:
    secrets_toml(tmp_path, text)
    done = run("check", "acme", **NO_TOKEN)
    assert (done.returncode, bitbucket.requests) == (2, [])
    assert done.stderr.startswith(f"Error: {told}")
    assert "swordfish" not in done.stderr


def test_a_text_in_secrets_toml_is_an_access_token_as_it_is_as_an_argument(run: Run, tmp_path: Path) -> None:
    secrets_toml(tmp_path, '[sources.bitbucket]\ncredentials = "emulator-workspace-token"\n')
    done = run("check", "acme", "--tables", "projects", **NO_TOKEN)
    assert done.returncode == 0, done.stderr
    assert "Found in     dlt's secrets, sources.bitbucket.credentials\n" in done.stdout
