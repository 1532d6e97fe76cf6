"""`check`: which credentials are used, where they were found, what they see, and how long they are good for."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from tests.commands.conftest import SECRETS, Invoke, Run
from tests.conftest import REPOSITORY_ROOT

NO_TOKEN = {"BITBUCKET_EMAIL": "", "BITBUCKET_API_TOKEN": ""}
CONSUMER = {"BITBUCKET_CLIENT_ID": "emulator-consumer", "BITBUCKET_CLIENT_SECRET": "emulator-consumer-secret"}
WORKSPACE, REPOSITORIES = 'access_token = "emulator-workspace-token"', 'access_token = "emulator-repository-token"'
TABLES = ("--tables", "repositories,commits,pipelines,pipeline_steps")


def secrets_toml(directory: Path, *entries: str) -> None:
    """One entry alone, or several in a list."""
    header = "[sources.bitbucket.credentials]" if len(entries) == 1 else "[[sources.bitbucket.credentials]]"
    (directory / ".dlt").mkdir()
    (directory / ".dlt" / "secrets.toml").write_text("".join(f"{header}\n{entry}\n" for entry in entries))


def blocks(output: str) -> list[dict[str, str]]:
    """What is told of each of the credentials."""
    parts = re.split(r"(?=^Credentials )", output.split("\nWorkspace ")[0], flags=re.MULTILINE)
    return [
        {line[:13].strip(): line[13:] for line in part.splitlines() if line.strip()} for part in parts if part.strip()
    ]


def test_everything_can_be_read(bitbucket: Emulator, invoke: Invoke) -> None:
    done = invoke("check", "acme", *TABLES)

    assert done.exit_code == 0, done.stderr
    admin = bitbucket.world.users[bitbucket.world.credentials["admin"].user]
    assert blocks(done.stdout) == [
        {
            "Credentials": f"API token, of {admin.display_name} {admin.uuid}",
            "Found in": "the environment variables BITBUCKET_EMAIL and BITBUCKET_API_TOKEN",
            "Scopes": ", ".join(sorted(bitbucket.world.credentials["admin"].scopes)),
            "Sees": "3 repositories",
            "Ends": "within a year, on the day that was chosen when it was made; Bitbucket does not tell it",
        }
    ]
    assert "3 repositories selected" in done.stdout
    assert re.findall(r"^  (\w+) +can be read$", done.stdout, flags=re.MULTILINE) == TABLES[1].split(",")


def test_what_cannot_be_read_is_told_with_why(invoke: Invoke) -> None:
    done = invoke("check", "acme", *TABLES, **NO_TOKEN, BITBUCKET_ACCESS_TOKEN="emulator-repository-token")

    assert done.exit_code == 1
    told = dict(re.findall(r"^  (\w+) +(.*)$", done.stdout, flags=re.MULTILINE))
    assert "CANNOT: 403" in told["pipelines"]
    assert "lack the scope pipeline (they have: pullrequest, repository)" in told["pipelines"]
    assert told["commits"] == "can be read"
    (token,) = blocks(done.stdout)
    assert token["Credentials"] == "access token, of an account that it may not tell (no scope account)"
    assert token["Found in"] == "the environment variable BITBUCKET_ACCESS_TOKEN"


@pytest.mark.parametrize(
    ("tables", "lacking"),
    [
        pytest.param("deployments,deployment_attempts,deployment_commits", "deployments", id="beside what it is of"),
        pytest.param("deployment_commits", "deployments", id="worked out from what is worked out"),
        pytest.param("pipeline_steps", "pipelines", id="below another list"),
        pytest.param("pipeline_test_cases", "pipelines", id="two below"),
    ],
)
def test_what_depends_on_a_table_cannot_be_read_without_it(invoke: Invoke, tables: str, lacking: str) -> None:
    done = invoke("check", "acme", "--tables", tables, **NO_TOKEN, BITBUCKET_ACCESS_TOKEN="emulator-repository-token")
    assert done.exit_code == 1
    told = dict(re.findall(r"^  (\w+) +(.*)$", done.stdout, flags=re.MULTILINE))
    assert list(told) == tables.split(",")
    for why in told.values():
        assert why.startswith(f"CANNOT: 403 on /repositories/acme/{{repository_uuid}}/{lacking}/: "), why


def test_a_consumer_tells_that_it_renews_itself(invoke: Invoke) -> None:
    done = invoke("check", "acme", *TABLES, **NO_TOKEN, **CONSUMER)
    (consumer,) = blocks(done.stdout)
    assert consumer["Found in"] == "the environment variables BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET"
    assert consumer["Ends"] == "never: it fetches a new token every two hours"


def test_a_login_tells_where_it_is_kept(run: Run, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys, requests\n"
        "requests.get(requests.post(sys.argv[1], data={'authorize': 'Grant access'}, allow_redirects=False)"
        ".headers['Location'])\n"
    )
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    alone = {**NO_TOKEN, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    assert run("login", "--port", "0", BROWSER=f"{browser} %s", **alone, **CONSUMER).returncode == 0

    done = run("check", "acme", *TABLES, **alone)

    assert done.returncode == 0, done.stderr
    (login,) = blocks(done.stdout)
    assert re.fullmatch(r"`bitbucket-source login`, kept in \S+/login-127\.0\.0\.1_\d+\.json", login["Found in"])
    assert re.fullmatch(r"on \d{4}-\d\d-\d\d, three months after it was last renewed", login["Ends"])


def test_several_are_told_one_by_one(run: Run, tmp_path: Path) -> None:
    secrets_toml(tmp_path, REPOSITORIES, WORKSPACE)
    done = run("check", "acme", *TABLES, **NO_TOKEN)

    assert done.returncode == 0, done.stdout + done.stderr
    first, second = blocks(done.stdout)
    assert first["Found in"] == "dlt's secrets, sources.bitbucket.credentials, no. 1"
    assert second["Found in"] == "dlt's secrets, sources.bitbucket.credentials, no. 2"
    assert first["Scopes"] == "pullrequest, repository"
    assert "CANNOT" not in done.stdout


def test_one_of_several_that_is_not_accepted_is_told(run: Run, tmp_path: Path) -> None:
    secrets_toml(tmp_path, 'access_token = "no-such-token"', WORKSPACE)
    done = run("check", "acme", *TABLES, **NO_TOKEN)

    assert done.returncode == 1
    first, second = blocks(done.stdout)
    assert first["NOT ACCEPTED"].startswith("401 on /user: Token is invalid")
    assert second["Sees"] == "3 repositories"
    assert "no-such-token" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        pytest.param(
            [WORKSPACE, 'token = "x"'],
            "There are no credentials in dlt's secrets, sources.bitbucket.credentials, no. 2: it takes access_token",
            id="an entry with another name",
        ),
        pytest.param(
            [WORKSPACE, 'email = "a@example.org"'],
            "In dlt's secrets, sources.bitbucket.credentials, no. 2: email is given without api_token",
            id="half an entry",
        ),
        pytest.param([WORKSPACE, WORKSPACE], "no. 2 is the one in dlt's secrets", id="the same twice"),
        pytest.param(
            ['app_password = "x"\nemail = "a"'], "App passwords were removed from Bitbucket", id="app password"
        ),
        pytest.param(
            [WORKSPACE, 'app_password = "x"'],
            "App passwords were removed from Bitbucket",
            id="an app password among them",
        ),
    ],
)
def test_secrets_that_cannot_work_are_told_before_any_request(
    bitbucket: Emulator, run: Run, tmp_path: Path, entries: list[str], told: str
) -> None:
    secrets_toml(tmp_path, *entries)
    done = run("check", "acme", **NO_TOKEN)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert bitbucket.requests == []


def test_the_environment_goes_before_a_list(run: Run, tmp_path: Path) -> None:
    secrets_toml(tmp_path, REPOSITORIES, WORKSPACE)
    (found,) = blocks(run("check", "acme", *TABLES).stdout)
    assert found["Found in"] == "the environment variables BITBUCKET_EMAIL and BITBUCKET_API_TOKEN"


def test_several_sync_too(run: Run, tmp_path: Path) -> None:
    secrets_toml(tmp_path, REPOSITORIES, WORKSPACE)
    done = run("sync", "acme", "--tables", "repositories,pipelines", **NO_TOKEN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Notice" not in done.stdout
    assert left_behind(tmp_path) == []


def test_the_pipeline_script_leaves_no_secret_of_a_list_behind(environment: dict[str, str], tmp_path: Path) -> None:
    secrets_toml(tmp_path, REPOSITORIES, WORKSPACE)
    script = REPOSITORY_ROOT / "pipelines" / "bitbucket_pipeline.py"
    alone = {name: value for name, value in environment.items() if name not in NO_TOKEN}
    done = subprocess.run(
        [sys.executable, str(script), "acme"], cwd=tmp_path, env=alone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert any(path.name == "trace.pickle" for path in tmp_path.rglob("*")), "the file this is about is there"
    assert left_behind(tmp_path) == []


def left_behind(directory: Path) -> list[Path]:
    """The files that hold a secret and should not."""
    written = [path for path in directory.rglob("*") if path.is_file() and path.name != "secrets.toml"]
    assert written
    return [path for path in written if any(secret.encode() in path.read_bytes() for secret in SECRETS)]
