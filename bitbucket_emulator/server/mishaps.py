"""What each kind of fault does to an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from bitbucket_emulator.server import errors, paging
from bitbucket_emulator.server.faults import Armed, Fault
from bitbucket_emulator.server.rate_limit import Limiter, RateLimits
from bitbucket_emulator.server.reply import Reply, of_error
from bitbucket_emulator.world.model import HOUR, World

_HTML = """<!DOCTYPE html>
<html>
  <head><title>Bitbucket is temporarily unavailable</title></head>
  <body><h1>Something went wrong</h1></body>
</html>
"""

_REASONS = {
    400: "Bad request",
    401: "Token is invalid, expired, or not supported for this endpoint.",
    403: "Access denied. You must have write or admin access.",
    404: "Resource not found",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "Gateway timeout",
    555: "The request timed out",
}


def instead(fault: Fault, world: World, query: list[tuple[str, str]]) -> Reply | None:
    """The answer that a fault gives in place of the real one, None where it lets that be made."""
    if fault.kind == "status":
        return _status(fault)
    if fault.kind == "html":
        body = fault.body if isinstance(fault.body, str) else _HTML
        return Reply(fault.status, None, body.encode(), errors.HTML, dict(fault.headers))
    if fault.kind == "pagelen" and paging.wanted_rows(query) > fault.value:
        return of_error(errors.invalid_pagelen())
    if fault.kind == "rate_limit":
        limiter = Limiter(world, RateLimits(retry_after=fault.retry_after, clock="real"))
        wait = round(fault.seconds * 1_000_000) or HOUR
        return of_error(errors.rate_limited({**limiter.retry_after(wait), **fault.headers}))
    return None


def change(armed: Armed, reply: Reply, address: str, query: list[tuple[str, str]]) -> None:
    """Lets a fault spoil an answer that was made."""
    if armed.fault.kind == "clock":
        _shift_clock(reply, armed.fault.seconds)
    spoil = _SPOILERS.get(armed.fault.kind)
    if spoil is not None and reply.json is not None:
        spoil(armed, reply, address, query)


def remember(armed: Armed, reply: Reply, address: str, query: list[tuple[str, str]]) -> None:
    """Keeps the rows of an answer for `repeat_page`, and where the first one was for `next_seen`."""
    if armed.first_address is None:
        armed.first_address = _itself(address, query)
    if reply.json is not None and isinstance(reply.json.get("values"), list):
        armed.last_rows = reply.json["values"]


def _status(fault: Fault) -> Reply:
    if isinstance(fault.body, str):
        return Reply(fault.status, None, fault.body.encode(), errors.TEXT, dict(fault.headers))
    body = fault.body or {"type": "error", "error": {"message": _REASONS.get(fault.status, "Something went wrong")}}
    return Reply(fault.status, body, headers=dict(fault.headers))


def _truncate(_armed: Armed, reply: Reply, _address: str, _query: list[tuple[str, str]]) -> None:
    body = reply.encode()
    reply.json, reply.body = None, body[: len(body) // 2]


def _bad_json(armed: Armed, reply: Reply, _address: str, _query: list[tuple[str, str]]) -> None:
    body = armed.fault.body
    if isinstance(body, dict):
        reply.json = body
    else:
        reply.json, reply.body = None, ('{"values": [}' if body is None else body).encode()


def _empty_page(_armed: Armed, reply: Reply, address: str, query: list[tuple[str, str]]) -> None:
    assert reply.json is not None
    reply.json["values"] = []
    page = next((value for name, value in reversed(query) if name == "page"), "1")
    if paging.is_number(page):  # what comes after an opaque page, only the list itself knows
        others = [pair for pair in query if pair[0] != "page"]
        reply.json.setdefault("next", _itself(address, others, int(page) + 1))


def _empty_list(_armed: Armed, reply: Reply, _address: str, _query: list[tuple[str, str]]) -> None:
    if reply.json is not None and "values" in reply.json:
        sizes = {"size": 0} if "size" in reply.json else {}
        kept = {name: value for name, value in reply.json.items() if name not in ("next", "previous")}
        reply.json = {**kept, "values": [], **sizes}


def _repeat_row(_armed: Armed, reply: Reply, _address: str, _query: list[tuple[str, str]]) -> None:
    assert reply.json is not None
    rows = reply.json.get("values", [])
    reply.json["values"] = [*rows, *rows[:1]]


def _repeat_page(armed: Armed, reply: Reply, _address: str, _query: list[tuple[str, str]]) -> None:
    assert reply.json is not None
    if armed.last_rows:
        reply.json["values"] = armed.last_rows


def _next_elsewhere(armed: Armed, reply: Reply, address: str, query: list[tuple[str, str]]) -> None:
    assert reply.json is not None
    parts = urlsplit(reply.json.get("next") or _itself(address, query))
    host = urlsplit(armed.fault.host)
    reply.json["next"] = urlunsplit((host.scheme, host.netloc, parts.path, parts.query, ""))


def _next_itself(_armed: Armed, reply: Reply, address: str, query: list[tuple[str, str]]) -> None:
    assert reply.json is not None
    reply.json["next"] = _itself(address, query)


def _next_seen(armed: Armed, reply: Reply, address: str, query: list[tuple[str, str]]) -> None:
    assert reply.json is not None
    reply.json["next"] = armed.first_address or _itself(address, query)


def _wrong_size(armed: Armed, reply: Reply, _address: str, _query: list[tuple[str, str]]) -> None:
    assert reply.json is not None
    reply.json["size"] = armed.fault.value


def _shift_clock(reply: Reply, seconds: float) -> None:
    for name in ("Date", "Retry-After"):
        value = reply.headers.get(name, "")
        if value.endswith("GMT"):  # the other form of Retry-After is a number, which needs no clock
            moved = parsedate_to_datetime(value) + timedelta(seconds=seconds)
            reply.headers[name] = format_datetime(moved, usegmt=True)


def _drop(armed: Armed, reply: Reply, _address: str, _query: list[tuple[str, str]]) -> None:
    reply.json = msgspec.json.decode(reply.encode())
    *path, last = armed.fault.field.split(".")
    for each in _at(reply.json, path):
        if isinstance(each, dict):
            each.pop(last, None)


def _rename(armed: Armed, reply: Reply, _address: str, _query: list[tuple[str, str]]) -> None:
    reply.json = msgspec.json.decode(reply.encode())
    *path, last = armed.fault.field.split(".")
    for each in _at(reply.json, path):
        if isinstance(each, dict) and last in each:
            each[armed.fault.value] = each.pop(last)


def _poison(armed: Armed, reply: Reply, _address: str, _query: list[tuple[str, str]]) -> None:
    # through bytes: the rendered objects may be shared with other places of the same answer
    reply.json = msgspec.json.decode(reply.encode())
    _set(reply.json, armed.fault.field.split("."), armed.fault.value)


def _set(target: Any, path: list[str], value: Any) -> None:
    *before, last = path
    for each in _at(target, before):
        if isinstance(each, list):
            for number in _numbers(each, last):
                each[number] = value
        elif isinstance(each, dict):
            each[last] = value


def _at(target: Any, path: list[str]) -> list[Any]:
    """What stands at a dotted path, several where `*` is in it; nothing where it leads nowhere."""
    found = [target]
    for name in path:
        lists = [each[number] for each in found if isinstance(each, list) for number in _numbers(each, name)]
        found = [*lists, *(each[name] for each in found if isinstance(each, dict) and name in each)]
    return found


def _numbers(rows: list[Any], name: str) -> list[int]:
    return [number for number in range(len(rows)) if name in ("*", str(number))]


def _itself(address: str, query: list[tuple[str, str]], page: int | None = None) -> str:
    return paging.with_query(address, [*query, *([] if page is None else [("page", str(page))])])


_SPOILERS: dict[str, Callable[[Armed, Reply, str, list[tuple[str, str]]], None]] = {
    "truncate": _truncate,
    "bad_json": _bad_json,
    "drop": _drop,
    "empty_list": _empty_list,
    "empty_page": _empty_page,
    "rename": _rename,
    "repeat_page": _repeat_page,
    "repeat_row": _repeat_row,
    "next_elsewhere": _next_elsewhere,
    "next_itself": _next_itself,
    "next_seen": _next_seen,
    "wrong_size": _wrong_size,
    "poison": _poison,
}
