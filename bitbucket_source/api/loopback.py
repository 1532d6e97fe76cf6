"""The address on this machine that the browser is sent to with an answer (RFC 8252, 7.3)."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from urllib.parse import urlsplit

from bitbucket_source.api.consent import AnswerRefused
from bitbucket_source.api.credentials import CredentialsError

HOST = "127.0.0.1"
T = TypeVar("T")

_PAGE = """<!DOCTYPE html>
<html lang="en">
  <head><meta charset="utf-8"><title>bitbucket-source</title></head>
  <body style="font-family: sans-serif; margin: 4em"><h1>{title}</h1><p>{text}</p></body>
</html>
"""


class Loopback(Generic[T]):
    """Listens on 127.0.0.1 until the first answer that `take` does not refuse with AnswerRefused.

    The page that the browser shows then says how it ended. Raises CredentialsError where the port is taken.
    """

    def __init__(self, port: int, take: Callable[[str], T]) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._taken: list[T] = []
        self._problem: Exception | None = None
        try:
            self._server = ThreadingHTTPServer((HOST, port), self._handler())
        except OSError as error:
            raise CredentialsError(
                f"Port {port} of this machine cannot be listened on ({error.strerror}): end what does, or choose "
                "another with --port, and give the OAuth consumer a callback URL with that port."
            ) from None
        self._server.daemon_threads = True
        self._server.block_on_close = False  # browsers keep connections open
        self.address = f"http://{HOST}:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> T:
        """What `take` made of the answer; raises what it raised, and CredentialsError where none came in time."""
        if not self._answered.wait(seconds):
            raise CredentialsError(
                f"No answer came from the browser within {seconds / 60:.0f} minutes: nothing was kept. "
                "On a machine without a browser use --no-browser."
            )
        if self._problem is not None:
            raise self._problem
        return self._taken[0]

    def _page_for(self, target: str) -> tuple[int, str, str]:
        """The status, title and text for a request."""
        if urlsplit(target).path != "/":
            return 404, "Not here", "There is nothing at this address."
        with self._lock:
            if self._is_settled:
                return 409, "Already answered", "This login has its answer. You may close this window."
            try:
                self._taken.append(self._take(f"{self.address.rstrip('/')}{target}"))
            except AnswerRefused as refused:
                return 400, "Not this one", str(refused)
            except Exception as problem:  # noqa: BLE001 - raised where somebody waits
                self._problem = problem
                why = str(problem) if isinstance(problem, CredentialsError) else "Look into the terminal."
                return 200, "Not logged in", why
            return 200, "Logged in", "You may close this window and go back to the terminal."

    @property
    def _is_settled(self) -> bool:
        return bool(self._taken) or self._problem is not None

    def _was_shown(self) -> None:
        """Let whoever waits go on, now that the browser has its page."""
        if self._is_settled:
            self._answered.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        page_for, was_shown = self._page_for, self._was_shown

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, title, text = page_for(self.path)
                body = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()
                was_shown()

            def log_message(self, *_: Any) -> None:
                """Say nothing: the address holds the code."""

        return Handler
