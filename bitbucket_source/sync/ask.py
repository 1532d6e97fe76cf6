"""Asking for the objects of a table: the declaration says where and which fields, the API layer how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

import msgspec

from bitbucket_source.api.client import Params
from bitbucket_source.api.connection import Form
from bitbucket_source.api.credentials import Credentials
from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import NotFound, OutOfSight
from bitbucket_source.api.lists import Lists
from bitbucket_source.tables import DATA_TABLES, USERS, Table
from bitbucket_source.tables.catalog import PLAIN, Catalog
from bitbucket_source.tables.rowtype import fields_of, row_type, values_at

Place: TypeAlias = Mapping[str, str | int]
"""The foreign keys that say where a list belongs: they fill the endpoint's path and the rows' columns."""


@dataclass(frozen=True)
class Ask:
    """Asks for objects with just the fields that the wanted tables need."""

    lists: Lists
    workspace: str
    wanted: frozenset[Table]
    catalog: Catalog = PLAIN

    def for_tables(self, wanted: frozenset[Table]) -> Ask:
        """The same, for other tables."""
        return replace(self, wanted=wanted)

    def of_each(self) -> Iterator[tuple[Credentials, Ask]]:
        """Each of the credentials, and the same asked by it alone: for lists of which one may see less than another."""
        for member, lists in self.lists.of_each():
            yield member, replace(self, lists=lists)

    def one(self, table: Table, place: Place | None = None) -> Any:
        """The single object of a table that is no list, at a place."""
        path = self._path(table, place or {})
        return self.lists.one(path, self._endpoint(table), self.row_type_of(table), self._fields(table))

    def item(self, table: Table, place: Place, identity: str) -> Any:
        """One object of a table's list, by its identity.

        Raises NotFound only where the object is not there: where its repository was hidden meanwhile, OutOfSight.
        """
        fields = self._fields(table, single=True)
        path = f"{self._path(table, place).rstrip('/')}/{quote(identity, safe='')}"
        endpoint = f"{self._endpoint(table).rstrip('/')}/{{identity}}"
        try:
            return self.lists.one(path, endpoint, self.row_type_of(table), fields)
        except NotFound as error:
            if error.is_of_repository and table.is_per_repository:
                raise OutOfSight(endpoint, error.why, error.next_step) from None
            raise

    def pages(
        self,
        table: Table,
        place: Place,
        params: Params | None = None,
        *,
        form: Form | None = None,
        going_on_at: str = "",
    ) -> Iterator[Page[Any]]:
        """The pages of a table's list at a place, by their `next` links.

        An object that slid to a later page while the list was read, or came twice, is left out there: a load must not
        hold two rows with one key. `going_on_at` is the `next` link of a page that was read before.
        """
        if going_on_at:
            return _distinct(table, self.lists.linked(going_on_at, self._endpoint(table), self.row_type_of(table)))
        asked = {**self._fields(table), **(params or {})}
        path = self._path(table, place)
        endpoint, row = self._endpoint(table), self.row_type_of(table)
        pages = self.lists.follow(path, endpoint, row, asked, pagelen=table.pagelen, form=form)
        return _distinct(table, pages)

    def numbered_pages(
        self, table: Table, place: Place, params: Params | None = None, *, start: int = 0
    ) -> Iterator[Page[Any]]:
        """The same by page numbers, from the row `start` on."""
        asked = {**self._fields(table), **(params or {})}
        path = self._path(table, place)
        endpoint, row = self._endpoint(table), self.row_type_of(table)
        return self.lists.numbered(path, endpoint, row, asked, pagelen=table.pagelen, start=start)

    def raw_pages(
        self, table: Table, place: Place, *, path: str = "", going_on_at: str = ""
    ) -> Iterator[Page[msgspec.Raw]]:
        """The pages of a list whose objects are to be looked at before they are decoded.

        `path` is another one than the declared, `going_on_at` the `next` link of a page that was read before.
        """
        declared = path or table.endpoint
        endpoint = declared.replace("{workspace}", self.workspace)
        if going_on_at:
            return self.lists.linked(going_on_at, endpoint, msgspec.Raw)
        fields = self._fields(table)
        return self.lists.follow(self._filled(declared, place), endpoint, msgspec.Raw, fields, pagelen=table.pagelen)

    def linked_pages(self, table: Table, url: str) -> Iterator[Page[Any]]:
        """The pages of a list at the address that another object names for it."""
        asked = f"{url}{'&' if '?' in url else '?'}{urlencode(self._fields(table))}"
        return self.lists.linked(asked, self._endpoint(table), self.row_type_of(table))

    def row_type_of(self, table: Table) -> type[Any]:
        """What an object of the table's list is decoded into."""
        return row_type(self.catalog.of(table), tuple(self._nested(table)), self._accounts)

    def glance(self, table: Table, place: Place, params: Params | None = None) -> Page[Any]:
        """The first object of a table's list, in a page that says how many objects the list has."""
        asked = {**self._fields(table), **(params or {})}
        path = self._path(table, place)
        return next(self.lists.follow(path, self._endpoint(table), self.row_type_of(table), asked, pagelen=1))

    def first_row(self, table: Table, place: Place) -> Any | None:
        """The first object of a table's list; None where the list is empty."""
        return next(iter(self.glance(table, place).rows), None)

    @property
    def _accounts(self) -> bool:
        return USERS in self.wanted

    def _nested(self, table: Table) -> Sequence[Table]:
        always = {each for each in DATA_TABLES if each.always_asked}
        return [self.catalog.of(each) for each in nested_tables(table, self.wanted | always)]

    def _fields(self, table: Table, *, single: bool = False) -> dict[str, str]:
        declared, nested = self.catalog.of(table), self._nested(table)
        if declared.keeps_whole:
            # the same whole, whichever tables are read with it
            nested = nested_tables(table, frozenset(DATA_TABLES))
        return {"fields": fields_of(declared, nested, accounts=self._accounts, single=single)}

    def _endpoint(self, table: Table) -> str:
        """What the list is called in counts and messages: which repository it was stands beside it."""
        return table.endpoint.replace("{workspace}", self.workspace)

    def _path(self, table: Table, place: Place) -> str:
        return self._filled(table.endpoint, place)

    def _filled(self, path: str, place: Place) -> str:
        # braces of uuids go as %7B %7D (FACTS 10)
        quoted = {name: quote(str(value), safe="") for name, value in place.items()}
        return path.format(workspace=quote(self.workspace, safe=""), **quoted)


def _distinct(table: Table, pages: Iterator[Page[Any]]) -> Iterator[Page[Any]]:
    paths = [column.path for column in table.object_columns if column.name in table.key]
    if not paths:
        # what the key is made of is not known yet
        yield from pages
        return
    seen: set[tuple[Any, ...]] = set()
    for page in pages:
        rows = []
        identities = zip(*(values_at(path, page.rows) for path in paths), strict=True)
        for row, identity in zip(page.rows, identities, strict=True):
            if identity not in seen:
                seen.add(identity)
                rows.append(row)
        yield replace(page, rows=rows)


def nested_tables(table: Table, among: frozenset[Table]) -> tuple[Table, ...]:
    """The tables whose rows stand in a list inside the table's objects, in a fixed order."""
    return tuple(sorted((t for t in among if t.parent is table and t.within), key=lambda t: t.name))
