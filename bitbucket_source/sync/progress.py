"""How far the lists have come in one slice: the cursors of completed loads, and those that were reached since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from bitbucket_source.sync.cursors import Cursors, Reader
from bitbucket_source.sync.events import Amend, Reached
from bitbucket_source.sync.families import FAMILIES, Family
from bitbucket_source.tables import Table


class Progress:
    """The cursors of one slice; each that is reached is handed on as `Sink.reached` takes it."""

    def __init__(self, cursors: Cursors, wanted: frozenset[Table], hand_on: Callable[..., None]) -> None:
        self._cursors = cursors
        self._wanted = wanted
        self._hand_on = hand_on
        self._reached: dict[tuple[str, str], msgspec.Struct] = {}

    def reached(self, repository_uuid: str, reader: Reader, reached: Reached) -> bool:
        """A reader of a repository's list came so far; returns whether that is news."""
        stored = self._cursors.stands_at(repository_uuid, reader, reached.cursor)
        self._hand_on(repository_uuid, reader, reached, stored=stored)
        self._reached[repository_uuid, reader.cursor_name] = reached.cursor
        return not stored

    def amend(self, repository_uuid: str, amend: Amend) -> bool:
        """Change the cursors of a list's readers, those of this slice included; returns whether any changed."""
        has_changed = False
        family = next(family for family in FAMILIES if family.source is amend.source)
        for reader in self._ordinary(repository_uuid, family):
            stored = self._cursors.get(repository_uuid, reader, family.cursor_type)
            cursor = self._reached.get((repository_uuid, reader.cursor_name), stored)
            if cursor is not None and (changed := amend.change(cursor)) != cursor:
                self.reached(repository_uuid, reader, Reached(changed))
                self._cursors.put(repository_uuid, reader, changed)
                has_changed = True
        return has_changed

    def sign(self, repository_uuid: str, family: Family) -> str | None:
        """The last sign of a push that any cursor of the ordinary reading of a list holds; None where none can."""
        if "sign" not in family.cursor_type.__struct_fields__:
            return None
        readers = self._ordinary(repository_uuid, family)
        cursors: list[Any] = [self._cursors.get(repository_uuid, each, family.cursor_type) for each in readers]
        return max((cursor.sign for cursor in cursors if cursor is not None), default="")

    def turn(self, repository_uuid: str, family: Family) -> int | None:
        """The highest turn that any cursor of the ordinary reading of a list holds; None where none can."""
        if "turn" not in family.cursor_type.__struct_fields__:
            return None
        readers = self._ordinary(repository_uuid, family)
        cursors: list[Any] = [self._cursors.get(repository_uuid, each, family.cursor_type) for each in readers]
        return max((cursor.turn for cursor in cursors if cursor is not None), default=0)

    def _ordinary(self, repository_uuid: str, family: Family) -> list[Reader]:
        return [self._cursors.as_made(repository_uuid, reader) for reader in family.readers(self._wanted)]
