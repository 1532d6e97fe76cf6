"""What a pull request holds."""

from __future__ import annotations

from ..asking import Untestable
from ..fact import Facts, dig, expect, expect_only, need, some
from ..material import Material

facts = Facts()


@facts.fact("3", contested=True)
def closed_on_of_closed_pull_requests(bitbucket: Material) -> str:
    """Rows of the list have closed_on where they are closed (always or never), and none has it while it is open."""
    closed = [row for row in bitbucket.pull_requests if row.get("state") != "OPEN"]
    have = [row for row in some(closed, "closed pull request") if row.get("closed_on")]
    expect(len(have) in (0, len(closed)), "closed_on in all or in none", f"{len(have)} of {len(closed)}")
    wrong = [row["id"] for row in bitbucket.pull_requests if row.get("state") == "OPEN" and row.get("closed_on")]
    expect(not wrong, "no closed_on in open ones", wrong)
    return f"in {len(have)} of {len(closed)} closed ones"


@facts.fact("3")
def commits_inside_pull_requests_have_twelve_digits(bitbucket: Material) -> None:
    """Hashes of source, destination and merge commit have 12 digits in the list."""
    hashes = {
        found
        for row in bitbucket.pull_requests
        for side in ("source.commit.hash", "destination.commit.hash", "merge_commit.hash")
        if (found := dig(row, side))
    }
    expect(bool(hashes), "some hash", "none")
    expect({len(found) for found in hashes} == {12}, "12 digits", {len(found) for found in hashes})


@facts.fact("3")
def twelve_digits_find_the_commit_of_forty(bitbucket: Material) -> None:
    """A commit asked by 12 digits is the one whose 40 digits begin with them."""
    short = need(bitbucket.merged[0], "merge_commit.hash")
    found = need(bitbucket.page(f"{bitbucket.reviewed.path}/commit/{short}"), "hash")
    expect(len(found) == 40 and found.startswith(short), f"40 digits that begin with {short}", found)


@facts.fact("3")
def only_merged_ones_have_a_merge_commit(bitbucket: Material) -> None:
    """merge_commit is null until a pull request is merged, closed_by until it is closed."""
    for row in bitbucket.pull_requests:
        is_open = row.get("state") == "OPEN"
        expect(not (is_open and row.get("closed_by")), "closed_by null while open", row.get("id"))
        merged = row.get("state") == "MERGED" or row.get("merge_commit") is None
        expect(merged, "merge_commit null unless merged", f"{row.get('id')} is {row.get('state')}")
    some([row for row in bitbucket.pull_requests if row.get("merge_commit")], "merge commit")


@facts.fact("3")
def pull_requests_have_the_newer_fields(bitbucket: Material) -> None:
    """Rows of the list have draft, queued, comment_count, task_count, reason and summary."""
    wanted = {"draft", "queued", "comment_count", "task_count", "reason", "summary"}
    for row in bitbucket.pull_requests:
        expect(wanted <= set(row), f"all of {', '.join(sorted(wanted))}", f"without {wanted - set(row)}")


@facts.fact("3")
def states_are_four(bitbucket: Material) -> str:
    """state is OPEN, MERGED, DECLINED or SUPERSEDED."""
    states = {row.get("state") for row in bitbucket.pull_requests}
    expect_only(states, {"OPEN", "MERGED", "DECLINED", "SUPERSEDED"}, "states")
    return ", ".join(sorted(map(str, states)))


@facts.fact("3")
def participants_have_role_and_state(bitbucket: Material) -> None:
    """A participant is REVIEWER or PARTICIPANT; its state is approved, changes_requested or null; approved agrees."""
    people = [each for row in bitbucket.with_participants for each in row.get("participants") or ()]
    for each in some(people, "participant"):
        expect_only({each.get("role")}, {"REVIEWER", "PARTICIPANT"}, "role")
        expect_only({each.get("state")}, {"approved", "changes_requested", None}, "state")
        expect(each.get("approved") is (each.get("state") == "approved"), "approved as state says", each.get("state"))


@facts.fact("3")
def links_diffstat_is_served_at_once(bitbucket: Material) -> None:
    """links.diffstat of a pull request is 200, without a redirect; its rows have a known status and both counts."""
    answer = bitbucket.ask(need(bitbucket.with_a_diff, "links.diffstat.href"))
    expect(answer.status == 200, "200", answer.problem)
    for row in need(answer.json, "values"):
        added, removed = row.get("old") is None, row.get("new") is None
        expect(added is (row.get("status") == "added"), "old null where added only", row.get("status"))
        expect(removed is (row.get("status") == "removed"), "new null where removed only", row.get("status"))
        expect(isinstance(row.get("lines_added"), int), "a number of lines_added", row.get("lines_added"))
        expect(isinstance(row.get("lines_removed"), int), "a number of lines_removed", row.get("lines_removed"))


