"""`bitbucket-source check`: who am I, and what may these credentials read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from bitbucket_source.commands.options import chosen_tables, code_of_selection, given, workspace_options
from bitbucket_source.commands.readable_errors import readable_errors

if TYPE_CHECKING:
    from bitbucket_source.access import Access
    from bitbucket_source.tables import Table


@click.command(short_help="Say what the credentials can read, and why not the rest.")
@workspace_options
def check(workspace: str | None, tables: str | None, **options: Any) -> None:
    """Say whose the credentials are and which tables of WORKSPACE they can read, and why not the others.

    Costs about fifteen requests. Exit code 1 if a table cannot be read, or one of several credentials is not accepted,
    2 if no repository is selected.
    """
    with readable_errors():
        from bitbucket_source.access import check_access
        from bitbucket_source.source import configured_session

        session = configured_session(workspace=workspace, **given(**options))
        access = check_access(session, chosen_tables(tables))
        click.echo("\n".join(report(access)))
    code = 0 if access.is_complete else 1
    raise click.exceptions.Exit(code or code_of_selection(session, is_empty=not access.repositories))


def report(access: Access) -> Iterator[str]:
    """What was found, line by line."""
    for holder in access.holders:
        yield f"Credentials  {holder.kind}, of {holder.account}"
        yield f"Found in     {holder.origin}"
        if holder.refusal:
            yield f"NOT ACCEPTED {holder.refusal}"
        else:
            yield f"Scopes       {', '.join(holder.scopes) or 'Bitbucket does not say'}"
            yield f"Sees         {holder.repositories} repositories"
            yield f"Ends         {holder.ends}"
        yield ""
    yield f"Workspace    {access.workspace}: {access.repositories} repositories selected"
    yield ""
    width = max(len(table.name) for table, _ in access.tables)
    for table, refusal in access.tables:
        yield f"  {table.name:<{width}}  {_told(access, table, refusal)}"
    yield ""
    yield f"{access.requests} requests spent."


def _told(access: Access, table: Table, refusal: str | None) -> str:
    if refusal is not None:
        return f"CANNOT: {refusal}"
    if table.is_per_repository and not access.repositories:
        return "not tried: no repository is selected"
    return "can be read"
