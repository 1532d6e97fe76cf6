"""Runs whose configuration is not read yet, and steps that have not ended or have no name (FACTS 5, recordings)."""

from __future__ import annotations

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import (
    ActionError,
    begin_pipeline,
    finish_pipeline,
    finish_step,
    parse_pipeline,
    rerun_pipeline,
    run_pipeline,
    start_step,
    stop_pipeline,
)
from bitbucket_emulator.world.model import SECOND

from ..client import Client


def test_a_run_is_parsing_before_it_has_a_selector_and_steps(emulator: Emulator, client: Client) -> None:
    begin_pipeline(emulator.world, "web", ref="main", creator="ada")
    run = client.json("pipelines/1")
    assert run["state"] == {"name": "PARSING", "type": "pipeline_state_parsing"}
    assert (run["target"]["ref_name"], run["target"]["selector"]) == ("main", None)
    assert "completed_on" not in run
    assert client.json("pipelines/1/steps")["values"] == []
    assert client.values("pipelines?status=PARSING", "build_number") == [1]
    assert client.values("pipelines?status=PENDING", "build_number") == []
    assert client.values("pipelines?target.selector.type=BRANCHES", "build_number") == []


def test_a_run_that_is_parsed_waits_with_all_its_steps(emulator: Emulator, client: Client) -> None:
    world = emulator.world
    run = begin_pipeline(world, "web", ref="main", creator="ada")
    parse_pipeline(world, "web", run, ["Build", {"name": "Deploy", "environment": "test"}])
    shown = client.json("pipelines/1")
    assert (shown["state"]["name"], shown["state"]["stage"]["name"]) == ("PENDING", "PENDING")
    assert shown["target"]["selector"] == {"type": "branches", "pattern": "main"}
    assert client.values("pipelines/1/steps", "name") == ["Build", "Deploy"]
    assert client.values("deployments", "state.name") == ["UNDEPLOYED"]
    finish_pipeline(world, "web", run)
    assert client.json("pipelines/1")["state"]["result"]["name"] == "SUCCESSFUL"
    with pytest.raises(ActionError, match="pipeline 1 is COMPLETED"):
        parse_pipeline(world, "web", run)


def test_a_configuration_that_cannot_be_read_ends_the_run(emulator: Emulator, client: Client) -> None:
    world = emulator.world
    run = begin_pipeline(world, "web", ref="main", creator="ada")
    parse_pipeline(world, "web", run, error="There is an error in your bitbucket-pipelines.yml at [pipelines].")
    shown = client.json("pipelines/1")
    assert shown["state"] == {
        "name": "COMPLETED",
        "type": "pipeline_state_completed",
        "result": {
            "name": "ERROR",
            "type": "pipeline_state_completed_error",
            "error": {
                "type": "pipeline_error",
                "key": "plan-service.parse.parse-error",
                "message": "There is an error in your bitbucket-pipelines.yml at [pipelines].",
            },
        },
    }
    assert shown["target"]["selector"] is None
    assert shown["completed_on"].endswith("Z")
    assert client.json("pipelines/1/steps")["values"] == []
    assert client.values("pipelines?status=ERROR", "build_number") == [1]
    with pytest.raises(ActionError, match="pipeline 1 has never been parsed"):
        rerun_pipeline(world, "web", run)


def test_a_run_can_be_stopped_while_it_is_parsed(emulator: Emulator, client: Client) -> None:
    run = begin_pipeline(emulator.world, "web", ref="main")
    stop_pipeline(emulator.world, "web", run)
    shown = client.json("pipelines/1")
    assert (shown["state"]["result"]["name"], shown["target"]["selector"]) == ("STOPPED", None)


def test_a_step_has_no_duration_before_it_has_ended(emulator: Emulator, client: Client) -> None:
    """Recorded: a step that waits has none; that a running one has none either is taken from its missing end."""
    world = emulator.world
    run = run_pipeline(world, "web", ref="main", creator="ada", steps=["Build", "Test"])
    started = start_step(world, "web", run, "Build").started_on
    assert started is not None
    running, waiting = client.json("pipelines/1/steps")["values"]
    assert "duration_in_seconds" not in running
    assert "duration_in_seconds" not in waiting
    finish_step(world, "web", run, "Build", "FAILED", at=started + 90 * SECOND)
    ended, never = client.json("pipelines/1/steps")["values"]
    assert ended["duration_in_seconds"] == 90
    assert never["state"]["result"]["name"] == "NOT_RUN"
    assert "duration_in_seconds" not in never


def test_a_step_without_name_does_not_show_one(emulator: Emulator, client: Client) -> None:
    """Recorded: the configuration need not name a step."""
    run_pipeline(emulator.world, "web", ref="main", creator="ada", steps=["", "Test"])
    unnamed, named = client.json("pipelines/1/steps")["values"]
    assert "name" not in unnamed
    assert named["name"] == "Test"
