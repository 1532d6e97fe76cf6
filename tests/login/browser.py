"""A real Chromium, driven through its WebDriver (W3C WebDriver; chromedriver speaks it over HTTP)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""the name under which WebDriver gives elements"""
_PATIENCE_SECONDS = 30
_BETWEEN_PAGES = {"stale element reference", "no such element"}
"""what WebDriver says of one page's element when another page is there, or none yet"""


class _PageHasChanged(Exception):
    """Another page was opened while an element of one was looked for, or asked about."""


class Browser:
    """One window."""

    def __init__(self, session: str) -> None:
        self._session = session

    def open(self, url: str) -> None:
        self._ask("POST", "url", url=url)

    def press(self, button: str) -> None:
        """Press the button with these words."""
        found = self._ask("POST", "element", using="xpath", value=f"//button[normalize-space()='{button}']")
        self._ask("POST", f"element/{found[_ELEMENT]}/click")

    @property
    def text(self) -> str:
        """What the page shows."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                body = self._ask("POST", "element", using="css selector", value="body")
                return str(self._ask("GET", f"element/{body[_ELEMENT]}/text"))
            except _PageHasChanged:
                if time.monotonic() > deadline:
                    raise

    def text_with(self, words: str) -> str:
        """What the page shows once it shows these words; after 30 seconds whatever it shows."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while words not in (shown := self.text) and time.monotonic() < deadline:
            time.sleep(0.05)
        return shown

    @property
    def address(self) -> str:
        return str(self._ask("GET", "url"))

    def reload(self) -> None:
        self._ask("POST", "refresh")

    def _ask(self, method: str, command: str, **body: str) -> Any:
        answer = requests.request(
            method, f"{self._session}/{command}", json=body if method == "POST" else None, timeout=60
        )
        value = answer.json()["value"]
        if not answer.ok and value["error"] in _BETWEEN_PAGES:
            raise _PageHasChanged(value["message"])
        assert answer.ok, value
        return value


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A window of a Chromium without a screen; skips the test where there is none, except in CI."""
    driver, program = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")
    if driver is None or program is None:
        lacking = "needs Chromium: apt-get install chromium chromium-driver"
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    with subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = next(filter(None, (re.search(r"successfully on port (\d+)", line) for line in process.stdout)))[1]
            sessions = f"http://127.0.0.1:{port}/session"
            options = {
                "binary": program,
                "args": [
                    "--headless=new",
                    "--no-sandbox",  # tests may run as root
                    "--disable-dev-shm-usage",
                    "--disable-background-networking",
                    f"--user-data-dir={profile}",
                ],
            }
            wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
            made = requests.post(sessions, json=wanted, timeout=60).json()["value"]
            assert "sessionId" in made, made
            session = f"{sessions}/{made['sessionId']}"
            try:
                yield Browser(session)
            finally:
                requests.delete(session, timeout=60)
        finally:
            process.terminate()
