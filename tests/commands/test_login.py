"""`login` and `logout`, as somebody at a terminal meets them."""

from __future__ import annotations

import os
import pty
import signal
import stat
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.login import PORT
from tests.commands.conftest import COMMAND, SECRETS, Invoke
from tests.login.browser import chromium
from tests.login.conftest import answer_of
from tests.processes import process

KEY, SECRET = "emulator-consumer", "emulator-consumer-secret"
CONSUMER = {"BITBUCKET_CLIENT_ID": KEY, "BITBUCKET_CLIENT_SECRET": SECRET}
NO_TOKEN = {"BITBUCKET_EMAIL": "", "BITBUCKET_API_TOKEN": ""}
AGREES = """#!{python}
import sys, requests
requests.get(requests.post(sys.argv[1], data={{"authorize": "{button}"}}, allow_redirects=False).headers["Location"])
"""
SAVES = """#!{python}
import sys
from pathlib import Path
Path("{file}").write_text(sys.argv[1])
"""


@pytest.fixture
def environment(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Without a token, and on a system without a keyring."""
    return {
        **{name: value for name, value in environment.items() if name not in NO_TOKEN},
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@pytest.fixture(autouse=True)
def no_browser_from_the_test_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard library looks for a browser once in a process."""
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})


def program(path: Path, text: str, **values: str) -> str:
    """A program that a browser's place can be taken by."""
    path.write_text(text.format(python=sys.executable, **values))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return f"{path} %s"


def kept(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "config").rglob("*.json"))


@contextmanager
def started(environment: dict[str, str], directory: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with process(
        [COMMAND, "login", *arguments],
        cwd=directory,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as login:
        yield login


def address_in(process: subprocess.Popen[str]) -> str:
    """The page of consent, from what the command prints."""
    assert process.stdout is not None
    return next(line.strip() for line in process.stdout if line.strip().startswith("http"))


def said(process: subprocess.Popen[str], typed: str | None = None) -> tuple[int, str]:
    """How the command ended, and what it said."""
    output, _ = process.communicate(typed, timeout=60)
    assert [secret for secret in SECRETS if secret in output] == []
    return process.returncode, output


def test_the_browser_is_opened_and_its_answer_makes_a_login_that_syncs(
    bitbucket: Emulator, invoke: Invoke, tmp_path: Path
) -> None:
    agrees = program(tmp_path / "browser", AGREES, button="Grant access")
    done = invoke("login", "--port", "0", BROWSER=agrees, **CONSUMER)

    assert done.exit_code == 0, done.output
    owner = bitbucket.world.users[bitbucket.world.credentials["oauth"].user]
    assert f"Logged in as {owner.display_name}." in done.stdout
    assert "pipeline, project" in done.stdout
    assert "good until three months after it was last used" in done.stdout
    assert len(kept(tmp_path)) == 1

    synced = invoke("sync", "acme", "--tables", "repositories")
    assert synced.exit_code == 0, synced.stderr
    assert invoke("logout").exit_code == 0
    assert kept(tmp_path) == []
    refused = invoke("sync", "acme")
    assert (refused.exit_code, "or run `bitbucket-source login`" in refused.stderr) == (2, True)


def test_what_goes_before_the_login_is_told(invoke: Invoke, tmp_path: Path) -> None:
    agrees = program(tmp_path / "browser", AGREES, button="Grant access")
    done = invoke("login", "--port", "0", BROWSER=agrees, **CONSUMER)
    assert (
        "Notice: before the login go the environment variables BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET: "
        "take them away to use the login." in done.stdout
    )


def test_logging_in_again_takes_the_consumer_known_from_before(invoke: Invoke, tmp_path: Path) -> None:
    agrees = program(tmp_path / "browser", AGREES, button="Grant access")
    assert invoke("login", "--port", "0", BROWSER=agrees, **CONSUMER).exit_code == 0
    again = invoke("login", "--port", "0", BROWSER=agrees)
    assert again.exit_code == 0, again.output
    assert "Its secret" not in again.stdout


def test_refusing_in_the_browser_ends_with_2_and_keeps_nothing(invoke: Invoke, tmp_path: Path) -> None:
    refuses = program(tmp_path / "browser", AGREES, button="Cancel")
    done = invoke("login", "--port", "0", BROWSER=refuses, **CONSUMER)
    assert (done.exit_code, done.stderr) == (2, "Error: Access was not granted: nothing was kept.\n")
    assert kept(tmp_path) == []


def test_without_a_browser_the_answer_is_pasted(environment: dict[str, str], tmp_path: Path) -> None:
    with started({**environment, **CONSUMER}, tmp_path, "--no-browser") as process:
        code, output = said(process, f"{answer_of(address_in(process))}\n")
    assert (code, "Logged in as " in output) == (0, True)
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        pytest.param(f"http://127.0.0.1:{PORT}/?code=a&state=b", "This answers another login", id="of another login"),
        pytest.param("what?", f"it begins with http://127.0.0.1:{PORT}/?code=", id="no address"),
    ],
)
def test_a_wrong_answer_pasted_ends_with_2(environment: dict[str, str], tmp_path: Path, pasted: str, told: str) -> None:
    with started({**environment, **CONSUMER}, tmp_path, "--no-browser") as process:
        address_in(process)
        code, output = said(process, f"{pasted}\n")
    assert (code, told in output) == (2, True), output
    assert kept(tmp_path) == []