@facts.fact("3")
def diffstat_of_a_pull_request_redirects(bitbucket: Material) -> None:
    """/pullrequests/N/diffstat is 302 to what links.diffstat holds."""
    row = bitbucket.with_a_diff
    answer = bitbucket.ask(bitbucket.below(row, "diffstat"))
    expect(answer.status == 302, "302", answer.problem)
    there = answer.headers.get("Location", "")
    link = need(row, "links.diffstat.href")
    expect(there.partition("?")[0] == link.partition("?")[0], link, there)


@facts.fact("3")
def links_diffstat_names_both_sides(bitbucket: Material) -> None:
    """links.diffstat holds both commits with %0D between them, from_pullrequest_id and topic=true."""
    row = bitbucket.with_a_diff
    link = need(row, "links.diffstat.href")
    pair = f"{need(row, 'source.commit.hash')}%0D"
    wanted = pair in link and f"from_pullrequest_id={row['id']}" in link and "topic=true" in link
    expect(wanted, f"{pair}… with from_pullrequest_id={row['id']} and topic=true", link)


@facts.fact("3")
def commits_of_a_pull_request(bitbucket: Material) -> str:
    """The commits of a pull request have 40 digits and come before their parents, in pages without size."""
    row = bitbucket.with_a_diff
    answer = bitbucket.ask(bitbucket.below(row, "commits?pagelen=100"))
    if answer.status == 404:
        raise Untestable(f"the source of pull request {row['id']} is gone: {answer.problem}")
    expect(answer.status == 200, "200", answer.problem)
    page = answer.json
    expect("size" not in page, "no size", page.get("size"))
    rows = some(need(page, "values"), "commit")
    expect({len(need(each, "hash")) for each in rows} == {40}, "40 digits", {len(each["hash"]) for each in rows})
    places = {each["hash"]: number for number, each in enumerate(rows)}
    for each in rows:
        for parent in need(each, "parents"):
            expect(places.get(parent["hash"], len(rows)) > places[each["hash"]], "a commit before its parents", each)
    return f"{len(rows)} commits, in a page of {', '.join(sorted(page))}"


@facts.fact("3", contested=True)
def a_merge_commit_is_not_among_the_commits(bitbucket: Material) -> str:
    """The commits of a merged pull request are those of its source: its merge commit is not among them."""
    forwarded = [row for row in bitbucket.merged if dig(row, "merge_commit.hash") == dig(row, "source.commit.hash")]
    row = bitbucket.with_a_diff
    if row in forwarded:
        raise Untestable(f"pull request {row['id']} was merged by a fast-forward: its merge commit is its own")
    answer = bitbucket.ask(bitbucket.below(row, "commits?pagelen=100"))
    if answer.status == 404:
        raise Untestable(f"the source of pull request {row['id']} is gone: {answer.problem}")
    expect(answer.status == 200, "200", answer.problem)
    merge = need(row, "merge_commit.hash")
    hashes = [need(each, "hash") for each in some(need(answer.json, "values"), "commit")]
    expect(not any(each.startswith(merge) for each in hashes), f"commits without {merge}", "it is among them")
    return f"{len(hashes)} commits"


@facts.fact("3")
def build_statuses_have_key_and_state(bitbucket: Material) -> None:
    """A status has the type build, a key of at most 40 characters, and one of four states."""
    for _, rows in bitbucket.with_statuses:
        for row in rows:
            expect(row.get("type") == "build", "type build", row.get("type"))
            expect(0 < len(need(row, "key")) <= 40, "a key of at most 40 characters", row.get("key"))
            expect_only({row.get("state")}, {"INPROGRESS", "SUCCESSFUL", "FAILED", "STOPPED"}, "state")
            expect(dig(row, "commit.hash") is not None, "the hash of its commit", row.get("commit"))


@facts.fact("3")
def tasks_have_no_type(bitbucket: Material) -> None:
    """A task has no type, a state UNRESOLVED or RESOLVED, and resolved_on and resolved_by, null until resolved."""
    for _, rows in bitbucket.with_tasks:
        for row in rows:
            expect("type" not in row, "no type", row.get("type"))
            expect_only({row.get("state")}, {"UNRESOLVED", "RESOLVED"}, "state")
            expect({"resolved_on", "resolved_by"} <= set(row), "resolved_on and resolved_by", set(row))
            resolved = row.get("state") == "RESOLVED"
            expect((row["resolved_on"] is not None) is resolved, "resolved_on where resolved", row["resolved_on"])
