"""Lists of Bitbucket, page by page: by `next` links, or by page numbers where `next` cannot be trusted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, TypeVar
from urllib.parse import unquote_plus

from bitbucket_source.api.client import Client, Params
from bitbucket_source.api.connection import Form
from bitbucket_source.api.credentials import Credentials
from bitbucket_source.api.decode import Page, decode_object, decode_page, rewritten
from bitbucket_source.api.errors import BadRequest, Gone, NotFound, ServerTrouble, UnsafeLink

Row = TypeVar("Row")
EMPTY_PAGES = 50
"""Of so many in a row, each naming another, no end is in sight: a request more for each would be made for ever."""
_PAGELENS = (100, 50, 25, 5)
"""Each divides the one before: a walk by page numbers can step down where it stands."""


class Lists:
    """Reads lists and single objects through a client. Safe to share between threads."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.rewrite: Callable[[Any], Any] | None = None
        """what changes the content of every answer before it is decoded; None for nothing"""
        self._lock = threading.Lock()
        self.date = ""
        """when the newest page was made, by Bitbucket's clock (the header Date); '' before any"""
        self._accepted: dict[str, int] = {}
        self._slashless: set[str] = set()
        """endpoints that answer without the slash at their end only"""

    def of_each(self) -> Iterator[tuple[Credentials, Lists]]:
        """Each of several credentials that is accepted, with the lists that it alone sees."""
        for member, client in self.client.of_each():
            alone = self
            if len(self.client.pool.members) > 1:
                alone = copy(self)
                alone.client = client
            yield member, alone
            self.date = alone.date

    def one(self, path: str, endpoint: str, row_type: type[Row], params: Params | None = None) -> Row:
        """A single object."""
        url = self.client.url(path, params)
        return self.client.ask(url, endpoint, lambda body: decode_object(self._seen(body), row_type, endpoint)).content

    def follow(
        self,
        path: str,
        endpoint: str,
        row_type: type[Row],
        params: Params | None = None,
        *,
        pagelen: int,
        form: Form | None = None,
    ) -> Iterator[Page[Row]]:
        """The pages of a list by their `next` links, which are followed as they are.

        A `form` is posted for the first page; the others are plain GETs of `next` (FACTS 12). Raises UnsafeLink where
        a link leads back to a page already seen, or to another host, or EMPTY_PAGES in a row lead on and hold nothing.
        """
        page, asker, url = self._first(path, endpoint, row_type, params or {}, pagelen, form)
        yield from self._onward(page, asker, url, endpoint, row_type)

    def _onward(
        self, page: Page[Row], asker: Credentials, url: str, endpoint: str, row_type: type[Row]
    ) -> Iterator[Page[Row]]:
        seen = {_written_alike(url)}
        empty = 0
        yield page
        while page.next_url is not None:
            empty = 0 if page.length else empty + 1
            _refuse_emptiness(empty, endpoint)
            if (this := _written_alike(page.next_url)) in seen:
                raise UnsafeLink(endpoint, "the pages of the list lead in a circle.")
            seen.add(this)
            page, asker = self._behind(page.next_url, endpoint, row_type, asker)
            yield page

    def linked(self, url: str, endpoint: str, row_type: type[Row]) -> Iterator[Page[Row]]:
        """The pages of a list from a URL on that an answer of Bitbucket's named. Raises UnsafeLink as `follow` does."""
        yield from self._onward(*self._page(url, endpoint, row_type), url, endpoint, row_type)

    def numbered(
        self,
        path: str,
        endpoint: str,
        row_type: type[Row],
        params: Params | None = None,
        *,
        pagelen: int,
        start: int = 0,
    ) -> Iterator[Page[Row]]:
        """The pages of a list by their numbers, from the row `start` (a multiple of `pagelen`) on.

        For pipelines, whose `next` loses the order (FACTS 1). Ends with the first page that is not full and without a
        `next`: one that has it was shortened by Bitbucket, not by the list's end. Raises UnsafeLink where the same page
        comes under every number, or EMPTY_PAGES in a row lead on and hold nothing. A list that is not found with a
        slash at its path's end is asked for without: which of the two Bitbucket takes is told in either way (FACTS 5).
        """
        before: list[Row] = []
        empty = 0
        asker: Credentials | None = None
        declared, other = path, path.rstrip("/")
        with self._lock:
            path = other if endpoint in self._slashless else path
        while True:
            length = self._pagelen(endpoint, pagelen)
            url = self.client.url(path, {**(params or {}), "page": start // length + 1, "pagelen": length})
            try:
                if asker is None:
                    page, asker = self._page(url, endpoint, row_type)
                else:
                    page, asker = self._behind(url, endpoint, row_type, asker)
            except BadRequest as error:
                self._step_down(endpoint, length, error)
                continue
            except NotFound:
                if asker is not None or path == other:
                    raise
                path = other
                continue
            if path != declared:
                with self._lock:
                    self._slashless.add(endpoint)
            if page.rows and page.rows == before:
                raise UnsafeLink(endpoint, "the pages of the list are all the same.")
            before = page.rows
            yield page
            if page.length < length and page.next_url is None:
                return
            empty = 0 if page.length else empty + 1
            _refuse_emptiness(empty, endpoint)
            start += length

    def _first(
        self, path: str, endpoint: str, row_type: type[Row], params: Params, pagelen: int, form: Form | None
    ) -> tuple[Page[Row], Credentials, str]:
        """The first page, with shorter pages where Bitbucket calls the length invalid (FACTS 1)."""
        while True:
            length = self._pagelen(endpoint, pagelen)
            url = self.client.url(path, {**params, "pagelen": length})
            try:
                return *self._page(url, endpoint, row_type, form), url
            except BadRequest as error:
                self._step_down(endpoint, length, error)

    def _behind(
        self, url: str, endpoint: str, row_type: type[Row], asker: Credentials
    ) -> tuple[Page[Row], Credentials]:
        """A page behind others. That it alone is not found is trouble: it does not make the list one that is not there.

        Raises NotFound as it is where it tells of more than the list.
        """
        try:
            return self._page(url, endpoint, row_type, preferred=asker)
        except (NotFound, Gone) as error:
            if isinstance(error, NotFound) and (error.unresolved or error.is_of_repository):
                raise
            raise ServerTrouble(endpoint, error.status, f"a page behind others: {error.why.rstrip('.')}", 1) from None

    def _page(
        self,
        url: str,
        endpoint: str,
        row_type: type[Row],
        form: Form | None = None,
        preferred: Credentials | None = None,
    ) -> tuple[Page[Row], Credentials]:
        """A page and whose it is: the rest of a list is read with the credentials of its first page."""
        answer = self.client.ask(
            url, endpoint, lambda body: decode_page(self._seen(body), row_type), form, preferred=preferred
        )
        self.date = answer.content.date = answer.headers.get("Date", "")
        return answer.content, answer.asked_by

    def _seen(self, body: bytes) -> bytes:
        return body if self.rewrite is None else rewritten(body, self.rewrite)

    def _pagelen(self, endpoint: str, wanted: int) -> int:
        with self._lock:
            return min(wanted, self._accepted.get(endpoint, wanted))

    def _step_down(self, endpoint: str, refused: int, error: BadRequest) -> None:
        """Remember a shorter page for the endpoint; raises `error` where the length is not to blame."""
        shorter = next((length for length in _PAGELENS if length < refused), None)
        if shorter is None or "pagelen" not in error.why:
            raise error
        with self._lock:
            # another thread may have been refused a shorter one meanwhile
            self._accepted[endpoint] = min(shorter, self._accepted.get(endpoint, shorter))


def _refuse_emptiness(empty_pages: int, endpoint: str) -> None:
    if empty_pages == EMPTY_PAGES:
        raise UnsafeLink(endpoint, "the list has page after page without anything on it.")


def _written_alike(url: str) -> str:
    """The URL without the differences between two ways to write it, to compare it with others."""
    return unquote_plus(url)
