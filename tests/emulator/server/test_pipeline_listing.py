"""Pipelines, steps, tests, logs and schedules (FACTS 2, 5)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import (
    create_repository,
    finish_pipeline,
    finish_step,
    open_pull_request,
    push,
    run_pipeline,
    start_step,
    stop_pipeline,
    tag,
)

from ..client import Client
from ..small_world import make_world

BUILD = [{"name": "build", "script": ["make", "make test"]}]


@pytest.fixture(scope="module")
def runs() -> Iterator[Client]:
    """1 passed (branch), 2 failed (manual), 3 stopped, 4 of a tag, 5 of a pull request, 6 waits for a manual step."""
    world = make_world()
    push(world, "web", "topic", "bob")
    open_pull_request(world, "web", "topic", "bob")
    tag(world, "web", "v1", "main")
    finish_pipeline(
        world, "web", run_pipeline(world, "web", ref="main", creator="ada", steps=BUILD), at="2026-11-21T10:00:00Z"
    )
    finish_pipeline(
        world,
        "web",
        run_pipeline(world, "web", ref="topic", creator="bob", trigger="MANUAL", steps=BUILD),
        result="FAILED",
    )
    stop_pipeline(world, "web", run_pipeline(world, "web", ref="main", creator="ada", steps=BUILD))
    run_pipeline(world, "web", tag="v1", creator="ada", steps=BUILD)
    run_pipeline(world, "web", pull_request=1, creator="bob", steps=BUILD)
    waiting = run_pipeline(world, "web", ref="main", creator="ada", steps=[*BUILD, {"name": "deploy", "manual": True}])
    start_step(world, "web", waiting, "build")
    finish_step(world, "web", waiting, "build", tests={"suite.test_a": "PASSED"})
    with Emulator(world) as running:
        yield Client(running)


def numbers(client: Client, parameters: str) -> list[int]:
    return client.values(f"pipelines?{parameters}", "build_number")


def test_oldest_first_unless_sorted(runs: Client) -> None:
    assert numbers(runs, "") == [1, 2, 3, 4, 5, 6]
    assert numbers(runs, "sort=-created_on") == [6, 5, 4, 3, 2, 1]
    assert numbers(runs, "sort=created_on") == [1, 2, 3, 4, 5, 6]
    assert runs.error("pipelines?sort=build_number")[0] == 400


def test_q_is_ignored(runs: Client) -> None:
    assert numbers(runs, 'q=nonsense = "x"') == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ("status=PASSED", [1]),
        ("status=PASSED&status=FAILED&status=STOPPED", [1, 2, 3]),
        ("status=PENDING&status=BUILDING&status=PAUSED&status=HALTED&status=PARSING", [4, 5, 6]),
        ("status=PAUSED", [6]),
        ("status=SUCCESSFUL", []),
        ("trigger_type=MANUAL", [2]),
        ("target.ref_type=TAG", [4]),
        ("target.ref_type=tag", []),
        ("target.ref_name=topic", [2]),
        ("target.branch=topic", [2, 5]),
        ("target.selector.type=PULL-REQUESTS", [5]),
        ("target.ref_name=main&status=STOPPED", [3]),
    ],
)
def test_parameters(runs: Client, parameters: str, found: list[int]) -> None:
    assert numbers(runs, parameters) == found


def test_parameters_of_creator_and_commit(runs: Client) -> None:
    world = runs.emulator.world
    bob = next(each.uuid for each in world.users.values() if each.nickname == "bob")
    head = next(iter(world.repositories.values())).branches["topic"]
    assert numbers(runs, f"creator.uuid={bob}") == [2, 5]
    assert numbers(runs, f"target.commit.hash={head}") == [2, 5]
    assert numbers(runs, f"target.commit.hash={head[:12]}") == []
    created = runs.json("pipelines/3?fields=created_on")["created_on"]
    assert numbers(runs, f"created_on={created}") == [3]


def test_a_build_number_is_as_good_as_a_uuid(runs: Client) -> None:
    first = runs.json("pipelines/1")
    assert runs.json(f"pipelines/{first['uuid']}") == first
    assert runs.json(f"pipelines/{first['uuid'].replace('{', '%7B').replace('}', '%7D')}/") == first


def test_a_finished_run(runs: Client) -> None:
    run = runs.json("pipelines/1")
    assert run["state"] == {
        "name": "COMPLETED",
        "type": "pipeline_state_completed",
        "result": {"name": "SUCCESSFUL", "type": "pipeline_state_completed_successful"},
    }
    assert (run["trigger"], run["creator"]["nickname"]) == ({"name": "PUSH", "type": "pipeline_trigger_push"}, "ada")
    assert (run["target"]["type"], run["target"]["ref_type"], run["target"]["ref_name"]) == (
        "pipeline_ref_target",
        "branch",
        "main",
    )
    assert run["completed_on"].endswith("Z")
    assert "updated_on" not in run
    assert "html" not in run["links"]


def test_a_waiting_run(runs: Client) -> None:
    run = runs.json("pipelines/6")
    assert run["state"] == {
        "name": "IN_PROGRESS",
        "type": "pipeline_state_in_progress",
        "stage": {"name": "PAUSED", "type": "pipeline_state_in_progress_paused"},
    }
    assert "completed_on" not in run
    assert [step["state"] for step in runs.json("pipelines/6/steps")["values"]] == [
        {
            "name": "COMPLETED",
            "type": "pipeline_step_state_completed",
            "result": {"name": "SUCCESSFUL", "type": "pipeline_step_state_completed_successful"},
        },
        {
            "name": "PENDING",
            "type": "pipeline_step_state_pending",
            "stage": {"name": "PAUSED", "type": "pipeline_step_state_pending_paused"},
        },
    ]


def test_a_run_of_a_pull_request(runs: Client) -> None:
    target = runs.json("pipelines/5")["target"]
    assert (target["type"], target["source"], target["destination"]) == ("pipeline_pullrequest_target", "topic", "main")
    assert (target["pullrequest"]["id"], target["selector"]["type"]) == (1, "pull-requests")
    assert (len(target["destination_commit"]["hash"]), len(target["commit"]["hash"])) == (12, 40)


def test_a_step(runs: Client) -> None:
    (step,) = runs.json("pipelines/1/steps")["values"]
    assert [command["command"] for command in step["script_commands"]] == ["make", "make test"]
    assert (step["trigger"], step["maxTime"], step["run_number"]) == (
        {"type": "pipeline_step_trigger_automatic"},
        120,
        1,
    )
    assert runs.json(f"pipelines/1/steps/{step['uuid']}") == step


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("pipelines/99", "Pipeline with build number '99' not found in repository {uuid}"),
        ("pipelines/{x}", "Pipeline with uuid {{x}} not found in repository {uuid}"),
    ],
)
def test_what_is_missing_is_named_in_detail(runs: Client, path: str, detail: str) -> None:
    uuid = next(iter(runs.emulator.world.repositories))
    assert runs.error(path) == (
        404,
        {"error": {"message": "Not found", "detail": detail.format(uuid=uuid)}},
    )


def test_tests_of_a_step(runs: Client) -> None:
    build, deploy = (step["uuid"] for step in runs.json("pipelines/6/steps")["values"])
    assert runs.json(f"pipelines/6/steps/{build}/test_reports") == {
        "number_of_test_cases": 1,
        "number_of_successful_test_cases": 1,
        "number_of_failed_test_cases": 0,
        "number_of_error_test_cases": 0,
        "number_of_skipped_test_cases": 0,
        "step_uuid": build,
    }
    (case,) = runs.json(f"pipelines/6/steps/{build}/test_reports/test_cases")["values"]
    assert (case["name"], case["fully_qualified_name"], case["status"]) == ("test_a", "suite.test_a", "PASSED")
    assert runs.error(f"pipelines/6/steps/{deploy}/test_reports") == (
        404,
        {"error": {"message": "Not found", "detail": f"Test report in step {deploy} does not exist."}},
    )


def test_logs(runs: Client) -> None:
    build, deploy = (step["uuid"] for step in runs.json("pipelines/6/steps")["values"])
    log = runs.get(f"pipelines/6/steps/{build}/log", headers={"Accept": "application/octet-stream"})
    assert log.status_code == 307
    # the storage wants no credentials
    stored = requests.get(log.headers["Location"], timeout=5)
    assert (stored.status_code, stored.text) == (200, "+ make\n+ make test\n")
    for accept in ("application/json", "text/plain"):
        assert runs.get(f"pipelines/6/steps/{build}/log", headers={"Accept": accept}).status_code == 406
    assert runs.error(f"pipelines/6/steps/{deploy}/log") == (
        404,
        {"error": {"message": "Not found", "detail": f"Log in step {deploy} does not exist."}},
    )


@pytest.mark.parametrize(
    ("wanted", "status", "text"),
    [
        ("bytes=0-5", 206, "+ make"),
        ("bytes=7-", 206, "+ make test\n"),
        ("bytes=-5", 206, "test\n"),
        ("bytes=99-", 416, ""),
    ],
)
def test_a_part_of_a_log(runs: Client, wanted: str, status: int, text: str) -> None:
    build = runs.json("pipelines/6/steps")["values"][0]["uuid"]
    address = runs.get(f"pipelines/6/steps/{build}/log").headers["Location"]
    part = requests.get(address, headers={"Range": wanted}, timeout=5)
    assert (part.status_code, part.text) == (status, text)
    assert part.headers["Content-Range"].endswith("/19")


@pytest.mark.parametrize("path", ["pipelines", "deployments", "environments", "pipelines/1/steps"])
def test_a_slash_at_the_end_means_nothing(runs: Client, path: str) -> None:
    assert runs.json(f"{path}/") == runs.json(path)


def test_pipelines_of_a_repository_that_never_had_any(emulator: Emulator, client: Client) -> None:
    quiet = create_repository(emulator.world, "quiet", name="Quiet")
    quiet.pipelines_enabled = False
    assert client.json("/repositories/acme/quiet/pipelines")["values"] == []
    assert client.error("/repositories/acme/quiet/pipelines_config/schedules")[0] == 404


def test_schedules(company: Client) -> None:
    home = next(each for each in company.emulator.world.repositories.values() if each.schedules)
    rows = company.json(f"/repositories/acme/{home.slug}/pipelines_config/schedules")["values"]
    assert [(row["uuid"], row["type"], row["enabled"], row["cron_pattern"]) for row in rows] == [
        (each.uuid, "pipeline_schedule", each.enabled, each.cron_pattern) for each in home.schedules.values()
    ]
    assert company.json(f"/repositories/acme/{home.slug}/pipelines_config/schedules/{rows[0]['uuid']}") == rows[0]


def test_what_a_schedule_started(company: Client) -> None:
    home = next(each for each in company.emulator.world.repositories.values() if each.schedules)
    base = f"/repositories/acme/{home.slug}"
    started = company.values(f"{base}/pipelines?trigger_type=SCHEDULED", "uuid")
    uuid = next(iter(home.schedules))
    path = f"{base}/pipelines_config/schedules/{uuid}/executions"
    assert company.values(path, "pipeline.uuid") == started != []


def test_a_secured_variable_is_not_shown(company: Client) -> None:
    home = next(each for each in company.emulator.world.repositories.values() if each.variables)
    rows = company.json(f"/repositories/acme/{home.slug}/pipelines_config/variables")["values"]
    assert [(row["key"], row["secured"], row.get("value")) for row in rows] == [
        ("LOG_LEVEL", False, "info"),
        ("API_KEY", True, None),
    ]


def test_variables_of_an_environment_cannot_be_seen(company: Client) -> None:
    home = next(each for each in company.emulator.world.repositories.values() if each.variables)
    base = f"/repositories/acme/{home.slug}/deployments_config/environments"
    assert company.json(f"{base}/{next(iter(home.environments))}/variables")["values"] == []
    assert company.error(f"{base}/{{x}}/variables")[0] == 404
