"""What every test can use."""

from __future__ import annotations

import gc
import importlib
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, World, generate_world
from tests.postgres import postgres_in

REPOSITORY_ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests that take minutes")
    parser.addoption("--histories", type=int, default=150, help="how many random histories a long run tries")
    parser.addoption("--steps", type=int, default=12, help="how many steps each of these histories has")
    parser.addoption("--live", action="store_true", help="also ask the real Bitbucket, with GET only: docs/live.md")
    parser.addoption("--live-requests", type=int, default=150, help="the most requests that --live sends")
    parser.addoption("--live-record", metavar="DIR", help="keep what --live hears in DIR, without names and secrets")


def pytest_configure() -> None:
    """Let Ctrl-C be heard where it is ignored, as in a shell's background: what tests start inherits that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """One process for --live: its tests share every answer."""
    if config.getoption("--live"):
        config.option.numprocesses = 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="takes minutes: run with --long"))


def pytest_collection_finish() -> None:
    """Let Python search for garbage seldom, and not among what stays: it took a quarter of the run's CPU time."""
    for name in ("dlt.pipeline", "duckdb", "pandas"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what tests counted, summed up, whichever processes they ran in."""
    figures: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                for name, value in report.user_properties:
                    figures.update(value if name == "figures" else {})
    if figures:
        terminalreporter.write_line(", ".join(f"{name} {count:,}" for name, count in figures.items()))


@pytest.fixture(scope="session", autouse=True)
def a_home_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No fixture that is shared sees the credentials, the configuration or the pipelines of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _leave_home(monkeypatch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture(autouse=True)
def a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a test, and none sees what another left behind."""
    _leave_home(monkeypatch, tmp_path)


def _leave_home(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    for name in ("ACCESS_TOKEN", "EMAIL", "API_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "BASE_URL", "OAUTH_URL"):
        monkeypatch.delenv(f"BITBUCKET_{name}", raising=False)
    monkeypatch.setenv("DLT_DATA_DIR", str(directory / "dlt"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(directory / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a Postgres server that runs as long as the tests, also where they run as root."""
    with postgres_in(tmp_path_factory.mktemp("postgres")) as address:
        yield address


def small_company() -> World:
    """Three repositories, one year; always the same, also for a warehouse that was synced with another of it."""
    world = generate_world(seed=11, repositories=3, people=8, years=1, scale=0.3)
    for repository in world.repositories.values():
        # contents come about on the first look, and with them the size that the list shows
        assert repository.branches is not None
    return world


@pytest.fixture
def bitbucket() -> Iterator[Emulator]:
    """An emulated Bitbucket Cloud with a small company in it."""
    with Emulator(small_company()) as emulator:
        yield emulator
