"""Pages: their keys, how long they may be, and how one leads to the next."""

from __future__ import annotations

from collections.abc import Callable

from ..asking import Differs, Json, Untestable
from ..fact import Facts, expect, need, some
from ..material import ALL_STATES, Material

facts = Facts()


@facts.fact("1")
def pages_have_ten_rows_by_default(bitbucket: Material) -> None:
    """Without pagelen a page of repositories says pagelen 10."""
    page = bitbucket.page(f"/repositories/{bitbucket.workspace}?fields=pagelen,next")
    expect(page.get("pagelen") == 10, "pagelen 10", page.get("pagelen"))


@facts.fact("1")
def next_is_an_absolute_address_of_the_next_rows(bitbucket: Material) -> None:
    """`next` is absolute, stays within the API's origin and leads to the rows that follow."""
    first = _first_of_several(bitbucket, f"{ALL_STATES}&pagelen=1&fields=values.id,next,page")
    second = bitbucket.page(first["next"])
    ids = [row["id"] for row in [*first["values"], *need(second, "values")]]
    expect(len(set(ids)) == 2, "another pull request on page 2", ids)


@facts.fact("1")
def next_keeps_the_parameters(bitbucket: Material) -> None:
    """`next` of pull requests keeps pagelen and fields: page 2 has the same length and the same keys."""
    first = _first_of_several(bitbucket, f"{ALL_STATES}&pagelen=1&fields=values.id,next,page")
    second = bitbucket.page(first["next"])
    expect(len(second["values"]) == 1, "one row on page 2", len(second["values"]))
    expect(set(second["values"][0]) == {"id"}, "rows of nothing but id", set(second["values"][0]))


@facts.fact("1")
def the_last_page_has_no_next(bitbucket: Material) -> None:
    """A page that holds all rows has no `next`."""
    page = bitbucket.page(f"/workspaces/{bitbucket.workspace}/projects?pagelen=100")
    if page.get("size", 0) > len(page["values"]):
        raise Untestable("more than a hundred projects")
    expect("next" not in page, "no next on a page with everything", page.get("next"))


@facts.fact("1")
def most_lists_are_numbered_and_counted(bitbucket: Material) -> str:
    """Pages of pull requests, comments, statuses, branches, pipelines and members have page, pagelen and size."""
    home, asked = bitbucket.reviewed.path, []
    for target in (
        f"{home}/pullrequests?{ALL_STATES}&pagelen=50",
        bitbucket.below(_talked(bitbucket), "comments?pagelen=100"),
        bitbucket.below(bitbucket.with_participants[0], "statuses?pagelen=100"),
        f"{home}/refs/branches?sort=name&pagelen=100",
        f"{bitbucket.built.path}/pipelines/?sort=-created_on&pagelen=100",
        f"/workspaces/{bitbucket.workspace}/members?pagelen=100",
    ):
        try:
            page = bitbucket.page(target)
        except Untestable:  # other scopes: what may be read is looked at
            continue
        asked.append(target)
        expect({"page", "pagelen", "size", "values"} <= set(page), f"page, pagelen, size of {_list(target)}", set(page))
    return f"seen on {len(some([{'list': each} for each in asked], 'list'))} lists"


def _longest(name: str, longest: int, address: Callable[[Material], str]) -> None:
    """Adds the fact that a list gives pages of a length, and refuses a longer one.

    `address` is one that others ask for too, where there is one: it needs no request then.
    """

    def check(bitbucket: Material) -> None:
        target = address(bitbucket)
        told = bitbucket.page(f"{target}pagelen={longest}").get("pagelen")
        expect(told == longest, f"pagelen {longest} in the page", told)
        above = bitbucket.ask(f"{target}pagelen={longest + 1}")
        refused = above.status == 400 and "Invalid pagelen" in above.text
        expect(refused, f"400 Invalid pagelen for {longest + 1} rows", above.problem)

    sentence = f"A page of {name} may have {longest} rows; one more is 400 Invalid pagelen, not fewer rows."
    facts.add(f"longest-page-of-{name.replace(' ', '-')}", sentence, "1", check)


