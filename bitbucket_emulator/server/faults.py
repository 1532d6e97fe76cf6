"""What can go wrong, on purpose: which requests are met, when, and with what.

A fault is data, so that it can be posted as JSON. What each kind does:

- `status`: answers with `status` and `body`, or the status' usual body
- `html`: answers with `status` and a page
- `rate_limit`: answers 429, `retry_after` says in which form; `seconds` is the wait that it names
- `delay`: waits `seconds` before anything else
- `cut`: breaks the connection in the middle of the body
- `cut_before_headers`: breaks it without a byte
- `truncate`: sends half of the JSON as if it were all
- `bad_json`: sends `body` in place of the JSON
- `empty_page`: takes the rows away and keeps or makes a `next`
- `empty_list`: takes the rows away, `size` is 0, there is no `next`
- `repeat_page`: sends the rows of the matching request before
- `repeat_row`: sends the page's first row at its end again
- `next_elsewhere`: points `next` to `host`
- `next_itself`: points `next` to the request itself
- `next_seen`: points `next` to the first matching request, so that a reader goes round in circles
- `wrong_size`: sets `size` to `value`
- `pagelen`: answers 400 `Invalid pagelen` where more than `value` rows are asked for (FACTS 1: limits can change)
- `clock`: shows the time of a clock that is `seconds` ahead, or behind where negative, in `Date` and `Retry-After`
- `drop`: takes `field` (dotted; `*` stands for every row) away
- `poison`: sets `field` (dotted; `*` stands for every row) to `value`
- `all_fields`: answers as if `fields` had not been sent (FACTS 2: on pipelines some found it unreliable)
- `rename`: calls the last name of `field` (dotted; `*` stands for every row) `value` instead
- `action`: does `action` with `arguments`, before or after (`when`) the answer is made, so that the world changes
  exactly between two pages of a reader; where it cannot be done, `errors` of the fault says why, `problems` in the
  request log too, and the request is answered as if nothing were
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from bitbucket_emulator.world.actions import action_named

Kind = Literal[
    "action",
    "all_fields",
    "bad_json",
    "clock",
    "cut",
    "cut_before_headers",
    "delay",
    "drop",
    "empty_list",
    "empty_page",
    "html",
    "next_elsewhere",
    "next_itself",
    "next_seen",
    "pagelen",
    "poison",
    "rate_limit",
    "rename",
    "repeat_page",
    "repeat_row",
    "status",
    "truncate",
    "wrong_size",
]
KINDS: tuple[str, ...] = get_args(Kind)

_LONGEST = 1_000_000_000
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One fault. Which requests it meets, when it strikes, and what its kind needs to know.

    Attributes:
        kind: see the module's list.
        method: regular expression for the whole method.
        path: regular expression searched for in the decoded path, without `/2.0`.
        query: regular expression searched for in the decoded query.
        nth: strikes at this matching request only, counted from 1.
        every: strikes at each matching request whose number is a multiple.
        times: strikes at most so often.
        probability: strikes with this chance, drawn with `seed`.
    """

    kind: Kind
    method: str = ".*"
    path: str = ""
    query: str = ""
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    probability: float | None = None
    seed: int = 0
    status: int = 500
    body: str | dict[str, Any] | None = None
    headers: dict[str, str] = {}
    seconds: float = 0.0
    retry_after: Literal["none", "seconds", "http_date"] = "none"
    host: str = "https://elsewhere.example"
    field: str = ""
    value: Any = None
    action: str = ""
    arguments: dict[str, Any] = {}
    when: Literal["before", "after"] = "before"


class Armed:
    """A fault and what it has met so far.

    Attributes:
        met: how many requests it was for.
        struck: at how many of them it happened.
        errors: why its actions could not be done; whoever arms an action looks here whether it was.
    """

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.met = 0
        self.struck = 0
        self.errors: list[str] = []
        self.last_rows: list[Any] = []
        self.first_address: str | None = None
        self._random = Random(fault.seed)  # noqa: S311 - chance for tests, not for secrets
        self._method = re.compile(fault.method)
        self._path = re.compile(fault.path)
        self._query = re.compile(fault.query)

    def meets(self, method: str, path: str, query: str) -> bool:
        """Whether the request is one of those that the fault is for."""
        return bool(self._method.fullmatch(method) and self._path.search(path) and self._query.search(query))

    def strikes(self) -> bool:
        """Counts a matching request and says whether the fault happens now."""
        self.met += 1
        fault = self.fault
        if fault.times is not None and self.struck >= fault.times:
            return False
        if fault.nth is not None and self.met != fault.nth:
            return False
        if fault.every is not None and self.met % fault.every:
            return False
        if fault.probability is not None and self._random.random() >= fault.probability:
            return False
        self.struck += 1
        return True


def _check(fault: Fault) -> None:
    """Raises ValueError where the fault would break the server, not the answer."""
    _check_when(fault)
    if fault.kind == "pagelen" and not isinstance(fault.value, int):
        raise ValueError(f"pagelen: value is the highest number of rows, not {fault.value!r}")
    if fault.kind == "rename" and not isinstance(fault.value, str):
        raise ValueError(f"rename: value is a name, not {fault.value!r}")
    if fault.kind in ("drop", "poison", "rename") and not fault.field:
        raise ValueError(f"{fault.kind}: without a field")
    if not 200 <= fault.status <= 599:
        raise ValueError(f"status: {fault.status} is none of a whole answer")
    if abs(fault.seconds) > _LONGEST or (fault.seconds < 0 and fault.kind != "clock"):
        raise ValueError(f"seconds: {fault.seconds} is too long, or over already")
    for name, value in fault.headers.items():
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise ValueError(f"headers: {name!r}: {value!r} cannot be sent")
    urlsplit(fault.host)
    try:
        msgspec.json.encode((fault.value, fault.body))
    except (OverflowError, TypeError) as problem:
        raise ValueError(f"value or body: {problem}") from problem


def _check_when(fault: Fault) -> None:
    for name, number in (("nth", fault.nth), ("every", fault.every)):
        if number is not None and number < 1:
            raise ValueError(f"{name}: requests are counted from 1")
    if fault.probability is not None and not 0 <= fault.probability <= 1:
        raise ValueError(f"probability: {fault.probability} is none")


class Faults:
    """All faults, in the order they were added."""

    def __init__(self) -> None:
        self.armed: list[Armed] = []

    def add(self, fault: Fault) -> Armed:
        """Adds one. Raises re.error where a pattern is none, ValueError where it cannot happen."""
        if fault.kind == "action":
            action_named(fault.action).check(fault.arguments)
        _check(fault)
        armed = Armed(fault)
        self.armed.append(armed)
        return armed

    def clear(self) -> None:
        """Takes all away."""
        self.armed.clear()

    def meeting(self, method: str, path: str, query: str) -> list[tuple[Armed, bool]]:
        """The faults that are for this request, each with whether it strikes now."""
        return [(armed, armed.strikes()) for armed in self.armed if armed.meets(method, path, query)]


def of_kind(struck: Iterable[Armed], *kinds: Kind) -> list[Armed]:
    """Those of these kinds."""
    return [armed for armed in struck if armed.fault.kind in kinds]
