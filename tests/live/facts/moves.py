"""What moves `updated_on` of a pull request: told from times that are stored, since nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ..asking import Differs, Json, Untestable
from ..fact import Facts, dig, moment, need
from ..material import Material
from .activity import date_of, kind_of

facts = Facts()

_SLACK = timedelta(seconds=1)  # events are stamped up to some hundred milliseconds after the pull request (FACTS 3)


def _must_move(pairs: Iterator[tuple[Json, str, datetime]], what: str) -> str:
    """Each pull request's updated_on is not before a time that must have moved it; what is told is how many."""
    count = 0
    for pull_request, name, time in pairs:
        count += 1
        if time > moment(need(pull_request, "updated_on")) + _SLACK:
            came = f"{pull_request['updated_on']}, {name} {time.isoformat()}"
            raise Differs(f"updated_on of pull request {pull_request['id']} not before its {what}", came)
    if not count:
        raise Untestable(f"no {what} found")
    return f"seen on {count}"


def _may_move(pairs: Iterator[tuple[Json, str, datetime]], what: str) -> str:
    """Whether it moves updated_on: a single time after updated_on tells that it does not."""
    later, alike, count = 0, 0, 0
    for pull_request, _, time in pairs:
        count += 1
        updated = moment(need(pull_request, "updated_on"))
        later += time > updated + _SLACK
        alike += abs(time - updated) <= _SLACK
    if not count:
        raise Untestable(f"no {what} found")
    if later:
        return f"no: {later} of {count} are later than updated_on"
    if alike:
        return f"yes, it seems: none of {count} is later than updated_on, {alike} within a second of it"
    raise Untestable(f"each {what} of {count} is followed by something that moves updated_on anyway")


@facts.fact("3")
def comments_move_a_pull_request(bitbucket: Material) -> str:
    """A comment moves updated_on of its pull request."""
    return _must_move(
        (
            (pull_request, "comment", moment(row["created_on"]))
            for pull_request, row in _comments(bitbucket)
            if not row.get("pending")
        ),
        "comment",
    )


@facts.fact("3")
def approvals_move_a_pull_request(bitbucket: Material) -> str:
    """An approval, or a request for changes, moves updated_on; participated_on is its time."""
    return _must_move(
        (
            (row, "approval", moment(each["participated_on"]))
            for row in bitbucket.with_participants
            for each in row.get("participants") or ()
            if each.get("state") and each.get("participated_on")
        ),
        "approval",
    )


@facts.fact("3")
def merging_moves_a_pull_request(bitbucket: Material) -> str:
    """Merging, declining and superseding move updated_on: it is not before the activity's update of that state."""
    return _must_move(
        (
            (pull_request, "update", date_of(row))
            for pull_request, row in _updates(bitbucket)
            if dig(row, "update.state") != "OPEN"
        ),
        "merge",
    )


@facts.fact("3")
def a_push_moves_a_pull_request(bitbucket: Material) -> str:
    """A push to the source branch moves updated_on: it is not before the update that has another source commit."""
    return _must_move(_changed(bitbucket, "source.commit.hash"), "push")


@facts.fact("3")
def an_edit_of_the_title_moves_a_pull_request(bitbucket: Material) -> str:
    """A change of title or description moves updated_on."""
    return _must_move(_changed(bitbucket, "title"), "edit of the title")


@facts.fact("3, 11.2", contested=True)
def whether_another_destination_moves_a_pull_request(bitbucket: Material) -> str:
    """Does another destination branch move updated_on?"""
    return _may_move(_changed(bitbucket, "destination.branch.name"), "change of the destination")


@facts.fact("3, 11.2", contested=True)
def whether_tasks_move_a_pull_request(bitbucket: Material) -> str:
    """Does making or resolving a task move updated_on?"""
    return _may_move(
        (
            (pull_request, "task", moment(row["updated_on"]))
            for pull_request, tasks in bitbucket.with_tasks
            for row in tasks
        ),
        "task",
    )


@facts.fact("3, 11.2", contested=True)
def whether_build_statuses_move_a_pull_request(bitbucket: Material) -> str:
    """Does a build status of the source commit move updated_on of the pull request?"""
    return _may_move(
        (
            (pull_request, "status", moment(row["updated_on"]))
            for pull_request, rows in bitbucket.with_statuses
            for row in rows
        ),
        "build status",
    )


@facts.fact("3, 11.2", contested=True)
def whether_edits_of_comments_move_a_pull_request(bitbucket: Material) -> str:
    """Does editing a comment move updated_on of the pull request?"""
    return _may_move(
        (
            (pull_request, "edit", moment(row["updated_on"]))
            for pull_request, row in _comments(bitbucket)
            if moment(row["updated_on"]) - moment(row["created_on"]) > _SLACK and not row.get("deleted")
        ),
        "edited comment",
    )


@facts.fact("3, 11.2", contested=True)
def whether_resolving_a_comment_moves_a_pull_request(bitbucket: Material) -> str:
    """Does resolving a comment move updated_on of the pull request?"""
    return _may_move(
        (
            (pull_request, "resolution", moment(found))
            for pull_request, row in _comments(bitbucket)
            if (found := dig(row, "resolution.created_on"))
        ),
        "resolved comment",
    )


def _comments(bitbucket: Material) -> Iterator[tuple[Json, Json]]:
    """The comments of the newest activity and of those talked about most, each after its pull request as it is now."""
    known = {row.get("id"): row for row in bitbucket.with_participants}
    seen = set()
    found = [(dig(row, "pull_request.id"), row["comment"]) for row in bitbucket.happened if "comment" in row]
    found += [(pull_request["id"], row) for pull_request, comments in bitbucket.talked_about for row in comments]
    for number, row in found:
        if number in known and need(row, "id") not in seen:
            seen.add(row["id"])
            yield known[number], row


def _updates(bitbucket: Material) -> Iterator[tuple[Json, Json]]:
    """The updates of the newest activity, each after its pull request as it is now; the newest first."""
    known = {row.get("id"): row for row in bitbucket.with_participants}
    for row in bitbucket.happened:
        pull_request = known.get(dig(row, "pull_request.id"))
        if pull_request is not None and kind_of(row) == "update":
            yield pull_request, row


def _changed(bitbucket: Material, path: str) -> Iterator[tuple[Json, str, datetime]]:
    """The updates by which something is other than in the update before them, of the same pull request."""
    earlier: dict[int, Json] = {}
    for pull_request, row in reversed(list(_updates(bitbucket))):
        update, before = row["update"], earlier.get(pull_request["id"])
        if before is not None and dig(before, path) != dig(update, path):
            yield pull_request, path, date_of(row)
        earlier[pull_request["id"]] = update
