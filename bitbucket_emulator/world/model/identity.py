"""Names for things: uuids and hashes computed from what a thing is, so that no order of access changes them."""

from __future__ import annotations

from hashlib import sha1
from uuid import UUID

_NAMESPACE = b"bitbucket-emulator/"


def name_uuid(*parts: object) -> str:
    """A version 5 style uuid with braces, the same for the same parts."""
    digest = sha1(_NAMESPACE + "\0".join(map(str, parts)).encode(), usedforsecurity=False).digest()
    return f"{{{UUID(bytes=digest[:16], version=5)}}}"


def git_hash(kind: str, content: bytes) -> str:
    """The 40 hex digits git would give an object of this kind and content."""
    return sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()
