"""How pull requests are filtered and sorted."""

from __future__ import annotations

from ..asking import Json, Untestable, quoted
from ..fact import Facts, expect, expect_only, expect_order, moment, need, some, times
from ..material import ALL_STATES, Material
from ..vocabulary import NO_UUID

facts = Facts()

_FEW = "fields=size,next,values.id,values.state,values.updated_on"


def _asked(bitbucket: Material, q: str, more: str = "") -> Json:
    return bitbucket.page(f"{bitbucket.reviewed.path}/pullrequests?q={quoted(q)}&pagelen=50{more}&{_FEW}")


def _middle(bitbucket: Material) -> str:
    """The time of change of the pull request in the middle of those updated last."""
    rows = bitbucket.with_participants
    if len(rows) < 3:
        raise Untestable("fewer than three pull requests")
    text: str = need(rows[len(rows) // 2], "updated_on")
    return text


@facts.fact("2, 11.5", contested=True)
def sort_with_several_states_answers(bitbucket: Material) -> str:
    """Does sort together with several state= parameters answer 200, or 500 as one source saw on large repositories?"""
    target = f"{bitbucket.reviewed.path}/pullrequests?{ALL_STATES}&sort=updated_on&pagelen=50&fields=size,values.id"
    answer = bitbucket.ask(target)
    expect(answer.status in (200, 500), "200 or 500", answer.problem)
    return f"{answer.status}, on {len(bitbucket.pull_requests)} or more pull requests"


@facts.fact("2")
def only_open_ones_are_listed_by_default(bitbucket: Material) -> None:
    """Without q and state only open pull requests are listed."""
    rows = bitbucket.rows(f"{bitbucket.reviewed.path}/pullrequests?pagelen=50&fields=values.state,next")
    expect_only({row.get("state") for row in rows}, {"OPEN"}, "states")


@facts.fact("2")
def several_states_are_joined(bitbucket: Material) -> None:
    """state= repeated lists pull requests of each of the states."""
    target = (
        f"{bitbucket.reviewed.path}/pullrequests?state=MERGED&state=DECLINED&pagelen=50&fields=values.id,values.state"
    )
    page = bitbucket.page(target)
    expect_only({row.get("state") for row in page["values"]}, {"MERGED", "DECLINED"}, "states")
    for state in ("MERGED", "DECLINED"):
        newest = [row["id"] for row in bitbucket.pull_requests if row.get("state") == state][:1]
        missing = set(newest) - {row.get("id") for row in page["values"]}
        expect(not missing, f"the newest that is {state}", f"{missing} missing")


@facts.fact("2")
def q_gives_all_states_whatever_state_says(bitbucket: Material) -> str:
    """With q pull requests of every state are listed, and state= is ignored."""
    page = _asked(bitbucket, "id>0", "&state=DECLINED")
    states = {row.get("state") for row in page["values"]}
    everything = bitbucket.page(f"{bitbucket.reviewed.path}/pullrequests?{ALL_STATES}&pagelen=50")
    if need(everything, "size") == len([row for row in everything["values"] if row.get("state") == "OPEN"]):
        raise Untestable("no closed pull request found")
    expect(page.get("size") == everything["size"], f"as many as of all states: {everything['size']}", page.get("size"))
    return ", ".join(sorted(states))


@facts.fact("2")
def a_quoted_time_filters_to_the_microsecond(bitbucket: Material) -> None:
    """q=updated_on>="..." with quotes and %2B00:00 gives exactly the rows from that microsecond on, its own too."""
    bound = _middle(bitbucket)
    rows = _asked(bitbucket, f'updated_on>="{bound}"', "&sort=updated_on")["values"]
    first = min(times(rows, "updated_on"), default=None)
    expect(first == moment(bound), f"{bound} as the earliest", first)
    later = [row for row in bitbucket.with_participants if moment(row["updated_on"]) >= moment(bound)]
    missing = {row["id"] for row in later} - {row["id"] for row in rows}
    expect(not missing, "every pull request of that time or later", f"{missing} missing")


@facts.fact("2")
def a_time_without_quotes_filters_alike(bitbucket: Material) -> None:
    """The time without quotes, as the documentation writes it, gives the same rows."""
    bound = _middle(bitbucket)
    with_quotes = _asked(bitbucket, f'updated_on>="{bound}"', "&sort=updated_on")["values"]
    without = _asked(bitbucket, f"updated_on>={bound}", "&sort=updated_on")["values"]
    expect([row["id"] for row in without] == [row["id"] for row in with_quotes], "the same rows", f"{len(without)}")


@facts.fact("2")
def sorted_by_updated_on_they_ascend(bitbucket: Material) -> None:
    """sort=updated_on gives the pull request first that was updated longest ago."""
    rows = _asked(bitbucket, f'updated_on>="{_middle(bitbucket)}"', "&sort=updated_on")["values"]
    expect_order(times(rows, "updated_on"), "times that ascend")


@facts.fact("12")
def asked_again_from_the_last_row_the_list_goes_on(bitbucket: Material) -> None:
    """Asked again with q from the last row's updated_on, the list begins with that row: nothing lies between."""
    rows = _asked(bitbucket, f'updated_on>="{_middle(bitbucket)}"', "&sort=updated_on")["values"]
    last = some(rows, "pull request")[-1]
    again = _asked(bitbucket, f'updated_on>="{last["updated_on"]}"', "&sort=updated_on")["values"]
    earliest = {row["id"] for row in again if moment(row["updated_on"]) == moment(last["updated_on"])}
    expect(last["id"] in earliest, f"pull request {last['id']} first", [row["id"] for row in again[:3]])


@facts.fact("12")
def windows_of_ids_hold_just_these(bitbucket: Material) -> None:
    """q=id>=N AND id<N+50 with a bound of time gives the pull requests of these ids and no others."""
    ids = [row["id"] for row in bitbucket.with_participants]
    start = max(1, max(ids) - 20)
    bound = _middle(bitbucket)
    known = {row["id"] for row in bitbucket.with_participants if moment(row["updated_on"]) >= moment(bound)}
    rows = _asked(bitbucket, f'id>={start} AND id<{start + 50} AND updated_on>="{bound}"')["values"]
    found = {row["id"] for row in rows}
    wanted = {number for number in known if start <= number < start + 50}
    expect(wanted <= found, f"{sorted(wanted)}", sorted(found))
    expect(all(start <= number < start + 50 for number in found), f"ids from {start} to {start + 49}", sorted(found))
    expect(all(moment(row["updated_on"]) >= moment(bound) for row in rows), f"none before {bound}", len(rows))


@facts.fact("2")
def participants_cannot_be_filtered_by(bitbucket: Material) -> None:
    """q on participants is 400 and says that the field does not support filtering."""
    q = quoted(f'participants.user.uuid="{NO_UUID}"')
    answer = bitbucket.ask(f"{bitbucket.reviewed.path}/pullrequests?q={q}")
    expect(answer.status == 400 and "does not support filtering" in answer.text, "400", answer.problem)
