"""BBQL, the language of `q=` (FACTS 2): parsed by a grammar, checked against what a collection can filter.

A collection says what it can filter by a mapping from a dotted name to a `Field`: how to read the value
from an object of the world, and what kind of value it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, VisitError

from bitbucket_emulator.server import errors, timestamps

Kind = Literal["text", "number", "time", "flag"]
Predicate: TypeAlias = Callable[[Any], bool]

_GRAMMAR = Lark(
    r"""
    ?start: either
    ?either: both (_OR both)*
    ?both: condition (_AND condition)*
    ?condition: "(" either ")" | comparison | membership
    comparison: FIELD OPERATOR value
    membership: FIELD [NOT] _IN "(" value ("," value)* ")"
    ?value: STRING | DATE_TIME | NUMBER | NULL | TRUE | FALSE

    FIELD: /(?!(AND|OR|NOT|IN)\b)[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*/
    OPERATOR: "!=" | "!~" | ">=" | "<=" | "=" | "~" | ">" | "<"
    STRING: /"(\\.|[^"\\])*"/
    DATE_TIME.2: /\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?/
    NUMBER: /-?\d+(\.\d+)?/
    NULL.3: /null\b/
    TRUE.3: /true\b/
    FALSE.3: /false\b/
    _AND: /AND\b/
    _OR: /OR\b/
    NOT: /NOT\b/
    _IN: /IN\b/
    %import common.WS
    %ignore WS
    """,
    parser="lalr",
    maybe_placeholders=True,
)

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

# what is documented, and what nobody was seen to do otherwise: `~` looks into text, true and false have no order
_EQUAL = ("=", "!=")
_OPERATORS: dict[Kind, tuple[str, ...]] = {
    "text": (*_EQUAL, "~", "!~", *_ORDERINGS),
    "number": (*_EQUAL, *_ORDERINGS),
    "time": (*_EQUAL, *_ORDERINGS),
    "flag": _EQUAL,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One filterable name of a collection.

    Attributes:
        read: the value in an object of the world; a list stands for several, of which any may match.
        kind: what the value is: text, a number, a time in microseconds, or true and false.
        order: what of a value is compared by `<` and `>`, None for the value itself.
        most: how many values `IN` takes, None for any number.
        sortable: whether `sort` may name it: not where there are several values.
    """

    read: Callable[[Any], Any]
    kind: Kind = "text"
    order: Callable[[Any], Any] | None = None
    sortable: bool = True
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name operator value`, before it is known whether the name can be filtered."""

    name: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions of which all or any must hold."""

    every: bool
    members: tuple[Condition, ...]


Condition: TypeAlias = Comparison | Group


class _Tree(Transformer[Token, Condition]):
    def STRING(self, token: Token) -> str:  # noqa: N802 - lark calls it by the terminal's name
        return token[1:-1].replace('\\"', '"').replace("\\\\", "\\")

    def NUMBER(self, token: Token) -> int | float:  # noqa: N802
        return float(token) if "." in token else int(token)

    def DATE_TIME(self, token: Token) -> str:  # noqa: N802
        return str(token)

    def NULL(self, _token: Token) -> None:  # noqa: N802
        return None

    def TRUE(self, _token: Token) -> bool:  # noqa: N802
        return True

    def FALSE(self, _token: Token) -> bool:  # noqa: N802
        return False

    def comparison(self, parts: list[Any]) -> Comparison:
        return Comparison(str(parts[0]), str(parts[1]), parts[2])

    def membership(self, parts: list[Any]) -> Comparison:
        return Comparison(str(parts[0]), "IN" if parts[1] is None else "NOT IN", tuple(parts[2:]))

    def both(self, parts: list[Condition]) -> Group:
        return Group(True, tuple(parts))

    def either(self, parts: list[Condition]) -> Group:
        return Group(False, tuple(parts))


@lru_cache(maxsize=1024)
def _parse(text: str) -> Condition:
    return _Tree().transform(_GRAMMAR.parse(text))


def compile_query(text: str, filterable: Mapping[str, Field]) -> Predicate:
    """Whether an object of the collection matches a query.

    Raises:
        ApiError: 400, when it is no BBQL, names what cannot be filtered, or compares with a value of
            another kind.
    """
    try:
        condition = _parse(text.strip())
    except (LarkError, VisitError) as problem:
        raise errors.invalid_query(str(problem).splitlines()[0]) from problem
    return _predicate(condition, filterable)


def sort_key(text: str, sortable: Mapping[str, Field]) -> tuple[Field, bool]:
    """The field of `sort=` and whether it is descending; there can be one only (FACTS 2).

    Raises:
        ApiError: 400, when the collection cannot be sorted by it.
    """
    name = text.removeprefix("-")
    if name not in sortable or not sortable[name].sortable:
        raise errors.not_sortable(name)
    return sortable[name], text.startswith("-")


def _predicate(condition: Condition, filterable: Mapping[str, Field]) -> Predicate:
    if isinstance(condition, Comparison):
        return _compare(condition, filterable)
    members = [_predicate(member, filterable) for member in condition.members]
    if condition.every:
        return lambda item: all(member(item) for member in members)
    return lambda item: any(member(item) for member in members)


def _compare(comparison: Comparison, filterable: Mapping[str, Field]) -> Predicate:
    field = _field(comparison.name, filterable)
    if comparison.operator in ("IN", "NOT IN"):
        if field.most is not None and len(comparison.value) > field.most:
            raise errors.invalid_query(f"{comparison.name}: {len(comparison.value)} values, at most {field.most}")
        chosen = {_literal(value, field.kind, comparison.name) for value in comparison.value}
        return _any_of(field, chosen.__contains__, negate=comparison.operator == "NOT IN")
    if comparison.operator not in _OPERATORS[field.kind] or (
        comparison.value is None and comparison.operator not in _EQUAL
    ):
        raise errors.invalid_query(f"{comparison.name}: {comparison.operator} {comparison.value!r} has no meaning")
    wanted = _literal(comparison.value, field.kind, comparison.name)
    if comparison.operator in ("=", "!="):
        return _any_of(field, lambda value: bool(value == wanted), negate=comparison.operator == "!=")
    if comparison.operator in ("~", "!~"):
        part = str(wanted).casefold()
        return _any_of(
            field, lambda value: value is not None and part in str(value).casefold(), negate=comparison.operator == "!~"
        )
    compare, order = _ORDERINGS[comparison.operator], field.order or (lambda value: value)
    bound = order(wanted)
    return _any_of(field, lambda value: value is not None and compare(order(value), bound))


def _any_of(field: Field, test: Predicate, *, negate: bool = False) -> Predicate:
    read = field.read

    def matches(item: Any) -> bool:
        value = read(item)
        found = any(map(test, value)) if isinstance(value, list) else test(value)
        return found is not negate

    return matches


def _field(name: str, filterable: Mapping[str, Field]) -> Field:
    if name not in filterable:
        raise errors.not_filterable(name)
    return filterable[name]


_LITERALS: dict[Kind, type | tuple[type, ...]] = {"text": str, "time": str, "number": (int, float), "flag": bool}


def _literal(value: Any, kind: Kind, name: str) -> Any:
    """The value in the form that the world keeps. A quoted date is as good as an unquoted one (FACTS 2)."""
    if value is None:
        return None
    if not isinstance(value, _LITERALS[kind]) or (kind == "number" and isinstance(value, bool)):
        raise errors.invalid_query(f"{name}: {value!r} is not a {kind}")
    if kind != "time":
        return value
    try:
        return timestamps.parse(value)
    except ValueError as problem:
        raise errors.invalid_query(f"{name}: {problem}") from problem
