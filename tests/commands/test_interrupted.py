"""Ctrl-C at each stage: what ends, with which exit code, and without a traceback."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dlt
import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.commands.sync import stopping_on_ctrl_c
from bitbucket_source.source import make_session
from tests.commands.conftest import COMMAND, Completed, Invoke, rows
from tests.processes import process, wait_until

Interrupted = Callable[..., Completed]


@pytest.fixture
def interrupted(bitbucket: Emulator, environment: dict[str, str], tmp_path: Path) -> Interrupted:
    """A command that gets Ctrl-C when it has asked for a path that begins so, and waits for the answer."""

    def interrupted(path: str, *arguments: str, seconds: float = 2, by: signal.Signals = signal.SIGINT) -> Completed:
        bitbucket.add_fault(Fault(kind="delay", path=path, seconds=seconds))
        with process(
            [COMMAND, *arguments], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as command:
            wait_until(lambda: any(path in entry.path for entry in bitbucket.requests), command)
            command.send_signal(by)
            out, err = command.communicate(timeout=60)
        return Completed(arguments, command.returncode, out, err)

    return interrupted


@pytest.mark.parametrize("command", ["check", "plan"])
def test_a_command_that_only_looks_ends_at_once_with_130(interrupted: Interrupted, command: str) -> None:
    done = interrupted("/repositories/acme", command, "acme")
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "Interrupted.")


def test_a_plan_that_looks_at_repositories_asks_for_nothing_more(interrupted: Interrupted, bitbucket: Emulator) -> None:
    done = interrupted("/pullrequests", "plan", "acme", seconds=1)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "Interrupted.")
    # what was on its way when Ctrl-C came, of the workers' four, and what they had begun just then
    below = [entry.path for entry in bitbucket.requests if "/repositories/acme/" in entry.path]
    assert 0 < len(below) <= 8, below


def test_models_that_are_being_built_end_with_130(
    synced: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    # dbt catches Ctrl-C, and tells of it so
    stopped = dbtRunnerResult(success=False, exception=KeyboardInterrupt())
    monkeypatch.setattr(dbtRunner, "invoke", lambda *_: stopped)
    done = invoke("models", "--database", str(synced))
    assert (done.exit_code, done.stdout, done.stderr.strip()) == (130, "", "Interrupted.")


def test_a_sync_that_was_asked_to_stop_builds_no_models(interrupted: Interrupted) -> None:
    done = interrupted("/steps", "sync", "acme", "--models", seconds=0.3)
    assert done.returncode == 3
    assert "Stopped: you asked to stop." in done.stdout
    assert "Models:" not in done.stdout


def test_a_scheduler_that_ends_a_sync_lets_it_save(interrupted: Interrupted, tmp_path: Path) -> None:
    done = interrupted("/steps", "sync", "acme", seconds=0.3, by=signal.SIGTERM)
    assert done.returncode == 3
    assert "Stopped: you asked to stop. Everything read so far is saved" in done.stdout
    assert rows(tmp_path / "bitbucket.duckdb", "select exit_code from bitbucket_raw.sync_runs") == [(3,)]


@pytest.mark.parametrize("error", [RuntimeError("reentrant call"), BrokenPipeError()], ids=["busy", "closed"])
def test_ctrl_c_stops_a_sync_whose_terminal_cannot_be_written_to(
    bitbucket: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    session = make_session("acme", base_url=bitbucket.base_url, credentials={"access_token": "x"})
    pipeline = dlt.pipeline("interrupted", destination="duckdb", pipelines_dir=str(tmp_path))
    monkeypatch.setattr("click.echo", fail)
    with stopping_on_ctrl_c(session, pipeline):
        signal.raise_signal(signal.SIGINT)
    assert session.agenda.stop_asked
    assert session.budget.is_stop_asked


@pytest.mark.parametrize("command", ["check", "plan"])
@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("MAX_REQUESTS", "2", "the 2 requests of --max-requests are spent"),
        ("MAX_TIME", "0s", "the time of --max-time is over"),
    ],
    ids=["requests", "time"],
)
def test_what_bounds_syncs_by_configuration_stops_what_looks_with_3(
    invoke: Invoke, command: str, setting: str, value: str, told: str
) -> None:
    done = invoke(command, "acme", **{f"SOURCES__BITBUCKET__{setting}": value})
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == (
        f"Error: stopped before the end: {told}. What bounds a sync in the configuration holds here too.\n"
    )


@contextmanager
def sync_reading_steps(
    bitbucket: Emulator, environment: dict[str, str], directory: Path, seconds: float
) -> Iterator[subprocess.Popen[str]]:
    """A sync whose requests for steps take some seconds each, stopped by Ctrl-C at the first."""
    bitbucket.add_fault(Fault(kind="delay", path="/steps", seconds=seconds))
    command = [COMMAND, "sync", "acme"]
    with process(command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as sync:
        wait_until(lambda: any("/steps" in entry.path for entry in bitbucket.requests), sync)
        sync.send_signal(signal.SIGINT)
        yield sync


def test_the_first_ctrl_c_saves_what_was_read(
    bitbucket: Emulator, environment: dict[str, str], invoke: Invoke, tmp_path: Path
) -> None:
    with sync_reading_steps(bitbucket, environment, tmp_path, seconds=0.3) as sync:
        out, err = sync.communicate(timeout=60)

    assert sync.returncode == 3
    assert "Stopped: you asked to stop." in out
    assert "Stopping and saving." in err
    assert rows(tmp_path / "bitbucket.duckdb", "select count(*) > 0 from bitbucket_raw.pull_requests") == [(True,)]
    bitbucket.clear_faults()
    assert invoke("sync", "acme").exit_code == 0


def test_the_second_ctrl_c_ends_at_once(bitbucket: Emulator, environment: dict[str, str], tmp_path: Path) -> None:
    with sync_reading_steps(bitbucket, environment, tmp_path, seconds=5) as sync:
        assert sync.stderr is not None
        assert any("Stopping and saving." in line for line in iter(sync.stderr.readline, ""))
        sync.send_signal(signal.SIGINT)
        assert sync.wait(timeout=30) == 130


def test_ctrl_c_while_a_slice_is_loaded_lets_it_be_loaded(bitbucket: Emulator, tmp_path: Path) -> None:
    loaded: list[object] = []

    @dlt.destination(batch_size=0)
    def warehouse(path: Any, _: object, /) -> None:
        if not loaded:
            signal.raise_signal(signal.SIGINT)
        loaded.append(path)

    session = make_session("acme", base_url=bitbucket.base_url, credentials={"access_token": "x"})
    pipeline = dlt.pipeline("interrupted", destination=warehouse, pipelines_dir=str(tmp_path))
    with stopping_on_ctrl_c(session, pipeline):
        pipeline.run([{"id": 1}], table_name="rows")

    assert len(loaded) == 1
    assert session.agenda.stop_asked
