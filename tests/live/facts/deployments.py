"""Deployments and environments."""

from __future__ import annotations

from collections import Counter

from ..asking import Json, Untestable, quoted
from ..fact import Facts, dig, expect, expect_only, expect_order, need, some, times
from ..material import Material

facts = Facts()


def _asked(bitbucket: Material, query: str) -> list[Json]:
    return bitbucket.rows(f"{bitbucket.deployed.path}/deployments/?{query}")


@facts.fact("2", contested=True)
def deployments_are_sorted_by_two_times(bitbucket: Material) -> None:
    """sort=-state.started_on and sort=-state.completed_on of deployments are accepted and sort, the latest first."""
    started = times(bitbucket.deployments, "state.started_on")
    expect_order(started, "times of start that descend", descending=True)
    expect_order(
        times(bitbucket.deployments_by_completion, "state.completed_on"),
        "times of completion that descend",
        descending=True,
    )


@facts.fact("2")
def deployments_cannot_be_sorted_by_created_on(bitbucket: Material) -> None:
    """sort=created_on of deployments is 400 Invalid sort attribute."""
    answer = bitbucket.ask(f"{bitbucket.deployed.path}/deployments/?sort=created_on&pagelen=1")
    expect(answer.status == 400 and "Invalid sort attribute" in answer.text, "400 Invalid sort", answer.problem)


@facts.fact("2, 12", contested=True)
def where_deployments_without_a_start_land(bitbucket: Material) -> str:
    """Do deployments without started_on come first or last under sort=-state.started_on?"""
    lacks = [dig(row, "state.started_on") is None for row in bitbucket.deployments]
    if not any(lacks) or all(lacks):
        raise Untestable("no deployment without started_on among the first hundred, beside one with")
    expect(lacks in (sorted(lacks), sorted(lacks, reverse=True)), "all together at one end", "between others")
    return "last" if lacks == sorted(lacks) else "first"


@facts.fact("12", contested=True)
def the_default_order_of_deployments(bitbucket: Material) -> str:
    """In which order do deployments come without sort?"""
    rows = _asked(bitbucket, "pagelen=100&fields=values.uuid,values.state,values.last_update_time")
    found = times(rows, "state.started_on")
    if len(set(found)) < 3:
        raise Untestable("fewer than three deployments that began")
    if found == sorted(found):
        return "the first to begin first"
    return "the last to begin first" if found == sorted(found, reverse=True) else "by no time of start"


@facts.fact("2")
def deployments_ignore_q(bitbucket: Material) -> None:
    """q of deployments is accepted and ignored."""
    rows = _asked(bitbucket, f"q={quoted('version=0')}&sort=-state.started_on&pagelen=100&fields=values.uuid")
    same = [row["uuid"] for row in rows] == [row["uuid"] for row in bitbucket.deployments]
    expect(same, f"the same {len(bitbucket.deployments)}", len(rows))


@facts.fact("2")
def deployments_of_one_environment(bitbucket: Material) -> None:
    """environment={uuid} keeps the deployments of that environment."""
    environment = need(bitbucket.deployments[0], "environment.uuid")
    query = f"environment={quoted(environment)}&sort=-state.started_on&pagelen=100"
    rows = _asked(bitbucket, f"{query}&fields=values.uuid,values.environment.uuid")
    expect_only({dig(row, "environment.uuid") for row in rows}, {environment}, "environment")
    wanted = {row["uuid"] for row in bitbucket.deployments if dig(row, "environment.uuid") == environment}
    expect(wanted <= {row["uuid"] for row in rows} or len(rows) == 100, f"{len(wanted)} rows", len(rows))


@facts.fact("6")
def deployments_have_known_states(bitbucket: Material) -> None:
    """A deployment is UNDEPLOYED, IN_PROGRESS or COMPLETED; a completed one has a status and both times."""
    for row in bitbucket.deployments:
        expect_only({dig(row, "state.name")}, {"UNDEPLOYED", "IN_PROGRESS", "COMPLETED"}, "state")
        status = dig(row, "state.status.name")
        expect_only({status}, {"SUCCESSFUL", "FAILED", "STOPPED", None}, "status")
        done = dig(row, "state.name") == "COMPLETED"
        both = dig(row, "state.started_on") is not None and dig(row, "state.completed_on") is not None
        expect(not done or both, "started_on and completed_on where completed", row.get("state"))


@facts.fact("6")
def deployments_name_pipeline_step_and_commit(bitbucket: Material) -> None:
    """A deployment has environment.uuid, step.uuid, release.pipeline.uuid and a commit."""
    for row in bitbucket.deployments:
        for path in ("environment.uuid", "step.uuid", "release.pipeline.uuid", "release.commit.hash"):
            need(row, path)


@facts.fact("5")
def a_redeploy_overwrites_the_deployment(bitbucket: Material) -> None:
    """There is one deployment of each pipeline, environment and step: a redeploy takes the row of the one before."""
    keys = Counter(
        tuple(dig(row, path) for path in ("release.pipeline.uuid", "environment.uuid", "step.uuid"))
        for row in bitbucket.deployments
    )
    twice = [key for key, count in keys.items() if count > 1]
    expect(not twice, "one of each pipeline, environment and step", f"{len(twice)} more than once")


@facts.fact("5")
def uuids_of_deployments_are_made_of_names(bitbucket: Material) -> None:
    """The uuid of a deployment is name-based: version 5."""
    versions = {need(row, "uuid")[15:16] for row in bitbucket.deployments}
    expect(versions == {"5"}, "version 5", versions)


@facts.fact("6")
def environments_have_type_and_rank(bitbucket: Material) -> str:
    """An environment has uuid, name, slug, rank and environment_type Test, Staging or Production."""
    rows = some(bitbucket.rows(f"{bitbucket.deployed.path}/environments/?pagelen=100"), "environment")
    for row in rows:
        expect({"uuid", "name", "slug", "rank"} <= set(row), "uuid, name, slug and rank", set(row))
        expect_only({dig(row, "environment_type.name")}, {"Test", "Staging", "Production"}, "environment_type")
    return f"{len(rows)} environments"
