"""What a fact is: a sentence about Bitbucket, where it stands, and a small function that looks whether it holds."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .asking import Differs, Json, Untestable

if TYPE_CHECKING:
    from .material import Material

Check: TypeAlias = "Callable[[Material], str | None]"
Outcome = Literal["holds", "answered", "differs", "could not be tested"]


@dataclass(frozen=True)
class Fact:
    """A fact.

    Attributes:
        name: tells it from all others.
        sentence: what holds; a question where sources leave it open.
        place: the section of FACTS that says it.
        is_contested: sources disagree, or nobody saw it: tested before the others.
        check: returns what is worth telling, if anything; raises Differs or Untestable.
    """

    name: str
    sentence: str
    place: str
    is_contested: bool
    check: Check

    @property
    def is_question(self) -> bool:
        """Whether the connector relies on neither answer: it is told, and only an answer beyond both differs."""
        return self.sentence.endswith("?")


@dataclass(frozen=True)
class Finding:
    """What became of a fact; `told` is the answer to an open question, what came instead, or why it was not tested."""

    fact: Fact
    outcome: Outcome
    told: str


class Facts:
    """The facts of one part of the API: a decorator to add them, an iterator to read them."""

    def __init__(self) -> None:
        self._facts: list[Fact] = []

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def fact(self, place: str, *, contested: bool = False) -> Callable[[Check], Check]:
        """Adds a function: its name is the fact's, its docstring the sentence."""

        def add(check: Check) -> Check:
            self.add(check.__name__.replace("_", "-"), check.__doc__ or "", place, check, contested)
            return check

        return add

    def add(self, name: str, sentence: str, place: str, check: Check, contested: bool = False) -> None:
        """Adds a fact that is one of many alike."""
        self._facts.append(Fact(name, " ".join(sentence.split()), f"FACTS {place}", contested, check))


def look(fact: Fact, material: Material) -> Finding:
    """Find out whether a fact holds."""
    try:
        told = fact.check(material) or ""
    except Differs as difference:
        return Finding(fact, "differs", str(difference))
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        # the answer is of another shape than the check takes for granted; where that is, is told too
        place = traceback.extract_tb(error.__traceback__)[-1]
        shape = f"{type(error).__name__}: {error} in {Path(place.filename).name}, line {place.lineno}"
        return Finding(fact, "differs", f"expected the usual shape; came {shape}")
    except Untestable as reason:
        return Finding(fact, "could not be tested", str(reason))
    return Finding(fact, "answered" if fact.is_question else "holds", told)


def expect(holds: bool, expected: str, came: object) -> None:
    """Raises Differs unless it holds."""
    if not holds:
        raise Differs(expected, came)


def dig(row: Any, path: str) -> Any:
    """The value at a dotted path; None where it is null or absent on the way."""
    for name in path.split("."):
        row = row.get(name) if isinstance(row, dict) else None
    return row


def need(row: Json, path: str) -> Any:
    """The value at a dotted path that must be there, and not null. Raises Differs."""
    found = dig(row, path)
    expect(found is not None, f"a value at {path}", f"{row.get('type', 'an object')} with {', '.join(row)}")
    return found


def moment(text: Any) -> datetime:
    """A time of any service. Raises Differs where it is none."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Differs("a time as in ISO 8601", repr(text)) from None


def times(rows: list[Json], path: str) -> list[datetime]:
    """The times at a dotted path, of the rows that have one."""
    return [moment(found) for row in rows if (found := dig(row, path)) is not None]


def expect_order(values: list[Any], expected: str, *, descending: bool = False) -> None:
    """Raises Differs unless the values ascend, or descend; Untestable where there are too few to tell."""
    if len(set(values)) < 2:
        raise Untestable("fewer than two different values: any order would do")
    pairs = list(pairwise(values))
    wrong = next((pair for pair in pairs if (pair[0] < pair[1] if descending else pair[0] > pair[1])), None)
    expect(wrong is None, expected, wrong and f"{wrong[0]} before {wrong[1]}")


def expect_only(values: set[Any], allowed: set[Any], what: str) -> None:
    """Raises Differs where a value is none of those allowed."""
    expect(values <= allowed, f"{what} among {', '.join(map(str, sorted(allowed, key=str)))}", values - allowed)


def some(rows: list[Json], what: str) -> list[Json]:
    """The rows. Raises Untestable where there are none."""
    if not rows:
        raise Untestable(f"no {what} found")
    return rows
