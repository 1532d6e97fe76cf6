"""Single objects that a sync could not read, as the books name them: `id 7`, `uuid {...}`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bitbucket_source.sync.events import Rows
from bitbucket_source.tables import Table
from bitbucket_source.tables.contract import Origin, Type
from bitbucket_source.tables.rowtype import values_at
from bitbucket_source.texts import storable

_LONGEST_BIGINT = 18
"""digits"""


def identity_of(table: Table, item: str) -> str | None:
    """The last part of the key of the row that an item names; None where it names none."""
    name, _, identity = item.partition(" ")
    column = table.columns_by_name[table.key[-1]]
    if not identity or column.origin is not Origin.OBJECT or name != column.path:
        return None
    if column.type is Type.BIGINT and not (identity.isdecimal() and len(identity) <= _LONGEST_BIGINT):
        return None
    return identity


@dataclass
class Unread:
    """The objects that earlier syncs could not read, and those of them that this one could."""

    identities: dict[Table, set[str]] = field(default_factory=dict)
    met: set[tuple[Table, str, str]] = field(default_factory=set)
    """with the uuid of the repository, '' where the table is the workspace's"""

    def expect(self, items: Iterable[tuple[Table, str]]) -> None:
        """Look for the rows that these items name."""
        for table, item in items:
            if (identity := identity_of(table, item)) is not None:
                self.identities.setdefault(table, set()).add(identity)

    def meet(self, rows: Rows, repository_uuid: str) -> None:
        """Note which of them are among objects that were read: those equal to what is stored are not written."""
        if (expected := self.identities.get(rows.table)) is None:
            return
        path = rows.table.columns_by_name[rows.table.key[-1]].path
        read = {storable(str(value)) for value in values_at(path, rows.objects)}
        where = repository_uuid if rows.table.is_per_repository else ""
        self.met.update((rows.table, where, identity) for identity in expected & read)
