"""Asking for the objects of a table: the declaration says where and which fields, the API layer how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import quote

from bitbucket_source.api.client import Form, Params
from bitbucket_source.api.decode import Page
from bitbucket_source.api.lists import Lists
from bitbucket_source.tables import DATA_TABLES, USERS, Table
from bitbucket_source.tables.rowtype import fields_of, row_type, values_at

Place: TypeAlias = Mapping[str, str]
"""The foreign keys that say where a list belongs: they fill the endpoint's path and the rows' columns."""


@dataclass(frozen=True)
class Ask:
    """Asks for objects with just the fields that the wanted tables need."""

    lists: Lists
    workspace: str
    wanted: frozenset[Table]

    def for_tables(self, wanted: frozenset[Table]) -> Ask:
        """The same, for other tables."""
        return Ask(self.lists, self.workspace, wanted)

    def one(self, table: Table) -> Any:
        """The single object of a table that is no list."""
        return self.lists.one(self._path(table, {}), self._endpoint(table), self._row_type(table), self._fields(table))

    def item(self, table: Table, place: Place, identity: str) -> Any:
        """One object of a table's list, by its identity."""
        fields = fields_of(table, self._nested(table), accounts=self._accounts, single=True)
        path = f"{self._path(table, place).rstrip('/')}/{quote(identity, safe='')}"
        endpoint = f"{self._endpoint(table).rstrip('/')}/{{identity}}"
        return self.lists.one(path, endpoint, self._row_type(table), {"fields": fields})

    def pages(
        self, table: Table, place: Place, params: Params | None = None, *, form: Form | None = None
    ) -> Iterator[Page[Any]]:
        """The pages of a table's list at a place, by their `next` links.

        An object that slid to a later page while the list was read, or came twice, is left out there: a load must not
        hold two rows with one key.
        """
        asked = {**self._fields(table), **(params or {})}
        path = self._path(table, place)
        endpoint, row = self._endpoint(table), self._row_type(table)
        pages = self.lists.follow(path, endpoint, row, asked, pagelen=table.pagelen, form=form)
        return _distinct(table, pages)

    def numbered_pages(
        self, table: Table, place: Place, params: Params | None = None, *, start: int = 0
    ) -> Iterator[Page[Any]]:
        """The same by page numbers, from the row `start` on."""
        asked = {**self._fields(table), **(params or {})}
        path = self._path(table, place)
        endpoint, row = self._endpoint(table), self._row_type(table)
        return self.lists.numbered(path, endpoint, row, asked, pagelen=table.pagelen, start=start)

    def glance(self, table: Table, place: Place, params: Params | None = None) -> Page[Any]:
        """The first object of a table's list, in a page that says how many objects the list has."""
        asked = {**self._fields(table), **(params or {})}
        path = self._path(table, place)
        return next(self.lists.follow(path, self._endpoint(table), self._row_type(table), asked, pagelen=1))

    def first_row(self, table: Table, place: Place) -> Any | None:
        """The first object of a table's list; None where the list is empty."""
        return next(iter(self.glance(table, place).rows), None)

    @property
    def _accounts(self) -> bool:
        return USERS in self.wanted

    def _nested(self, table: Table) -> Sequence[Table]:
        always = {each for each in DATA_TABLES if each.always_asked}
        return nested_tables(table, self.wanted | always)

    def _row_type(self, table: Table) -> type[Any]:
        return row_type(table, tuple(self._nested(table)), self._accounts)

    def _fields(self, table: Table) -> dict[str, str]:
        return {"fields": fields_of(table, self._nested(table), accounts=self._accounts)}

    def _endpoint(self, table: Table) -> str:
        """What the list is called in counts and messages: which repository it was stands beside it."""
        return table.endpoint.replace("{workspace}", self.workspace)

    def _path(self, table: Table, place: Place) -> str:
        # braces of uuids go as %7B %7D (FACTS 10)
        quoted = {name: quote(value, safe="") for name, value in place.items()}
        return table.endpoint.format(workspace=quote(self.workspace, safe=""), **quoted)


def _distinct(table: Table, pages: Iterator[Page[Any]]) -> Iterator[Page[Any]]:
    paths = [column.path for column in table.object_columns if column.name in table.key]
    seen: set[tuple[Any, ...]] = set()
    for page in pages:
        rows = []
        for row, *identity in zip(page.rows, *(values_at(path, page.rows) for path in paths), strict=True):
            if tuple(identity) not in seen:
                seen.add(tuple(identity))
                rows.append(row)
        yield replace(page, rows=rows)


def nested_tables(table: Table, among: frozenset[Table]) -> tuple[Table, ...]:
    """The tables whose rows stand in a list inside the table's objects, in a fixed order."""
    return tuple(sorted((t for t in among if t.parent is table and t.within), key=lambda t: t.name))
