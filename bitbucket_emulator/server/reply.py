"""An answer on its way out: JSON until the last moment, so that faults can change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

import msgspec

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.errors import ApiError

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Reply:
    """Status, headers, and either `json` or `body`."""

    status: int
    json: dict[str, Any] | None = None
    body: bytes = b""
    content_type: str = errors.JSON
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The body's bytes."""
        return self.body if self.json is None else _encode(self.json)


def of_error(error: ApiError) -> Reply:
    """The answer that an error is."""
    if isinstance(error.body, str):
        return Reply(error.status, None, error.body.encode(), error.content_type, dict(error.headers))
    return Reply(error.status, dict(error.body), b"", error.content_type, dict(error.headers))


def etag(body: bytes) -> str:
    """An entity tag of the content."""
    return f'"{md5(body, usedforsecurity=False).hexdigest()}"'
