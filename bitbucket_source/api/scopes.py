"""The names of scopes: short ones (`pullrequest`), and those of API tokens (`read:pullrequest:bitbucket`) (FACTS 8)."""

from __future__ import annotations

from collections.abc import Collection

_ALSO_GRANTED_BY = {
    # what OAuth consumers are given with another permission
    "repository": ("repository:write", "pullrequest", "pullrequest:write"),
    "pullrequest": ("pullrequest:write",),
    "pipeline": ("pipeline:write", "pipeline:variable"),
    "account": ("account:write", "read:user:bitbucket", "read:workspace:bitbucket"),
    "project": ("project:admin",),
    "repository:admin": ("admin:repository:bitbucket", "read:repository:bitbucket"),
}


def surely_lacks(granted: Collection[str], scope: str) -> bool:
    """Whether credentials with these scopes are refused what takes `scope`; no where their scopes are not known.

    It decides who is asked first, never who is not asked: scopes of some names include others.
    """
    if not granted or not scope:
        return False
    names = (scope, f"read:{scope}:bitbucket", *_ALSO_GRANTED_BY.get(scope, ()))
    return not any(name in granted for name in names)