def _talked(bitbucket: Material) -> Json:
    return bitbucket.talked_about[0][0]


_longest("repositories", 100, lambda at: f"/repositories/{at.workspace}?sort=-updated_on&")
_longest("pull requests", 50, lambda at: f"{at.reviewed.path}/pullrequests?{ALL_STATES}&")
_longest("the activity of a repository", 50, lambda at: f"{at.reviewed.path}/pullrequests/activity?")
_longest("the activity of a pull request", 50, lambda at: at.below(at.merged[0], "activity?"))
_longest("comments", 100, lambda at: at.below(_talked(at), "comments?"))
_longest("tasks", 100, lambda at: at.below(at.with_tasks[0][0], "tasks?"))
_longest("statuses of a pull request", 100, lambda at: at.below(at.with_participants[0], "statuses?"))
_longest("commits of a pull request", 100, lambda at: at.below(at.with_a_diff, "commits?"))
_longest("commits", 100, lambda at: f"{at.reviewed.path}/commits?")
_longest("branches", 100, lambda at: f"{at.reviewed.path}/refs/branches?sort=name&")
_longest("tags", 100, lambda at: f"{at.reviewed.path}/refs/tags?sort=name&")
_longest("pipelines", 100, lambda at: f"{at.built.path}/pipelines/?sort=-created_on&")
_longest("deployments", 100, lambda at: f"{at.deployed.path}/deployments/?sort=-state.started_on&")
_longest("environments", 100, lambda at: f"{at.deployed.path}/environments/?")
_longest("members", 100, lambda at: f"/workspaces/{at.workspace}/members?")
_longest("projects", 100, lambda at: f"/workspaces/{at.workspace}/projects?")


@facts.fact("1")
def a_diffstat_has_five_hundred_rows_by_default(bitbucket: Material) -> None:
    """A page of a diffstat says pagelen 500 without being asked."""
    answer = bitbucket.ask(need(bitbucket.with_a_diff, "links.diffstat.href"))
    if answer.status != 200:
        raise Untestable(f"the diffstat of pull request {bitbucket.with_a_diff['id']}: {answer.problem}")
    expect(answer.json.get("pagelen") == 500, "pagelen 500", answer.json.get("pagelen"))


@facts.fact("3")
def commits_of_a_pull_request_have_no_page_one(bitbucket: Material) -> None:
    """Pages of a pull request's commits are named by opaque tokens: page=1 is 400 Invalid page."""
    answer = bitbucket.ask(bitbucket.below(_talked(bitbucket), "commits?page=1"))
    expect(answer.status == 400 and "Invalid page" in answer.text, "400 Invalid page", answer.problem)


@facts.fact("2")
def an_address_of_four_kilobytes_is_served(bitbucket: Material) -> None:
    """An address of 3,900 characters is served: commits with one commit excluded again and again."""
    rows = some(bitbucket.rows(f"{bitbucket.reviewed.path}/commits?pagelen=100"), "commit")
    path = f"{bitbucket.reviewed.path}/commits?pagelen=1&include={rows[0]['hash']}"
    exclude = f"&exclude={rows[0]['hash']}"
    room = 3_900 - len(bitbucket.reader.base_url) - len(path)
    answer = bitbucket.ask(path + exclude * (room // len(exclude)))
    expect(answer.status == 200, "200", answer.problem)


def _first_of_several(bitbucket: Material, query: str) -> Json:
    page = bitbucket.page(f"{bitbucket.reviewed.path}/pullrequests?{query}")
    if len(bitbucket.pull_requests) < 2:
        raise Untestable("fewer than two pull requests")
    if "next" not in page:
        raise Differs("a next on a page of one row", set(page))
    return page


def _list(target: str) -> str:
    return target.partition("?")[0].rstrip("/").rsplit("/", 1)[1]
