"""The shape of JSON objects: for each kind of object, its dotted keys and what kinds of value they hold."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, TypeAlias

Shapes: TypeAlias = dict[str, dict[str, set[str]]]

# what tells a whole object from the short form of it inside another
_WHOLE = {
    "commit": "date",
    "deployment_environment": "name",
    "pipeline": "state",
    "project": "owner",
    "pullrequest": "state",
    "repository": "slug",
    "user": "created_on",
    "workspace": "created_on",
}
_TASK_KEYS = {"creator", "resolved_on", "content"}
_ACTIVITIES = ("comment", "update", "approval", "changes_requested")


def collect(value: Any, shapes: Shapes | None = None) -> Shapes:
    """The shapes of all objects in a JSON value."""
    shapes = defaultdict(lambda: defaultdict(set)) if shapes is None else shapes
    if isinstance(value, list):
        for item in value:
            collect(item, shapes)
    elif isinstance(value, dict):
        kind = kind_of(value)
        if kind is None:
            for item in value.values():
                collect(item, shapes)
        else:
            _keys(value, "", shapes[kind], shapes)
    return shapes


def kind_of(value: dict[str, Any]) -> str | None:
    """The type of an object; objects without one are recognised by their keys, None where they cannot be."""
    kind = value.get("type")
    if isinstance(kind, str):
        whole = _WHOLE.get(kind)
        return kind if whole is None else f"{kind} ({'whole' if whole in value else 'short'})"
    if value.keys() >= _TASK_KEYS:
        return "task"
    if "pull_request" in value:
        return next((f"activity ({key})" for key in _ACTIVITIES if key in value), "activity (nothing)")
    return None


def _keys(value: dict[str, Any], prefix: str, shape: dict[str, set[str]], shapes: Shapes) -> None:
    for key, child in value.items():
        path = f"{prefix}{key}"
        if isinstance(child, dict) and kind_of(child) is None:
            shape[path].add("object")
            _keys(child, f"{path}.", shape, shapes)
        elif isinstance(child, list):
            shape[path].add("array")
            for item in child:
                if isinstance(item, dict) and kind_of(item) is None:
                    _keys(item, f"{path}[].", shape, shapes)
            collect([item for item in child if isinstance(item, dict) and kind_of(item) is not None], shapes)
        else:
            shape[path].add(_name(child))
            collect(child, shapes)


def _name(value: Any) -> str:
    if isinstance(value, dict):
        return f"object {value.get('type', '')}".strip()
    names = {bool: "boolean", str: "string", int: "number", float: "number", type(None): "null"}
    return names[type(value)]
