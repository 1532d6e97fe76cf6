"""What happens to an answer of Bitbucket's before anything else sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bitbucket_source.personal.addresses import (
    Emails,
    digest,
    digest_of_name,
    digests_in,
    name_in,
    signature_with_emails,
    with_emails,
    without,
)
from bitbucket_source.tables import DATA_TABLES

_PROSE_IN_NO_COLUMN = frozenset({"html"})
"""the rendering that Bitbucket puts beside each text: in objects that are kept whole"""
PROSE = _PROSE_IN_NO_COLUMN.union(
    column.path.split(".")[-1] for table in DATA_TABLES for column in table.columns if column.is_prose
)
"""names of the values that people wrote; an address in any other (a branch, a path, a link) names something else"""
SIGNATURES = frozenset({"author", "committer", "tagger"})
"""names of the objects whose `raw` is `Name <address>`, as git has it"""
_MENTION = re.compile(r"@\{([^{}\s]+)\}|@(\{[0-9a-fA-F-]{36}\})")


@dataclass(frozen=True)
class Discretion:
    """What must not be stored: e-mail addresses, unless they are kept, and everything that names a forgotten person.

    A forgotten person looks like one whose account Bitbucket has deleted: null wherever an account stands.
    """

    emails: Emails = Emails.KEEP
    forgotten: frozenset[str] = frozenset()
    """digests of the identities (uuid, account id, e-mail addresses, full name) of people who are forgotten"""

    @property
    def changes_nothing(self) -> bool:
        """Whether every answer stays as it is."""
        return self.emails is Emails.KEEP and not self.forgotten

    def of_answer(self, value: Any, name: str = "") -> Any:
        """A value of an answer, decoded, that stands under `name`: as it may be seen."""
        if isinstance(value, dict):
            return None if self.is_forgotten(value) else self._of_object(value, name)
        if isinstance(value, list):
            kept = ((item, self.of_answer(item, name)) for item in value)
            # an item that says nothing but who it is goes with the person
            return [seen for item, seen in kept if seen == item or not _says_nothing(seen)]
        return self.of_text(value) if isinstance(value, str) and name in PROSE else value

    def is_forgotten(self, account: dict[str, Any]) -> bool:
        """Whether an object is the account of somebody who is forgotten."""
        identities = (account.get("uuid"), account.get("account_id")) if self.forgotten else ()
        return any(isinstance(each, str) and digest(each) in self.forgotten for each in identities)

    def of_text(self, text: str) -> str:
        """A text that people wrote: without forgotten people's addresses, names before those, and mentions of them."""
        if self.forgotten:
            text = _MENTION.sub(self._of_mention, without(text, self.forgotten))
        return with_emails(text, self.emails)

    def of_signature(self, signature: str) -> str | None:
        """`Name <address>` as git has it; None where that is a forgotten person."""
        if self.forgotten and not self.forgotten.isdisjoint(
            (*digests_in(signature), digest_of_name(name_in(signature)))
        ):
            return None
        return signature_with_emails(signature, self.emails)

    def _of_object(self, value: dict[str, Any], name: str) -> dict[str, Any]:
        seen = {key: self.of_answer(each, key) for key, each in value.items()}
        raw, user = value.get("raw"), value.get("user")
        if name in SIGNATURES and isinstance(raw, str):
            is_theirs = isinstance(user, dict) and self.is_forgotten(user)
            seen["raw"] = None if is_theirs else self.of_signature(raw)
        return seen

    def _of_mention(self, found: re.Match[str]) -> str:
        inside = found[1] or found[2]
        named = {digest(inside), digest(f"{{{inside}}}")}
        return found[0] if named.isdisjoint(self.forgotten) else "@{}"


def _says_nothing(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_says_nothing(each) for each in value.values())
    return value is None
