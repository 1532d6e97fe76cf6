"""`pytest --live tests/live` as somebody runs it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, Fault

from ..conftest import REPOSITORY_ROOT
from .conftest import material_from
from .facts import FACTS
from .world import make_world

HERE = Path(__file__).parent
TOKEN = "emulator-workspace-token"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(make_world()) as running:
        yield running


def run(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("BITBUCKET_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--live", "tests/live", *options]
    return subprocess.run(
        command,
        cwd=REPOSITORY_ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def environment(emulator: Emulator, token: str = TOKEN) -> dict[str, str]:
    return {
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_ACCESS_TOKEN": token,
        "BITBUCKET_BASE_URL": emulator.base_url,
    }


def test_a_run_tells_fact_by_fact_and_records(emulator: Emulator, tmp_path: Path) -> None:
    done = run(environment(emulator), "--live-record", str(tmp_path))
    assert done.returncode == 0, done.stdout
    for fact in FACTS:
        assert done.stdout.count(f"  {fact.name} ({fact.place}): {fact.sentence}") == 1
    assert f"{len(FACTS)} facts: " in done.stdout
    assert len(list(tmp_path.glob("*.yaml"))) > 80
    assert TOKEN not in done.stdout + done.stderr


def test_a_difference_fails_the_run(emulator: Emulator) -> None:
    emulator.add_fault(Fault(kind="status", status=404, path="^/workspaces$"))
    done = run(environment(emulator), "-k", "was-removed", "--tb=no")
    emulator.clear_faults()
    assert done.returncode == 1
    told = (
        "workspaces-was-removed (FACTS 9): GET /workspaces is 410 with CHANGE-2770. -- expected 410 CHANGE-2770; came"
    )
    assert told in done.stdout
    assert "4 facts: 3 holds, 1 differs. 5 requests." in done.stdout


def test_a_small_maximum_is_kept(emulator: Emulator) -> None:
    emulator.clear_requests()
    done = run(environment(emulator), "-k", "removed or longest", "--live-requests", "3")
    assert done.returncode == 0, done.stdout
    assert len(emulator.requests) == 3
    assert "the 3 requests are spent (--live-requests)" in done.stdout


def test_without_credentials_it_says_what_is_missing() -> None:
    done = run({"BITBUCKET_WORKSPACE": "acme"})
    assert done.returncode == 4
    assert "put credentials (BITBUCKET_ACCESS_TOKEN, or another kind) into the environment" in done.stderr


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"BITBUCKET_ACCESS_TOKEN": TOKEN}, "put BITBUCKET_WORKSPACE into the environment"),
        ({"BITBUCKET_WORKSPACE": "acme", "BITBUCKET_EMAIL": "ada@example.org"}, "email is given without api_token"),
        ({"BITBUCKET_WORKSPACE": "acme", "BITBUCKET_APP_PASSWORD": "old"}, "App passwords were removed"),
    ],
    ids=["no workspace", "half of the credentials", "an app password"],
)
def test_what_is_wrong_with_the_environment_is_told(given: dict[str, str], told: str) -> None:
    with pytest.raises(pytest.UsageError, match=told):
        material_from(given, 150)


def test_refused_credentials_end_the_run(emulator: Emulator) -> None:
    done = run(environment(emulator, "a-token-that-nobody-knows"))
    assert done.returncode == 2
    assert "The repositories of acme cannot be listed: " in done.stdout
    assert "401 Token is invalid" in done.stdout
    assert "a-token-that-nobody-knows" not in done.stdout + done.stderr


def test_the_witness_shares_no_code_with_whom_it_tests() -> None:
    witness = [*HERE.glob("facts/*.py"), *(HERE / f"{name}.py" for name in ("asking", "fact", "material", "report"))]
    imported = {name for file in witness for name in _imports(file)}
    assert {name for name in imported if name.startswith("bitbucket")} == {"bitbucket_source.tables"}, "what to ask for"
    around = {name for name in _imports(HERE / "conftest.py") if name.startswith("bitbucket_source")}
    assert around == {"bitbucket_source.api.credentials", "bitbucket_source.api.finding"}


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
