"""Environments and deployments (FACTS 2, 6)."""

from __future__ import annotations

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import redeploy_step, run_pipeline, run_step

from ..client import Client

STEPS = [{"name": "stage", "environment": "staging"}, {"name": "deploy", "environment": "production", "manual": True}]


@pytest.fixture
def deployed(emulator: Emulator) -> Client:
    """Two runs that were deployed to staging, the first of them to production too."""
    world = emulator.world
    for day in ("2026-11-21T10:00:00Z", "2026-11-22T10:00:00Z"):
        run = run_pipeline(world, "web", ref="main", creator="ada", steps=STEPS, at=day)
        run_step(world, "web", run, "stage")
    run_step(world, "web", 1, "deploy")
    return Client(emulator)


def rows(client: Client, parameters: str = "") -> list[tuple[str, str, str | None]]:
    """(release, environment, state) of each row."""
    fields = "values.release.name,values.environment.slug,values.state.name"
    page = client.json(f"deployments?fields={fields}&{parameters}")
    return [(row["release"]["name"], row["environment"]["slug"], row["state"]["name"]) for row in page["values"]]


def test_sorted_by_start_the_rows_without_one_come_last(deployed: Client) -> None:
    newest_first = rows(deployed, "sort=-state.started_on")
    assert newest_first == [
        ("#1", "production", "COMPLETED"),
        ("#2", "staging", "COMPLETED"),
        ("#1", "staging", "COMPLETED"),
        ("#2", "production", "UNDEPLOYED"),
    ]
    assert rows(deployed, "sort=state.started_on") == [*reversed(newest_first[:3]), newest_first[3]]
    assert rows(deployed, "sort=-state.completed_on") == newest_first


def test_rows_without_a_start_come_first_in_another_world(deployed: Client) -> None:
    """Where they land is not known (FACTS 2)."""
    deployed.emulator.world.unstarted_deployments_first = True
    newest_first = rows(deployed, "sort=-state.started_on")
    assert newest_first == [
        ("#2", "production", "UNDEPLOYED"),
        ("#1", "production", "COMPLETED"),
        ("#2", "staging", "COMPLETED"),
        ("#1", "staging", "COMPLETED"),
    ]
    assert rows(deployed, "sort=state.started_on") == [newest_first[0], *reversed(newest_first[1:])]
    assert rows(deployed, "sort=-state.completed_on") == newest_first


@pytest.mark.parametrize("sort", ["created_on", "-created_on", "last_update_time", "number"])
def test_any_other_sort_is_refused(deployed: Client, sort: str) -> None:
    assert deployed.error(f"deployments?sort={sort}") == (
        400,
        {"type": "error", "error": {"message": "Bad request", "detail": "Invalid sort attribute"}},
    )


def test_q_is_ignored_and_environment_filters(deployed: Client) -> None:
    assert len(rows(deployed, "q=nonsense")) == 4
    home = next(iter(deployed.emulator.world.repositories.values()))
    staging = next(each.uuid for each in home.environments.values() if each.slug == "staging")
    assert sorted(rows(deployed, f"environment={staging}")) == [
        ("#1", "staging", "COMPLETED"),
        ("#2", "staging", "COMPLETED"),
    ]


def test_a_row_shows_of_its_environment_only_the_uuid(deployed: Client) -> None:
    row = deployed.json("deployments")["values"][0]
    assert row["environment"].keys() == {"uuid"}
    assert row["step"].keys() == {"uuid"}
    assert row["release"]["pipeline"].keys() == {"uuid", "type"}
    assert deployed.json(f"deployments/{row['uuid']}") == row
    assert deployed.error("deployments/{nothing}")[0] == 404


def test_states(deployed: Client) -> None:
    done, *_, waiting = deployed.json("deployments?sort=-state.started_on")["values"]
    assert done["state"].keys() >= {"type", "name", "status", "url", "started_on", "completed_on"}
    assert done["state"]["status"] == {"name": "SUCCESSFUL", "type": "deployment_state_completed_successful"}
    assert done["last_update_time"].endswith("Z")
    assert waiting["state"] == {"type": "deployment_state_undeployed", "name": "UNDEPLOYED", "status": {}}
    assert "last_update_time" not in waiting


def test_a_redeploy_overwrites_the_row(emulator: Emulator, deployed: Client) -> None:
    before = deployed.json("deployments?sort=-state.started_on")["values"][0]
    redeploy_step(emulator.world, "web", 1, "deploy", "ada")
    after = deployed.json("deployments?sort=-state.started_on")["values"][0]
    assert after["uuid"] == before["uuid"]
    assert after["state"]["started_on"] > before["state"]["completed_on"]
    step = deployed.json("pipelines/1/steps")["values"][1]
    assert (step["run_number"], step["trigger"]) == (2, {"type": "pipeline_step_trigger_redeploy"})


def test_environments(deployed: Client) -> None:
    found = sorted(deployed.json("environments")["values"], key=lambda row: row["rank"])
    assert [(row["name"], row["rank"], row["environment_type"]["name"]) for row in found] == [
        ("Test", 0, "Test"),
        ("Staging", 1, "Staging"),
        ("Production", 2, "Production"),
    ]
    assert deployed.json(f"environments/{found[0]['uuid']}") == found[0]
    assert deployed.error("environments/{nothing}")[0] == 404
