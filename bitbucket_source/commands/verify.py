"""`bitbucket-source verify`: the warehouse beside Bitbucket."""

from __future__ import annotations

import json
from typing import Any

import click

from bitbucket_source.commands.options import (
    are_named,
    chosen_tables,
    code_of_selection,
    given,
    limit_options,
    warehouse,
    warehouse_options,
    workspace_options,
)
from bitbucket_source.commands.progress import progress_of
from bitbucket_source.commands.readable_errors import readable_errors
from bitbucket_source.commands.sync import stopping_on_ctrl_c


@click.command(short_help="Compare the warehouse with Bitbucket, table by table.")
@workspace_options
@warehouse_options
@limit_options
@click.option(
    "--deep",
    type=click.Choice(["sample", "all"]),
    help="Compare keys and values: of a sample of each table, or of everything.",
)
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Rows of a table that are sampled. [default: 100]")
@click.option("--seed", type=int, metavar="N", help="Choose the sample that a verification with this seed chose.")
@click.option("--repair", "mend", is_flag=True, help="Read the rows that differ again, and write just those.")
@click.option("--json", "as_json", is_flag=True, help="Everything that was found, as JSON.")
def verify(
    workspace: str | None,
    tables: str | None,
    destination: str | None,
    database: str | None,
    dataset: str | None,
    deep: str | None,
    sample: int | None,
    seed: int | None,
    mend: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare the warehouse with WORKSPACE in Bitbucket, table by table, and say which rows differ.

    Cheap without --deep: branches, tags, environments, short lists and what belongs to the workspace row by row; pull
    requests, pipelines, deployments, comments and tasks by their number; commits by what the heads reach; what is
    derived by deriving it again; everything else by a sample. What has changed since the last sync is told apart
    from differences.

    \b
    Exit codes: 0 no difference (left, with --repair), 1 differences, or something could not be compared,
    2 wrong usage or credentials, 3 stopped early, 75 a sync is at work.
    """
    if deep == "all" and (sample is not None or seed is not None):
        raise click.UsageError("--deep all compares everything: --sample and --seed go with a sample of it.")
    with readable_errors():
        from bitbucket_source import verification
        from bitbucket_source.load.pipeline import configured_pipeline
        from bitbucket_source.source import configured_session
        from bitbucket_source.verification.repair import repair
        from bitbucket_source.verification.report import as_json as json_of
        from bitbucket_source.verification.report import lines, lines_of_repair

        session = configured_session(workspace=workspace, **given(**options))
        selected = chosen_tables(tables)
        where = warehouse(destination, database, dataset)
        pipeline = configured_pipeline(session.settings.workspace, **where)
        with stopping_on_ctrl_c(session, pipeline), progress_of(session):
            found = verification.verify(
                pipeline,
                session,
                selected,
                depth=verification.Depth(deep or "cheap"),
                rows=sample or verification.ROWS_SAMPLED,
                seed=seed,
                named=are_named(tables),
            )
            is_mended = mend and bool(found.findings.differences) and not found.findings.stopped
            done = repair(pipeline, session, found) if is_mended else None
        if as_json:
            click.echo(json.dumps(json_of(found, done), indent=2))
        else:
            click.echo("\n".join([*lines(found), *(lines_of_repair(done, found) if done else ())]))
    code = found.exit_code if done is None else done.exit_code or int(bool(found.findings.troubles))
    raise click.exceptions.Exit(code or code_of_selection(session, is_empty=session.agenda.repositories == []))
