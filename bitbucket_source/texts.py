"""Texts as every destination stores them and every terminal shows them."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with U+FFFD in place of NUL and of halves of surrogate pairs."""
    return _UNSTORABLE.sub("\ufffd", text)
