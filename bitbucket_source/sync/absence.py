"""Which stored rows Bitbucket no longer has. Absence is believed only where it is proven.

A list of one page proves it. In a list of several pages a row may slide over the edge of a page while it is read: each
missing one is asked for by itself, or, where many are missing, the list is read once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import BitbucketError, NotFound
from bitbucket_source.api.errors import Gone as RemovedEndpoint
from bitbucket_source.sync.ask import Ask, Place
from bitbucket_source.sync.events import Event, Gone, Rows
from bitbucket_source.sync.items import identity_of
from bitbucket_source.sync.known import Key, Known
from bitbucket_source.tables import Table
from bitbucket_source.tables.contract import Column, Origin
from bitbucket_source.tables.rowtype import values_at
from bitbucket_source.texts import storable

ASKED_ONE_BY_ONE = 20
"""Of more missing rows, those that a second reading of the list does not show either are gone."""


def keys_of(table: Table, objects: Sequence[Any], place: Place) -> list[Key]:
    """The keys of the rows that objects of the table's own list make."""
    columns = [
        [place[column.name]] * len(objects)
        if column.origin is Origin.PLACE
        else [_as_stored(value, column) for value in values_at(column.path, objects)]
        for column in (table.columns_by_name[name] for name in table.key)
    ]
    return list(zip(*columns, strict=True))


def _as_stored(value: Any, column: Column) -> Any:
    if value is None and column.account:
        return ""
    return storable(value) if isinstance(value, str) else value


def missing_rows(
    ask: Ask, known: Known, table: Table, place: Place, pages: Sequence[Page[Any]], *, by_keyset: bool = False
) -> Iterator[Event]:
    """What a list that was read whole says of the rows stored at its place: those that are gone, and any found late.

    `by_keyset`: no row could slide over the edge of a page.
    """
    seen = _seen(table, pages, place)
    # names change, identities do not
    identities = {name: value for name, value in place.items() if name.endswith("_uuid") or name in table.key}
    missing = known.keys(table, identities) - seen
    if not missing:
        return
    # by itself a row does not tell its place in the list
    is_ordered = any(column.origin is Origin.POSITION for column in table.columns)
    proven = (by_keyset or len(pages) == 1) and not any(page.misfits for page in pages)
    if not proven and (len(missing) > ASKED_ONE_BY_ONE or not table.askable):
        again = list(ask.pages(table, place))
        found = [row for page in again for row in page.rows]
        late = [row for row, key in zip(found, keys_of(table, found, place), strict=True) if key not in seen]
        missing -= _seen(table, again, place) | illegible(table, again, missing)
        if late:
            yield Rows(table, found if is_ordered else late, place)
    elif not proven:
        for key in sorted(missing):
            still_there, row = _look(ask, table, place, str(key[-1]))
            if still_there:
                missing.discard(key)
            if row is not None and not is_ordered:
                yield Rows(table, [row], place)
    if missing:
        yield Gone(table, frozenset(missing))


def _seen(table: Table, pages: Iterable[Page[Any]], place: Place) -> set[Key]:
    return {key for page in pages for key in keys_of(table, page.rows, place)}


def illegible(table: Table, pages: Iterable[Page[Any]], missing: set[Key]) -> set[Key]:
    """Those of the missing keys that objects may have which were listed and could not be read."""
    named = {identity_of(table, storable(misfit.label)) for page in pages for misfit in page.misfits}
    found = {key for key in missing if str(key[-1]) in named}
    # what names none of them may be any of them
    return found if named <= {str(key[-1]) for key in found} else missing


def _look(ask: Ask, table: Table, place: Place, identity: str) -> tuple[bool, Any]:
    """Whether Bitbucket still has an object, and the object; what cannot be told counts as there."""
    try:
        return True, ask.item(table, place, identity)
    except (NotFound, RemovedEndpoint):
        return False, None
    except BitbucketError:
        return True, None
