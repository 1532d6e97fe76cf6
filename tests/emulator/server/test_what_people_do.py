"""Every change that a reader has to notice: asked for through the control interface, seen through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from bitbucket_emulator import Emulator

from ..client import Client

ADMIN = ("admin@example.org", "emulator-api-token")
STEPS = [{"name": "Build"}, {"name": "Deploy", "environment": "Production"}]


class People:
    """Those who act on acme/web, and the reader who sees it."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.client = Client(emulator)

    def do(self, action: str, **arguments: Any) -> Any:
        response = requests.post(f"{self.emulator.control_url}/actions/{action}", json=arguments, timeout=5)
        assert response.status_code == 200, response.text
        return response.json()

    def see(self, path: str) -> Any:
        """The JSON of a GET by an admin; of lists the rows."""
        body = self.client.json(path, auth=ADMIN)
        return body.get("values", body)

    def status(self, path: str) -> int:
        return self.client.get(path, auth=ADMIN).status_code


@pytest.fixture
def people(emulator: Emulator) -> People:
    """A branch `topic` with an open pull request, approved by bob, and a finished run that deployed main."""
    made = People(emulator)
    made.do("push", repository="web", branch="topic", author="ada")
    made.do("open_pull_request", repository="web", source="topic", author="ada", reviewers=["bob"])
    made.do("approve", repository="web", pull_request=1, user="bob")
    made.do("run_pipeline", repository="web", creator="ada", steps=STEPS)
    made.do("finish_pipeline", repository="web", pipeline=1)
    return made


# pipelines


def run_of(people: People) -> tuple[Any, ...]:
    """State, result and run_number of the run; state, result, run_number and trigger of its steps."""
    run = people.see("pipelines/1")
    rows = people.see("pipelines/1/steps/")
    steps = [
        (row["state"]["name"], row["state"].get("result", {}).get("name"), row["run_number"], row["trigger"]["type"])
        for row in rows
    ]
    return run["state"]["name"], run["state"].get("result", {}).get("name"), run["run_number"], steps


AUTOMATIC, REDEPLOY = "pipeline_step_trigger_automatic", "pipeline_step_trigger_redeploy"


def test_a_finished_run_is_run_again(people: People) -> None:
    done = ("COMPLETED", "SUCCESSFUL")
    assert run_of(people) == (*done, 1, [(*done, 1, AUTOMATIC)] * 2)
    started = [row["started_on"] for row in people.see("pipelines/1/steps/")]
    people.do("rerun_pipeline", repository="web", pipeline=1, result=None)
    assert run_of(people) == ("PENDING", None, 2, [("PENDING", None, 2, AUTOMATIC)] * 2)
    assert "completed_on" not in people.see("pipelines/1")
    people.do("finish_pipeline", repository="web", pipeline=1)
    assert run_of(people) == (*done, 2, [(*done, 2, AUTOMATIC)] * 2)
    assert all(new["started_on"] > old for new, old in zip(people.see("pipelines/1/steps/"), started, strict=True))


def test_only_what_failed_is_run_again(people: People) -> None:
    people.do("rerun_pipeline", repository="web", pipeline=1, result="FAILED")
    assert [row[1:3] for row in run_of(people)[3]] == [("SUCCESSFUL", 2), ("FAILED", 2)]
    people.do("rerun_pipeline", repository="web", pipeline=1, failed_only=True)
    assert [row[1:3] for row in run_of(people)[3]] == [("SUCCESSFUL", 2), ("SUCCESSFUL", 3)]


def test_one_step_is_run_again_and_the_run_is_open_until_it_ends(people: People) -> None:
    people.do("rerun_step", repository="web", pipeline=1, step="Deploy", result=None)
    assert run_of(people)[0] == "IN_PROGRESS"
    people.do("finish_step", repository="web", pipeline=1, step="Deploy", result="FAILED")
    assert run_of(people)[:2] == ("COMPLETED", "FAILED")
    assert run_of(people)[3][1] == ("COMPLETED", "FAILED", 2, AUTOMATIC)


