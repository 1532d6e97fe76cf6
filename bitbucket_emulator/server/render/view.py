"""What every renderer needs: the world, and where links have to point."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from bitbucket_emulator.world.model import Repository, World

SITE = "https://bitbucket.org"


@dataclass(frozen=True, slots=True)
class View:
    """The world as one client sees it.

    Attributes:
        world: where related objects are looked up.
        api: the address of the API as the client wrote it, such as `http://127.0.0.1:8080/2.0`. Links into the API
            begin with it, so that a client can follow them; links to pages keep Bitbucket's own host.
    """

    world: World
    api: str

    def repository_url(self, repository: Repository) -> str:
        """The API address of a repository."""
        return f"{self.api}/repositories/{self.full_name(repository)}"

    def full_name(self, repository: Repository) -> str:
        """`workspace/slug`."""
        return f"{self.world.workspaces[repository.workspace].slug}/{repository.slug}"


def link(address: str) -> dict[str, str]:
    """One entry of `links`."""
    return {"href": address}


@lru_cache(maxsize=16_384)
def quoted(text: str) -> str:
    """Text inside a path: braces are escaped, the slashes of branch names are not (FACTS 10, recordings)."""
    return quote(text, safe="/$;&=@!.,~:+")


def rendered(raw: str) -> dict[str, Any]:
    """Text with its HTML; one paragraph per block is as much Markdown as the emulator knows."""
    blocks = [block for block in raw.strip().split("\n\n") if block]
    page = "\n".join(f"<p>{html.escape(block, quote=False)}</p>" for block in blocks)
    return {"type": "rendered", "raw": raw, "markup": "markdown", "html": page}
