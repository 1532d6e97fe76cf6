"""How far each table of each repository has been read.

A cursor belongs to one repository and one *reader* of a list: the table itself, or a table that rides on it
(`pull_request_participants` and `users` on `pull_requests`). It is stored as JSON text in `sync_cursors`, with the
fingerprint of the declaration it was made under. One that cannot be understood counts as none: the table is read from
its beginning. One that was made under another declaration goes on counting for the ordinary reading, and everything
behind it is read again by a renewal with a cursor of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from bitbucket_source.decoders import decoder_of
from bitbucket_source.tables import PROJECTS, REPOSITORIES, USERS, WORKSPACE_MEMBERS, Table
from bitbucket_source.tables.catalog import PLAIN, Catalog, covers

_RENEWAL = "#renewal"
_WORKSPACE_LISTS = {table.name for table in (REPOSITORIES, PROJECTS, WORKSPACE_MEMBERS)}
NONE_SUCH = ""
"""Instead of a fingerprint: the cursor counts under no declaration."""

CursorType = TypeVar("CursorType", bound=msgspec.Struct)


@dataclass(frozen=True)
class Reader:
    """A table that takes rows from the list of `source`: the list's own table, or one that rides on it."""

    table: Table
    source: Table
    renewal: bool = False
    """whether it reads everything again, beside the ordinary reading, because the declaration has changed"""
    made_under: str | None = None
    """fingerprint of the declaration its cursor was made under, where that is another than the one of now"""

    @property
    def cursor_name(self) -> str:
        """The name under which its cursor is stored."""
        # accounts are named in several lists, every other table takes rows from one
        name = self.table.name if self.table is not USERS else f"{self.table.name}/{self.source.name}"
        return f"{name}{_RENEWAL}" if self.renewal else name

    def declaration(self, catalog: Catalog) -> str:
        """Fingerprint of the declaration under which its rows are complete once they are read up to its cursor."""
        return catalog.fingerprint(self.table) if self.made_under is None else self.made_under


@dataclass(frozen=True)
class StoredCursor:
    """A cursor as it stands in `sync_cursors`."""

    cursor: str
    declaration: str


@dataclass
class Cursors:
    """The cursors of completed loads, by repository and name."""

    stored: dict[tuple[str, str], StoredCursor] = field(default_factory=dict)
    catalog: Catalog = PLAIN
    changed: dict[tuple[str, str], StoredCursor] = field(default_factory=dict)
    """those that count instead of stored ones, and will be stored with this slice"""

    def get(self, repository_uuid: str, reader: Reader, cursor_type: type[CursorType]) -> CursorType | None:
        """The reader's cursor; None where there is none that counts."""
        name = (repository_uuid, reader.cursor_name)
        found = self.changed.get(name) or self.stored.get(name)
        if found is None or not covers(found.declaration, reader.declaration(self.catalog)):
            return None
        try:
            return decoder_of(cursor_type).decode(found.cursor)
        except msgspec.DecodeError:
            return None

    def put(self, repository_uuid: str, reader: Reader, cursor: msgspec.Struct) -> None:
        """Let a cursor count that will be stored with this slice."""
        changed = StoredCursor(encode_cursor(cursor), reader.declaration(self.catalog))
        self.changed[repository_uuid, reader.cursor_name] = changed

    def as_made(self, repository_uuid: str, reader: Reader) -> Reader:
        """The reader under the declaration its cursor was made under, where that has not all columns of now."""
        if not self.is_outdated(repository_uuid, reader):
            return reader
        return replace(reader, made_under=self.stored[repository_uuid, reader.cursor_name].declaration)

    def is_outdated(self, repository_uuid: str, reader: Reader) -> bool:
        """Whether the reader's cursor was made under a declaration that has not all columns of now."""
        found = self.stored.get((repository_uuid, reader.cursor_name))
        return found is not None and not covers(found.declaration, self.catalog.fingerprint(reader.table))

    @staticmethod
    def is_of_a_walk(name: str) -> bool:
        """Whether a cursor of this name says how far a list was walked: what can be set back."""
        return not name.endswith(_RENEWAL) and name not in _WORKSPACE_LISTS

    def stands_at(self, repository_uuid: str, reader: Reader, cursor: msgspec.Struct) -> bool:
        """Whether just this cursor is stored already."""
        stored = StoredCursor(encode_cursor(cursor), reader.declaration(self.catalog))
        return self.stored.get((repository_uuid, reader.cursor_name)) == stored

    def grouped(
        self, repository_uuid: str, readers: Iterable[Reader], cursor_type: type[CursorType]
    ) -> list[tuple[CursorType | None, list[Reader]]]:
        """The readers by the cursor they share: each group takes one walk over the list.

        Normally there is one group. A table that was selected later than the others makes a second one, once.
        """
        groups: list[tuple[CursorType | None, list[Reader]]] = []
        for reader in readers:
            cursor = self.get(repository_uuid, reader, cursor_type)
            same = next((members for known, members in groups if known == cursor), None)
            if same is None:
                groups.append((cursor, [reader]))
            else:
                same.append(reader)
        return groups


def encode_cursor(cursor: msgspec.Struct) -> str:
    """The JSON text that is stored."""
    return msgspec.json.encode(cursor).decode()
