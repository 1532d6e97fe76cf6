"""A small client: whole bodies without the port in them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import requests

from bitbucket_emulator import Emulator

API = "https://api.bitbucket.org/2.0"


@dataclass
class Client:
    """Somebody who reads: a path with a leading slash is below the API, any other below the repository acme/web.

    Redirects are not followed. In JSON the emulator's address is replaced by Bitbucket's, so that whole bodies can be
    asserted.
    """

    emulator: Emulator
    token: str | None = "emulator-workspace-token"
    session: requests.Session = field(default_factory=requests.Session)

    def url(self, path: str) -> str:
        """The address of a path, or of a link that an answer held."""
        path = path.removeprefix(API)
        return self.emulator.base_url + (path if path.startswith("/") else f"/repositories/acme/web/{path}")

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        """A request with the client's token, unless headers or auth are given."""
        if self.token is not None and "auth" not in more:
            more["headers"] = {"Authorization": f"Bearer {self.token}"} | more.get("headers", {})
        return self.session.request(method, self.url(path), allow_redirects=False, timeout=20, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        """GET."""
        return self.send("GET", path, **more)

    def body(self, response: requests.Response) -> Any:
        """The JSON of an answer with Bitbucket's addresses."""
        return json.loads(response.text.replace(self.emulator.base_url, API))

    def json(self, path: str, **more: Any) -> Any:
        """The JSON of a GET that must succeed."""
        response = self.get(path, **more)
        assert response.status_code == 200, (response.url, response.status_code, response.text)
        return self.body(response)

    def error(self, path: str, **more: Any) -> tuple[int, Any]:
        """Status and JSON of a GET that must fail."""
        response = self.get(path, **more)
        assert response.status_code >= 400, response.url
        return response.status_code, self.body(response)

    def values(self, path: str, name: str) -> list[Any]:
        """One dotted field of every row, over all pages."""
        found: list[Any] = []
        link: str | None = path
        while link is not None:
            page = self.json(link)
            found += [_dig(row, name) for row in page["values"]]
            link = page.get("next")
        return found


def _dig(value: Any, name: str) -> Any:
    for part in name.split("."):
        value = None if value is None else value.get(part)
    return value
