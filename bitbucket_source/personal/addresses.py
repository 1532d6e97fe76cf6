"""E-mail addresses in texts: kept, replaced by a hash, or left out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from enum import StrEnum

_ADDRESS = r"[^\s<>()\[\]{},;:\"'`|/\\@]{1,64}@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?![\w.-]*[:/]\S)"
"""as people write them; not `git@host:path`, nor `user@host/path` of a URL"""
_HASH = r"email:[0-9a-f]{64}"
_IN_TEXT = re.compile(f"(?<=<)[^<>\\n@]*@[^<>\\n]*(?=>)|{_ADDRESS}|{_HASH}")
_IN_SIGNATURE = re.compile(r"(?<=<)[^<>\n]+(?=>)")
_SIGNED = re.compile(rf"([^\S\n]{{0,9}})([^<>\n:@&;]{{0,200}})(<|&lt;)([^<>\n&]*)(>|&gt;)|{_ADDRESS}|{_HASH}")
"""`Name <address>`, also as it stands in HTML"""
_NAMED = re.compile(r"^([\w-]+:[^\S\n]*)?([^<>\n:@]{1,200}?)([^\S\n]*)$", re.MULTILINE)
"""`Approved-by: Name`, or a name alone in a line"""


class Emails(StrEnum):
    """What becomes of e-mail addresses, from the laxest to the strictest."""

    KEEP = "keep"
    HASH = "hash"
    """`email:` and the SHA-256 of the address in lower case, in hexadecimal: equal addresses stay equal"""
    DROP = "drop"

    def is_stricter_than(self, other: Emails) -> bool:
        """Whether less is kept than with the other: then what is stored can be changed where it is."""
        return list(Emails).index(self) > list(Emails).index(other)


def digest(identity: str) -> str:
    """SHA-256 of an address or another identity in lower case, in hexadecimal."""
    return hashlib.sha256(identity.strip().lower().encode()).hexdigest()


def with_emails(text: str, emails: Emails) -> str:
    """A text that people wrote, with its addresses treated. A second time changes nothing."""
    if emails is Emails.KEEP or ("@" not in text and "email:" not in text):
        return text
    return _IN_TEXT.sub(lambda found: _treated(found[0], emails), text)


def signature_with_emails(signature: str, emails: Emails) -> str:
    """`Name <address>` as git has it, with whatever stands for the address treated."""
    if emails is Emails.KEEP:
        return signature
    return with_emails(_IN_SIGNATURE.sub(lambda found: _treated(found[0], emails), signature), emails)


def digest_of_name(name: str) -> str:
    """SHA-256 of the name somebody goes by, which is no digest of an address."""
    return digest(f"name {name.strip()}")


def digests_in(signature: str) -> Iterator[str]:
    """The digests of the addresses in `Name <address>`, of hashed ones too."""
    for found in (*_IN_TEXT.findall(signature), *_IN_SIGNATURE.findall(signature)):
        yield _digest_of(found)


def name_in(signature: str) -> str:
    """The name in `Name <address>`."""
    return signature.partition("<")[0].strip()


def without(text: str, forgotten: frozenset[str]) -> str:
    """The text without the addresses, signatures (`Name <address>`) and names in a trailer of these digests."""

    def forget(found: re.Match[str]) -> str:
        space, name, opening, address, closing = found.groups()
        if opening is None:
            return "" if _digest_of(found[0]) in forgotten else found[0]
        is_theirs = _digest_of(address) in forgotten or digest_of_name(name) in forgotten
        return f"{space}{opening}{closing}" if is_theirs else found[0]

    def forget_name(found: re.Match[str]) -> str:
        return f"{found[1] or ''}<>" if digest_of_name(found[2]) in forgotten else found[0]

    if "@" in text or "email:" in text or "<" in text or "&lt;" in text:
        text = _SIGNED.sub(forget, text)
    return _NAMED.sub(forget_name, text)


def _treated(address: str, emails: Emails) -> str:
    return "" if emails is Emails.DROP else f"email:{_digest_of(address)}"


def _digest_of(address: str) -> str:
    return address.removeprefix("email:") if re.fullmatch(_HASH, address) else digest(address)
