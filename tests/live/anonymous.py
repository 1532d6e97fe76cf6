"""Answers without anybody in them: what is told apart stays apart, and nothing tells whose it was.

By allow-list: keys, numbers, types, states and other enumerations stay, times move by one constant, and every other
text is replaced, the same by the same. Names of a digest cannot be turned back: its key is forgotten with the run. The
order of names and uuids is lost.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from . import vocabulary

API = "https://api.bitbucket.org/2.0"

_UUID = re.compile(
    r"(\{?)[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-([0-9a-fA-F])[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(\}?)"
)
_HASH = re.compile(r"[0-9a-f]{12}|[0-9a-f]{40}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_SIGNATURE = re.compile(r"(.*) <([^<>]*)>", re.DOTALL)
_SEPARATORS = re.compile(r"(\r|\.\.|[:/])")
_QUOTED = re.compile(r'"([^"]*)"')
_BARE_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.+Z-]+")
_SHORT_HASH = 12


class Anonymizer:
    """Replaces, the same by the same as long as it lives.

    Args:
        base_url: of the API that answers; addresses below it become Bitbucket's own, all others nobody's.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = secrets.token_bytes(32)
        # whole hours, so that fractions stay as they are written; a few years at most, so that dates stay dates
        self._shift = timedelta(hours=1_000 + secrets.randbelow(20_000))

    def body(self, text: str) -> str:
        """A body: JSON value by value, a known text as it is, anything else replaced whole."""
        try:
            value = json.loads(text)
        except ValueError:
            return text if text == "" or vocabulary.is_known_text(text) else self._word("text", text)
        return json.dumps(self.value(value, ()), ensure_ascii=False)

    def headers(self, headers: Mapping[str, str]) -> dict[str, list[str]]:
        """The headers that say something of the service, and no others."""
        kept = {}
        for name, value in headers.items():
            replace = self._of_header(name.lower())
            if replace is not None:
                kept[name] = [replace(value)]
        return kept

    def value(self, value: Any, path: tuple[str, ...]) -> Any:
        """A JSON value at a path of keys."""
        if isinstance(value, dict):
            free = bool(path) and path[-1] in vocabulary.FREE_KEYS
            return {
                self._word("key", key) if free or not vocabulary.is_key(key) else key: self.value(each, (*path, key))
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [self.value(each, path) for each in value]
        if not isinstance(value, str):
            return value
        return value if vocabulary.is_kept(path, value) else self.text(value)

    def text(self, text: str) -> str:
        """A text by its form: a uuid for a uuid, a hash for a hash, a time for a time; else words."""
        if text == "" or text in vocabulary.OURS:
            return text
        if found := _TIME.fullmatch(text):
            return self._time(found)
        if found := _UUID.fullmatch(text):
            return self._uuid(text.strip("{}").lower(), found)
        if _HASH.fullmatch(text):
            return self._hash(text)
        if re.match(r"[a-z]+://", text):
            return self.address(text)
        if found := _SIGNATURE.fullmatch(text):
            return f"{self.text(found[1])} <{self.text(found[2])}>"
        if re.fullmatch(r"[^\s@/]+@[^\s@/]+", text):
            return f"{self._word('person', text.lower())}@example.org"
        if "\n" not in text and "/" in text and " " not in text:
            return "/".join(self.text(part) for part in text.split("/"))
        return self._word("text", text)

    def address(self, address: str) -> str:
        """An address below the API with its parts replaced; any other as nobody's."""
        if not address.startswith(f"{self._base_url}/"):
            return f"https://nowhere.example/{self._word('page', address)}"
        parts = urlsplit(address.removeprefix(self._base_url))
        path = "/".join(self._segment(unquote(segment)) for segment in parts.path.split("/"))
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        query = "&".join(
            f"{self._parameter(name)}={quote(self._argument(name, value), safe=',')}" for name, value in pairs
        )
        return API + path + (f"?{query}" if query else "")

    def _segment(self, segment: str) -> str:
        if segment in vocabulary.SEGMENTS or segment.isdecimal():
            return quote(segment, safe="")
        pieces = _SEPARATORS.split(segment)
        return quote("".join(piece if number % 2 else self.text(piece) for number, piece in enumerate(pieces)), safe="")

    def _parameter(self, name: str) -> str:
        return name if name in vocabulary.PARAMETERS else self._word("parameter", name)

    def _argument(self, name: str, value: str) -> str:
        if name == "q":
            return self._query(value)
        allowed = vocabulary.PARAMETERS.get(name)
        return value if allowed is not None and allowed.fullmatch(value) else self.text(value)

    def _query(self, q: str) -> str:
        """A filter: names of fields and operators stay, what they are compared with is replaced."""
        pieces = _QUOTED.split(q)
        for number, piece in enumerate(pieces):
            if number % 2:
                kept = vocabulary.is_kept(("q", "state"), piece)
                pieces[number] = f'"{piece if kept else self.text(piece)}"'
            else:
                moved = _BARE_TIME.sub(lambda found: self.text(found[0]), piece)
                pieces[number] = moved if vocabulary.FILTER.fullmatch(moved) else self._word("filter", piece)
        return "".join(pieces)

    def _of_header(self, name: str) -> Callable[[str], str] | None:
        if name in vocabulary.HEADERS or name.startswith("x-ratelimit-"):
            return str
        return {"etag": self._etag, "date": self._date, "location": self.address}.get(name)

    def _etag(self, value: str) -> str:
        return f'"{self._word("etag", value)}"'

    def _date(self, value: str) -> str:
        try:
            return format_datetime(parsedate_to_datetime(value) + self._shift, usegmt=True)
        except ValueError:
            return self._word("date", value)

    def _time(self, found: re.Match[str]) -> str:
        moved = datetime.fromisoformat(found[1]) + self._shift
        return f"{moved.isoformat()}{found[2] or ''}{found[3] or ''}"

    def _uuid(self, bare: str, found: re.Match[str]) -> str:
        digits = self._digits(bare, 32)
        # the version says how a uuid came about, not whose it is
        made = f"{digits[:8]}-{digits[8:12]}-{found[2]}{digits[13:16]}-{digits[16:20]}-{digits[20:]}"
        return f"{found[1]}{made}{found[3]}"

    def _hash(self, text: str) -> str:
        short = self._digits(text[:_SHORT_HASH], _SHORT_HASH)
        return short if len(text) == _SHORT_HASH else short + self._digits(text, 40 - _SHORT_HASH)

    def _word(self, kind: str, text: str) -> str:
        return f"{kind}-{self._digits(text, 10)}"

    def _digits(self, text: str, count: int) -> str:
        return blake2b(text.encode(), key=self._key, digest_size=32).hexdigest()[:count]
