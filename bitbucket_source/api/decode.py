"""Bytes of an answer -> objects of the declared type, one bad object at a time.

msgspec decodes a whole page straight into structs. Where one object does not fit (a null that must not be, a text for
a number), the page is decoded object by object: the good ones pass, the others are reported.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import msgspec

from bitbucket_source.api.errors import TryFailed, UnexpectedShape
from bitbucket_source.decoders import decoder_of, page_decoder_of
from bitbucket_source.whole import WithWhole

Row = TypeVar("Row")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass
class Misfit:
    """An object that does not fit its declaration: where it stood in the page, what it is called, and why."""

    index: int
    label: str
    why: str


@dataclass
class Page(Generic[Row]):
    """One page of a list. `next_url` is None on the last one.

    `size` is how many objects Bitbucket says the whole list has: for forecasts only, never for paging. It is no part of
    some lists, and wrong in others (FACTS 1).
    """

    rows: list[Row]
    next_url: str | None = None
    misfits: list[Misfit] = field(default_factory=list)
    date: str = ""
    """when Bitbucket answered, by its own clock, as the header says it"""
    size: int | None = None

    @property
    def length(self) -> int:
        """How many objects the page had, good and bad."""
        return len(self.rows) + len(self.misfits)


class _Envelope(msgspec.Struct):
    values: list[msgspec.Raw]  # always there (FACTS 1): what has none is no page, and never an empty list
    next: str | None = None
    size: Any = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class _Object(msgspec.Struct):
    type: Any = None
    error: Any = None


_OBJECT = msgspec.json.Decoder(_Object)


def decode_page(body: bytes, row_type: type[Row]) -> Page[Row]:
    """A page of a list. Raises TryFailed where the body is none."""
    try:
        if issubclass(row_type, WithWhole):
            return _object_by_object(body, row_type)
        envelope = page_decoder_of(row_type).decode(body)
    except (*_UNREADABLE, TryFailed):
        return _object_by_object(_mended(body), row_type)
    return Page(envelope.values, envelope.next, size=envelope.size)


def rewritten(body: bytes, rewrite: Callable[[Any], Any]) -> bytes:
    """The body with its content as `rewrite` makes it. Raises TryFailed where it is no JSON."""
    try:
        content = msgspec.json.decode(body)
    except _UNREADABLE:
        content = decode_json(body)
    return msgspec.json.encode(rewrite(content))


def decode_json(body: bytes) -> Any:
    """Whatever the body holds. Raises TryFailed where it is no JSON, or an error."""
    mended = _mended(body)
    _refuse_error(mended)
    return json.loads(mended)


def decode_object(body: bytes, row_type: type[Row], endpoint: str) -> Row:
    """A single object. Raises TryFailed where the body is no JSON, or an error, and UnexpectedShape where it is JSON of
    another shape.
    """
    decoder = decoder_of(row_type)
    _refuse_error(body)
    try:
        return cast("Row", _decoded(decoder, body))
    except _UNREADABLE:
        mended = _mended(body)
    try:
        return cast("Row", _decoded(decoder, mended))
    except msgspec.ValidationError as error:
        raise UnexpectedShape(endpoint, f"the answer does not have the declared shape: {error}.") from None


def decode_row(raw: msgspec.Raw, row_type: type[Row]) -> Row:
    """An object of a list that was asked for undecoded. Raises msgspec.ValidationError where it does not fit."""
    return cast("Row", _decoded(decoder_of(row_type), raw))


def _refuse_error(body: bytes) -> None:
    """Raise TryFailed for an error that came with status 200: objects without a key of their own would take it."""
    try:
        found = _OBJECT.decode(body)
    except _UNREADABLE:
        return
    if found.type == "error" and found.error is not None:
        raise TryFailed("the answer is an error where an object was due")


def _object_by_object(body: bytes, row_type: type[Row]) -> Page[Row]:
    try:
        envelope = _ENVELOPE.decode(body)
    except msgspec.ValidationError as error:
        raise TryFailed(f"the answer is not a page of a list ({error})") from None
    page: Page[Row] = Page([], envelope.next, size=envelope.size if isinstance(envelope.size, int) else None)
    decoder = decoder_of(row_type)
    for index, raw in enumerate(envelope.values):
        try:
            page.rows.append(_decoded(decoder, raw))
        except msgspec.ValidationError as error:
            page.misfits.append(Misfit(index, _label(raw), str(error)))
    return page


def _decoded(decoder: msgspec.json.Decoder[Any], raw: bytes | msgspec.Raw) -> Any:
    found = decoder.decode(raw)
    if isinstance(found, WithWhole):
        found.whole = msgspec.Raw(raw)
    return found


def _label(raw: msgspec.Raw) -> str:
    """What people call the object: its first identity that is there."""
    found = msgspec.json.decode(raw)
    names = ("id", "uuid", "hash", "name", "slug") if isinstance(found, dict) else ()
    return next((f"{name} {found[name]}" for name in names if found.get(name) is not None), "without identity")


def _mended(body: bytes) -> bytes:
    """The body as good JSON: half surrogates and broken UTF-8 become U+FFFD, raw control characters are escaped.

    Raises TryFailed where it is no JSON.
    """
    try:
        parsed = json.loads(body.decode("utf-8-sig", errors="replace"), strict=False)
        text = json.dumps(parsed, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError):
        raise TryFailed("the answer is broken JSON") from None
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace").encode()
