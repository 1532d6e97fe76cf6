"""`bitbucket-source demo`: from an emulated Bitbucket to answers, without credentials."""

from __future__ import annotations

import time
from pathlib import Path

import click

from bitbucket_source.commands.progress import progress_of
from bitbucket_source.commands.readable_errors import readable_errors

DATABASE = "bitbucket_demo.duckdb"
QUERIES = (
    (
        "How long do pull requests stay open?",
        "select r.repository_slug, count(*) as merged, round(median(p.opened_to_closed_hours), 1) as median_hours,\n"
        "       round(quantile_cont(p.opened_to_closed_hours, 0.9), 1) as p90_hours\n"
        "from bitbucket_marts.fct_pull_requests p\n"
        "join bitbucket_marts.dim_repositories r using (repository_uuid)\n"
        "where p.state = 'MERGED' and not p.is_bot_author\n"
        "group by r.repository_slug order by merged desc limit 5",
    ),
    (
        "How often is the build green, and how long does it run?",
        "select r.repository_slug, count(*) as runs,\n"
        "       round(100 * avg(f.is_successful::int), 1) as percent_green,\n"
        "       round(median(f.running_seconds) / 60, 1) as median_minutes\n"
        "from bitbucket_marts.fct_pipeline_runs f\n"
        "join bitbucket_marts.dim_repositories r using (repository_uuid)\n"
        "where f.is_successful is not null\n"
        "group by r.repository_slug order by runs desc limit 5",
    ),
    (
        "Who approves whose work?",
        "select author.display_name as author, reviewer.display_name as reviewer, count(*) as approvals\n"
        "from bitbucket_raw.pull_request_participants a\n"
        "join bitbucket_raw.pull_requests p on p.repository_uuid = a.repository_uuid and p.id = a.pull_request_id\n"
        "join bitbucket_raw.users author on author.uuid = p.author_uuid\n"
        "join bitbucket_raw.users reviewer on reviewer.uuid = a.user_uuid\n"
        "where a.approved and author.type = 'user' group by all order by approvals desc, 1, 2 limit 5",
    ),
)


@click.command()
@click.option("--database", default=DATABASE, show_default=True, metavar="PATH", help="The DuckDB file to make.")
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed makes another company.")
def demo(database: str, seed: int) -> None:
    """Load an emulated Bitbucket Cloud into DuckDB, build the models, and show what to ask."""
    with readable_errors():
        started = time.monotonic()
        click.echo("Starting an emulated Bitbucket Cloud: a company of 20 people, 12 repositories, two years of work.")
        _load(database, seed)
        click.echo("Building the SQL models over it.")
        from bitbucket_source.models import build_models

        click.echo(f"Models: {build_models(database)}")
        _ask(database)
        click.echo(
            f"\n{time.monotonic() - started:.1f} s. The database is {Path(database).resolve()}: "
            "schema bitbucket_raw holds what Bitbucket said,\nbitbucket_marts the models. "
            f"Try `python -c \"import duckdb; print(duckdb.connect('{database}').sql('show all tables'))\"`,\n"
            "or run the demo again: the second load asks only for what can have changed."
        )


def _load(database: str, seed: int) -> None:
    import tempfile

    from bitbucket_source.commands.extras import emulator_package
    from bitbucket_source.commands.sync import stopping_on_ctrl_c, summary
    from bitbucket_source.load.lock import SyncLock
    from bitbucket_source.load.pipeline import make_pipeline
    from bitbucket_source.load.slices import run_sync
    from bitbucket_source.source import make_session, selected_tables

    package = emulator_package()
    with package.Emulator(package.generate_world(seed=seed)) as bitbucket, tempfile.TemporaryDirectory() as directory:
        workspace = bitbucket.world.workspace.slug
        session = make_session(
            workspace,
            base_url=bitbucket.base_url,
            oauth_url=bitbucket.oauth_url,
            credentials={"client_id": "emulator-consumer", "client_secret": "emulator-consumer-secret"},
        )
        pipeline = make_pipeline(workspace, database=database, pipelines_dir=directory)
        with SyncLock(pipeline, workspace), stopping_on_ctrl_c(session, pipeline), progress_of(session):
            result = run_sync(pipeline, session, selected_tables(None))
        click.echo("\n".join(summary(result, session)))
        if result.exit_code:
            raise click.exceptions.Exit(result.exit_code)


def _ask(database: str) -> None:
    import duckdb

    with duckdb.connect(database) as connection:
        for question, query in QUERIES:
            answer = connection.execute(query).df().to_string(index=False)
            click.echo(f"\n-- {question}\n{query};\n\n{answer}")
