"""The command line against the emulated workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COMMAND = str(Path(sys.executable).with_name("bitbucket-source"))


@pytest.fixture
def environment(bitbucket: Emulator, tmp_path: Path) -> dict[str, str]:
    """What a user has in the environment who follows what `bitbucket-source emulator` prints."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DLT_DATA_DIR": str(tmp_path / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "BITBUCKET_BASE_URL": bitbucket.base_url,
        "BITBUCKET_OAUTH_URL": bitbucket.oauth_url,
        "BITBUCKET_EMAIL": "admin@example.org",
        "BITBUCKET_API_TOKEN": "emulator-api-token",
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Runs `bitbucket-source` in a directory of its own; keyword arguments change the environment."""

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=tmp_path,
            env={name: value for name, value in {**environment, **changes}.items() if value},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
