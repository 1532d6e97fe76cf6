"""Which requests were made."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count


@dataclass(frozen=True, slots=True)
class Entry:
    """One request to /2.0.

    Attributes:
        n: its number since the start.
        method: in capitals.
        path: decoded, with `/2.0`.
        query: decoded, in order.
        form: of a POST's body, decoded, in order.
        status: that was sent; 0 where the connection was cut before any.
        credential: name of the credential, None without one or with a wrong one.
        milliseconds: until the answer was ready.
        faults: the kinds of the faults that changed it.
        problems: why actions of faults could not be done.
    """

    n: int
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]
    status: int
    credential: str | None
    milliseconds: float
    faults: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Path and decoded query, for people and assertions."""
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.path}?{query}" if query else self.path


@dataclass(slots=True)
class RequestLog:
    """The requests so far, oldest first."""

    entries: list[Entry] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def next_number(self) -> int:
        """The number of the request that begins now."""
        return next(self._numbers)

    def clear(self) -> None:
        """Forgets the entries; numbers go on."""
        self.entries.clear()
