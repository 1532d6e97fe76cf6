"""Comments of pull requests."""

from __future__ import annotations

from ..asking import Json, Untestable, quoted
from ..fact import Facts, dig, expect, expect_only, expect_order, moment, some, times
from ..material import Material

facts = Facts()


def _asked(bitbucket: Material, query: str) -> list[Json]:
    pull_request, _ = bitbucket.talked_about[0]
    return bitbucket.rows(bitbucket.below(pull_request, f"comments?{query}&pagelen=100"))


@facts.fact("11.7", contested=True)
def the_type_of_comments(bitbucket: Material) -> str:
    """Is the type of a comment pullrequest_comment, or comment as one client claims?"""
    types = {row.get("type") for row in bitbucket.comments}
    expect_only(types, {"pullrequest_comment", "comment"}, "type")
    return ", ".join(map(str, types))


@facts.fact("3")
def comment_count_leaves_deleted_ones_out(bitbucket: Material) -> str:
    """comment_count of a pull request is the number of its comments that are not deleted."""
    deleted = 0
    for pull_request, comments in bitbucket.talked_about:
        there = [row for row in comments if not row.get("deleted")]
        deleted += len(comments) - len(there)
        told = pull_request.get("comment_count")
        expect(told == len(there), f"comment_count {len(there)} of pull request {pull_request['id']}", told)
    return f"with {deleted} deleted ones among them"


@facts.fact("3")
def deleted_comments_stay(bitbucket: Material) -> str:
    """A deleted comment stays in the list, marked, with its content emptied."""
    deleted = [row for row in bitbucket.comments if row.get("deleted")]
    deleted += [row["comment"] for row in bitbucket.happened if dig(row, "comment.deleted")]
    for row in some(deleted, "deleted comment"):
        expect(not dig(row, "content.raw"), "an empty content", f"{len(row['content']['raw'])} characters")
    return f"{len(deleted)} seen"


@facts.fact("3")
def comments_come_oldest_first(bitbucket: Material) -> None:
    """Without sort, comments come oldest first."""
    rows = bitbucket.talked_about[0][1]
    expect_order(times(rows, "created_on"), "times that ascend")


@facts.fact("2")
def comments_honour_sort(bitbucket: Material) -> None:
    """sort=-created_on turns the comments round."""
    rows = _asked(bitbucket, "sort=-created_on")
    expect_order(times(rows, "created_on"), "times that descend", descending=True)


@facts.fact("2")
def comments_honour_q(bitbucket: Material) -> None:
    """q=updated_on>"..." keeps the comments after that time, and no others."""
    _, comments = bitbucket.talked_about[0]
    bounds = sorted(times(comments, "updated_on"))
    if len(set(bounds)) < 2:
        raise Untestable("fewer than two comments on one pull request")
    middle = next(row["updated_on"] for row in comments if moment(row["updated_on"]) == bounds[len(bounds) // 2])
    found = _asked(bitbucket, f"q={quoted(f'updated_on>{chr(34)}{middle}{chr(34)}')}")
    wanted = {row["id"] for row in comments if moment(row["updated_on"]) > moment(middle)}
    expect({row["id"] for row in found} == wanted, f"{len(wanted)} of {len(comments)}", len(found))


@facts.fact("3")
def a_reply_names_its_parent(bitbucket: Material) -> None:
    """A reply has parent.id, of a comment of the same pull request."""
    for _, comments in bitbucket.talked_about:
        ids = {row["id"] for row in comments}
        for row in comments:
            expect("parent" not in row or dig(row, "parent.id") in ids, "the id of a comment", row.get("parent"))
    some([row for row in bitbucket.comments if "parent" in row], "reply")


@facts.fact("3")
def a_comment_on_a_line_has_its_place(bitbucket: Material) -> None:
    """inline has a path, and from and to, of which an added line has only to, a removed one only from."""
    rows = some([row for row in bitbucket.comments if row.get("inline")], "comment on a line")
    for row in rows:
        expect({"path", "from", "to"} <= set(row["inline"]), "path, from and to", set(row["inline"]))


@facts.fact("10")
def updated_on_of_a_comment_follows_its_creation(bitbucket: Material) -> None:
    """updated_on of a comment is never before its created_on."""
    for row in some([row for row in bitbucket.comments if row.get("updated_on")], "comment"):
        late = moment(row["updated_on"]) >= moment(row.get("created_on"))
        expect(late, f"after {row['created_on']}", row["updated_on"])
