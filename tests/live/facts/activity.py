"""What happened to pull requests: of one, and of a whole repository."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..asking import Json, Untestable
from ..fact import Facts, dig, expect, expect_order, moment, need, some
from ..material import Material

facts = Facts()

KINDS = {"comment", "update", "approval", "changes_requested"}


def kind_of(row: Json) -> str:
    """The key beside the pull request; empty where there is none."""
    return next((name for name in row if name != "pull_request"), "")


def date_of(row: Json) -> datetime:
    """When it happened."""
    kind = kind_of(row)
    return moment(dig(row, f"{kind}.created_on") if kind == "comment" else dig(row, f"{kind}.date"))


def _dated(rows: list[Json]) -> list[Json]:
    return [row for row in rows if kind_of(row)]


@facts.fact("3, 11.6", contested=True)
def kinds_of_activity(bitbucket: Material) -> str:
    """A row is a pull request and at most one of comment, update, approval, changes_requested; no task is there."""
    others = {name for row in bitbucket.happened for name in row} - KINDS - {"pull_request"}
    expect(not others, f"no other keys than {', '.join(sorted(KINDS))}", others)
    several = [set(row) for row in bitbucket.happened if len(row) > 2]
    expect(not several, "one of them beside the pull request", several[:1])
    return ", ".join(sorted({kind_of(row) or "none" for row in bitbucket.happened}))


@facts.fact("12", contested=True)
def the_reach_of_the_activity_of_a_repository(bitbucket: Material) -> str:
    """How far does the repository-wide activity go back, as far as its first pages tell?"""
    pages = list(bitbucket.feed)
    rows = _dated([row for page in pages for row in need(page, "values")])
    last = date_of(some(rows, "activity")[-1])
    if "next" in pages[-1]:
        return f"further than {len(rows)} rows, {last:%Y-%m-%d}"
    target = f"{bitbucket.reviewed.path}/pullrequests?q=id%3E0&sort=created_on&pagelen=1&fields=values.created_on"
    first = moment(need(some(bitbucket.rows(target), "pull request")[0], "created_on"))
    ends = "the first pull request" if last - first < timedelta(minutes=1) else f"{last - first} after the first"
    return f"{len(rows)} rows, back to {ends}"


@facts.fact("3")
def activity_comes_newest_first(bitbucket: Material) -> None:
    """The repository-wide activity comes newest first, over its pages too."""
    expect_order([date_of(row) for row in _dated(bitbucket.happened)], "times that descend", descending=True)


@facts.fact("3")
def activity_of_a_pull_request_is_in_that_of_the_repository(bitbucket: Material) -> None:
    """What happened to a pull request is the same in its own activity and in the repository's."""
    newest = need(bitbucket.happened[0], "pull_request.id")
    mine = [row for row in bitbucket.happened if dig(row, "pull_request.id") == newest and kind_of(row)]
    own = bitbucket.own_activity({"id": newest})
    known = {(kind_of(row), date_of(row)) for row in _dated(own)}
    seen = {(kind_of(row), date_of(row)) for row in mine}
    expect(seen <= known, "each row of the repository's in its own", f"{len(seen - known)} of {len(seen)} are not")
    oldest = date_of(_dated(bitbucket.happened)[-1])
    missing = {(kind, date) for kind, date in known - seen if date > oldest}
    expect(not missing, "each row of its own in the repository's", f"{len(missing)} are not")


@facts.fact("2")
def activity_ignores_q_and_sort(bitbucket: Material) -> None:
    """q and sort of a pull request's activity change nothing."""
    row = bitbucket.with_participants[0]
    plain = bitbucket.own_activity(row)
    asked = bitbucket.rows(bitbucket.below(row, "activity?pagelen=50&sort=created_on&q=id%3D0"))
    same = [kind_of(each) for each in asked] == [kind_of(each) for each in plain]
    expect(same, f"the same {len(plain)} rows", f"{len(asked)} rows")


def _own(bitbucket: Material) -> list[list[Json]]:
    """The activity of three pull requests, each newest first and whole."""
    found = []
    for row in bitbucket.merged[:3]:
        try:
            found.append(bitbucket.own_activity(row))
        except Untestable:
            continue
    if not found:
        raise Untestable("no merged pull request whose activity fits a page")
    return found


@facts.fact("3")
def two_updates_at_creation(bitbucket: Material) -> str:
    """The first two rows of a pull request are updates of the state OPEN, within a second."""
    gaps = []
    for rows in _own(bitbucket):
        first, second = (rows[-1], rows[-2]) if len(rows) > 1 else (rows[-1], {})
        expect(dig(first, "update.state") == "OPEN", "an update OPEN first", kind_of(first))
        expect(dig(second, "update.state") == "OPEN", "an update OPEN second", kind_of(second) or "nothing")
        gap = date_of(second) - date_of(first)
        expect(gap < timedelta(seconds=1), "less than a second between them", gap)
        gaps.append(gap)
    return f"up to {max(gaps).total_seconds():.3f} s apart"


@facts.fact("3")
def merging_is_an_update(bitbucket: Material) -> None:
    """A merged pull request has an update of the state MERGED whose changes say fulfilled."""
    for rows in _own(bitbucket):
        merged = [row["update"] for row in rows if dig(row, "update.state") == "MERGED"]
        expect(bool(merged), "an update MERGED", {str(dig(row, "update.state")) for row in rows})
        new = dig(merged[0], "changes.status.new")
        expect(new == "fulfilled", "changes.status.new fulfilled", new)


@facts.fact("3")
def an_update_tells_state_and_commits(bitbucket: Material) -> None:
    """An update has state, draft, title, reviewers and changes, and the commits of both sides."""
    updates = [row["update"] for row in bitbucket.happened if "update" in row]
    for update in some(updates, "update"):
        wanted = {"state", "draft", "title", "reviewers", "changes", "author", "date", "source", "destination"}
        expect(wanted <= set(update), f"all of {', '.join(sorted(wanted))}", f"without {wanted - set(update)}")


@facts.fact("3")
def approvals_tell_date_and_account(bitbucket: Material) -> None:
    """An approval, and a request for changes, has date and user."""
    rows = [row[kind_of(row)] for row in bitbucket.happened if kind_of(row) in ("approval", "changes_requested")]
    for row in some(rows, "approval"):
        expect({"date", "user"} <= set(row), "date and user", set(row))