def test_a_login_that_is_broken_off_keeps_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    with started({**environment, **CONSUMER}, tmp_path, "--no-browser") as process:
        address_in(process)
        code, output = said(process, "")
    assert (code, "Cancelled: nothing was kept." in output) == (130, True)
    assert kept(tmp_path) == []


def test_the_consumer_is_asked_for_and_its_callback_url_told(invoke: Invoke) -> None:
    done = invoke("login", "--port", "4711")
    assert "The OAuth consumer needs the callback URL http://127.0.0.1:4711/" in done.stdout
    assert "Its key" in done.stdout
    assert done.exit_code == 2


@pytest.mark.parametrize(("arguments", "lacking"), [((), "key"), (("--client-id", KEY), "secret")])
def test_without_a_terminal_what_to_set_is_told(
    environment: dict[str, str], tmp_path: Path, arguments: tuple[str, ...], lacking: str
) -> None:
    with started(environment, tmp_path, *arguments) as process:
        code, output = said(process, "")
    assert code == 2
    assert output.splitlines()[-1] == (
        f"Error: There is no terminal here to ask for the consumer's {lacking}. "
        "Set BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET, or log in from a terminal."
    )
    assert "Warning" not in output
    assert kept(tmp_path) == []


def interrupted(login: subprocess.Popen[str]) -> int:
    """The exit code after Ctrl-C, again and again: one that comes just before the process waits is not seen by it."""
    for _ in range(60):
        login.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return login.wait(1)
    raise AssertionError("Ctrl-C did not end it")


def test_ctrl_c_at_a_question_cancels(environment: dict[str, str], tmp_path: Path) -> None:
    terminal, its_end = pty.openpty()
    with process(
        [COMMAND, "login"], cwd=tmp_path, env=environment, stdin=its_end, stdout=its_end, stderr=its_end
    ) as login:
        told = b""
        while b"Its key" not in told:
            told += os.read(terminal, 1024)
        code = interrupted(login)
        told += os.read(terminal, 1024)
    os.close(its_end)
    os.close(terminal)
    assert (code, told.split(b"\r\n")[-2]) == (130, b"Cancelled: nothing was kept.")


def test_a_secret_that_is_wrong_is_told(invoke: Invoke, tmp_path: Path) -> None:
    agrees = program(tmp_path / "browser", AGREES, button="Grant access")
    done = invoke("login", "--port", "0", BROWSER=agrees, BITBUCKET_CLIENT_ID=KEY, BITBUCKET_CLIENT_SECRET="swordfish")
    assert done.exit_code == 2
    assert "refuses the OAuth consumer (unauthorized_client)" in done.stderr
    assert "swordfish" not in done.output


def test_logging_out_twice_is_no_mistake(invoke: Invoke) -> None:
    done = invoke("logout")
    assert (done.exit_code, done.stdout) == (0, "Nobody is logged in.\n")


def test_somebody_agrees_in_a_real_browser(environment: dict[str, str], tmp_path: Path) -> None:
    address = tmp_path / "address"
    saves = program(tmp_path / "browser", SAVES, file=str(address))
    with chromium(tmp_path / "profile") as browser:
        with started({**environment, **CONSUMER, "BROWSER": saves}, tmp_path, "--port", "0") as process:
            deadline = time.monotonic() + 60
            while not address.exists() or not address.read_text():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            browser.open(address.read_text())
            assert "is requesting access to" in browser.text
            browser.press("Grant access")
            shown = browser.text_with("Logged in")
            code, output = said(process)
        assert "Logged in\nYou may close this window" in shown
    assert (code, "Logged in as " in output) == (0, True)
    assert len(kept(tmp_path)) == 1
