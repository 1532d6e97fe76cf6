"""What a pull request merges into what: all that its commits and its files depend on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SIDES = (
    "state",
    "source_repository_uuid",
    "source_commit_hash",
    "destination_branch_name",
    "destination_commit_hash",
)
"""columns of a pull request that say so"""


@dataclass(frozen=True)
class Sides:
    """What a pull request merges into what; hashes have 12 digits."""

    state: str | None
    source_repository: str | None
    source: str | None
    branch: str | None
    destination: str | None
    merge_commit: str | None = None

    @classmethod
    def of(cls, row: Any) -> Sides:
        """Of a pull request that was read."""
        source, destination = row.source, row.destination
        return cls(
            row.state,
            source and source.repository and source.repository.uuid,
            source and source.commit and source.commit.hash,
            destination and destination.branch and destination.branch.name,
            destination and destination.commit and destination.commit.hash,
            row.merge_commit and row.merge_commit.hash,
        )

    @property
    def made_by_merging(self) -> str | None:
        """The commit that merging made; None where it made none, but took the source as it is.

        None also where the source is not told any more: it may be that one.
        """
        return self.merge_commit if self.source not in {None, self.merge_commit} else None

    @property
    def is_orphan(self) -> bool:
        """Whether the source is gone."""
        return self.source_repository is None or self.source is None

    @property
    def values(self) -> list[str | None]:
        """The values of SIDES."""
        return [self.state, self.source_repository, self.source, self.branch, self.destination]


def in_utc(updated_on: datetime | None) -> str:
    """A moment as a cursor writes it: stored ones come in the zone of the database's session.

    One that somebody has emptied is long ago: what is read differs from it.
    """
    if updated_on is None:
        return datetime.fromtimestamp(0, UTC).isoformat()
    return updated_on.astimezone(UTC).isoformat()
