"""Pages: which keys an envelope has, how long a page may be, and what `next` looks like (FACTS 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode

from bitbucket_emulator.server import errors

Row = TypeVar("Row")
Json = dict[str, Any]
Pairs = Sequence[tuple[str, str]]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_WIDTHS = (3, 5, 7)
_FACTOR = 7919  # a prime: every start has its own token


@dataclass(frozen=True, slots=True)
class Envelope:
    """The form of one collection's pages.

    Attributes:
        default: rows of a page when `pagelen` is not given.
        maximum: a higher `pagelen` is 400, not clamped.
        numbered: whether `page` is in the envelope.
        counted: whether `size`, the number of all rows, is in the envelope.
        opaque: the parameter by which `next` names a page with an opaque token, empty where it is a number. Where
            it is `page`, a number is 400 `Invalid page`.
        forgets: query parameters that `next` drops.
    """

    default: int = 10
    maximum: int = 100
    numbered: bool = True
    counted: bool = True
    opaque: Literal["", "page", "ctx"] = ""
    forgets: frozenset[str] = frozenset()

    def pagelen(self, query: Pairs) -> int:
        """The wanted length.

        Raises:
            ApiError: 400 `Invalid pagelen`.
        """
        text = _last(query, "pagelen")
        if text is None:
            return self.default
        if not is_number(text) or not 1 <= int(text) <= self.maximum:
            raise errors.invalid_pagelen()
        return int(text)


def page(rows: Sequence[Row], render: Callable[[Row], Json], envelope: Envelope, address: str, query: Pairs) -> Json:
    """One page of a collection.

    Args:
        rows: all rows, in order. Only those of the page are rendered.
        render: makes the JSON of a row.
        envelope: the collection's form.
        address: of the collection as the client wrote it, without the query.
        query: the query's parameters, decoded.

    Raises:
        ApiError: 400 `Invalid pagelen` or `Invalid page`.
    """
    pagelen = envelope.pagelen(query)
    start = _start(query, pagelen, envelope)
    values = [render(row) for row in rows[start : start + pagelen]]
    body: Json = {"values": values, "pagelen": pagelen}
    if envelope.counted:
        body["size"] = len(rows)
    if envelope.numbered:
        body["page"] = _last(query, "page") or 1 if envelope.opaque else start // pagelen + 1
    named = {"page", envelope.opaque, *envelope.forgets}
    kept = [(name, value) for name, value in query if name not in named]
    if start + pagelen < len(rows):
        body["next"] = with_query(address, [*kept, _name(start + pagelen, pagelen, envelope)])
    if start and values and not envelope.opaque:
        body["previous"] = with_query(address, [*kept, _name(start - pagelen, pagelen, envelope)])
    return body


def scattered(rows: Iterable[Row], name: Callable[[Row], str]) -> list[Row]:
    """The rows in an order that is always the same and nobody can rely on: for lists whose own order is not known."""
    return sorted(rows, key=lambda row: md5(name(row).encode(), usedforsecurity=False).digest())


def with_query(address: str, query: Pairs) -> str:
    """The address with its query, encoded; without a question mark where there is no query."""
    return f"{address}?{urlencode(query, quote_via=quote)}" if query else address


def context(*parts: object) -> str:
    """The 32 hex digits that stand for a walk through commits (FACTS 1), the same for the same walk."""
    return md5(repr(parts).encode(), usedforsecurity=False).hexdigest()


def next_of_walk(address: str, query: Pairs, walk: str, number: int) -> str:
    """`next` of a list of commits: `?ctx=<32 hex>&page=2`, the other parameters before it."""
    kept = [(name, value) for name, value in query if name not in ("page", "ctx")]
    return with_query(address, [*kept, ("ctx", walk), ("page", str(number))])


def is_number(text: str) -> bool:
    """Whether it is written in digits, and in no other script's: `int` knows more of them."""
    return text.isascii() and text.isdecimal()


def wanted_rows(query: Pairs) -> int:
    """`pagelen` as it was asked for, 0 where it was not or is no number."""
    text = _last(query, "pagelen") or ""
    return int(text) if is_number(text) else 0


def page_number(query: Pairs) -> int:
    """`page` of a numbered list.

    Raises:
        ApiError: 400 `Invalid page`.
    """
    text = _last(query, "page")
    if text is None:
        return 1
    if not is_number(text) or int(text) < 1:
        raise errors.invalid_page()
    return int(text)


def _last(query: Pairs, name: str) -> str | None:
    return next((value for key, value in reversed(query) if key == name), None)


def _start(query: Pairs, pagelen: int, envelope: Envelope) -> int:
    token = _last(query, envelope.opaque) if envelope.opaque else None
    return (page_number(query) - 1) * pagelen if token is None else _token_start(token)


def _name(start: int, pagelen: int, envelope: Envelope) -> tuple[str, str]:
    return (envelope.opaque, _token(start)) if envelope.opaque else ("page", str(start // pagelen + 1))


def _token(start: int) -> str:
    """A start as letters and digits like `8xhd`; the last one checks the others."""
    width = next(width for width in _WIDTHS if start < 36**width)
    number = start * _FACTOR % 36**width
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text + _DIGITS[(start * 31 + 17) % 36]


def _token_start(text: str) -> int:
    width = len(text) - 1
    if width in _WIDTHS and all(digit in _DIGITS for digit in text):
        start: int = int(text[:-1], 36) * pow(_FACTOR, -1, 36**width) % 36**width
        if _token(start) == text:
            return start
    raise errors.invalid_page()
