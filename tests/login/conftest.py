"""Logging in at the emulated Bitbucket: what a browser would do, and a login that is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_source.api.login import Login
from bitbucket_source.api.login_store import LoginStore
from bitbucket_source.login import log_in
from tests.api.small_world import make_world

CONSUMER = ("emulator-consumer", "emulator-consumer-secret")
LogIn = Callable[..., Login]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A server over the small world, of which a test may change anything."""
    with Emulator(make_world()) as running:
        yield running


def answer_of(url: str, press: str = "Grant access") -> str:
    """Where the page of consent sends a browser in which somebody presses a button."""
    pressed = requests.post(url, data={"authorize": press}, allow_redirects=False, timeout=10)
    assert pressed.status_code == 302, pressed.text
    return pressed.headers["Location"]


@pytest.fixture
def logged_in(emulator: Emulator) -> LogIn:
    """Logs in without a browser, at the emulator; keyword arguments are those of `log_in`."""

    def logged_in(press: str = "Grant access", **more: object) -> Login:
        shown: list[str] = []
        return log_in(
            *CONSUMER,
            show=shown.append,
            paste=lambda: answer_of(shown[0], press),
            oauth_url=emulator.oauth_url,
            base_url=emulator.base_url,
            **more,  # type: ignore[arg-type]
        )

    return logged_in


@pytest.fixture
def store(emulator: Emulator) -> LoginStore:
    return LoginStore(emulator.oauth_url)
