"""The list of people who are forgotten, in the warehouse itself: nothing but digests of their identities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bitbucket_source.load.database import Database
from bitbucket_source.tables import SYNC_FORGOTTEN

_LOAD_ID = "_dlt_load_id"


def forgotten_in(database: Database) -> frozenset[str]:
    """The digests of the identities of everybody who was forgotten in this warehouse."""
    if not database.columns(SYNC_FORGOTTEN):
        return frozenset()
    return frozenset(identity for (identity,) in database.rows(f"select identity from {database.name(SYNC_FORGOTTEN)}"))


def remember_forgotten(database: Database, digests: Iterable[str], at: datetime) -> None:
    """Add digests to the list; those that stand there stay as they are."""
    for identity in sorted(set(digests) - forgotten_in(database)):
        database.execute(
            f"insert into {database.name(SYNC_FORGOTTEN)} (identity, forgotten_at, {_LOAD_ID}) values (%s, %s, 'sql')",
            identity,
            at,
        )
