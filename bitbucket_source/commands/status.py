"""`bitbucket-source status`: how fresh the warehouse is and how far it was read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import click

from bitbucket_source.commands.options import several, warehouse, warehouse_options
from bitbucket_source.commands.readable_errors import readable_errors

if TYPE_CHECKING:
    from bitbucket_source.freshness import Freshness, RepositoryFreshness
    from bitbucket_source.load.overview import OpenError
    from bitbucket_source.sync.standing import Standing

_SHOWN = 10
"""repositories, and errors, on the page; --json has all"""
_OUTCOMES = {
    "complete": "complete",
    "incomplete": "something could not be read",
    "stopped": "stopped",
    "failed": "ended by an error",
    "running": "is running now",
    "killed": "was killed before it ended",
    "unfinished": "has not ended: it is running, or was killed",
}


@click.command(short_help="Say how fresh the tables are, and what could not be read.")
@click.argument("workspace", required=False)
@warehouse_options
@several("--repositories", metavar="GLOBS", help="Show all of the repositories whose slug matches one of these.")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
def status(
    workspace: str | None,
    destination: str | None,
    database: str | None,
    dataset: str | None,
    repositories: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say how fresh the tables of WORKSPACE are, how far each repository was read, and what could not be.

    Asks the warehouse, never Bitbucket: it takes no credentials.

    \b
    --json prints one object; moments are ISO 8601 in UTC, or null:
      workspace, destination, dataset, database
      as_of         start of the last sync that read everything that is stored of it
      last_run      run_id, credentials, started_at, ended_at, exit_code, stopped, requests,
                    seconds_waited
      outcome       of the last run: complete, incomplete, stopped, failed, running, killed,
                    unfinished (running or killed, the destination cannot tell)
      tables        name, rows (alive), deleted, of_deleted_repositories, newest,
                    verified_since, blind_to (what is seen only by verifying)
      never_read    what a complete last sync left unread everywhere, as named in sync_cursors
      repositories  uuid, name, deleted_at, visible (to the last sync's credentials), lists, state
                    (not_begun, in_the_middle, complete, unreadable); each of lists: name, table,
                    list, state, left, up_to, since, to_be_read_again
      errors        table, repository, item, message, first_seen, last_seen

    Exit code 0, whatever it has to say; 2 where there is nothing to tell about; 75 while a sync holds DuckDB's file.
    """
    with readable_errors():
        from bitbucket_source.freshness import freshness_of
        from bitbucket_source.load.pipeline import configured_pipeline
        from bitbucket_source.session import workspace_of

        where = warehouse(destination, database, dataset)
        named = workspace_of(workspace or _configured_workspace())
        # a working directory of its own: that of a sync, which may be at work, is left alone
        with tempfile.TemporaryDirectory() as directory:
            pipeline = configured_pipeline(named, pipelines_dir=directory, **where)
            freshness = freshness_of(pipeline, named)
        if as_json:
            click.echo(_as_json(freshness, repositories))
        else:
            click.echo("\n".join(page(freshness, repositories)))


def _configured_workspace() -> str:
    import dlt

    from bitbucket_source.session import SettingsError

    configured: str | None = dlt.config.get("sources.bitbucket.workspace", str)
    if not configured:
        raise SettingsError(
            "No workspace. Name it, as in bitbucket.org/<workspace>, or set workspace in .dlt/config.toml."
        )
    return configured


def _as_json(freshness: Freshness, globs: Sequence[str]) -> str:
    import msgspec

    chosen = replace(freshness, repositories=tuple(_chosen(freshness, globs))) if globs else freshness
    return msgspec.json.format(msgspec.json.encode(chosen), indent=2).decode()


def page(freshness: Freshness, globs: Sequence[str] = (), now: datetime | None = None) -> Iterator[str]:
    """What people want to know, line by line; all about the repositories whose slug matches one of the globs."""
    at = now or datetime.now(UTC)
    yield f"{freshness.workspace} in {freshness.database or freshness.destination}, dataset {freshness.dataset}"
    yield f"Complete as of  {_moment(freshness.as_of, at) if freshness.as_of else 'never: no sync has read everything'}"
    yield f"Last sync       {_last_run(freshness, at)}"
    yield ""
    yield from _tables(freshness)
    yield ""
    yield from _repositories(freshness, globs, at)
    yield ""
    yield from _errors(freshness.errors, at)


def _last_run(freshness: Freshness, now: datetime) -> str:
    run = freshness.last_run
    told = f"{_moment(run.started_at, now)}: {_OUTCOMES[freshness.outcome.value]}"
    if run.stopped:
        told += f" ({run.stopped})"
    if run.ended_at is not None:
        code = "" if run.exit_code is None else f", exit code {run.exit_code}"
        told += f", {run.requests or 0:,} requests in {_span((run.ended_at - run.started_at).total_seconds())}{code}"
    return told


