"""What an action touched, as plain JSON that names it."""

from __future__ import annotations

from typing import Any

_NAMES = (
    "uuid", "id", "hash", "build_number", "name", "slug", "key", "nickname", "state", "repository", "target", "user",
    "updated_on",
)  # fmt: skip


def summary(result: Any) -> dict[str, Any]:
    """`{"type": record's name, ...}` with the plain fields that identify it; plain values come as `{"value": ...}`."""
    if result is None or isinstance(result, str | int | list):
        return {"value": result}
    named = {name: getattr(result, name) for name in _NAMES if hasattr(result, name)}
    return {"type": type(result).__name__} | {
        name: value for name, value in named.items() if value is None or isinstance(value, str | int)
    }
