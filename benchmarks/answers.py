"""Answers with as many rows as one likes: the emulator's own rows, multiplied.

The emulator answers each request once, with the few dozens of rows it has. Every further row is one of those under
another identity, and a pull request's description is made longer until the whole object has the size wanted. So each
row has the emulator's shape, also in the excerpt that a `fields` parameter asks for.
"""

from __future__ import annotations

import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from benchmarks.work import TOKEN, Work

Json = dict[str, Any]
PULL_REQUEST_BYTES = 6 * 1024
"""of a pull request as the list shows it without `fields`"""
_BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
_BETWEEN_CHANGES = timedelta(seconds=37, microseconds=123_457)
_OPEN_FOR = timedelta(days=2)
_BETWEEN_COMMITS = timedelta(minutes=5)
_UPDATED_SINCE = re.compile(r'updated_on>="([^"]+)"')
_DEFAULT_PAGELEN = "10"
_PARENTS_AT_MOST = 2
_COPIES_OF_A_DESCRIPTION = 3
"""description, summary.raw and summary.html"""
_PROSE = "the cart keeps a stale price when its currency changes while we wait for stock; see what the log says. " * 40
"""what descriptions are lengthened with: each begins elsewhere"""

Fetch = Callable[[str | None], list[Json]]
"""The emulator's rows of a list, in the form that a `fields` parameter asks for."""


class Listing(ABC):
    """A list of the API with as many rows as wanted."""

    def __init__(self, count: int, fetch: Fetch) -> None:
        self.count = count
        self._fetch = fetch
        self._known: dict[str | None, list[str]] = {}

    @abstractmethod
    def asked(self, query: Mapping[str, Sequence[str]]) -> range:
        """The numbers of the rows that the query lets through. Raises ValueError for a query without an answer."""

    @abstractmethod
    def render(self, index: int, fields: str | None) -> str:
        """A row as JSON."""

    @abstractmethod
    def template(self, row: Json) -> str:
        """The emulator's row as JSON with places to fill in."""

    def templates(self, fields: str | None) -> list[str]:
        """The emulator's rows in one form; they are fetched once."""
        if fields not in self._known:
            self._known[fields] = [self.template(row) for row in self._fetch(fields)]
        return self._known[fields]


