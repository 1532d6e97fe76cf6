"""Decoders of JSON into declared types, made once and by one thread at a time.

msgspec works out how a struct is decoded when a decoder of it is made, and other threads see that half done: one that
makes a decoder of the same struct meanwhile crashes the process (msgspec 0.22, `tests/api/test_decoders.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

Decoded = TypeVar("Decoded")
_MAKING = threading.RLock()


def decoder_of(kind: type[Decoded]) -> msgspec.json.Decoder[Decoded]:
    """What decodes one object of a type."""
    with _MAKING:
        return cast("msgspec.json.Decoder[Decoded]", _decoder(cast("Hashable", kind)))


def page_decoder_of(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    """What decodes a page of a list whose objects are of a type: `values`, `next`, `size`."""
    with _MAKING:
        return _page_decoder(cast("Hashable", kind))


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast("type[Any]", kind))


@cache
def _page_decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
        ("values", list[kind]),  # type: ignore[valid-type]
        ("next", str | None, None),
        ("size", int | None, None),
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Envelope", fields))
