"""Commits, branches and tags."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import combinations

from ..asking import Json, Untestable, quoted
from ..fact import Facts, dig, expect, expect_only, moment, need, some
from ..material import Material
from ..vocabulary import LONG_AGO, NO_HASH

facts = Facts()

_NUMBER = re.compile(r"(\d+)")


def _commits(bitbucket: Material) -> list[Json]:
    return some(bitbucket.rows(f"{bitbucket.reviewed.path}/commits?pagelen=100"), "commit")


@facts.fact("11.8", contested=True)
def commits_of_an_empty_repository(bitbucket: Material) -> str:
    """Are the commits of a repository without branches 404, or an empty page?"""
    answer = bitbucket.ask(f"{bitbucket.empty.path}/commits?pagelen=1")
    empty = answer.status == 200 and answer.json.get("values") == []
    expect(empty or answer.status == 404, "404 or an empty page", answer.problem)
    return "an empty page" if empty else answer.problem


@facts.fact("1")
def pages_of_commits_are_neither_numbered_nor_counted(bitbucket: Material) -> None:
    """A page of commits has pagelen and values, no size and no page; its next names a walk by ctx."""
    page = bitbucket.page(f"{bitbucket.reviewed.path}/commits?pagelen=2")
    expect_only(set(page), {"pagelen", "values", "next"}, "keys")
    if "next" not in page:
        raise Untestable("fewer than three commits")
    expect("ctx=" in page["next"], "a next with ctx", page["next"])


@facts.fact("1")
def the_next_page_of_commits_goes_on(bitbucket: Material) -> None:
    """`next` of commits leads to the commits that follow in a longer page."""
    first = bitbucket.page(f"{bitbucket.reviewed.path}/commits?pagelen=2")
    if "next" not in first:
        raise Untestable("fewer than three commits")
    hashes = [row["hash"] for row in [*first["values"], *bitbucket.rows(first["next"])]]
    whole = [row["hash"] for row in _commits(bitbucket)]
    expect(whole[: len(hashes)] == hashes, "the same commits as in one page", hashes)


@facts.fact("2")
def commits_come_before_their_parents(bitbucket: Material) -> None:
    """In the list a commit comes before its parents, as in git log."""
    places = {need(row, "hash"): number for number, row in enumerate(_commits(bitbucket))}
    for row in _commits(bitbucket):
        for parent in need(row, "parents"):
            behind = places.get(parent["hash"], len(places)) > places[row["hash"]]
            expect(behind, f"{parent['hash']} behind its child", f"before {row['hash']}")


@facts.fact("2")
def without_include_all_branches_are_listed(bitbucket: Material) -> None:
    """Without include the commits of all branches are listed: the newest head of any is on the first page."""
    page = bitbucket.page(_refs(bitbucket, "branches"))
    if "next" in page:
        raise Untestable("more than a hundred branches")
    newest = max(some(page["values"], "branch"), key=lambda row: moment(need(row, "target.date")))["target"]["hash"]
    expect(newest in {row["hash"] for row in _commits(bitbucket)}, f"{newest} on the first page", "it is not")


@facts.fact("2")
def include_and_exclude_bound_the_list(bitbucket: Material) -> None:
    """include lists a commit and its ancestors, exclude leaves out a commit and its ancestors."""
    head, parent = next(
        ((row["hash"], row["parents"][0]["hash"]) for row in _commits(bitbucket) if len(row["parents"]) == 1),
        ("", ""),
    )
    if not head:
        raise Untestable("no commit with one parent")
    base = f"{bitbucket.reviewed.path}/commits?pagelen=100&include={head}"
    between = [row["hash"] for row in bitbucket.rows(f"{base}&exclude={parent}")]
    expect(between == [head], f"{head} alone", between)
    nothing = bitbucket.rows(f"{base}&exclude={head}")
    expect(not nothing, "nothing where both are the same", len(nothing))


@facts.fact("2")
def includes_and_excludes_are_united(bitbucket: Material) -> None:
    """include and exclude may be repeated: what any include reaches is listed, what any exclude reaches is not."""
    parents = {row["hash"]: [parent["hash"] for parent in row["parents"]] for row in _commits(bitbucket)}
    ancestors: dict[str, set[str]] = {}
    for commit in reversed(parents):  # parents come later in the list
        known = [ancestors.get(parent, set()) for parent in parents[commit]]
        ancestors[commit] = set(parents[commit]).union(*known)
    pair = next(
        (
            (one, other)
            for one, other in combinations(parents, 2)
            if one not in ancestors[other] and other not in ancestors[one] and parents[one] and parents[other]
        ),
        None,
    )
    if pair is None:
        raise Untestable("no two commits of which neither follows the other")
    wanted = "".join(f"&include={each}" for each in pair)
    unwanted = "".join(f"&exclude={parent}" for each in pair for parent in parents[each])
    rows = bitbucket.rows(f"{bitbucket.reviewed.path}/commits?pagelen=100{wanted}{unwanted}")
    expect({row["hash"] for row in rows} == set(pair), f"the two alone: {pair}", [row["hash"] for row in rows])


@facts.fact("2")
def an_unknown_commit_is_named_in_a_404(bitbucket: Material) -> None:
    """include or exclude of a commit that does not resolve is 404 Commit not found, with the hash in data.shas."""
    answer = bitbucket.ask(f"{bitbucket.reviewed.path}/commits?pagelen=1&exclude={NO_HASH}")
    expect(answer.status == 404, "404", answer.problem)
    shas = dig(answer.json, "error.data.shas") or dig(answer.json, "data.shas")
    expect("Commit not found" in answer.text, "Commit not found", answer.problem)
    expect(shas == [NO_HASH], f"data.shas with {NO_HASH}", shas)


@facts.fact("12")
def commits_by_post(_bitbucket: Material) -> None:
    """Includes and excludes of commits may be sent as a form by POST."""
    raise Untestable("only GET is sent here, and this is a POST")


@facts.fact("10")
def commits_have_forty_digits_and_parents(bitbucket: Material) -> None:
    """A commit has 40 digits, so have its parents, and author.raw; author.user is absent where nobody is known."""
    for row in _commits(bitbucket):
        hashes = [need(row, "hash"), *(need(parent, "hash") for parent in need(row, "parents"))]
        expect({len(each) for each in hashes} == {40}, "40 digits", hashes)
        need(row, "author.raw")
        expect("user" not in row["author"] or row["author"]["user"] is not None, "no user that is null", row["author"])


@facts.fact("2")
def branches_are_sorted_with_their_numbers(bitbucket: Material) -> None:
    """sort=name of branches and tags is the natural order, in which release/9 comes before release/10."""
    for kind in ("branches", "tags"):
        names = _names(bitbucket, kind)
        if sorted(names, key=_natural) != sorted(names):
            expect(names == sorted(names, key=_natural), "the natural order", ", ".join(names))
            return
    raise Untestable("no two names whose order differs from that of their letters")


@facts.fact("2, 4", contested=True)
def names_are_compared(bitbucket: Material) -> str:
    """Does q=name>"..." of branches and tags compare letter by letter, or with numbers as sort=name does?"""
    for kind in ("branches", "tags"):
        names = _names(bitbucket, kind)
        for bound in names:
            by_number = {name for name in names if _natural(name) > _natural(bound)}
            by_letter = {name for name in names if name > bound}
            if by_number != by_letter:
                q = quoted(f'name>"{bound}"')
                found = {row["name"] for row in bitbucket.rows(f"{_refs(bitbucket, kind)}&q={q}")}
                expect(found in (by_number, by_letter), "one or the other", f"{len(found)} names after {bound}")
                return "with numbers" if found == by_number else "letter by letter"
    raise Untestable("no two names whose order differs from that of their letters")


@facts.fact("4")
def branches_after_a_name_are_the_rest(bitbucket: Material) -> None:
    """q=name>"..." with sort=name gives all names after one, and not that one."""
    names = _names(bitbucket, "branches")
    if len(names) < 2:
        raise Untestable("fewer than two branches")
    q = quoted(f'name>"{min(names)}"')
    found = {row["name"] for row in bitbucket.rows(f"{_refs(bitbucket, 'branches')}&q={q}")}
    expect(found == set(names) - {min(names)}, f"all {len(names)} but the first", len(found))


@facts.fact("2")
def a_date_filters_all_branches_away(bitbucket: Material) -> None:
    """q=target.date>... of branches is accepted and gives no rows at all."""
    some([{"name": name} for name in _names(bitbucket, "branches")], "branch")
    q = quoted(f"target.date>{LONG_AGO}")
    rows = bitbucket.rows(f"{bitbucket.reviewed.path}/refs/branches?q={q}&pagelen=1")
    expect(not rows, "no rows", len(rows))


@facts.fact("10")
def a_branch_with_a_slash_is_found(bitbucket: Material) -> None:
    """A branch whose name has a slash is found with the slash as it is and escaped."""
    name = next((name for name in _names(bitbucket, "branches") if "/" in name), None)
    if name is None:
        raise Untestable("no branch with a slash in its name")
    base = f"{bitbucket.reviewed.path}/refs/branches"
    for written in ("/".join(map(quoted, name.split("/"))), quoted(name)):
        answer = bitbucket.ask(f"{base}/{written}?fields=name")
        expect(answer.status == 200, f"200 for {written}", answer.problem)


@facts.fact("10")
def tags_without_annotation_have_no_date(bitbucket: Material) -> str:
    """date, tagger and message of a tag are null together: it is lightweight; branches are of type branch."""
    for row in bitbucket.rows(_refs(bitbucket, "branches")):
        expect_only({row.get("type")}, {"branch", "named_branch"}, "type")
    for row in bitbucket.tags:
        nulls = {name for name in ("date", "tagger", "message") if row.get(name) is None}
        expect(nulls in (set(), {"date", "tagger", "message"}), "all three or none null", nulls)
    return f"{sum(row.get('date') is None for row in bitbucket.tags)} of {len(bitbucket.tags)} lightweight"


@facts.fact("4")
def a_push_moves_the_repository(bitbucket: Material) -> None:
    """updated_on of a repository is not before the dates of its branches' heads (five minutes for other clocks)."""
    updated = moment(need(bitbucket.reviewed.row, "updated_on")) + timedelta(minutes=5)
    for row in bitbucket.rows(_refs(bitbucket, "branches")):
        head = moment(need(row, "target.date"))
        expect(head <= updated, f"a head until {updated.isoformat()}", f"{row['name']} at {head.isoformat()}")


def _refs(bitbucket: Material, kind: str) -> str:
    return f"{bitbucket.reviewed.path}/refs/{kind}?sort=name&pagelen=100"


def _names(bitbucket: Material, kind: str) -> list[str]:
    return [need(row, "name") for row in bitbucket.rows(_refs(bitbucket, kind))]


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBER.split(name)]
