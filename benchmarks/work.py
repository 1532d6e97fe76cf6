"""How much there is to load, and what the contenders call the lists."""

from __future__ import annotations

from dataclasses import dataclass

WORKSPACE = "acme"
REPOSITORY = "platform"
SEED = 7
TOKEN = "emulator-workspace-token"
"""the emulator's own, which it prints for everybody"""
MADE = "/_made"
"""where the server lists the targets of all answers made so far, in the order of their making"""
ASKED = "/_asked"
"""where the server says how many requests it has answered, those for its own two pages left out"""


@dataclass(frozen=True)
class Work:
    """How many rows each list has."""

    pull_requests: int
    commits: int

    def __mul__(self, factor: float) -> Work:
        return Work(round(self.pull_requests * factor), round(self.commits * factor))

    @property
    def options(self) -> list[str]:
        """Of the server that has so many rows."""
        return ["--pull-requests", str(self.pull_requests), "--commits", str(self.commits)]


FULL = Work(pull_requests=50_000, commits=200_000)
QUICK = FULL * (1 / 50)
