"""From a table's declaration: the `fields=` that ask for it, the type its objects are decoded into, and its values.

The type is a msgspec struct shaped like the API object, holding only what the declaration (and its nested tables and
accounts) names, so that decoding builds nothing that is thrown away.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.tables.contract import Origin, Table, Type
from bitbucket_source.tables.people import USERS
from bitbucket_source.whole import WithWhole

_PYTHON_TYPES: dict[Type, Any] = {
    Type.TEXT: str,
    Type.BIGINT: int,
    Type.BOOL: bool,
    Type.TIMESTAMP: str,
    Type.JSON: msgspec.Raw,
}
_COUNTED = {"#": None}
"""a list of which only the length is taken"""

Leaves: TypeAlias = dict[str, tuple[Type, bool]]
"""path -> type, and whether the value must be there"""


def _leaves(table: Table, accounts: bool) -> Leaves:
    """What is read of an object of the table, with `accounts` also of the accounts in it."""
    leaves = {
        column.path: (column.type, column.name == table.cursor or (column.name in table.key and not column.account))
        for column in table.object_columns
    }
    leaves.update((path, (Type.TEXT, False)) for path in table.also_asked)
    if accounts:
        for path in table.accounts:
            if path in leaves and leaves[path][0] is Type.JSON:
                continue  # a list that comes whole
            for column in USERS.object_columns:
                leaves.setdefault(f"{path}.{column.path}" if path else column.path, (column.type, False))
    return leaves


def fields_of(table: Table, nested: Sequence[Table] = (), *, accounts: bool = True, single: bool = False) -> str:
    """The `fields=` value for a list of the table's objects, always with the envelope's `next` (FACTS 12).

    `single` asks for one object by itself instead of a list.
    """
    paths = [_request_path(path) for path in _leaves(table, accounts)]
    if table.keeps_whole:
        # what the default form leaves out is added to it (FACTS 2)
        added = dict.fromkeys([*paths, *(inner.within for inner in nested)])
        return ",".join(f"+{'' if single or not table.pagelen else 'values.'}{path}" for path in added)
    for inner in nested:
        paths += [f"{inner.within}.{_request_path(path)}" for path in _leaves(inner, accounts)]
    unique = dict.fromkeys(paths)
    if single or not table.pagelen:
        return ",".join(unique)
    if table.asked_whole:
        return "next,pagelen,size,values"
    return ",".join(["next", "pagelen", "size", *(f"values.{path}" for path in unique)])


def _request_path(path: str) -> str:
    """`links.clone[name=ssh].href` is asked for as `links.clone`: the list comes whole."""
    return path.split("[")[0]


@cache
def row_type(table: Table, nested: tuple[Table, ...] = (), accounts: bool = True) -> type[msgspec.Struct]:
    """The struct that an object of the table's list is decoded into, with the lists of its `nested` tables."""
    tree: dict[str, Any] = {}
    for path, leaf in _leaves(table, accounts).items():
        _plant(tree, path.split("."), leaf)
    for column in table.columns:
        if column.origin is Origin.MADE:
            tree[column.path] = (column.type, False)
    for inner in nested:
        _plant(tree, inner.within.split("."), row_type(inner, (), accounts))
    return _struct(table.name, tree, (WithWhole,) if table.keeps_whole else ())


def _plant(tree: dict[str, Any], steps: list[str], leaf: Any) -> None:
    """Put a leaf into the tree of an object's keys; of a list whose item is picked, the item stands under `[]`."""
    for step in steps[:-1]:
        name, _, condition = step.partition("[")
        tree = tree.setdefault(name, {})
        if condition:
            tree = tree.setdefault("[]", {})
            key = condition.rstrip("]").split("=")[0]
            tree.setdefault(key, (Type.TEXT, False))
    name, _, condition = steps[-1].partition("[")
    tree[name] = _COUNTED if condition == "#]" else leaf


