"""What the setting `emails` means for rows that are stored already."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime

from bitbucket_source.load.database import Database
from bitbucket_source.load.selection import last_selection, selection_of, stored_catalog
from bitbucket_source.load.texts import change_texts, each_text, texts_of
from bitbucket_source.load.workspaces import parts_of
from bitbucket_source.personal.addresses import Emails
from bitbucket_source.personal.discretion import Discretion
from bitbucket_source.session import Session
from bitbucket_source.tables import DATA_TABLES, Table


def conform_emails(database: Database, session: Session) -> tuple[str, list[Table]]:
    """Give stored texts the addresses that the setting allows; what people should know of it, and what to read again.

    A stricter setting is applied to the rows where they are, those included that Bitbucket no longer has, without a
    request. A laxer one cannot be: what is not stored has to be read again.
    """
    emails = Emails(session.settings.emails)
    workspace = session.settings.workspace
    before = Emails(last_selection(database, workspace).emails)
    if emails is before:
        return "", []
    if not emails.is_stricter_than(before):
        return (
            "e-mail addresses are read again: what was left out of them is not stored",
            [table for table in DATA_TABLES if texts_of(database, session.settings.catalog.of(table))],
        )
    catalog = stored_catalog(database, selection_of(session.settings, ()))
    tables = [catalog.of(table) for table in DATA_TABLES]
    now, discretion, changed = datetime.now(UTC), Discretion(emails), Counter[str]()
    for table, text, part in each_text(database, tables, lambda table: parts_of(database, table, workspace)):
        changed[table.name] += change_texts(database, table, text, part, text.marks, discretion, now)
    with closing(database.staging()) as staging:
        for table, text, part in each_text(staging, tables, lambda table: parts_of(database, table, workspace)):
            change_texts(staging, table, text, part, text.marks, discretion, now)
    if not changed.total():
        return "", []
    told = ", ".join(f"{count:,} in {name}" for name, count in changed.items() if count)
    return f"e-mail addresses of stored rows were changed to '{emails}': {told}", []
