"""Where the recordings and the schema of Bitbucket's API lie: in `shared/`, beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

BITBUCKET = Path(__file__).resolve().parents[3] / "shared" / "bitbucket"


def need(name: str) -> Path:
    """A file of `shared/bitbucket`; skips the test where it is not there."""
    path = BITBUCKET / name
    if not path.is_file():
        pytest.skip(f"needs shared/bitbucket/{name} beside the repository")
    return path


def recorded_bodies() -> list[Any]:
    """The 230 recorded answers and webhook bodies, parsed; a body that was cut off or is no JSON stays text."""
    lines = need("recordings.jsonl").read_text(encoding="utf-8").splitlines()
    return [_parsed(json.loads(line)["body"]) for line in lines]


def openapi() -> dict[str, Any]:
    """Atlassian's OpenAPI document."""
    document: dict[str, Any] = json.loads(need("openapi.json").read_text(encoding="utf-8"))
    return document


def _parsed(body: Any) -> Any:
    """Some bodies were kept as text: of a test double's source, quoted like Python with JSON's null and true."""
    if not isinstance(body, dict) or "__text__" not in body:
        return body
    text = body["__text__"]
    try:
        return yaml.safe_load(text) if text.startswith("{'") else text
    except yaml.YAMLError:
        return text
