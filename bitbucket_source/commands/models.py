"""`bitbucket-source models`: build the SQL models over what was loaded."""

from __future__ import annotations

import json
from typing import Any

import click

from bitbucket_source.commands.options import given, warehouse, warehouse_options
from bitbucket_source.commands.readable_errors import readable_errors


@click.command(short_help="Build the SQL models over what `sync` has loaded.")
@warehouse_options
@click.option("--schema", help="The schema the models are made in. [default: bitbucket_marts]")
@click.option(
    "--select",
    multiple=True,
    help="What to build, as dbt selects: +NAME with what it takes from. [default: everything]",
)
@click.option("--exclude", multiple=True, help="What to leave out, as dbt selects.")
@click.option("--vars", "variables", multiple=True, metavar="NAME=VALUE", help='A dbt variable; a list as ["a", "b"].')
@click.option("--full-refresh", is_flag=True, help="Make incremental models anew.")
@click.option("--verbose", is_flag=True, help="Show dbt's own output.")
def models(
    destination: str | None,
    database: str | None,
    dataset: str | None,
    schema: str | None,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    variables: tuple[str, ...],
    **flags: Any,
) -> None:
    """Build the SQL models (dbt, in this process) over a database that `sync` has loaded.

    Exit codes: 0 done, 1 a model could not be built or a test failed, 2 wrong usage, 75 a sync is at work.
    """
    with readable_errors():
        pairs = [variable.partition("=") for variable in variables]
        if wrong := [name for name, equals, _ in pairs if not equals]:
            raise click.BadParameter(f"write it NAME=VALUE, not {wrong[0]}", param_hint="--vars")
        build_and_tell(
            **warehouse(destination, database, dataset),
            **given(marts_schema=schema),
            select=select,
            exclude=exclude,
            variables={_known(name): value_of(value) for name, _, value in pairs},
            **flags,
        )


def _known(name: str) -> str:
    """The name of a variable, where the models have it: dbt passes over any other."""
    from bitbucket_source.models.project import variables

    if name not in (known := variables()):
        raise click.BadParameter(f"there is no {name}. There are: {', '.join(sorted(known))}.", param_hint="--vars")
    return name


def value_of(text: str) -> Any:
    """A truth, a number or a list where the text is one in JSON: as a text, `false` would be true to dbt."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def build_and_tell(
    destination: str | None = None,
    database: str | None = None,
    dataset: str | None = None,
    marts_schema: str = "bitbucket_marts",
    **options: Any,
) -> None:
    """Build the models and print what was built; exits 1 where a test failed."""
    from bitbucket_source.load.pipeline import configured_pipeline, require_dataset, warehouse_of
    from bitbucket_source.models import build_models
    from bitbucket_source.session import SettingsError

    where = given(destination=destination, database=database, dataset=dataset)
    pipeline = configured_pipeline("models", **where)
    warehouse = warehouse_of(pipeline)
    require_dataset(pipeline)
    raw_schema = str(pipeline.dataset_name)
    if marts_schema.lower() == raw_schema.lower():
        raise SettingsError(f"The models cannot be made in {raw_schema}, among the tables: choose another --schema.")
    result = build_models(warehouse, raw_schema=raw_schema, marts_schema=marts_schema, **options)
    click.echo(f"Models: {result}")
    if not result.is_ok:
        raise click.exceptions.Exit(1)
