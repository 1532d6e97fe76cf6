"""`bitbucket-source plan`, as people run it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.server.rate_limit import RateLimits
from tests.commands.conftest import Invoke, Run


def test_plan_tells_requests_and_hours_by_table_before_anything_is_read(
    bitbucket: Emulator, invoke: Invoke, tmp_path: Path
) -> None:
    done = invoke("plan", "acme")
    spent = len(bitbucket.requests)

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("acme: 3 repositories selected, 3 looked at\n")
    figures = dict(re.findall(r"^  (\w+) +([\d,]+(?: to [\d,]+)?) +\d+\.\d", done.stdout, flags=re.MULTILINE))
    steps = sum(len(each.pipelines) for each in bitbucket.world.repositories.values())
    assert figures["pipeline_steps"] == str(steps)
    assert f"The first load: {figures['all']} requests, " in done.stdout
    assert f"no wait for that quota ({1000 - spent} are left now)." in done.stdout
    assert f"{spent} requests spent on this plan." in done.stdout
    assert [path.name for path in tmp_path.iterdir()] in ([], ["dlt"])


def test_plan_as_json_holds_what_the_sync_then_costs(bitbucket: Emulator, invoke: Invoke) -> None:
    plan = json.loads(invoke("plan", "acme", "--json").stdout)
    bitbucket.clear_requests()
    assert invoke("sync", "acme").exit_code == 0
    cost = len(bitbucket.requests)

    assert plan["first"]
    now = plan["total"]["now"]
    assert now["low"] <= cost <= now["high"]
    assert (now["measured"], now["hours_low"], now["hours_high"]) == (
        False,
        round(now["low"] / 1000, 2),
        round(now["high"] / 1000, 2),
    )
    assert {line["name"]: line["now"]["low"] for line in plan["tables"]}["repositories"] == 1
    assert plan["waits"] == {"low": 0, "high": 0}
    assert plan["notes"] == []


def test_after_a_sync_the_plan_is_for_the_next_one(bitbucket: Emulator, synced: Path, invoke: Invoke) -> None:
    before = synced.read_bytes()
    plan = json.loads(invoke("plan", "acme", "--json").stdout)
    assert synced.read_bytes() == before
    bitbucket.clear_requests()
    assert invoke("sync", "acme").exit_code == 0

    assert not plan["first"]
    assert plan["total"]["now"]["low"] == len(bitbucket.requests) < 20
    assert "next sync" in invoke("plan", "acme").stdout


def test_a_larger_quota_is_believed_when_bitbucket_tells_of_it(bitbucket: Emulator, invoke: Invoke) -> None:
    bitbucket.rate_limits = RateLimits(default=5000)
    token = {"BITBUCKET_EMAIL": "", "BITBUCKET_API_TOKEN": "", "BITBUCKET_ACCESS_TOKEN": "emulator-workspace-token"}

    assert json.loads(invoke("plan", "acme", "--json", **token).stdout)["per_hour"] == 5000


def test_a_table_that_cannot_be_read_is_told_with_the_scope_it_takes(invoke: Invoke) -> None:
    token = {"BITBUCKET_EMAIL": "", "BITBUCKET_API_TOKEN": "", "BITBUCKET_ACCESS_TOKEN": "emulator-repository-token"}
    done = invoke("plan", "acme", "--tables", "pipelines,commits", **token)

    assert done.exit_code == 0
    assert re.search(r"^  pipelines +1 to 3 .*cannot be read", done.stdout, flags=re.MULTILINE)
    assert "pipelines cannot be read: 403 on" in done.stdout
    assert "lack the scope pipeline" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "changes", "told"),
    [
        pytest.param(["nobody"], {}, "404 on /workspaces/nobody", id="no such workspace"),
        pytest.param(["acme"], {"BITBUCKET_API_TOKEN": "wrong"}, "401 on /workspaces/acme", id="a wrong token"),
        pytest.param(["acme"], {"BITBUCKET_EMAIL": "", "BITBUCKET_API_TOKEN": ""}, "No credentials.", id="none"),
        pytest.param(["acme", "--tables", "issues"], {}, "no such table: issues", id="no such table"),
        pytest.param(["acme", "--since", "spring"], {}, "since is 'spring'", id="no date"),
        pytest.param(["acme", "--since", "2999-01-01"], {}, "'2999-01-01', which is still to come", id="in the future"),
        pytest.param(["acme", "--since", "0001-01-01T00:00+05:00"], {}, "write it like", id="before all dates"),
        pytest.param(["acme", "--destination", "nowhere"], {}, "dlt knows no such destination", id="no destination"),
    ],
)
def test_a_users_mistake_is_told_in_one_line(
    arguments: list[str], changes: dict[str, str], told: str, invoke: Invoke
) -> None:
    done = invoke("plan", *arguments, **changes)

    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_help_of_plan_comes_at_once(run: Run) -> None:
    imported = run("plan", "--help", PYTHONPROFILEIMPORTTIME="1").stderr

    assert " dlt\n" not in imported
    assert " pyarrow\n" not in imported