def _tables(freshness: Freshness) -> Iterator[str]:
    rows = [
        (
            table.name,
            f"{table.rows:,}",
            f"{table.deleted + table.of_deleted_repositories:,}",
            f"{table.newest:%Y-%m-%d %H:%M}" if table.newest else "-",
            f"{table.verified_since:%Y-%m-%d %H:%M}" if table.verified_since else "-",
        )
        for table in freshness.tables
    ]
    header = ("table", "rows", "deleted", "newest", "all verified since")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for name, alive, deleted, newest, verified in (header, *rows):
        yield (
            f"{name:<{widths[0]}}  {alive:>{widths[1]}}  {deleted:>{widths[2]}}  {newest:<{widths[3]}}  {verified}"
        ).rstrip()


def _repositories(freshness: Freshness, globs: Sequence[str], now: datetime) -> Iterator[str]:
    repositories = freshness.repositories
    alive = [each for each in repositories if each.deleted_at is None]
    counts = {
        "complete": sum(_is_complete(each) for each in alive),
        "in the middle": sum(each.state.value not in {"complete", "not_begun"} for each in alive),
        "not begun": sum(each.state.value == "not_begun" for each in alive),
        "not visible to the last sync's credentials": sum(not each.visible for each in alive),
        "deleted or hidden": len(repositories) - len(alive),
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    yield f"Repositories: {told or 'none'}"
    if freshness.never_read:
        names = ", ".join(name for name in freshness.never_read if "/" not in name)
        yield f"  Never read: {names}. Not selected, or the credentials lack the scope: `bitbucket-source check` tells."
    shown = list(_chosen(freshness, globs)) if globs else [each for each in alive if not _is_complete(each)]
    if globs and not shown:
        yield f"  No repository matches {', '.join(globs)}."
    for repository in shown if globs else shown[:_SHOWN]:
        yield from _repository(repository, now, whole=bool(globs))
    if not globs and len(shown) > _SHOWN:
        yield f"  and {len(shown) - _SHOWN:,} more: --json tells all of them, --repositories GLOB some."


def _is_complete(repository: RepositoryFreshness) -> bool:
    return repository.state.value == "complete" and repository.visible


def _chosen(freshness: Freshness, globs: Sequence[str]) -> Iterator[RepositoryFreshness]:
    for repository in freshness.repositories:
        slug = repository.name.rpartition("/")[2].lower()
        if any(fnmatch(slug, glob.lower()) for glob in globs):
            yield repository


def _repository(repository: RepositoryFreshness, now: datetime, *, whole: bool) -> Iterator[str]:
    yield f"  {repository.name.rpartition('/')[2]}"
    if repository.deleted_at is not None:
        yield f"    deleted, or hidden from everybody who saw it: {_moment(repository.deleted_at, now)}"
    elif not repository.visible:
        yield "    not visible to the last sync's credentials: others saw it"
        yield "    (if those are used no more: `bitbucket-source sync --replaces-credentials`)"
    told: dict[str, list[Standing]] = {}
    for each in repository.lists:
        if whole or each.state.value != "complete" or each.to_be_read_again:
            told.setdefault(_standing(each, whole=whole), []).append(each)
    for what, standings in told.items():
        yield f"    {what}: {', '.join(_named(standings, whole=whole))}"


def _named(standings: Sequence[Standing], *, whole: bool) -> Iterator[str]:
    """What stands alike: a table that rides on a list stands for itself only where it differs from the list."""
    own = {each.list for each in standings if each.table == each.list}
    return (each.name for each in standings if whole or each.table == each.list or each.list not in own)


def _standing(standing: Standing, *, whole: bool) -> str:
    told = standing.state.value.replace("_", " ")
    if standing.state.value == "unreadable":
        told = "the cursor cannot be understood, read from the beginning next time"
    notes = [*standing.left]
    if whole and standing.since:
        notes.append(f"nothing before {standing.since}")
    if whole and standing.up_to:
        notes.append(f"changes up to {standing.up_to[:16].replace('T', ' ')}")
    if standing.to_be_read_again:
        notes.append("its columns have changed: to be read again")
    return f"{told} ({'; '.join(notes)})" if notes else told


def _errors(errors: Sequence[OpenError], now: datetime) -> Iterator[str]:
    if not errors:
        yield "Errors: none open."
        return
    yield f"Errors: {len(errors):,} open; each sync tries again"
    for error in errors[:_SHOWN]:
        item = f" ({error.item})" if error.item else ""
        yield f"  {error.table} of {error.repository}{item}: {error.message}"
        yield f"    first met {_moment(error.first_seen, now)}, last {_moment(error.last_seen, now)}"
    if len(errors) > _SHOWN:
        yield f"  and {len(errors) - _SHOWN:,} more: --json tells all of them."


def _moment(moment: datetime, now: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC ({_span(max(0.0, (now - moment).total_seconds()))} ago)"


def _span(seconds: float) -> str:
    """Seconds in the unit in which people would say them."""
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length):,} {name}s"
    return f"{seconds:.0f} seconds"