def test_a_redeploy_changes_the_deployment_and_no_list_grows(people: People) -> None:
    (before,) = people.see("deployments/")
    people.do("redeploy_step", repository="web", pipeline=1, step="Deploy", user="bob")
    (after,) = people.see("deployments/")
    assert after["uuid"] == before["uuid"]
    assert after["state"]["started_on"] > before["state"]["completed_on"]
    assert run_of(people)[3][1] == ("COMPLETED", "SUCCESSFUL", 2, REDEPLOY)
    assert len(people.see("pipelines/")) == 1


# git


def test_a_branch_and_then_its_commit_are_gone(people: People) -> None:
    head = people.see("refs/branches/topic")["target"]["hash"]
    people.do("delete_branch", repository="web", branch="topic")
    assert (people.status("refs/branches/topic"), people.status(f"commit/{head}")) == (404, 200)
    people.do("prune", repository="web", keep_pull_requests=False)
    assert people.status(f"commit/{head}") == people.status("pullrequests/1/commits") == 404
    assert people.client.error(f"commits?include={head}")[1]["data"] == {"shas": [head]}


def test_a_force_push_takes_commits_out_of_the_list(people: People) -> None:
    old = people.see("refs/branches/topic")["target"]["hash"]
    new = people.do("force_push", repository="web", branch="topic", author="ada")["hash"]
    assert people.see("commits?include=topic&exclude=main&fields=values.hash") == [{"hash": new}]
    assert people.status(f"commit/{old}") == 200


def test_a_tag_is_made_moved_and_deleted(people: People) -> None:
    people.do("tag", repository="web", name="v1", target="main")
    before = people.see("refs/tags/v1")["target"]["hash"]
    people.do("tag", repository="web", name="v1", target="topic", message="One", author="ada")
    moved = people.see("refs/tags/v1")
    assert (moved["target"]["hash"] != before, moved["message"]) == (True, "One")
    people.do("delete_tag", repository="web", name="v1")
    assert people.status("refs/tags/v1") == 404


def test_an_author_gets_an_account_later(people: People) -> None:
    made = people.do("push", repository="web", branch="main", author="Rita <rita@agency.example>")
    path = f"commit/{made['hash']}"
    assert "user" not in people.see(path)["author"]
    people.do("map_email", email="rita@agency.example", user="bob")
    assert people.see(path)["author"]["user"]["nickname"] == "bob"
    people.do("map_email", email="rita@agency.example")
    assert "user" not in people.see(path)["author"]


# repositories and people


def test_a_repository_goes_to_another_project(people: People) -> None:
    before = people.see("")
    assert before["project"]["key"] == "SHOP"
    people.do("transfer_repository", repository="web", project="PAY")
    after = people.see("")
    assert (after["project"]["key"], after["updated_on"] > before["updated_on"]) == ("PAY", True)
    assert [row["slug"] for row in people.see('/repositories/acme?q=project.key="PAY"')] == ["web"]


def test_a_repository_is_edited(people: People) -> None:
    people.do("edit_repository", repository="web", description="The shop", is_private=False, mainbranch="topic")
    found = people.see("")
    assert (found["description"], found["is_private"], found["mainbranch"]["name"]) == ("The shop", False, "topic")


def test_a_repository_is_renamed_hidden_shown_and_deleted(people: People) -> None:
    def slugs() -> list[str]:
        return [row["slug"] for row in people.see("/repositories/acme")]

    uuid = people.do("rename_repository", repository="web", slug="shop")["uuid"]
    assert slugs() == ["shop"]
    people.do("hide_repository", repository="shop")
    assert (slugs(), people.status(f"/repositories/acme/{uuid}")) == ([], 404)
    people.do("show_repository", repository="shop")
    assert (slugs(), people.status(f"/repositories/acme/{uuid}/refs/branches")) == (["shop"], 200)
    people.do("delete_repository", repository="shop")
    assert (slugs(), people.status(f"/repositories/acme/{uuid}")) == ([], 404)


