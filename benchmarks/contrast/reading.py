"""What Bitbucket answers now: every row of the compared tables, read whole and without any cleverness.

It shares nothing with the connector. The world has to stand still while it reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import quote

import requests

from benchmarks.work import TOKEN, WORKSPACE

Json: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = dict[str, dict[Key, tuple[Any, ...]]]
"""table -> key -> the other compared columns"""

TABLES = ("repositories", "branches", "tags", "commits", "pull_requests", "pipelines", "pipeline_steps")
_STATES = "state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED"
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def read_everything(base_url: str) -> Rows:
    """Every row. Raises requests.HTTPError where a list cannot be read."""
    rows: Rows = {table: {} for table in TABLES}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        for table, key, values in _everything(session, f"{base_url}/repositories/{WORKSPACE}"):
            assert key not in rows[table], f"Bitbucket has {table} {key} twice"
            rows[table][key] = values
    return rows


def _everything(session: requests.Session, url: str) -> Iterator[tuple[str, Key, tuple[Any, ...]]]:
    for repository in list(_list(session, f"{url}?pagelen=100")):
        uuid = repository["uuid"]
        own = f"{url}/{quote(uuid)}"
        yield "repositories", (uuid,), (repository["slug"],)
        for table in ("branches", "tags"):
            for ref in _list(session, f"{own}/refs/{table}?pagelen=100"):
                yield table, (uuid, ref["name"]), (ref["target"]["hash"],)
        for commit in _list(session, f"{own}/commits?pagelen=100", may_lack=True):
            yield "commits", (uuid, commit["hash"]), ()
        for request in _list(session, f"{own}/pullrequests?pagelen=50&{_STATES}"):
            values = (request["title"], request["state"], _microseconds(request["updated_on"]))
            yield "pull_requests", (uuid, request["id"]), values
        for run in list(_list(session, f"{own}/pipelines/?pagelen=100", may_lack=True)):
            yield "pipelines", (uuid, run["uuid"]), _state(run)
            for step in _list(session, f"{own}/pipelines/{quote(run['uuid'])}/steps/?pagelen=100"):
                yield "pipeline_steps", (uuid, run["uuid"], step["uuid"]), _state(step)


def _state(found: Json) -> tuple[Any, ...]:
    state = found["state"]
    return state["name"], (state.get("result") or {}).get("name")


def _list(session: requests.Session, first: str, *, may_lack: bool = False) -> Iterator[Json]:
    """All objects of a list; `may_lack`: a 404 means that the repository has none."""
    url: str | None = first
    while url is not None:
        answer = session.get(url, timeout=60)
        if may_lack and answer.status_code == 404:
            return
        answer.raise_for_status()
        page: Json = answer.json()
        yield from page["values"]
        url = page.get("next")


def _microseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)
