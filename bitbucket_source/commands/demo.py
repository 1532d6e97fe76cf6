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
        "Where does the time go, from the first commit to the merge? (median hours)",
        "select r.repository_slug, count(*) as merged, round(median(p.coding_hours), 1) as coding,\n"
        "       round(median(p.pickup_hours), 1) as pickup, round(median(p.review_hours), 1) as review,\n"
        "       round(median(p.merge_wait_hours), 1) as merge_wait, round(median(p.cycle_hours), 1) as cycle\n"
        "from bitbucket_marts.fct_pull_requests p\n"
        "join bitbucket_marts.dim_repositories r using (repository_uuid)\n"
        "where p.was_reviewed and not p.is_bot_author\n"
        "group by r.repository_slug order by merged desc, 1 limit 5",
    ),
    (
        "How often do we ship, how fast, and how often does it break?",
        "select scope_name as service, sum(release_count)::int as releases,\n"
        "       round(median(change_lead_time_hours_p50), 1) as lead_time_hours,\n"
        "       round(100 * sum(change_fail_rate * change_fail_rate_n) / sum(change_fail_rate_n), 1)\n"
        "           as percent_failed,\n"
        "       round(median(recovery_time_hours_p50), 1) as recovery_hours\n"
        "from bitbucket_marts.metrics_dora\n"
        "where scope_type = 'service' and period_type = 'month' and is_complete\n"
        "group by scope_name having sum(release_count) > 0 order by releases desc, 1 limit 5",
    ),
    (
        "On how few people does a repository rest?",
        "select r.repository_slug, o.absence_factor, o.contributor_count as people, o.commit_count as commits,\n"
        "       c.display_name as most_by, round(100 * o.top_contributor_share) as percent\n"
        "from bitbucket_marts.metrics_ownership o\n"
        "join bitbucket_marts.dim_repositories r using (repository_uuid)\n"
        "join bitbucket_marts.dim_contributors c on c.contributor_key = o.top_contributor_key\n"
        "where o.window_days = 365 order by o.absence_factor, commits desc limit 5",
    ),
)


@click.command(short_help="Load an emulated Bitbucket Cloud and show what to ask.")
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
            answer = connection.execute(query).df().to_string(index=False, na_rep="")
            click.echo(f"\n-- {question}\n{query};\n\n{answer}")