def test_a_member_is_renamed_and_leaves(people: People) -> None:
    def members() -> list[tuple[str, str]]:
        rows = people.see("/workspaces/acme/members?pagelen=100")
        return [(row["user"]["nickname"], row["user"]["display_name"]) for row in rows]

    assert ("bob", "Bob Shell") in members()
    people.do("rename_user", user="bob", display_name="Robert Shell", nickname="robert")
    assert ("robert", "Robert Shell") in members()
    assert people.see("pullrequests/1")["reviewers"][0]["nickname"] == "robert"
    people.do("remove_member", user="robert")
    assert "robert" not in dict(members())
    assert people.see("pullrequests/1")["reviewers"][0]["nickname"] == "robert"


def test_an_approval_is_withdrawn_and_a_participant_vanishes(people: People) -> None:
    def participants() -> list[tuple[str, bool]]:
        return [(row["user"]["nickname"], row["approved"]) for row in people.see("pullrequests/1")["participants"]]

    moments = [people.see("pullrequests/1")["updated_on"]]
    assert participants() == [("bob", True)]
    people.do("unapprove", repository="web", pull_request=1, user="bob")
    moments.append(people.see("pullrequests/1")["updated_on"])
    assert participants() == [("bob", False)]
    people.do("remove_participant", repository="web", pull_request=1, user="bob")
    moments.append(people.see("pullrequests/1")["updated_on"])
    assert participants() == []
    assert moments == sorted(set(moments))


# settings


SETTINGS: dict[str, tuple[str, str, dict[str, Any], str, Callable[[Any], dict[str, Any]]]] = {
    "a webhook": (
        "hooks", "add_webhook", {"url": "https://hooks.example"},
        "remove_webhook", lambda made: {"webhook": made["uuid"]},
    ),
    "a branch restriction": (
        "branch-restrictions", "add_branch_restriction", {"kind": "force", "users": ["ada"]},
        "remove_branch_restriction", lambda made: {"restriction": made["id"]},
    ),
    "a schedule": (
        "pipelines_config/schedules", "add_schedule", {"branch": "main"},
        "remove_schedule", lambda made: {"schedule": made["uuid"]},
    ),
    "a user's permission": (
        "permissions-config/users", "grant_permission", {"permission": "write", "user": "bob"},
        "revoke_permission", lambda _made: {"user": "bob"},
    ),
    "a default reviewer": (
        "effective-default-reviewers", "add_default_reviewer", {"user": "bob"},
        "remove_default_reviewer", lambda _made: {"user": "bob"},
    ),
    "a report": (
        "commit/main/reports", "add_report", {"commit": "main", "findings": 2},
        "remove_report", lambda _made: {"commit": "main"},
    ),
    "a download": (
        "downloads", "add_download", {"name": "web.zip", "user": "ada"},
        "remove_download", lambda _made: {"name": "web.zip"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SETTINGS)
def test_a_setting_comes_and_goes(people: People, what: str) -> None:
    path, add, wanted, remove, name = SETTINGS[what]
    before = people.see(path)
    made = people.do(add, repository="web", **wanted)
    assert len(people.see(path)) == len(before) + 1
    people.do(remove, repository="web", **name(made))
    assert people.see(path) == before
    again = {"repository": "web", **name(made)}
    response = requests.post(f"{people.emulator.control_url}/actions/{remove}", json=again, timeout=5)
    assert (response.status_code, remove in response.json()["error"]) == (400, True)


def test_a_setting_changes_in_place(people: People) -> None:
    people.do("grant_permission", repository="web", permission="read", user="bob")
    people.do("grant_permission", repository="web", permission="admin", user="bob")
    assert [row["permission"] for row in people.see("permissions-config/users")] == ["admin"]
    schedule = people.do("add_schedule", repository="web", branch="main", custom="nightly")["uuid"]
    people.do("enable_schedule", repository="web", schedule=schedule, enabled=False)
    assert [row["enabled"] for row in people.see("pipelines_config/schedules")] == [False]
    people.do("add_report", repository="web", commit="main")
    people.do("add_report", repository="web", commit="main", result="FAILED", findings=1)
    assert [row["result"] for row in people.see("commit/main/reports")] == ["FAILED"]
    assert len(people.see("commit/main/reports/scan/annotations")) == 1
