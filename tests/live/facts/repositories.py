"""Repositories: how they are listed, addressed, and what they hold."""

from __future__ import annotations

from ..asking import quoted
from ..fact import Facts, dig, expect, expect_order, moment, need, times
from ..material import Material
from ..vocabulary import NO_UUID

facts = Facts()


@facts.fact("4")
def repositories_go_on_after_a_uuid(bitbucket: Material) -> None:
    """q=uuid>"..." with sort=uuid gives the repositories after that uuid, ascending, and not that one."""
    uuids = sorted(need(each.row, "uuid") for each in bitbucket.repositories)
    bound = uuids[len(uuids) // 2 - 1]
    target = f"/repositories/{bitbucket.workspace}?q={quoted(f'uuid>{chr(34)}{bound}{chr(34)}')}&sort=uuid"
    found = [row["uuid"] for row in bitbucket.rows(f"{target}&pagelen=100&fields=values.uuid,next")]
    expect(found == sorted(found), "uuids that ascend", found)
    expect(all(uuid > bound for uuid in found), f"none up to {bound}", found[:1])
    if len(uuids) < 100:
        expect(set(found) == {uuid for uuid in uuids if uuid > bound}, "all after it", f"{len(found)} of {len(uuids)}")


@facts.fact("2")
def repositories_are_filtered_and_sorted_by_updated_on(bitbucket: Material) -> None:
    """q=updated_on>="..." and sort=-updated_on work on repositories."""
    rows = [each.row for each in bitbucket.repositories]
    expect_order(times(rows, "updated_on"), "the last updated first", descending=True)
    bound = rows[len(rows) // 2]["updated_on"]
    target = f"/repositories/{bitbucket.workspace}?q={quoted(f'updated_on>={chr(34)}{bound}{chr(34)}')}"
    found = bitbucket.rows(f"{target}&pagelen=100&fields=values.uuid,values.updated_on,next")
    wanted = {row["uuid"] for row in rows if moment(row["updated_on"]) >= moment(bound)}
    expect({row["uuid"] for row in found} == wanted, f"the {len(wanted)} updated since {bound}", len(found))


@facts.fact("10")
def a_uuid_is_an_address(bitbucket: Material) -> None:
    """A repository is found by its uuid, below the workspace's slug and below {}."""
    uuid = quoted(bitbucket.reviewed.row["uuid"])
    for place in (f"{bitbucket.workspace}/{uuid}", f"{quoted('{}')}/{uuid}"):
        answer = bitbucket.ask(f"/repositories/{place}?fields=uuid")
        expect(answer.status == 200, f"200 for {place}", answer.problem)
        expect(answer.json.get("uuid") == bitbucket.reviewed.row["uuid"], "the same uuid", answer.json)


@facts.fact("8")
def a_repository_that_is_not_there_is_404(bitbucket: Material) -> None:
    """A repository that does not exist, or that may not be seen, is 404, and says that it may be either."""
    answer = bitbucket.ask(f"/repositories/{bitbucket.workspace}/{quoted(NO_UUID)}")
    expect(answer.status == 404, "404", answer.problem)
    expect("access to this repository" in answer.text, "words about access", answer.problem)


@facts.fact("10")
def a_repository_nobody_pushed_to_has_no_main_branch(bitbucket: Material) -> None:
    """mainbranch is null in a repository without commits, and has a name in others."""
    rows = bitbucket.rows(f"{bitbucket.empty.path}/refs/branches?pagelen=1")
    expect(not rows, "no branches", len(rows))
    need(bitbucket.reviewed.row, "mainbranch.name")


@facts.fact("10")
def repositories_have_what_the_table_takes(bitbucket: Material) -> None:
    """A repository has uuid, slug, full_name, is_private, scm, workspace, fork_policy, both clone links and times."""
    wanted = {"uuid", "slug", "full_name", "name", "is_private", "scm", "workspace", "fork_policy", "created_on"}
    for each in bitbucket.repositories:
        row = each.row
        expect(wanted | {"updated_on", "language", "size"} <= set(row), "all of them", f"without {wanted - set(row)}")
        clones = {link.get("name") for link in need(row, "links.clone")}
        expect({"https", "ssh"} <= clones, "clone links of https and ssh", clones)
        expect(dig(row, "parent") is None or bool(dig(row, "parent.uuid")), "a parent with uuid", row.get("parent"))