class PullRequests(Listing):
    """Pull requests by updated_on, oldest first."""

    def asked(self, query: Mapping[str, Sequence[str]]) -> range:
        """The rows that changed since the bound in `q`; all without one."""
        bound = _UPDATED_SINCE.search(query.get("q", [""])[0])
        if bound is None:
            return range(self.count)
        return range(max(0, -((_BEGINNING - datetime.fromisoformat(bound[1])) // _BETWEEN_CHANGES)), self.count)

    def render(self, index: int, fields: str | None) -> str:
        """A pull request as JSON."""
        templates = self.templates(fields)
        which = index % len(templates)
        offset = index * 31 % (len(_PROSE) - self._padding[which])
        updated = _BEGINNING + index * _BETWEEN_CHANGES
        return (
            templates[which]
            .replace("@id@", str(index + 1))
            .replace("@updated_on@", updated.isoformat(timespec="microseconds"))
            .replace("@created_on@", (updated - _OPEN_FOR).isoformat(timespec="microseconds"))
            .replace("@more@", _PROSE[offset : offset + self._padding[which]])
        )

    @cached_property
    def _padding(self) -> list[int]:
        """How many characters a description is lengthened by, for each template."""
        sizes = [len(template.encode()) for template in self.templates(None)]
        return [max(0, PULL_REQUEST_BYTES - size) // _COPIES_OF_A_DESCRIPTION for size in sizes]

    def template(self, row: Json) -> str:
        """The row with places for its number, moments, and more description."""
        shown = {**row, "id": "@id@"}
        for moment in {"updated_on", "created_on"} & row.keys():
            shown[moment] = f"@{moment}@"
        if "description" in row:
            shown["description"] = f"{row['description'] or ''}\n@more@"
        if "summary" in row:
            longer = {name: f"{row['summary'][name]}\n@more@" for name in ("raw", "html")}
            shown["summary"] = {**row["summary"], **longer}
        text = _text(shown).replace('"@id@"', "@id@")
        for before in ("pullrequests/", "pull-requests/", "from_pullrequest_id="):
            text = text.replace(f"{before}{row['id']}", f"{before}@id@")
        return text


class Commits(Listing):
    """Commits, newest first: a line, with a second parent further back wherever the emulator's row is a merge.

    Each is a parent of the one before it, so a commit reaches all that come behind it and no other.
    """

    def asked(self, query: Mapping[str, Sequence[str]]) -> range:
        """What a hash of `include` reaches, or every commit without one, and no hash of `exclude`.

        Raises ValueError for an unknown hash.
        """
        first = min(map(self._number, query.get("include", ())), default=0)
        return range(first, min(map(self._number, query.get("exclude", ())), default=self.count))

    def head(self, position: int) -> str:
        """The hash that a ref points at: the first refs at the newest commits."""
        return _hash(min(position, self.count - 1))

    def _number(self, sha: str) -> int:
        if sha not in self._numbers:
            raise ValueError(f"the benchmark has no commit {sha}")
        return self._numbers[sha]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {_hash(index): index for index in range(self.count)}

    def render(self, index: int, fields: str | None) -> str:
        """A commit as JSON; the last one has no parents."""
        *templates, root = self.templates(fields)
        last = self.count - 1
        text = root if index == last else templates[index % len(templates)]
        for position in range(_PARENTS_AT_MOST):
            text = text.replace(f"@parent {position}@", _hash(min(index + 1 + 5 * position, last)))
        date = _BEGINNING + (last - index) * _BETWEEN_COMMITS
        return (
            text.replace("@hash@", _hash(index))
            .replace("@date@", date.isoformat())
            .replace("@number@", str(last - index))
        )

    def template(self, row: Json) -> str:
        """The row with places for its hash and those of its parents, its date, and a number in its message."""
        shown = dict(row)
        if "date" in row:
            shown["date"] = "@date@"
        if "message" in row:
            shown["message"] = f"{row['message']}\nChange-Number: @number@\n"
        text = _text(shown).replace(row["hash"], "@hash@")
        for position, parent in enumerate(row.get("parents", ())):
            text = text.replace(parent["hash"], f"@parent {position}@")
        return text


class Relay:
    """Answers requests as the emulator does."""

    def __init__(self, base_url: str, address: str) -> None:
        """`base_url` is the emulator's, `address` the host and port that links in the answers show."""
        self._emulator = base_url.removesuffix("/2.0")
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Bearer {TOKEN}", "Host": address})

    def answer(self, target: str) -> tuple[int, bytes]:
        """Status and body for a path with its query. Raises ValueError for a query that nothing here can answer."""
        response = self._session.get(self._emulator + target, timeout=60)
        return response.status_code, response.content


class Answers(Relay):
    """Answers requests: the two lists from multiplied rows, everything else as the emulator does.

    Refs point at multiplied commits: a walk that goes on asks for what the heads reach.
    """

    def __init__(self, base_url: str, address: str, work: Work) -> None:
        """See Relay."""
        super().__init__(base_url, address)
        self._address = address
        self._work = work
        self._listings: dict[str, Listing] = {}
        self._heads: dict[str, int] = {}

    def answer(self, target: str) -> tuple[int, bytes]:
        """See Relay."""
        path = urlsplit(target).path.rstrip("/")
        name = path.rsplit("/", 1)[-1]
        if name in {"pullrequests", "commits"}:
            return 200, self._page(target, self._listing(path))
        status, body = super().answer(target)
        if "/refs/" in path and status == HTTPStatus.OK:
            commits = self._listing(f"{path.partition('/refs/')[0]}/commits")
            assert isinstance(commits, Commits)
            body = self._moved(body, commits)
        return status, body

    def _moved(self, body: bytes, commits: Commits) -> bytes:
        """A page of refs, each at a commit that is there."""
        for ref in json.loads(body)["values"]:
            sha = ref["target"]["hash"]
            position = self._heads.setdefault(sha, len(self._heads))
            body = body.replace(sha.encode(), commits.head(position).encode())
        return body

    def _page(self, target: str, listing: Listing) -> bytes:
        query = parse_qs(urlsplit(target).query)
        pagelen = int(query.get("pagelen", [_DEFAULT_PAGELEN])[0])
        page = int(query.get("page", ["1"])[0])
        fields = query["fields"][0] if "fields" in query else None
        asked = listing.asked(query)
        shown = asked[(page - 1) * pagelen : page * pagelen]
        envelope: Json = {"pagelen": pagelen, "size": len(asked), "page": page}
        if shown.stop < asked.stop:
            following = urlencode({**query, "page": page + 1}, doseq=True)
            envelope["next"] = f"http://{self._address}{urlsplit(target).path}?{following}"
        rows = ",".join(listing.render(index, fields) for index in shown)
        return f'{{"values":[{rows}],{json.dumps(envelope)[1:]}'.encode()

    def _listing(self, path: str) -> Listing:
        if path not in self._listings:
            self._listings[path] = self._commits(path) if path.endswith("/commits") else self._pull_requests(path)
        return self._listings[path]

    def _pull_requests(self, path: str) -> Listing:
        by_change: dict[str, str | int] = {
            "q": 'updated_on>="1970-01-01T00:00:00+00:00"',
            "sort": "updated_on",
            "pagelen": 50,
        }
        return PullRequests(self._work.pull_requests, lambda fields: self._rows(path, fields, by_change))

    def _commits(self, path: str) -> Listing:
        def rows_and_root(fields: str | None) -> list[Json]:
            rows = self._rows(path, fields, {"pagelen": 100})
            return [*rows, {**rows[0], "parents": []} if "parents" in rows[0] else rows[0]]

        return Commits(self._work.commits, rows_and_root)

    def _rows(self, path: str, fields: str | None, params: Mapping[str, str | int]) -> list[Json]:
        asked = {**params, "fields": fields} if fields else params
        response = self._session.get(self._emulator + path, params=asked, timeout=60)
        response.raise_for_status()
        rows: list[Json] = response.json()["values"]
        return rows


def _text(row: Json) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _hash(index: int) -> str:
    return hashlib.sha1(str(index).encode(), usedforsecurity=False).hexdigest()