def _struct(name: str, tree: dict[str, Any], bases: tuple[type[msgspec.Struct], ...] = ()) -> type[msgspec.Struct]:
    """The struct for a tree of keys; those that must be there come first, as msgspec wants it."""
    required = [(field, leaf) for field, leaf in tree.items() if _is_required(leaf)]
    optional = [(field, leaf) for field, leaf in tree.items() if (field, leaf) not in required]
    fields: list[Any] = [(attribute(field), _required(name, field, leaf)) for field, leaf in required]
    fields += [(attribute(field), *_optional(name, field, leaf)) for field, leaf in optional]
    renamed = {attribute(f): f for f in tree}
    return msgspec.defstruct(name, fields, bases=bases, kw_only=bool(bases), rename=renamed, gc=False)


def _is_required(leaf: Any) -> bool:
    """Whether it must be there, or something in it."""
    if isinstance(leaf, dict):
        return not {"[]", "#"} & set(leaf) and any(map(_is_required, leaf.values()))
    return isinstance(leaf, tuple) and leaf[1]


def _required(owner: str, field: str, leaf: Any) -> Any:
    return _struct(f"{owner}_{field}", leaf) if isinstance(leaf, dict) else _PYTHON_TYPES[leaf[0]]


def _optional(owner: str, field: str, leaf: Any) -> tuple[Any, Any]:
    """The type and the default of a field that need not be there."""
    if isinstance(leaf, tuple):
        python_type = _PYTHON_TYPES[leaf[0]]
        # msgspec has no union with Raw: a null arrives as the raw text null
        return (python_type, msgspec.Raw()) if python_type is msgspec.Raw else (python_type | None, None)
    if leaf is _COUNTED:
        return list[msgspec.Raw] | None, None
    if isinstance(leaf, dict) and "[]" in leaf:
        return list[_struct(f"{owner}_{field}", leaf["[]"])] | None, None  # type: ignore[misc]
    if isinstance(leaf, dict):
        return _struct(f"{owner}_{field}", leaf) | None, None
    return list[leaf] | None, None


def attribute(name: str) -> str:
    """The attribute that holds the API's field `name`: `from` is `from_`."""
    return f"{name}_" if keyword.iskeyword(name) else name


def values_at(path: str, objects: Sequence[Any]) -> list[Any]:
    """The value at a dotted path of each object; None where anything on the way is null."""
    current: Iterable[Any] = objects
    for depth, step in enumerate(path.split(".")):
        name, _, condition = step.partition("[")
        get = attrgetter(attribute(name))
        # the objects themselves are there
        current = [None if item is None else get(item) for item in current] if depth else list(map(get, current))
        if condition == "#]":
            current = [None if items is None else len(items) for items in current]
        elif condition == "origin]":
            current = [None if url is None else _origin(url) for url in current]
        elif condition:
            key, _, wanted = condition.rstrip("]").partition("=")
            current = [_pick(items, attribute(key), wanted) for items in current]
    return list(current)


def accounts_at(path: str, objects: Sequence[Any]) -> list[Any]:
    """The accounts at a path of `Table.accounts` in the objects; those that are gone are left out."""
    if not path:
        found = list(objects)
    else:
        found = []
        for value in values_at(path, objects):
            # a list that is kept as JSON
            found += _ACCOUNTS.decode(value or b"[]") or () if isinstance(value, msgspec.Raw) else (value,)
    return [account for account in found if account is not None and account.uuid]


def _origin(url: str) -> str:
    """Protocol, host and port of a URL: without user, path and query, which may be secret."""
    scheme, _, rest = url.partition("://")
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2]
    return f"{scheme}://{host}" if rest and re.fullmatch(r"[\w+.-]+", scheme) else ""


def _pick(items: Any, key: str, wanted: str) -> Any:
    return next((item for item in items or () if getattr(item, key) == wanted), None)


_ACCOUNTS = msgspec.json.Decoder(list[row_type(USERS) | None] | None)  # type: ignore[misc]
