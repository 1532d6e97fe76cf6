"""Cassettes of what was heard, one per fact, with nobody in them; vcrpy replays them."""

from __future__ import annotations

from pathlib import Path

from requests import Response
from vcr.persisters.filesystem import FilesystemPersister  # type: ignore[import-untyped]
from vcr.request import Request  # type: ignore[import-untyped]
from vcr.serializers import yamlserializer  # type: ignore[import-untyped]

from .anonymous import Anonymizer


class Tape:
    """Answers on their way into cassettes in a folder. No header of a request is kept."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._folder = folder
        self._anonymizer = Anonymizer(base_url)
        self._requests: list[Request] = []
        self._responses: list[dict[str, object]] = []

    def hear(self, response: Response) -> None:
        """Take an answer."""
        address = self._anonymizer.address(str(response.request.url))
        self._requests.append(Request(response.request.method, address, None, {}))
        self._responses.append(
            {
                "status": {"code": response.status_code, "message": ""},
                "headers": self._anonymizer.headers(response.headers),
                "body": {"string": self._anonymizer.body(response.text).encode()},
            }
        )

    def save(self, name: str) -> None:
        """Write what was heard since the last time, as `name`.yaml; nothing where nothing was."""
        if self._requests:
            heard = {"requests": self._requests, "responses": self._responses}
            FilesystemPersister.save_cassette(str(self._folder / f"{name}.yaml"), heard, yamlserializer)
        self._requests, self._responses = [], []
