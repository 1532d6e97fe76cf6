"""`bitbucket-source plan`: what a sync will cost, before it is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from bitbucket_source.commands.options import (
    chosen_tables,
    code_of_selection,
    given,
    warehouse,
    warehouse_options,
    workspace_options,
)
from bitbucket_source.commands.readable_errors import readable_errors

if TYPE_CHECKING:
    from bitbucket_source.planning import Figure, Plan


@click.command(short_help="Say how many requests and hours a sync will cost.")
@workspace_options
@warehouse_options
@click.option("--since", metavar="DATE", help="How far back a first read goes: 2026-01-31. [default: everything]")
@click.option("--audit-requests", metavar="N|P%|all", help="As it will be given to sync. [default: 5%]")
@click.option("--full-refresh", is_flag=True, help="What `sync --full-refresh` would cost.")
@click.option("--json", "as_json", is_flag=True, help="The figures, as JSON.")
def plan(
    workspace: str | None,
    tables: str | None,
    destination: str | None,
    database: str | None,
    dataset: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Say how many requests and hours a sync of WORKSPACE will cost, by table, and how many a later one.

    Asks Bitbucket how long the lists of at most 30 repositories are, and the warehouse how far they were read. Up to
    30 repositories a figure is measured where the lists tell their length; with more it is a range, scaled by what
    repositories of a like size hold. What no list counts is a range, too: the activity of pull requests, which of
    their commits the graph lacks, the tests of steps, annotations. Writes nothing.

    \b
    --json prints one object:
      workspace, repositories, looked_at, first (whether nothing was read yet)
      tables        name, now, later, note; of now and later: low, high (null: not known), measured
      total         now, later: the same, with hours_low, hours_high
      per_hour      requests that Bitbucket grants in an hour
      left          of these, now
      waits         how often the sync will wait for the hourly quota: low, high
      requests      what the plan itself cost
      notes
    """
    with readable_errors():
        from bitbucket_source.planning import make_plan
        from bitbucket_source.planning.warehouse import stored_in_warehouse
        from bitbucket_source.source import configured_session

        session = configured_session(workspace=workspace, **given(**options))
        selected = chosen_tables(tables)
        where = warehouse(destination, database, dataset)
        with stored_in_warehouse(session, **where) as stored:
            made = make_plan(session, selected, stored)
        click.echo(_as_json(made) if as_json else "\n".join(page(made)))
    raise click.exceptions.Exit(code_of_selection(session, is_empty=not made.repositories))


def page(plan: Plan) -> Iterator[str]:
    """The plan for people, line by line."""
    yield f"{plan.workspace}: {plan.repositories:,} repositories selected, {plan.looked_at:,} looked at"
    yield ""
    first = "first load" if plan.is_first else "next sync"
    rows = [("", first, "hours", "later, each", ""), ("table", "requests", "", "requests", "")]
    rows += [
        (line.name, _number(line.now), _hours(plan, line.now), _number(line.later), line.note) for line in plan.lines
    ]
    rows.append(("all", _number(plan.now), _hours(plan, plan.now), _number(plan.later), ""))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for name, now, hours, later, note in rows:
        yield (
            f"  {name:<{widths[0]}}  {now:>{widths[1]}}  {hours:>{widths[2]}}  {later:>{widths[3]}}  {note}"
        ).rstrip()
    yield ""
    yield from _told(plan)
    yield from plan.notes


def _told(plan: Plan) -> Iterator[str]:
    least, most = plan.waits(plan.now.low), plan.waits(plan.now.high)
    name = "The first load" if plan.is_first else "The next sync"
    waits = f"waits: {_span(least, most)}" if most or plan.now.is_open else "no wait"
    yield (
        f"{name}: {_number(plan.now)} requests, {_hours(plan, plan.now)} h at the {plan.per_hour:,} that Bitbucket "
        f"grants an hour, {waits} for that quota ({plan.left:,} are left now)."
    )
    yield "A later sync costs so much while nothing changes; what changed is read on top."
    if any(not line.now.is_measured for line in plan.lines if line.name != "audit"):
        yield _why_ranges(plan)
    yield f"{plan.requests:,} requests spent on this plan."


_UNCOUNTED = (
    "activity by the comments of pull requests, at most one request more for each of which the repository's feed does "
    "not tell everything; tests and annotations by some runs and commits."
)


def _why_ranges(plan: Plan) -> str:
    if plan.looked_at < plan.repositories:
        return (
            "Ranges: the other repositories are judged by those that were looked at; "
            "commits, which Bitbucket does not count, by trying pages of their list, else by the size on disk; "
            f"{_UNCOUNTED}"
        )
    return (
        "Ranges: what is seen only when it is read; commits, which Bitbucket does not count: "
        f"pages of their list are tried, else the size on disk bounds them; {_UNCOUNTED}"
    )


def _number(figure: Figure) -> str:
    if figure.is_open:
        return f"{figure.low:,} or more"
    return _span(figure.low, figure.high)


def _span(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _hours(plan: Plan, figure: Figure) -> str:
    low, high = f"{plan.hours(figure.low):.1f}", f"{plan.hours(figure.high):.1f}"
    if figure.is_open:
        return f"{low} or more"
    return low if low == high else f"{low} to {high}"


def _as_json(plan: Plan) -> str:
    import json

    def figure(value: Figure) -> dict[str, Any]:
        return {"low": value.low, "high": None if value.is_open else value.high, "measured": value.is_measured}

    def hours(value: Figure) -> dict[str, Any]:
        high = None if value.is_open else round(plan.hours(value.high), 2)
        return {**figure(value), "hours_low": round(plan.hours(value.low), 2), "hours_high": high}

    return json.dumps(
        {
            "workspace": plan.workspace,
            "repositories": plan.repositories,
            "looked_at": plan.looked_at,
            "first": plan.is_first,
            "tables": [
                {"name": line.name, "now": hours(line.now), "later": hours(line.later), "note": line.note}
                for line in plan.lines
            ],
            "total": {"now": hours(plan.now), "later": hours(plan.later)},
            "per_hour": plan.per_hour,
            "left": plan.left,
            "waits": {"low": plan.waits(plan.now.low), "high": plan.waits(plan.now.high)},
            "requests": plan.requests,
            "notes": list(plan.notes),
        },
        indent=2,
    )
