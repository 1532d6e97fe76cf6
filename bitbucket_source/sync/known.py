"""What the warehouse holds already, as far as a strategy may ask: implemented in `bitbucket_source.load`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from bitbucket_source.tables import Table

Key: TypeAlias = tuple[Any, ...]
"""The values of a table's key columns, in the order of the declaration"""


class Known(Protocol):
    """The rows of the warehouse. Safe to share between threads."""

    def different(self, table: Table, objects: Sequence[Any], place: Mapping[str, str | int]) -> list[Any]:
        """Those of the objects whose row is not stored, or not just so, by a completed load."""

    def keys(self, table: Table, place: Mapping[str, str | int], **among: Iterable[Any]) -> set[Key]:
        """The keys of the rows that are not marked as deleted, at a place; `among` bounds further key columns."""

    def stored(
        self, table: Table, columns: Sequence[str], place: Mapping[str, str | int], **among: Iterable[Any]
    ) -> list[Key]:
        """Some columns of the rows of completed loads that are not marked as deleted, at a place; `among` as above.

        Of a table that `keeps_history` those of every load.
        """

    def left_behind(self, table: Table, place: Mapping[str, str | int], **among: Iterable[Any]) -> set[Key]:
        """Those of `keys` whose rows were stored by a load that never was completed."""

    def parents(self, repository_uuid: str) -> dict[str, tuple[str, ...]]:
        """The parents of each commit stored by a completed load, dropped ones included."""

    def lacking_commits(self, repository_uuid: str, hashes: Iterable[str]) -> set[str]:
        """Those of the hashes, which may be shortened, that are of no stored commit."""


class NothingKnown:
    """What is known without a warehouse."""

    def different(self, table: Table, objects: Sequence[Any], place: Mapping[str, str | int]) -> list[Any]:  # noqa: ARG002
        """All of them."""
        return list(objects)

    def keys(self, table: Table, place: Mapping[str, str | int], **among: Iterable[Any]) -> set[Key]:  # noqa: ARG002
        """None."""
        return set()

    def stored(
        self,
        table: Table,  # noqa: ARG002
        columns: Sequence[str],  # noqa: ARG002
        place: Mapping[str, str | int],  # noqa: ARG002
        **among: Iterable[Any],  # noqa: ARG002
    ) -> list[Key]:
        """None."""
        return []

    def left_behind(self, table: Table, place: Mapping[str, str | int], **among: Iterable[Any]) -> set[Key]:  # noqa: ARG002
        """None."""
        return set()

    def parents(self, repository_uuid: str) -> dict[str, tuple[str, ...]]:  # noqa: ARG002
        """None."""
        return {}

    def lacking_commits(self, repository_uuid: str, hashes: Iterable[str]) -> set[str]:  # noqa: ARG002
        """Nothing is stored: then nothing can be told from it."""
        return set()
