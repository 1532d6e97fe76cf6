"""Who asks the real Bitbucket, and the report at the end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from bitbucket_source.api.credentials import CredentialsError
from bitbucket_source.api.finding import credentials_from_environment

from .asking import Reader, Untestable
from .fact import Finding
from .material import Material
from .recording import Tape
from .report import lines

MATERIAL = pytest.StashKey[Material]()
TAPE = pytest.StashKey[Tape]()
FINDINGS = pytest.StashKey[list[Finding]]()

_API = "https://api.bitbucket.org/2.0"
_OAUTH = "https://bitbucket.org/site/oauth2"


def pytest_configure(config: pytest.Config) -> None:
    """Find the credentials before a test hides the environment."""
    config.stash[FINDINGS] = []
    if config.getoption("--live"):
        material = config.stash[MATERIAL] = material_from(os.environ, config.getoption("--live-requests"))
        folder = config.getoption("--live-record")
        if folder:
            tape = config.stash[TAPE] = Tape(Path(folder), material.reader.base_url)
            material.reader.heard = tape.hear


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With --live the real Bitbucket is asked, and no emulator."""
    others = collection_path.name.startswith("test_") and collection_path.name != "test_live.py"
    return True if config.getoption("--live") and others and collection_path.parent == Path(__file__).parent else None


def material_from(environment: Mapping[str, str], limit: int) -> Material:
    """The workspace that the environment names. Raises pytest.UsageError where it lacks the name, or credentials."""
    try:
        found = credentials_from_environment(environment, environment.get("BITBUCKET_OAUTH_URL") or _OAUTH)
    except CredentialsError as error:
        raise pytest.UsageError(f"--live: {error}") from None
    workspace = environment.get("BITBUCKET_WORKSPACE", "").strip()
    if found is None or not workspace:
        missing = "credentials (BITBUCKET_ACCESS_TOKEN, or another kind)" if found is None else "BITBUCKET_WORKSPACE"
        raise pytest.UsageError(f"--live asks Bitbucket: put {missing} into the environment; see docs/live.md.")
    reader = Reader(environment.get("BITBUCKET_BASE_URL") or _API, found.auth, limit)
    return Material(reader, workspace)


@pytest.fixture(scope="session")
def bitbucket(pytestconfig: pytest.Config) -> Material:
    """The workspace, after its repositories could be listed: nothing can be tested otherwise, and the run ends."""
    material = pytestconfig.stash[MATERIAL]
    try:
        found = material.repositories
    except Untestable as reason:
        pytest.exit(f"The repositories of {material.workspace} cannot be listed: {reason}", returncode=2)
    assert found
    return material


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Fact by fact, what was found."""
    findings = config.stash.get(FINDINGS, [])
    if findings:
        terminalreporter.section("facts about Bitbucket")
        for line in lines(findings, config.stash[MATERIAL].reader.requests):
            terminalreporter.write_line(line)
