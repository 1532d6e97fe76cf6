"""`fields`: what is returned, what is silently not, and what it goes together with."""

from __future__ import annotations

from ..asking import Json, Untestable
from ..fact import Facts, dig, expect, moment, need, some
from ..material import ALL_STATES, PIPELINE_FIELDS, Material

facts = Facts()

_PLAIN = "values.id,values.no_such_field,values.source.commit.hash,values.destination.branch.name,next"
_PLUS_AND_MINUS = "%2Bvalues.participants,-values.links"


def _listed(bitbucket: Material, fields: str, pagelen: int = 1) -> Json:
    return bitbucket.page(f"{bitbucket.reviewed.path}/pullrequests?{ALL_STATES}&pagelen={pagelen}&fields={fields}")


def _several(bitbucket: Material) -> None:
    if len(bitbucket.pull_requests) < 2:
        raise Untestable("fewer than two pull requests")


@facts.fact("12", contested=True)
def fields_go_with_q_sort_and_the_longest_page(bitbucket: Material) -> str:
    """Plain fields with participants, q, sort and pagelen=50 all at once: 200, participants in every row, sorted."""
    page = bitbucket.page(bitbucket.as_the_connector_asks)
    rows = some(need(page, "values"), "pull request")
    without = [row.get("id") for row in rows if not isinstance(row.get("participants"), list)]
    expect(not without, "participants in every row", f"none in {without}")
    updated = [moment(need(row, "updated_on")) for row in rows]
    expect(updated == sorted(updated, reverse=True), "the last updated first", [row["updated_on"] for row in rows])
    talked = [row for row in rows if row.get("comment_count")]
    expect(not talked or any(row["participants"] for row in talked), "those who commented", "empty lists only")
    return f"{len(rows)} rows"


@facts.fact("2", contested=True)
def fields_are_honoured_by_pipelines(bitbucket: Material) -> None:
    """`fields` of pipelines returns what is named, and nothing else."""
    rows = bitbucket.rows(f"{bitbucket.built.path}/pipelines/?sort=-created_on&pagelen=2&{PIPELINE_FIELDS}")
    named = {"uuid", "created_on", "state"}
    expect(all(set(row) == named for row in rows), "rows of uuid, created_on and state", [set(row) for row in rows])


@facts.fact("2", contested=True)
def fields_name_the_status_of_a_deployment(bitbucket: Material) -> None:
    """`values.state.status.name` asked for by name is there in completed deployments."""
    done = some(
        [row for row in bitbucket.deployments_by_completion if dig(row, "state.name") == "COMPLETED"],
        "completed deployment",
    )
    expect(all(dig(row, "state.status.name") for row in done), "a status in each", "some without")


@facts.fact("6")
def fields_give_the_environment_of_a_deployment(bitbucket: Material) -> None:
    """A deployment shows of its environment the uuid alone, and the name where `fields` names it."""
    expect(
        all(set(need(row, "environment")) <= {"uuid", "type", "links"} for row in bitbucket.deployments),
        "environments of uuid alone",
        need(bitbucket.deployments[0], "environment"),
    )
    rows = bitbucket.deployments_by_completion
    named = [row.get("environment") for row in rows if dig(row, "environment.name")]
    expect(len(named) == len(rows), "a name in each", f"in {len(named)} of {len(rows)}")


@facts.fact("1, 12")
def fields_without_next_end_the_paging(bitbucket: Material) -> None:
    """With plain fields that do not name next, a page with rows behind it has no `next`."""
    _several(bitbucket)
    page = _listed(bitbucket, "values.id")
    expect("next" not in page, "no next", set(page))
    expect("next" in _listed(bitbucket, "values.id,next,page"), "a next where it is named", "none")


@facts.fact("12")
def fields_misspelt_are_silently_missing(bitbucket: Material) -> None:
    """A field that does not exist is no error: the rows come without it."""
    rows = some(need(_listed(bitbucket, _PLAIN, 2), "values"), "row")
    expect(all("id" in row and "no_such_field" not in row for row in rows), "rows without it", set(rows[0]))


@facts.fact("2")
def fields_that_are_plain_return_nothing_else(bitbucket: Material) -> None:
    """Plain names return only those names, inside objects too."""
    for row in some(need(_listed(bitbucket, _PLAIN, 2), "values"), "row"):
        expect(set(row) <= {"id", "source", "destination"}, "id, source and destination", set(row))
        expect(set(row["source"] or {}) <= {"commit"}, "a source of commit alone", row["source"])


@facts.fact("2")
def fields_with_a_plus_add(bitbucket: Material) -> None:
    """`+values.participants` (its plus escaped) adds participants to the ordinary row."""
    rows = some(need(_listed(bitbucket, _PLUS_AND_MINUS), "values"), "row")
    expect({"participants", "title", "state"} <= set(rows[0]), "participants beside title and state", set(rows[0]))


@facts.fact("2")
def fields_with_a_minus_take_away(bitbucket: Material) -> None:
    """`-values.links` takes the links away and leaves the rest."""
    rows = some(need(_listed(bitbucket, _PLUS_AND_MINUS), "values"), "row")
    expect("links" not in rows[0] and "title" in rows[0], "a row with title and without links", set(rows[0]))


@facts.fact("2")
def the_list_of_pull_requests_omits_participants(bitbucket: Material) -> None:
    """A row of the list has no participants, reviewers or rendered; a pull request asked by itself has them."""
    row = bitbucket.pull_requests[0]
    more = {"participants", "reviewers", "rendered"}
    expect(not more & set(row), "none of them in the list", more & set(row))
    whole = bitbucket.page(bitbucket.below(row, "")[:-1])
    expect(more <= set(whole), "all of them in the pull request", set(whole))
