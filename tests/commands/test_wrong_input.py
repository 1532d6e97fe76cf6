"""What somebody typed that cannot be meant so: what it was, and what to type instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.commands.conftest import Invoke, Run

NONE_SELECTED = "no repository is selected: look at --repositories, --exclude and --projects."


@pytest.mark.parametrize("command", ["check", "plan", "sync", "verify", "status"])
@pytest.mark.parametrize(
    ("workspace", "instead"),
    [
        ("https://bitbucket.org/acme", ": acme."),
        ("https://bitbucket.org/acme/", ": acme."),
        ("acme/web-shop", ": acme. One of its repositories is chosen with --repositories web-shop."),
        (
            "https://bitbucket.org/acme/web-shop/src/main",
            ": acme. One of its repositories is chosen with --repositories web-shop.",
        ),
        ("acme?", "."),
    ],
)
def test_a_workspace_that_is_none_is_told_with_the_one_that_is_meant(
    bitbucket: Emulator, synced: Path, invoke: Invoke, command: str, workspace: str, instead: str
) -> None:
    done = invoke(command, workspace)
    assert (done.exit_code, done.stdout, bitbucket.requests) == (2, "", [])
    assert done.stderr == (
        f"Error: workspace is {workspace!r}: give the workspace's name as it stands in bitbucket.org/<workspace>"
        f"{instead}\n"
    )
    assert synced.exists()


@pytest.mark.parametrize("name", ["pull_request", "PULL_REQUESTS"])
def test_a_misspelt_table_is_told_with_the_one_that_is_meant(invoke: Invoke, name: str) -> None:
    done = invoke("sync", "acme", "--tables", f"users,{name}")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: no such table: {name}. Is pull_requests meant? There are: workspaces, ")


@pytest.mark.parametrize("written", ['["links.self.href"]', '"links.self.href"'])
def test_columns_to_add_without_a_table_are_told(run: Run, tmp_path: Path, written: str) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text(f"[sources.bitbucket]\nextra_columns = {written}\n")
    done = run("sync", "acme")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1
    assert "extra_columns" in done.stderr


@pytest.mark.parametrize("option", [("--repositories", "no-such-*"), ("--exclude", "*"), ("--projects", "NONE")])
def test_a_selection_that_matches_nothing_is_told_by_whoever_looks_at_it(
    synced: Path, invoke: Invoke, option: tuple[str, str]
) -> None:
    for command in ("verify", "plan"):
        done = invoke(command, "acme", *option)
        assert done.exit_code == 2, command
        assert NONE_SELECTED in done.stdout, command
    assert NONE_SELECTED in json.loads(invoke("verify", "acme", "--json", *option).stdout)["notices"]
    checked = invoke("check", "acme", "--tables", "projects,commits,commit_parents", *option)
    assert checked.exit_code == 2
    assert checked.stdout.splitlines()[-5:-2] == [
        "  projects        can be read",
        "  commits         not tried: no repository is selected",
        "  commit_parents  not tried: no repository is selected",
    ]
    assert synced.exists()


def test_a_workspace_without_repositories_is_no_mistake(bitbucket: Emulator, invoke: Invoke) -> None:
    for slug in list(bitbucket.world.repositories):
        bitbucket.act("delete_repository", repository=slug)

    for command in ("sync", "verify", "plan"):
        done = invoke(command, "acme")
        assert done.exit_code == 0, command
        assert "these credentials see no repository in the workspace." in done.stdout, command
    assert invoke("check", "acme").exit_code == 0


@pytest.mark.parametrize(
    "cloned_from",
    ["https://x-token-auth:swordfish@bitbucket.org/acme/web-shop.git", "git@bitbucket.org:acme/web-shop.git"],
)
def test_what_is_cloned_from_is_no_workspace_and_its_token_not_shown(invoke: Invoke, cloned_from: str) -> None:
    done = invoke("sync", cloned_from)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: workspace is an address: give the workspace's name as it stands in bitbucket.org/<workspace>: acme. "
        "One of its repositories is chosen with --repositories web-shop.\n"
    )


def test_globs_are_separated_by_commas_as_names_of_tables_are(
    bitbucket: Emulator, synced: Path, invoke: Invoke
) -> None:
    [first, second, third] = sorted(each.slug for each in bitbucket.world.repositories.values())
    wanted = ("--repositories", f"{first}, {second}")
    assert invoke("check", "acme", "--tables", "projects", *wanted).stdout.count("2 repositories selected") == 1
    left = invoke("plan", "acme", "--tables", "projects", "--exclude", f"{first},{second}").stdout
    assert left.startswith("acme: 1 repositories selected")
    shown = invoke("status", "acme", *wanted).stdout
    assert (f"  {first}\n" in shown, f"  {second}\n" in shown, f"  {third}\n" in shown) == (True, True, False)
    assert synced.exists()


@pytest.mark.parametrize("option", ["--repositories", "--exclude", "--projects"])
def test_an_empty_selection_is_not_all(bitbucket: Emulator, invoke: Invoke, option: str) -> None:
    done = invoke("sync", "acme", option, "")
    assert (done.exit_code, done.stdout, bitbucket.requests) == (2, "", [])
    assert f"Invalid value for '{option}': it names nothing: leave it out to take all." in done.stderr


@pytest.mark.parametrize("command", ["check", "sync", "plan"])
def test_an_address_without_its_version_is_told(bitbucket: Emulator, invoke: Invoke, command: str) -> None:
    done = invoke(command, "acme", "--base-url", bitbucket.base_url.removesuffix("/2.0"))
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: 404 on ")
    assert done.stderr.endswith(
        "not found. That is not Bitbucket's API: check the address in --base-url, which ends in /2.0.\n"
    )
