"""Partial responses: what `fields=` keeps, adds and takes away (FACTS 2).

A list of names keeps only those (so `next` is lost unless it is named); `-name` takes one away, `+name`
adds one that the default form leaves out; `*` stands for any one name. A misspelt name is no error: it
is just not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Tree: TypeAlias = dict[str, "Tree"]


class Abbreviated(dict[str, Any]):
    """An object of which the default form shows only a part.

    Args:
        shown: the default form.
        more: makes the whole object, when `fields` names a key outside the default form.
    """

    __slots__ = ("_more", "_whole")

    def __init__(self, shown: Mapping[str, Any], more: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__(shown)
        self._more = more
        self._whole: Mapping[str, Any] | None = None

    def whole(self) -> Mapping[str, Any]:
        """The object with all its keys."""
        if self._whole is None:
            self._whole = self._more()
        return self._whole


@dataclass(frozen=True, slots=True)
class Fields:
    """A parsed `fields` parameter; an empty one changes nothing."""

    only: Tree
    added: Tree
    removed: Tree

    def apply(self, body: Json) -> Json:
        """The body as it would be sent. The given one is left alone."""
        if self.added:
            body = _with(body, self.added)
        if self.only:
            body = _only(body, self.only)
        return _without(body, self.removed) if self.removed else body


def parse(parameters: Sequence[str]) -> Fields:
    """Reads the values of the `fields` parameter (several are joined)."""
    only: Tree = {}
    added: Tree = {}
    removed: Tree = {}
    names = [name.strip() for name in ",".join(parameters).split(",")]
    for name in names:
        _insert(added if name.startswith("+") else removed if name.startswith("-") else only, name)
    if only:
        for name in names:
            if name.startswith("+"):
                _insert(only, name)
    return Fields(only, added, removed)


def _insert(tree: Tree, name: str) -> None:
    *parents, last = name.lstrip("+-").split(".")
    for parent in parents:
        if parent in tree and not tree[parent]:
            return  # the whole of it was named already
        tree = tree.setdefault(parent, {})
    if last:
        tree[last] = {}


def _wanted(tree: Tree, key: str) -> Tree | None:
    named, any_name = tree.get(key), tree.get("*")
    if named is None or any_name is None:
        return any_name if named is None else named
    return {**any_name, **named} if named and any_name else {}


def _named(body: Mapping[str, Any], tree: Tree) -> Iterator[tuple[str, Any, Tree]]:
    """Each key that the tree names, its value and what the tree wants of it, in the order of the body."""
    source: Mapping[str, Any] = body
    if isinstance(body, Abbreviated) and any(name != "*" and name not in body for name in tree):
        source = {**body, **{key: value for key, value in body.whole().items() if key not in body and key in tree}}
    for key, value in source.items():
        wanted = _wanted(tree, key)
        if wanted is not None:
            yield key, value, wanted


def _only(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_only(item, tree) for item in value]
    if isinstance(value, dict):
        return {key: _only(child, wanted) for key, child, wanted in _named(value, tree)}
    return value


def _with(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_with(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    expanded = {**value, **{key: _with(child, wanted) for key, child, wanted in _named(value, tree)}}
    return Abbreviated(expanded, value.whole) if isinstance(value, Abbreviated) else expanded


def _without(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_without(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, child in value.items():
        wanted = _wanted(tree, key)
        if wanted is None:
            kept[key] = child
        elif wanted:
            kept[key] = _without(child, wanted)
    return kept
