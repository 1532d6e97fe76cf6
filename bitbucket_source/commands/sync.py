"""`bitbucket-source sync`: load what is new in a workspace."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from bitbucket_source.commands.options import (
    added_columns,
    are_named,
    budget_options,
    chosen_tables,
    code_of_selection,
    content_options,
    given,
    listed,
    warehouse,
    warehouse_options,
    workspace_options,
)
from bitbucket_source.commands.progress import progress_of
from bitbucket_source.commands.readable_errors import readable_errors

if TYPE_CHECKING:
    import dlt

    from bitbucket_source.load.slices import SyncResult
    from bitbucket_source.session import Session

_TROUBLES_SHOWN = 20


@click.command()
@workspace_options
@warehouse_options
@budget_options
@content_options
@click.option("--full-refresh", is_flag=True, help="Read everything again, beside what is new; drops nothing.")
@click.option(
    "--replaces-credentials",
    is_flag=True,
    help="Earlier credentials are used no more: what these do not see is deleted, as after a token was replaced.",
)
@click.option("--models", "build", is_flag=True, help="Build the SQL models afterwards.")
def sync(
    workspace: str | None,
    tables: str | None,
    destination: str | None,
    database: str | None,
    dataset: str | None,
    raw: str | None,
    extra_columns: tuple[str, ...],
    build: bool,
    **options: Any,
) -> None:
    """Load what is new or changed in WORKSPACE.

    The first run loads everything, later ones what has changed. Stopped at any moment, the next run goes on.
    The rows told at the end are those written: one that was read twice is told twice.

    \b
    Exit codes: 0 done, 1 something could not be read (listed at the end), 2 wrong usage or credentials,
    3 stopped early with everything saved, 75 another sync is at work or another program holds the database, 130 killed.
    """
    with readable_errors():
        from bitbucket_source.load.lock import SyncLock
        from bitbucket_source.load.pipeline import configured_pipeline, refuse_what_is_no_database, warehouse_of
        from bitbucket_source.load.slices import run_sync
        from bitbucket_source.source import configured_session

        session = configured_session(
            workspace=workspace, raw=listed(raw), extra_columns=added_columns(extra_columns), **given(**options)
        )
        session.tables_named = are_named(tables)
        selected = chosen_tables(tables)
        where = warehouse(destination, database, dataset)
        pipeline = configured_pipeline(session.settings.workspace, **where)
        if build:
            # hours later it would be too late to say that they cannot be built there
            warehouse_of(pipeline)
        refuse_what_is_no_database(pipeline)
        lock = SyncLock(pipeline, session.settings.workspace)
        with lock, stopping_on_ctrl_c(session, pipeline), progress_of(session):
            result = run_sync(pipeline, session, selected)
        click.echo("\n".join(summary(result, session)))
        is_empty = session.agenda.repositories == []
        if is_empty:
            click.echo(f"Notice: {session.settings.selection.why_nothing}.")
        if build and not session.agenda.stop_asked:
            from bitbucket_source.commands.models import build_and_tell

            build_and_tell(**where)
    raise click.exceptions.Exit(result.exit_code or code_of_selection(session, is_empty=is_empty))


@contextmanager
def stopping_on_ctrl_c(session: Session, pipeline: dlt.Pipeline) -> Iterator[None]:
    """The first Ctrl-C, or SIGTERM, lets the sync stop with everything saved; the second ends it at once."""
    # dlt would take Ctrl-C for itself while it loads, and drop the slice
    pipeline.runtime_config.intercept_signals = False

    def stop(number: int, _: object) -> None:
        if session.agenda.stop_asked:
            os._exit(128 + number)
        session.agenda.stop_asked = True
        session.budget.stop("you asked to stop")
        # the thread that was interrupted may be writing there, or nobody reads it any more
        with suppress(RuntimeError, OSError):
            click.echo("\nStopping and saving. Ctrl-C again ends at once.", err=True)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def summary(result: SyncResult, session: Session) -> Iterator[str]:
    """What a sync did, line by line."""
    assert result.ended_at is not None
    seconds = (result.ended_at - result.started_at).total_seconds()
    marked = {table.name: count for table, count in session.agenda.marked.items() if count}
    told = f"{sum(result.rows.values()):,} rows{_marked(sum(marked.values()))}"
    yield f"{told}{',' if marked else ''} in {seconds:.1f} s with {result.requests:,} requests."
    names = sorted({*(name for name, count in result.rows.items() if count), *marked})
    width = max(map(len, names), default=0)
    for name in names:
        yield f"  {name:<{width}}{result.rows.get(name, 0):>12,}{_marked(marked.get(name, 0))}"
    yield from (f"Notice: {notice}" for notice in result.notices)
    if result.stopped:
        yield f"Stopped: {result.stopped}. {_what_remains(session)}"
    if result.troubles:
        things = "1 thing" if len(result.troubles) == 1 else f"{len(result.troubles):,} things"
        yield f"{things} could not be read, and the next sync tries again:"
        for trouble in result.troubles[:_TROUBLES_SHOWN]:
            item = f" ({trouble.item})" if trouble.item else ""
            yield f"  {trouble.table.name} of {trouble.repository}{item}: {trouble.message}"
        if len(result.troubles) > _TROUBLES_SHOWN:
            yield f"  and {len(result.troubles) - _TROUBLES_SHOWN} more."


def _marked(rows: int) -> str:
    return f", {rows:,} marked as deleted" if rows else ""


def _what_remains(session: Session) -> str:
    most = session.settings.max_requests
    if most is not None and session.budget.requests >= most and not _has_asked_about_a_repository(session):
        return (
            "Nothing could be read of any repository with so few: the lists of the workspace alone take more, "
            "and each sync reads them anew. Give --max-requests a larger number."
        )
    return "Everything read so far is saved; the next sync goes on from there."


def _has_asked_about_a_repository(session: Session) -> bool:
    return any("{repository_uuid}" in endpoint for endpoint in session.budget.by_endpoint)
