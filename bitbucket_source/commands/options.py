"""Options that several commands share. What is not given comes from .dlt/config.toml or the environment."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from bitbucket_source.commands.readable_errors import USAGE

if TYPE_CHECKING:
    from bitbucket_source.session import Session
    from bitbucket_source.tables import Table

_TABLES = "sources.bitbucket.tables"
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _together(*options: Decorator) -> Decorator:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _each(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Names that were given separated by commas, or one by one."""
    if values and not any(map(listed, values)):
        raise click.BadParameter("it names nothing: leave it out to take all.")
    return tuple(chain.from_iterable(map(listed, values)))


def several(*names: str, **attributes: Any) -> Decorator:
    """An option that takes several names."""
    return click.option(*names, multiple=True, callback=_each, **attributes)


workspace_options = _together(
    click.argument("workspace", required=False),
    click.option("--base-url", help="Where the API answers. [default: https://api.bitbucket.org/2.0]"),
    several("--repositories", metavar="GLOBS", help="Only repositories whose slug matches one of these, as pay*,web."),
    several("--exclude", metavar="GLOBS", help="Leave out repositories whose slug matches one of these."),
    several("--projects", metavar="KEYS", help="Only repositories of these projects."),
    click.option(
        "--tables",
        metavar="NAMES",
        help="Only these tables, separated by commas. [default: all but those that take requests of their own]",
    ),
)
"""Which workspace is read, and what of it."""

limit_options = _together(
    click.option("--workers", type=int, help="How many repositories are read at once. [default: 4]"),
    click.option("--max-requests", type=int, help="Stop, with everything so far kept, after so many requests."),
    click.option("--max-time", metavar="TIME", help="Stop, with everything so far kept, after so long: 90s, 50m, 2h."),
    click.option(
        "--on-rate-limit",
        type=click.Choice(["wait", "stop"]),
        help="What to do when the hourly quota is spent. [default: wait]",
    ),
)
"""How much the reading may cost."""

budget_options = _together(
    click.option("--since", metavar="DATE", help="How far back a first read goes: 2026-01-31. [default: everything]"),
    limit_options,
    click.option(
        "--audit-requests",
        metavar="N|P%|all",
        help="How many requests verify what no signal tells of. [default: 5%]",
    ),
    click.option(
        "--max-staleness",
        metavar="TIME",
        help="Verify what was not for longer than this, whatever it costs: 30d, 12h. [default: no bound]",
    ),
)
"""How much of the workspace a sync reads, and what it may cost."""

content_options = _together(
    click.option(
        "--raw", metavar="NAMES", help="Keep each whole object of these tables, separated by commas, in a column raw."
    ),
    click.option(
        "--extra-columns",
        multiple=True,
        metavar="TABLE=PATH",
        help="Add a column, by its path in the object: pull_requests=links.self.href, with :TYPE where it is not text.",
    ),
    click.option(
        "--emails",
        type=click.Choice(["keep", "hash", "drop"]),
        help="What is stored of e-mail addresses. [default: keep]",
    ),
)
"""What is stored of an object."""

warehouse_options = _together(
    click.option("--destination", help="One of dlt's SQL destinations. [default: duckdb]"),
    click.option("--database", metavar="PATH", help="The DuckDB file. [default: bitbucket.duckdb]"),
    click.option("--dataset", help="The schema the tables are loaded into. [default: bitbucket_raw]"),
)
"""Where the tables are."""


def warehouse(destination: str | None, database: str | None, dataset: str | None) -> dict[str, Any]:
    """What was given of the options of the warehouse. Raises UsageError where one would be passed over."""
    if database and destination not in {None, "", "duckdb"}:
        raise click.UsageError(f"--database is a file of DuckDB's: it does not go with --destination {destination}.")
    return given(destination=destination, database=database, dataset=dataset)


def given(**options: Any) -> dict[str, Any]:
    """The options that were given: the others must not hide what the configuration says."""
    # 0 is given, although it equals False
    return {name: value for name, value in options.items() if value not in (None, (), "") and value is not False}


def listed(names: str | None) -> tuple[str, ...]:
    """Names that were given separated by commas; none where nothing was."""
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())


def added_columns(wishes: tuple[str, ...]) -> dict[str, list[str]]:
    """The columns to add, by table, from `TABLE=PATH`. Raises SettingsError where one is not written so."""
    from bitbucket_source.session import SettingsError

    found: dict[str, list[str]] = {}
    for wish in wishes:
        table, equals, path = wish.partition("=")
        if not equals:
            raise SettingsError(f"extra_columns is {wish!r}: write it like pull_requests=links.self.href.")
        found.setdefault(table.strip(), []).append(path.strip())
    return found


def are_named(tables: str | None) -> bool:
    """Whether somebody named the tables: then one that cannot be read is a failure, not a notice."""
    import dlt

    return tables is not None or dlt.config.get(_TABLES, list) is not None


def code_of_selection(session: Session, *, is_empty: bool) -> int:
    """The exit code: 2 where globs or projects leave no repository. That a workspace has none is nobody's mistake."""
    return USAGE if is_empty and session.settings.selection.is_narrow else 0


def chosen_tables(tables: str | None) -> list[Table]:
    """The tables of the option `--tables`, else of the setting `tables`, else all default ones.

    Raises SettingsError for a name that is none, and where no name is left.
    """
    import dlt

    from bitbucket_source.session import SettingsError
    from bitbucket_source.source import selected_tables

    names: list[str] | None = tables.split(",") if tables is not None else dlt.config.get(_TABLES, list)
    if names is None:
        return selected_tables(None)
    if not (named := [name.strip() for name in names if name.strip()]):
        raise SettingsError("tables names no table: leave it out to read all.")
    return selected_tables(named)
